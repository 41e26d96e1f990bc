"""Before a consent runs out somebody is reminded to ask her again: who, when, and once."""

from datetime import timedelta

import psycopg
import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.cases.ending import ending
from referral_hub.consent import service as consents
from referral_hub.consent.ending import reminders_due
from referral_hub.kernel import clock
from referral_hub.regulation import store
from tests.builders import a_case, a_consent
from tests.conftest import Acting, ActingInSql, Directory
from tests.working import Worker

DAY = timedelta(days=1)


def told(admin: psycopg.Connection) -> list[tuple[str, str]]:
    """(who, of what), in order."""
    rows = admin.execute(
        "SELECT replace(a.email, '.example', ''), n.kind FROM notice n JOIN account a ON a.id = n.account_id"
        " ORDER BY n.made_at, a.email"
    ).fetchall()
    return [(who, kind) for who, kind in rows]


@pytest.mark.parametrize(
    ("left", "roles"),
    [(32, []), (29, ["caseworker"]), (8.5, ["caseworker"]), (6, ["caseworker", "agency_supervisor"]), (-1, [])],
)
def test_a_reminder_is_due_from_its_day_until_the_end(left: float, roles: list[str], acting: Acting) -> None:
    now = clock.now()
    with acting("lan@anh-duong"):
        regulation = store.in_force(now)[1]
    end = now + left * DAY
    assert [one.role for one in reminders_due(regulation, now - 90 * DAY, end, now=now)] == roles


def test_a_consent_for_a_few_days_is_not_reminded_of_at_once(acting: Acting) -> None:
    now = clock.now()
    with acting("lan@anh-duong"):
        regulation = store.in_force(now)[1]
    assert list(reminders_due(regulation, now - DAY, now + 4 * DAY, now=now)) == []
    (one,) = reminders_due(regulation, now - 5 * DAY, now + 5 * DAY, now=now)
    assert one.role == "agency_supervisor", "ten days in all: the month's reminder never, the week's in time"


def test_the_caseworker_a_month_before_and_the_supervisor_a_week_before_each_once(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case, valid_for=100 * DAY)
    start = clock.now()
    worker.work(start + 60 * DAY)
    assert told(admin_connection) == []
    for days in (75, 75, 80):
        worker.work(start + days * DAY)
    assert told(admin_connection) == [("lan@anh-duong", "consent:ends")]
    for days in (95, 96):
        worker.work(start + days * DAY)
    assert told(admin_connection) == [("lan@anh-duong", "consent:ends"), ("hanh@anh-duong", "consent:ends")]


def test_what_was_withdrawn_reminds_nobody(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        consents.withdraw(lan, a_consent(lan, case, valid_for=40 * DAY), now=clock.now())
    before = told(admin_connection)
    worker.work(clock.now() + 35 * DAY)
    assert [one for one in told(admin_connection) if one not in before and one[1] == "consent:ends"] == []


def test_whom_she_refused_is_passed_over(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case, valid_for=40 * DAY)
        deny(lan, case, DenialFact(None, account=directory.accounts["hanh@anh-duong"]), now=clock.now())
    worker.work(clock.now() + 35 * DAY)
    assert ("hanh@anh-duong", "consent:ends") not in told(admin_connection)
    assert ("hung@anh-duong", "consent:ends") in told(admin_connection), "the next one above"


def test_the_list_holds_what_runs_out_of_the_cases_one_holds(acting: Acting) -> None:
    now = clock.now()
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case, valid_for=20 * DAY)
        a_consent(lan, a_case(lan), valid_for=90 * DAY)
        regulation = store.in_force(now)[1]
        assert [one.case_id for one in ending(lan, regulation, now=now)] == [case]
    for who in ("thao@anh-duong", "cuong@cong-an-tinh"):
        with acting(who) as other:
            assert ending(other, regulation, now=now) == []


@pytest.mark.parametrize("who", ["lan@anh-duong", "ha@trung-tam-tgxh"])
def test_no_person_asks_the_door_who_keeps_consents(who: str, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM consents_ending(now(), now() + interval '1 year')")
