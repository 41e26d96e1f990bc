"""The least urgency is what the facts imply; below it a supervisor alone may let a referral go, with a reason."""

from uuid import UUID

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.referrals.drafting import NewReferral, draft
from referral_hub.referrals.lowering import lower_urgency
from referral_hub.referrals.models import Referral
from tests.builders import SERVICE, a_case, a_consent, agency_id, take
from tests.conftest import Acting, ActingInSql
from tests.database.world import entry
from tests.people import POLICE

HIGH = "high"


@pytest.fixture
def drafted(acting: Acting) -> UUID:
    """High risk: at least urgent."""
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, risk_level=HIGH)
        a_consent(lan, case)
        return draft(lan, NewReferral(case, agency_id(POLICE), SERVICE), now=clock.now())


def urgency(acting: Acting, referral: UUID) -> str:
    with acting("lan@anh-duong"):
        return db.session.get_one(Referral, referral).urgency


def test_nobody_writes_a_referral_below_what_the_facts_imply(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, risk_level=HIGH)
        a_consent(lan, case)
        with pytest.raises(Invalid):
            draft(lan, NewReferral(case, agency_id(POLICE), SERVICE, "standard"), now=clock.now())


def test_a_supervisor_lowers_it_with_a_reason_and_it_goes_like_that(acting: Acting, drafted: UUID) -> None:
    with acting("hanh@anh-duong") as hanh:
        lower_urgency(hanh, drafted, "standard", "Chị đã ở nơi an toàn", now=clock.now())
    with acting("lan@anh-duong") as lan:
        take(lan, drafted, "send")
    assert urgency(acting, drafted) == "standard"


def test_without_a_reason_nothing_is_lowered(acting: Acting, drafted: UUID) -> None:
    with pytest.raises(Invalid), acting("hanh@anh-duong") as hanh:
        lower_urgency(hanh, drafted, "standard", "  ", now=clock.now())


@pytest.mark.parametrize("who", ["lan@anh-duong", "hung@anh-duong", "huyen@cong-an-tinh", "ha@trung-tam-tgxh"])
def test_nobody_else_lowers_it(acting: Acting, drafted: UUID, who: str) -> None:
    with pytest.raises(Refused), acting(who) as somebody:
        lower_urgency(somebody, drafted, "standard", "vì", now=clock.now())


def test_what_was_sent_is_not_lowered(acting: Acting, drafted: UUID) -> None:
    with acting("lan@anh-duong") as lan:
        take(lan, drafted, "send")
    with pytest.raises(Conflict), acting("hanh@anh-duong") as hanh:
        lower_urgency(hanh, drafted, "standard", "vì", now=clock.now())


def test_a_draft_goes_as_urgently_as_things_are_when_it_is_sent(
    acting: Acting, drafted: UUID, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("SET session_replication_role = replica")  # nobody asks for the entry of this
    admin_connection.execute("UPDATE case_fact SET risk_level = 'extreme'")
    with acting("lan@anh-duong") as lan:
        take(lan, drafted, "send")
    assert urgency(acting, drafted) == "emergency"


def test_the_database_lets_nobody_change_the_urgency_of_what_was_sent(
    acting: Acting, acting_in_sql: ActingInSql, drafted: UUID
) -> None:
    with acting("lan@anh-duong") as lan:
        take(lan, drafted, "send")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql("hanh@anh-duong") as connection:
        connection.execute("UPDATE referral SET urgency = 'standard' WHERE id = %s", [drafted])


def test_the_reason_is_sealed_and_the_owners_alone(
    acting: Acting, acting_in_sql: ActingInSql, drafted: UUID, admin_connection: psycopg.Connection
) -> None:
    with acting("hanh@anh-duong") as hanh:
        lower_urgency(hanh, drafted, "standard", "Chị đã ở nơi an toàn", now=clock.now())
    with acting("lan@anh-duong") as lan:
        take(lan, drafted, "send")
    row = admin_connection.execute("SELECT reason FROM urgency_lowering").fetchone()
    assert row is not None and "an toàn".encode() not in row[0]
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        assert connection.execute("SELECT count(*) FROM urgency_lowering").fetchone() == (0,)


def test_an_agency_where_nobody_answers_is_not_asked_but_in_an_emergency(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("SET session_replication_role = replica")
    admin_connection.execute("UPDATE account SET active = false WHERE email LIKE %s", [f"%@{POLICE}.example"])
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case)
        with pytest.raises(Invalid) as refused:
            draft(lan, NewReferral(case, agency_id(POLICE), SERVICE), now=clock.now())
        assert refused.value.field == "recipient"
        draft(lan, NewReferral(case, agency_id(POLICE), SERVICE, "emergency"), now=clock.now())


PUT = (
    "INSERT INTO urgency_lowering (id, referral_id, case_id, least, urgency, reason, lowered_at, lowered_by)"
    " SELECT gen_random_uuid(), %s, %s, 'urgent', 'standard', ''::bytea, now(), door_person()"
)


@pytest.mark.parametrize("who", ["lan@anh-duong", "huyen@cong-an-tinh", "son@trung-tam-tgxh"])
def test_a_lowering_is_written_by_a_supervisor_of_the_house_alone(
    acting: Acting, acting_in_sql: ActingInSql, drafted: UUID, who: str
) -> None:
    with acting("lan@anh-duong"):
        case = db.session.get_one(Referral, drafted).case_id
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
        connection.execute(PUT, [drafted, case])
    with acting_in_sql("hanh@anh-duong") as connection:  # the same row: it is the writer that decides
        entry(connection, case, "referral")
        connection.execute(PUT, [drafted, case])
