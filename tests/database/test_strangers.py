"""Another agency's case: nothing can be written into it, and nothing tells whether it exists."""

from uuid import UUID

import psycopg
import pytest

from referral_hub import tables
from referral_hub.kernel.ids import new_id
from tests.conftest import ActingInSql, Directory
from tests.database.world import World, cover, put, rows, writer
from tests.people import CENTRE
from tests.trial import PREFIX

STRANGER = "son@trung-tam-tgxh"
WRITTEN = (
    *("access_denial", "case_team", "case_file", "case_fact", "service_episode", "contact", "register_row"),
    *("perpetrator_record", "outreach_activity", "consent", "consent_category"),
    *("referral", "referral_category", "referral_event"),
    *("access_conflict", "described_person", "account_cover", "referral_assignment"),
)
NAMES_AN_OWNER = {"subject", "case_id", "owner_id", "agency_id"}
DENYING = ("access_denial", "access_conflict", "described_person")
APPENDED_BY_ALL = {"audit_entry", "audit_payload"}  # every actor writes what it did; nobody of the hub reads it back
TRIED_ELSEWHERE = {
    "consent_import": "by who holds the case: tests/consent/test_imports.py",
    "erasure_part": "by who keeps privacy: tests/rights/test_erasing.py",
    "breach": "by who keeps privacy: tests/rights/test_breaches.py",
    "breach_notice": "by who keeps privacy: tests/rights/test_breaches.py",
    "rights_request": "by who takes requests: tests/rights/test_requests.py",
    "task": "by who is asked: tests/referrals/test_stopping.py",
    "case_hold": "by who holds the case: tests/referrals/test_stopping.py",
    "case_link": "by who holds both cases: tests/cases/test_families.py",
    "desk_duty": "by those who arrange duties: tests/liaisons/test_duties.py",
    "referral_watch": "one row for each referral that was sent: tests/referrals/test_escalation.py",
    "urgency_lowering": "by a supervisor, before sending: tests/referrals/test_urgency.py",
}
OWN_BOOK = {
    "outreach_activity": "names no case",
    "register_row": "the importer's own book; it opens nothing and is read by its agency alone",
}


def _as_stranger(row: dict[str, object], agency: UUID, person: UUID) -> dict[str, object]:
    own: dict[str, object] = {"owner_id": agency, "agency_id": agency, "sender_id": agency}
    own |= {"actor": str(person), "actor_name": "Vũ Minh Sơn", "given_by": str(person)}
    return {name: own.get(name, value) for name, value in row.items()}


def test_the_rows_of_this_test_are_those_the_application_may_insert(admin_connection: psycopg.Connection) -> None:
    granted = {
        table
        for table, described in tables.metadata.tables.items()
        if NAMES_AN_OWNER & set(described.columns.keys())
        and admin_connection.execute(
            "SELECT has_any_column_privilege(%s, %s, 'INSERT')", [f"{PREFIX}_app", table]
        ).fetchone()
        == (True,)
    }
    assert granted - APPENDED_BY_ALL - set(TRIED_ELSEWHERE) == set(WRITTEN)


@pytest.mark.parametrize("table", WRITTEN)
def test_a_worker_of_the_house_writes_about_its_case(world: World, acting_in_sql: ActingInSql, table: str) -> None:
    """The other tests refuse these very rows: here they are accepted, so it is the writer that decides."""
    with acting_in_sql(writer(table)) as connection:
        row = rows(world)[table]
        cover(connection, {*world.subjects, *(v for k, v in row.items() if k == "id")})
        put(connection, table, row)


@pytest.mark.parametrize("table", WRITTEN)
def test_a_stranger_writes_nothing_in_the_name_of_the_house(
    world: World, acting_in_sql: ActingInSql, table: str
) -> None:
    with acting_in_sql(STRANGER) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, world.subjects)
        put(connection, table, rows(world)[table])


@pytest.mark.parametrize("table", [table for table in WRITTEN if table not in OWN_BOOK])
def test_a_stranger_hangs_no_row_of_its_own_on_the_case_of_the_house(
    world: World, acting_in_sql: ActingInSql, directory: Directory, table: str
) -> None:
    row = _as_stranger(dict(rows(world)[table]), directory.agencies[CENTRE], directory.accounts[STRANGER])
    with acting_in_sql(STRANGER) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, world.subjects)
        put(connection, table, row)


