"""What each side sees of a case that is not its own: routing, what was granted, and nothing that tells more."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.referrals import notes
from referral_hub.referrals.drafting import NewReferral, draft
from tests.builders import SECTIONS, a_case, a_consent, agency_id, take
from tests.conftest import Acting, ActingInSql
from tests.database.conftest import Tamper
from tests.database.world import World, cover, entry, put, read, rows
from tests.people import KEYS, POLICE
from tests.story import sent_to

ALL = tuple(SECTIONS)
OWNERS_ALONE = (
    *("case_file", "case_fact", "case_team", "consent", "consent_category", "referral_category", "access_denial"),
    *("service_episode", "contact", "perpetrator_record", "register_row", "outreach_activity", "subject"),
)


def counts(connection: psycopg.Connection, tables: Iterable[str]) -> dict[str, int]:
    found: dict[str, Any] = {}
    for table in tables:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        found[table] = row and row[0]
    return found


@pytest.fixture
def full_world(world: World, acting_in_sql: ActingInSql) -> World:
    """A row of the house in every table."""
    for table in (*OWNERS_ALONE[:-1], "referral_event"):
        if table in rows(world):
            with acting_in_sql("binh@anh-duong" if table == "perpetrator_record" else "lan@anh-duong") as connection:
                row = rows(world)[table]
                cover(connection, {*world.subjects, *(v for k, v in row.items() if k == "id")})
                put(connection, table, row)
    return world


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "huyen@cong-an-tinh", "ha@trung-tam-tgxh"])
def test_a_recipient_and_the_coordinator_see_no_table_of_the_owner(
    full_world: World, acting_in_sql: ActingInSql, who: str
) -> None:
    with acting_in_sql("lan@anh-duong") as connection:
        assert all(counts(connection, set(OWNERS_ALONE) - {"perpetrator_record"}).values())
    with acting_in_sql(who) as connection:
        assert not any(counts(connection, OWNERS_ALONE).values())
        assert counts(connection, ["referral"]) == {"referral": 1}


def test_before_acceptance_the_recipient_gets_the_preview_and_learns_of_no_other_category(
    waiting_world: World, acting_in_sql: ActingInSql
) -> None:
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        assert read(connection, waiting_world.case, ALL) == {("contact", "preview"), ("demographics_min", "preview")}
        shown = connection.execute("SELECT category FROM access_grant ORDER BY 1").fetchall()
        assert shown == [("contact",), ("demographics_min",)]


def test_the_preview_of_the_contact_rule_holds_no_number(acting: Acting, hub: object) -> None:
    from referral_hub.cases.sections import read_sections

    told = sent_to(acting)
    with acting("cuong@cong-an-tinh") as cuong:
        seen = read_sections(cuong, told.case, ALL, why="test", now=clock.now())
    assert {category: dict(section.fields) for category, section in seen.items()} == {
        "contact": {"safe_times": "sau 20 giờ", "pretext": "Hội Phụ nữ"},
        "demographics_min": {"age_band": "b25_39", "sex": "female"},
    }


def test_a_category_that_was_not_granted_gives_no_preview_either(acting: Acting, acting_in_sql: ActingInSql) -> None:
    told = sent_to(acting, categories=("identity",))
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        assert read(connection, told.case, ALL) == set()
        assert connection.execute("SELECT count(*) FROM access_grant").fetchone() == (0,)


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "ha@trung-tam-tgxh", "son@trung-tam-tgxh"])
def test_a_draft_is_seen_by_its_sender_alone(acting: Acting, acting_in_sql: ActingInSql, who: str) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case)
        draft(lan, NewReferral(case, agency_id(POLICE), "J2"), now=clock.now())
    with acting_in_sql(who) as connection:
        assert not any(counts(connection, ["referral", "referral_event", "access_grant"]).values())
        assert read(connection, case, ALL) == set()
        assert connection.execute("UPDATE referral SET status = 'sent', sent_at = now()").rowcount == 0
    with acting_in_sql("lan@anh-duong") as connection:
        assert counts(connection, ["referral"]) == {"referral": 1}


def test_the_coordinator_sees_headers_and_steps_of_a_sent_referral_and_nothing_inside(
    world: World, acting_in_sql: ActingInSql
) -> None:
    with acting_in_sql("ha@trung-tam-tgxh") as connection:
        assert counts(connection, ["referral", "referral_event"]) == {"referral": 1, "referral_event": 2}
        assert read(connection, world.case, ALL) == set()
        assert counts(connection, ["access_grant"]) == {"access_grant": 0}
        assert connection.execute("SELECT * FROM referral_consents(%s)", [world.referral]).fetchall() == []
        assert connection.execute("SELECT * FROM note_key(%s)", [world.referral]).fetchall() == []
    with acting_in_sql("son@trung-tam-tgxh") as connection:
        assert counts(connection, ["referral"]) == {"referral": 0}, "the role counts, not the agency"


def test_records_of_work_with_perpetrators_are_seen_by_those_who_do_it(
    full_world: World, acting_in_sql: ActingInSql
) -> None:
    seeing = set()
    for who in KEYS:
        with acting_in_sql(who) as connection:
            if counts(connection, ["perpetrator_record"])["perpetrator_record"]:
                seeing.add(who)
    assert seeing == {"binh@anh-duong"}


def test_only_they_open_such_a_record_and_link_it_to_no_foreign_case(
    world: World, acting: Acting, acting_in_sql: ActingInSql
) -> None:
    row = rows(world)["perpetrator_record"]
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        put(connection, "perpetrator_record", row)
    with acting("son@trung-tam-tgxh") as son:
        foreign = a_case(son)
    with acting_in_sql("binh@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        put(connection, "perpetrator_record", {**row, "case_id": foreign})


class TestNotes:
    """What the parties write to one another with a step."""

    @staticmethod
    def asked(acting: Acting) -> tuple[UUID, UUID]:
        told = sent_to(acting)
        with acting("cuong@cong-an-tinh") as cuong:
            take(cuong, told.referral, "ask", notes={"question": "Gọi giờ nào thì an toàn?"})
        return told.case, told.referral

    @staticmethod
    def read_by(acting_in_sql: ActingInSql, who: str, case: UUID, referral: UUID) -> int:
        with acting_in_sql(who) as connection:
            entry(connection, case, "read")
            return len(connection.execute("SELECT * FROM read_notes(%s)", [referral]).fetchall())

    def test_both_parties_read_them_opened(self, acting: Acting) -> None:
        case, referral = self.asked(acting)
        for who in ("lan@anh-duong", "cuong@cong-an-tinh"):
            with acting(who) as actor:
                entry_of = db.session.connection().connection.driver_connection
                assert isinstance(entry_of, psycopg.Connection)
                entry(entry_of, case, "read")
                assert list(notes.read(referral, case).values()) == [{"question": "Gọi giờ nào thì an toàn?"}], actor

    @pytest.mark.parametrize(
        "who", ["thao@anh-duong", "binh@anh-duong", "ha@trung-tam-tgxh", "son@trung-tam-tgxh", "minh@tro-giup-phap-ly"]
    )
    def test_nobody_else_does(self, acting: Acting, acting_in_sql: ActingInSql, who: str) -> None:
        case, referral = self.asked(acting)
        assert self.read_by(acting_in_sql, "lan@anh-duong", case, referral) == 1
        with acting_in_sql(who) as connection:
            entry(connection, case, "read")
            try:
                assert connection.execute("SELECT * FROM read_notes(%s)", [referral]).fetchall() == []
            except psycopg.IntegrityError as error:
                assert error.sqlstate == "23H02"  # a stranger's referral is not there at all

    def test_reading_them_needs_an_entry(self, acting: Acting, acting_in_sql: ActingInSql) -> None:
        _, referral = self.asked(acting)
        with acting_in_sql("lan@anh-duong") as connection:
            with pytest.raises(psycopg.IntegrityError) as caught:
                connection.execute("SELECT * FROM read_notes(%s)", [referral])
            assert caught.value.sqlstate == "23H02"

    def test_whom_she_said_no_to_reads_none(self, acting: Acting, acting_in_sql: ActingInSql) -> None:
        case, referral = self.asked(acting)
        with acting("lan@anh-duong") as lan:
            deny(lan, case, DenialFact(None, agency=agency_id(POLICE)), now=clock.now())
        with pytest.raises(psycopg.IntegrityError):  # for him there is no such referral
            self.read_by(acting_in_sql, "cuong@cong-an-tinh", case, referral)

    def test_they_go_with_the_access_and_nobody_gives_that_back_to_itself(
        self, acting: Acting, acting_in_sql: ActingInSql
    ) -> None:
        case, referral = self.asked(acting)
        assert self.read_by(acting_in_sql, "cuong@cong-an-tinh", case, referral) == 1
        with acting("lan@anh-duong") as lan:
            take(lan, referral, "cancel", reason="wrong_recipient")
        assert self.read_by(acting_in_sql, "cuong@cong-an-tinh", case, referral) == 0
        with acting_in_sql("cuong@cong-an-tinh") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE referral SET access_ended_at = NULL")
        assert self.read_by(acting_in_sql, "lan@anh-duong", case, referral) == 1

    def test_they_go_with_the_consent_even_where_the_referral_stays(
        self, acting: Acting, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection
    ) -> None:
        case, referral = self.asked(acting)
        assert self.read_by(acting_in_sql, "cuong@cong-an-tinh", case, referral) == 1
        # the last of its grants runs out; nobody has taken a step on the referral
        admin_connection.execute("SET session_replication_role = replica")
        admin_connection.execute("UPDATE access_grant SET valid_until = now() WHERE referral_id = %s", [referral])
        assert self.read_by(acting_in_sql, "cuong@cong-an-tinh", case, referral) == 0
        assert self.read_by(acting_in_sql, "lan@anh-duong", case, referral) == 1

    def test_nobody_writes_a_note_to_the_step_of_another(self, acting: Acting, acting_in_sql: ActingInSql) -> None:
        _, referral = self.asked(acting)
        with acting_in_sql("lan@anh-duong") as connection:
            rows_ = connection.execute("SELECT id FROM referral_event WHERE verb = 'ask'").fetchall()
            assert rows_
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT write_note(%s, 'question', 'x')", rows_[0])


def test_a_recipient_makes_no_referral_unsent(world: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("cuong@cong-an-tinh") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        entry(connection, world.case, "referral")
        connection.execute("UPDATE referral SET sent_at = NULL")


def test_the_key_of_entries_goes_to_the_parties_alone(world: World, acting_in_sql: ActingInSql) -> None:
    having = set()
    for who in ("lan@anh-duong", "thao@anh-duong", "cuong@cong-an-tinh", "ha@trung-tam-tgxh", "son@trung-tam-tgxh"):
        with acting_in_sql(who) as connection:
            if connection.execute("SELECT * FROM audit_key(%s)", [world.case]).fetchall():
                having.add(who)
    assert having == {"lan@anh-duong", "thao@anh-duong", "cuong@cong-an-tinh", "ha@trung-tam-tgxh"}


@pytest.mark.parametrize(
    "table",
    [
        *("case_section", "case_section_history", "data_key", "referral_note", "consent_category", "referral_category"),
        *("access_grant", "access_denial", "case_team", "case_file", "subject", "account", "sign_in_session"),
        *("audit_entry", "audit_payload", "door_key", "operator_credential"),
    ],
)
def test_who_counts_reaches_no_section_no_consented_category_and_no_account(
    stat_connection: psycopg.Connection, table: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stat_connection.execute(f"SELECT count(*) FROM {table}".encode())


@pytest.mark.parametrize(
    "column",
    [
        *("referral.code", "referral.case_code", "referral_event.actor_name", "referral_event.actor"),
        *("consent.evidence", "consent.purpose", "consent.recipient_id", "perpetrator_record.code"),
        "perpetrator_record.case_id",
    ],
)
def test_who_counts_reads_no_code_that_is_read_out_and_no_name(
    stat_connection: psycopg.Connection, column: str
) -> None:
    table, _, name = column.partition(".")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stat_connection.execute(f"SELECT {name} FROM {table}".encode())


def test_who_counts_counts_everything_and_writes_nothing(
    full_world: World, stat_connection: psycopg.Connection, tamper: Tamper
) -> None:
    views = ["stat_contact", "stat_referral", "stat_service_episode", "stat_consent"]
    assert all(counts(stat_connection, views).values())
    for table in ("referral", "case_fact", "contact"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            stat_connection.execute(f"DELETE FROM {table}".encode())
        stat_connection.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stat_connection.execute("SELECT door_enter('x')")
