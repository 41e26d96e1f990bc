"""Keeping no longer than the regulation says: periods, the preview, and the worker's task that ends them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from croniter import croniter

from referral_hub.access.gate import Refused
from referral_hub.audit.acts import Act
from referral_hub.cases.emptying import empty
from referral_hub.cases.queries import header
from referral_hub.cases.service import close_case
from referral_hub.hub import TASKS
from referral_hub.intake.contacts import NewContact, record_contact
from referral_hub.kernel import clock
from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.errors import Invalid
from referral_hub.referrals.drafting import NewReferral
from referral_hub.referrals.drafting import draft as write_draft
from referral_hub.regulation.loader import shipped
from referral_hub.rights.keeping import Record, ends, rule_of
from referral_hub.rights.retention import KEEP, preview
from tests.builders import SERVICE, a_case, agency_id
from tests.conftest import Acting, ActingInSql
from tests.people import POLICE
from tests.portal.world import entries
from tests.story import sent_to
from tests.working import Worker

LAN, HANH, YEN, DUNG, MAI = (
    *("lan@anh-duong", "hanh@anh-duong", "yen@anh-duong"),
    *("dung@anh-duong", "mai@anh-duong"),
)
CLOSED = datetime(2026, 3, 2, 3, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture
def worker(acting: Acting, admin_connection: psycopg.Connection) -> Worker:
    return Worker(acting, admin_connection, clock.now())


@pytest.fixture
def closed(acting: Acting) -> UUID:
    with acting(LAN) as lan:
        case = a_case(lan)
        close_case(lan, case, "goals_met", now=clock.now())
    return case


def held(admin: psycopg.Connection, subject: UUID) -> tuple[int, int, int]:
    """Sections, their keys and search marks of a record."""
    row = admin.execute(
        "SELECT (SELECT count(*) FROM case_section WHERE subject = %(s)s)"
        " + (SELECT count(*) FROM case_section_history WHERE subject = %(s)s),"
        " (SELECT count(*) FROM data_key WHERE subject = %(s)s AND category <> '_audit'),"
        " (SELECT count(*) FROM search_mark WHERE subject = %(s)s)",
        {"s": subject},
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def over(record: Record) -> tuple[str, datetime]:
    rule = rule_of(shipped(), record)
    assert rule is not None
    return rule.code, ends(shipped(), rule, record)


def test_a_closed_case_of_an_adult_is_kept_for_ten_years() -> None:
    code, at = over(Record("case", CLOSED, None, 1990))
    assert (code, at) == ("case_record_adult", datetime(2036, 3, 2, 17, tzinfo=UTC))


def test_a_childs_case_is_kept_until_the_age_of_the_regulation_where_that_is_later() -> None:
    assert over(Record("case", CLOSED, None, 2021)) == ("case_record_child", datetime(2046, 12, 31, 17, tzinfo=UTC))
    assert over(Record("case", CLOSED, None, 2010))[1] == datetime(2036, 3, 2, 17, tzinfo=UTC)


def test_what_was_imported_is_kept_from_the_day_of_the_import() -> None:
    imported = datetime(2026, 11, 2, 3, tzinfo=UTC)
    record = Record("contact", datetime(2020, 5, 4, 3, tzinfo=UTC), imported, None)
    assert over(record) == ("hotline_contact_without_case", datetime(2028, 11, 2, 17, tzinfo=UTC))


def test_the_worker_erases_what_a_closed_case_says_when_its_time_is_over_and_not_before(
    closed: UUID, worker: Worker, admin_connection: psycopg.Connection
) -> None:
    before = held(admin_connection, closed)
    assert min(before) > 0
    worker.work(clock.now() + 9 * YEAR, only=KEEP)
    assert held(admin_connection, closed) == before
    worker.work(clock.now() + 11 * YEAR, only=KEEP)
    assert held(admin_connection, closed) == (0, 0, 0)
    year = admin_connection.execute("SELECT birth_year FROM case_fact WHERE case_id = %s", [closed]).fetchone()
    assert year == (None,)
    assert {one["who"] for one in entries(admin_connection, Act.CATEGORY_ERASED.value.code)} == {"system:retention"}
    count = len(entries(admin_connection))
    worker.work(clock.now() + 12 * YEAR, only=KEEP)
    assert len(entries(admin_connection)) == count


def test_the_worker_looks_once_each_night() -> None:
    (line,) = [task.every for task in TASKS if task.name == KEEP]
    nights = croniter(line, datetime(2026, 11, 24, tzinfo=UTC).timestamp())
    first, second = (datetime.fromtimestamp(nights.get_next(float), LOCAL) for _ in range(2))
    assert (first.hour, first.minute, first.second) == (2, 40, 0)
    assert second - first == timedelta(days=1)


def test_a_case_that_is_open_is_never_over(
    acting: Acting, worker: Worker, admin_connection: psycopg.Connection
) -> None:
    with acting(LAN) as lan:
        case = a_case(lan)
    before = held(admin_connection, case)
    worker.work(clock.now() + 60 * YEAR, only=KEEP)
    assert held(admin_connection, case) == before


def test_a_first_contact_without_a_case_loses_its_names_and_goes_on_being_counted(
    acting: Acting, worker: Worker, admin_connection: psycopg.Connection
) -> None:
    now = clock.now()
    with acting(MAI) as mai:
        new = NewContact(now, "hotline_call", True, "routine", sex="female", birth_year=1990)
        contact = record_contact(mai, new, {"identity": {"preferred_name": "Hoa"}}, now=now)
    worker.work(now + 3 * YEAR, only=KEEP)
    assert held(admin_connection, contact)[:2] == (0, 0)
    row = admin_connection.execute("SELECT sex, birth_year FROM contact WHERE id = %s", [contact]).fetchone()
    assert row == ("female", None)


def test_a_draft_that_nobody_sent_is_gone_after_its_time_and_what_was_sent_stays(
    acting: Acting, worker: Worker, admin_connection: psycopg.Connection
) -> None:
    told = sent_to(acting)
    with acting(LAN) as lan:
        draft = write_draft(lan, NewReferral(told.case, agency_id(POLICE), SERVICE, None), now=clock.now())
    known = "SELECT id FROM referral ORDER BY created_at"
    worker.work(clock.now() + timedelta(days=29), only=KEEP)
    assert admin_connection.execute(known).fetchall() == [(told.referral,), (draft,)]
    with acting(YEN) as yen:
        assert [one.rule for one in preview(yen, clock.now() + timedelta(days=40), now=clock.now())] == [
            "unopened_draft_referral"
        ]
    worker.work(clock.now() + timedelta(days=32), only=KEEP)
    assert admin_connection.execute(known).fetchall() == [(told.referral,)]
    assert len(entries(admin_connection, "referrals:draft:erased")) == 1


def test_the_preview_names_what_ends_changes_nothing_and_is_logged(
    closed: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    before = held(admin_connection, closed)
    with acting(LAN) as lan:
        code = header(lan, closed).code
    for who in (YEN, DUNG):
        with acting(who) as actor:
            assert preview(actor, clock.now() + YEAR, now=clock.now()) == ()
            (one,) = preview(actor, clock.now() + 11 * YEAR, now=clock.now())
            assert (one.code, one.rule, one.then) == (code, "case_record_adult", "erase")
    assert held(admin_connection, closed) == before
    assert entries(admin_connection, "rights:retention:read")


@pytest.mark.parametrize("who", [LAN, HANH, "son@trung-tam-tgxh"])
def test_others_see_no_preview(who: str, acting: Acting) -> None:
    with pytest.raises(Refused), acting(who) as actor:
        preview(actor, clock.now(), now=clock.now())


@pytest.mark.parametrize("who", [LAN, HANH, YEN, DUNG])
def test_no_person_erases_a_part_alone(who: str, closed: UUID, acting: Acting) -> None:
    with pytest.raises(Invalid), acting(who) as actor:
        empty(actor, closed, {"identity": None}, "dsr_erase", now=clock.now())


def test_another_agencys_task_erases_nothing(
    closed: UUID, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection
) -> None:
    before = held(admin_connection, closed)
    with pytest.raises(psycopg.errors.IntegrityError) as caught, acting_in_sql(YEN) as connection:
        connection.execute("SELECT erase_parts(%s)", [closed])
    assert caught.value.sqlstate == "23H05"
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(LAN) as connection:
        connection.execute("SELECT * FROM retention_state()")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(YEN) as connection:
        connection.execute("SELECT de_identify(%s)", [closed])
    assert held(admin_connection, closed) == before