@pytest.mark.parametrize("table", [table for table in WRITTEN if table not in OWN_BOOK])
def test_a_case_that_exists_and_one_that_does_not_are_refused_alike(
    world: World, acting_in_sql: ActingInSql, directory: Directory, table: str
) -> None:
    row = _as_stranger(dict(rows(world)[table]), directory.agencies[CENTRE], directory.accounts[STRANGER])
    known = {world.case, world.bare, world.bare_perpetrator, world.consent, world.referral}
    missing = {name: new_id() if value in known else value for name, value in row.items()}
    answers = []
    for asked in (row, missing):
        with acting_in_sql(STRANGER) as connection:
            try:
                put(connection, table, asked)
            except psycopg.Error as error:
                answers.append((error.sqlstate, error.diag.message_primary, error.diag.message_detail))
    assert len(answers) == 2
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "table",
    ["subject", "access_grant", "data_key", "case_section", "case_section_history", "referral_note", "audit_subject"],
)
def test_what_the_door_writes_nobody_else_writes(world: World, acting_in_sql: ActingInSql, table: str) -> None:
    for verb in (f"INSERT INTO {table} SELECT * FROM {table}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(verb.encode())


def _updatable(connection: psycopg.Connection) -> dict[str, list[str]]:
    found = connection.execute(
        """SELECT c.relname, array_agg(a.attname::text) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
             AND has_column_privilege(%s, c.oid, a.attnum, 'UPDATE') GROUP BY 1""",
        [f"{PREFIX}_app"],
    )
    return dict(found.fetchall())


def test_nobody_rewrites_a_party_an_owner_a_case_or_what_was_agreed(admin_connection: psycopg.Connection) -> None:
    fixed = {
        *("id", "subject", "case_id", "owner_id", "agency_id", "sender_id", "recipient_id", "desk_id", "code", "uid"),
        *("xid", "service", "purpose", "category", "categories", "regulation_id", "imported", "access_ended_at"),
        *("given_at", "valid_until", "withdrawn_at", "recorded_at", "actor", "account_id", "role", "active"),
    }
    for table, columns in _updatable(admin_connection).items():
        assert not fixed & set(columns), table


def test_a_stranger_changes_no_row_of_the_house(
    world: World, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection
) -> None:
    plumbing = {"account", "sign_in_session"}  # no row security there: see tests/architecture
    plumbing |= {"notice", "notice_preference"}  # each person's own: see tests/notifications
    plumbing |= set(TRIED_ELSEWHERE) - {"referral_watch"}
    plumbing |= {"emergency_act", "emergency_task"}  # never by who did it: see tests/consent/test_emergencies.py
    plumbing |= {"perpetrator_record"}  # by its compartment alone: tests/perpetrators/test_one_person.py
    with acting_in_sql("lan@anh-duong") as connection:
        for table in (*DENYING, "service_episode", "account_cover", "referral_assignment"):
            row = rows(world)[table]
            cover(connection, {*world.subjects, *(v for k, v in row.items() if k == "id")})
            put(connection, table, row)
    covers = [one for (one,) in admin_connection.execute("SELECT id FROM account_cover")]
    changed: dict[str, dict[str, int]] = {}
    for who in ("lan@anh-duong", STRANGER):
        with acting_in_sql(who) as connection:
            cover(connection, {*world.subjects, *covers})
            for table, columns in _updatable(admin_connection).items():
                if table not in plumbing:
                    statement = f"UPDATE {table} SET {', '.join(f'{c} = {c}' for c in columns)}"
                    changed.setdefault(table, {})[who] = connection.execute(statement.encode()).rowcount
    assert changed
    for table, counts in changed.items():
        assert counts["lan@anh-duong"] > 0, f"{table}: the house itself changes nothing, so this proves nothing"
        assert counts[STRANGER] == 0, table


def test_a_stranger_sees_no_row_of_the_house(
    world: World, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection
) -> None:
    owned = [name for name, t in tables.metadata.tables.items() if NAMES_AN_OWNER & set(t.columns.keys())]
    directory_of_agencies = {"account", "agency_area", "agency_former_name", "agency_service", "desk"}
    for table in set(owned) - directory_of_agencies:
        asked = admin_connection.execute("SELECT has_table_privilege(%s, %s, 'SELECT')", [f"{PREFIX}_app", table])
        if asked.fetchone() == (True,):
            with acting_in_sql(STRANGER) as connection:
                assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table


def test_a_step_is_written_about_the_case_of_its_referral(world: World, acting_in_sql: ActingInSql) -> None:
    """Else the entry that the step needs could be one about another case."""
    row = {**rows(world)["referral_event"], "case_id": world.bare}
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, world.subjects)
        put(connection, "referral_event", row)


@pytest.mark.parametrize("name", ["Trần Bích Hạnh", "", "system:register-import"])
def test_a_step_carries_the_name_of_who_takes_it(world: World, acting_in_sql: ActingInSql, name: str) -> None:
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, world.subjects)
        put(connection, "referral_event", {**rows(world)["referral_event"], "actor_name": name})


@pytest.mark.parametrize("table", ["consent", "referral"])
def test_nobody_but_the_import_says_that_something_was_imported(
    world: World, acting_in_sql: ActingInSql, table: str
) -> None:
    """What is imported needs no evidence, has no clock, and is accepted by the importer for both sides."""
    row = {**rows(world)[table], "imported": True}
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, world.subjects)
        put(connection, table, row)
    with acting_in_sql("system:register-import:anh-duong") as connection:
        cover(connection, world.subjects)
        put(connection, table, row)


@pytest.mark.parametrize(
    "change",
    [
        "sent_at = sent_at + interval '1 day'",
        "sent_at = NULL",
        "acknowledged_at = NULL",
        "first_accepted_at = now() + interval '1 day'",
        "acknowledge_due = acknowledge_due + interval '1 day'",
        "status = 'closed'",
        "version = 1",
    ],
)
@pytest.mark.parametrize("who", ["lan@anh-duong", "cuong@cong-an-tinh"])
def test_no_party_rewrites_what_happened(world: World, acting_in_sql: ActingInSql, who: str, change: str) -> None:
    with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, world.subjects)
        connection.execute(f"UPDATE referral SET {change} WHERE id = %s".encode(), [world.referral])


def test_no_sender_accepts_for_the_recipient(waiting_world: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, waiting_world.subjects)
        connection.execute("UPDATE referral SET first_accepted_at = now() WHERE sent_at IS NOT NULL")
