"""She is asked again: what she leaves out goes at once, what she keeps goes on, on the new consent."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.consent import queries, replacing
from referral_hub.consent import service as consents
from referral_hub.consent.rules import NewConsent
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.referrals.queries import detail
from referral_hub.tasks import service as tasks
from tests.builders import COVERED, agency_id
from tests.conftest import Acting, ActingInSql
from tests.people import HOSPITAL, POLICE
from tests.portal.world import status_of
from tests.story import Told, accepted_by, sent_to


def said(**changed: Any) -> NewConsent:
    usual: dict[str, Any] = {
        **{"purpose": "legal_protection", "service": "J2", "recipient_id": agency_id(POLICE)},
        **{"categories": frozenset(COVERED), "method": "paper_signed", "evidence": {"scan_hash": "77"}},
    }
    return NewConsent(**(usual | changed))


def again(acting: Acting, told: Told, **changed: Any) -> UUID:
    with acting("lan@anh-duong") as lan:
        return replacing.replace(lan, told.case, told.consent, said(**changed), now=clock.now())


def shown(acting: Acting, told: Told) -> set[str]:
    with acting("cuong@cong-an-tinh") as cuong:
        return {line.category for line in detail(cuong, told.referral, now=clock.now()).shared}


@pytest.fixture
def accepted(acting: Acting) -> Told:
    return accepted_by(acting)


def test_a_running_referral_loses_the_dropped_category_at_once_and_keeps_the_rest(
    acting: Acting, accepted: Told, admin_connection: psycopg.Connection
) -> None:
    before = shown(acting, accepted)
    assert {"identity", "contact"} <= before
    new = again(acting, accepted, categories=frozenset(COVERED) - {"contact"})
    assert shown(acting, accepted) == before - {"contact"}
    live = "SELECT DISTINCT basis_id FROM access_grant WHERE referral_id = %s AND revoked_at IS NULL"
    assert admin_connection.execute(live, [accepted.referral]).fetchall() == [(new,)]
    assert status_of(admin_connection, accepted.referral) == "accepted"


@pytest.mark.parametrize(("kept", "asked"), [(frozenset(COVERED) - {"contact"}, 1), (frozenset(COVERED), 0)])
def test_who_was_shown_what_she_leaves_out_confirms_that_it_stopped(
    acting: Acting, accepted: Told, kept: frozenset[str], asked: int
) -> None:
    again(acting, accepted, categories=kept)
    with acting("cuong@cong-an-tinh") as cuong:
        assert [one.kind for one in tasks.open_ones(cuong)] == ["confirm-stopped"] * asked


def test_a_referral_that_nobody_has_answered_narrows_as_well(acting: Acting) -> None:
    told = sent_to(acting)
    assert "contact" in shown(acting, told), "its preview"
    again(acting, told, categories=frozenset({"identity"}))
    assert "contact" not in shown(acting, told)


def test_reaffirmed_for_longer_the_grants_live_longer(
    acting: Acting, accepted: Told, admin_connection: psycopg.Connection
) -> None:
    before = shown(acting, accepted)
    until = clock.now() + timedelta(days=300)
    again(acting, accepted, valid_until=until)
    assert shown(acting, accepted) == before
    ends = "SELECT DISTINCT valid_until FROM access_grant WHERE referral_id = %s AND revoked_at IS NULL"
    assert admin_connection.execute(ends, [accepted.referral]).fetchall() == [(until,)]


def test_shortened_the_grants_end_with_it(acting: Acting, accepted: Told, admin_connection: psycopg.Connection) -> None:
    until = clock.now() + timedelta(days=2)
    again(acting, accepted, valid_until=until)
    ends = "SELECT max(valid_until) FROM access_grant WHERE referral_id = %s AND revoked_at IS NULL"
    assert admin_connection.execute(ends, [accepted.referral]).fetchone() == (until,)


def test_when_the_new_one_is_withdrawn_everything_ends(
    acting: Acting, accepted: Told, admin_connection: psycopg.Connection
) -> None:
    new = again(acting, accepted, categories=frozenset({"identity"}))
    with acting("lan@anh-duong") as lan:
        assert consents.withdraw(lan, new, now=clock.now()) == (accepted.referral,)
    assert shown(acting, accepted) == set()
    assert status_of(admin_connection, accepted.referral) == "withdrawn"


def test_more_than_before_adds_nothing_to_a_referral_that_runs(acting: Acting, accepted: Told) -> None:
    before = shown(acting, accepted)
    again(acting, accepted, categories=frozenset(COVERED) | {"risk"})
    assert shown(acting, accepted) == before, "what was not sent is not shown by a wider consent"


def test_the_old_one_stands_as_replaced_and_is_not_counted_as_withdrawn(
    acting: Acting, accepted: Told, admin_connection: psycopg.Connection
) -> None:
    new = again(acting, accepted)
    with acting("lan@anh-duong") as lan:
        found = {one.fact.id: one for one in queries.of_case(lan, accepted.case)}
    assert found[accepted.consent].replaced and found[accepted.consent].fact.withdrawn_at is not None
    assert not found[new].replaced
    counted = "SELECT count(*) FROM stat_consent WHERE withdrawn_at IS NOT NULL"
    assert admin_connection.execute(counted).fetchone() == (0,)


def test_one_that_has_ended_cannot_be_replaced(acting: Acting, accepted: Told) -> None:
    again(acting, accepted)
    with pytest.raises(Conflict):
        again(acting, accepted)


def test_another_agency_is_another_question(acting: Acting, accepted: Told) -> None:
    with pytest.raises(Invalid), acting("lan@anh-duong") as lan:
        other = said(recipient_id=agency_id(HOSPITAL))
        replacing.replace(lan, accepted.case, accepted.consent, other, now=clock.now())


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "thao@anh-duong"])
def test_nobody_else_changes_it(who: str, acting: Acting, accepted: Told) -> None:
    with pytest.raises(Refused), acting(who) as stranger:
        replacing.replace(stranger, accepted.case, accepted.consent, said(), now=clock.now())


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "thao@anh-duong", "minh@tro-giup-phap-ly"])
def test_the_door_refuses_whoever_does_not_hold_the_case(
    who: str, acting: Acting, accepted: Told, acting_in_sql: ActingInSql
) -> None:
    with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM replace_consent(%s, %s, now())", [accepted.consent, accepted.consent])


def test_the_door_takes_no_consent_for_another_service(
    acting: Acting, accepted: Told, acting_in_sql: ActingInSql
) -> None:
    with acting("lan@anh-duong") as lan:
        other = consents.give(lan, accepted.case, said(service="J8", purpose="emergency_protection"), now=clock.now())
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM replace_consent(%s, %s, now())", [accepted.consent, other])
