"""Requests about personal data: clocks, who sees them, and that nobody but her leads to a record."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.cases.queries import header
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.regulation.loader import shipped
from referral_hub.rights.rules import due
from referral_hub.rights.service import NewRequest, answer, ask, one, requests
from tests.builders import a_case
from tests.conftest import Acting, ActingInSql

LAN, THAO, YEN, SON = "lan@anh-duong", "thao@anh-duong", "yen@anh-duong", "son@trung-tam-tgxh"


@pytest.fixture
def hers(acting: Acting) -> UUID:
    now = clock.now()
    with acting(LAN) as lan:
        code = header(lan, a_case(lan)).code
        return ask(lan, NewRequest("herself", "access", "walk_in", now, code), now=now)


@pytest.fixture
def his(acting: Acting) -> UUID:
    now = clock.now()
    with acting(YEN) as yen:
        return ask(yen, NewRequest("other", "access", "letter", now), now=now)


def test_the_first_answer_is_due_in_working_days_and_the_rest_by_the_calendar() -> None:
    friday = datetime(2026, 10, 2, 3, tzinfo=UTC)
    clocks = due(shipped(), "erasure", friday)
    assert clocks.first == datetime(2026, 10, 6, 17, tzinfo=UTC)
    assert clocks.final == datetime(2026, 10, 22, 17, tzinfo=UTC)


def test_who_holds_her_case_answers_her_once(hers: UUID, acting: Acting) -> None:
    with acting(LAN) as lan:
        assert answer(lan, hers, "done", now=clock.now()).answer == "done"
    with pytest.raises(Conflict), acting(YEN) as yen:
        answer(yen, hers, "refused", now=clock.now())


def test_a_colleague_without_her_case_and_another_agency_see_no_request_of_hers(hers: UUID, acting: Acting) -> None:
    for who in (THAO, SON):
        with acting(who) as actor:
            assert requests(actor) == []
        with pytest.raises(Refused), acting(who) as actor:
            one(actor, hers, now=clock.now())


def test_what_he_asks_is_decided_by_the_data_protection_officer_and_has_one_answer(his: UUID, acting: Acting) -> None:
    with pytest.raises(Refused), acting(LAN) as lan:
        answer(lan, his, "letter", now=clock.now())
    for said in ("done", "partly", "refused", "taken-back"):
        with pytest.raises(Invalid), acting(YEN) as yen:
            answer(yen, his, said, now=clock.now())
    with acting(YEN) as yen:
        assert answer(yen, his, "letter", now=clock.now()).subject is None


def test_the_database_lets_nobody_elses_request_lead_to_her_record(
    hers: UUID, admin_connection: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        admin_connection.execute("UPDATE rights_request SET asker = 'other' WHERE id = %s", [hers])


@pytest.mark.parametrize("who", [THAO, SON])
def test_in_sql_nobody_else_answers_what_he_asked(who: str, his: UUID, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql(who) as connection:
        said = "UPDATE rights_request SET answered_at = now(), answered_by = door_person(), answer = 'letter'"
        assert connection.execute(said).rowcount == 0


def test_an_answer_needs_its_entry(his: UUID, acting_in_sql: ActingInSql) -> None:
    with pytest.raises(psycopg.IntegrityError) as caught, acting_in_sql(YEN) as connection:
        connection.execute(
            "UPDATE rights_request SET answered_at = now(), answered_by = door_person(), answer = 'letter'"
        )
    assert caught.value.sqlstate == "23H01"
