"""No change of a protected row without the entry that tells of it: the commit itself is refused."""

from collections.abc import Callable

import psycopg
import pytest

from referral_hub.kernel.ids import new_id
from tests.conftest import ActingInSql
from tests.database.test_strangers import WRITTEN
from tests.database.world import KINDS, World, entry, put, rows, writer

Change = Callable[[psycopg.Connection, World], None]
UNPROTECTED = {"register_row"}  # it points to rows that are protected themselves

#: table -> the kind of entry that a change of it needs
KIND = {
    **{"access_denial": "access", "case_team": "access", "case_file": "case", "case_fact": "case"},
    **{"service_episode": "service", "contact": "contact", "perpetrator_record": "perpetrator"},
    **{"outreach_activity": "outreach", "consent": "consent", "consent_category": "consent"},
    **{"referral": "referral", "referral_category": "referral", "referral_event": "referral"},
    **{"access_conflict": "access", "described_person": "access"},
    **{"account_cover": "duty", "referral_assignment": "referral"},
}

UPDATES: dict[str, tuple[str, str]] = {
    "access_denial": ("UPDATE access_denial SET lifted_at = now()", "access"),
    "access_conflict": ("UPDATE access_conflict SET ended_at = now()", "access"),
    "described_person": ("UPDATE described_person SET lifted_at = now()", "access"),
    "case_team": ("UPDATE case_team SET until = now() WHERE subject = %(case)s", "access"),
    "case_file": ("UPDATE case_file SET closure_reason = 'goals_met' WHERE id = %(case)s", "case"),
    "case_fact": ("UPDATE case_fact SET sex = 'other' WHERE case_id = %(case)s", "case"),
    "service_episode": ("UPDATE service_episode SET outcome = 'helped_fully'", "service"),
    "referral": ("UPDATE referral SET status = 'closed', version = version + 1 WHERE id = %(referral)s", "referral"),
    "referral_category": (
        "UPDATE referral_category SET consent_id = NULL WHERE referral_id = %(referral)s",
        "referral",
    ),
}

#: what the door does for the house -> the kinds of entries it needs
DOOR: dict[str, tuple[str, tuple[str, ...]]] = {
    "open_subject": ("SELECT open_subject(%(new)s, 'case', %(new)s, %(new)s, now(), '{}', '{}', '')", ("access",)),
    "write_section": (
        "SELECT write_section(%(new)s, %(case)s, 'legal', 'full', 1, 'x', 'k', 'ring', now())",
        ("section",),
    ),
    "rewrite_section": (
        "SELECT write_section(%(new)s, %(case)s, 'identity', 'full', 1, 'x', NULL, NULL, now())",
        ("section",),
    ),
    "stage_grants": (
        "SELECT stage_grants(%(referral)s, ARRAY[%(new)s]::uuid[], '{identity}', '{NULL}', '{}', now())",
        ("access",),
    ),
    "end_grants": ("SELECT end_grants(%(referral)s, now())", ("access", "referral")),
    "end_consents": ("SELECT end_consents(ARRAY[%(consent)s]::uuid[], now())", ("access", "consent")),
}


def _names(world: World) -> dict[str, object]:
    return {"case": world.case, "referral": world.referral, "consent": world.consent, "new": new_id()}


def _refused(acting_in_sql: ActingInSql, who: str, change: Change, world: World) -> str | None:
    """The SQLSTATE of the commit; None when it went through."""
    try:
        with acting_in_sql(who) as connection:
            change(connection, world)
    except psycopg.IntegrityError as error:
        return error.sqlstate
    return None


def test_every_table_the_application_writes_is_tried_here() -> None:
    assert set(KIND) | UNPROTECTED == set(WRITTEN)


@pytest.mark.parametrize("table", sorted(KIND))
def test_a_new_row_needs_its_entry(world: World, acting_in_sql: ActingInSql, table: str) -> None:
    row = rows(world)[table]
    about = row.get("case_id") if table in {"case_fact", "consent", "consent_category"} else None
    if table.startswith("referral"):
        about = row["case_id"]
    about = about or row.get("subject") or row["id"]

    def add(*kinds: str) -> Change:
        def change(connection: psycopg.Connection, _: World) -> None:
            entry(connection, about, *kinds)  # type: ignore[arg-type]
            put(connection, table, row)

        return change

    others = [kind for kind in KINDS if kind != KIND[table]]
    assert _refused(acting_in_sql, writer(table), add(), world) == "23H01"
    assert _refused(acting_in_sql, writer(table), add(*others), world) == "23H01"
    assert _refused(acting_in_sql, writer(table), add(KIND[table]), world) is None


@pytest.mark.parametrize("table", sorted(UPDATES))
def test_a_changed_row_needs_its_entry(world: World, acting_in_sql: ActingInSql, table: str) -> None:
    statement, kind = UPDATES[table]
    if table in {"access_denial", "access_conflict", "described_person", "service_episode"}:
        with acting_in_sql("lan@anh-duong") as connection:
            entry(connection, world.case, kind)
            put(connection, table, rows(world)[table])

    def change(*kinds: str) -> Change:
        def run(connection: psycopg.Connection, w: World) -> None:
            entry(connection, w.case, *kinds)
            assert connection.execute(statement.encode(), _names(w)).rowcount > 0

        return run

    assert _refused(acting_in_sql, "lan@anh-duong", change(), world) == "23H01"
    assert _refused(acting_in_sql, "lan@anh-duong", change(*[k for k in KINDS if k != kind]), world) == "23H01"
    assert _refused(acting_in_sql, "lan@anh-duong", change(kind), world) is None


@pytest.mark.parametrize("deed", sorted(DOOR))
def test_what_the_door_does_needs_its_entries_too(world: World, acting_in_sql: ActingInSql, deed: str) -> None:
    statement, kinds = DOOR[deed]
    names = _names(world)
    about = names["new"] if deed == "open_subject" else world.case

    def run_with(*given: str) -> Change:
        def run(connection: psycopg.Connection, _: World) -> None:
            entry(connection, about, *given)  # type: ignore[arg-type]
            connection.execute(statement.encode(), names)

        return run

    for missing in kinds:
        given = [kind for kind in KINDS if kind != missing]
        assert _refused(acting_in_sql, "lan@anh-duong", run_with(*given), world) == "23H01", missing
    assert _refused(acting_in_sql, "lan@anh-duong", run_with(*kinds), world) is None


def test_a_note_needs_its_entry(world: World, acting_in_sql: ActingInSql) -> None:
    event = rows(world)["referral_event"]

    def both(connection: psycopg.Connection, w: World) -> None:
        entry(connection, w.case, "referral")
        put(connection, "referral_event", event)

    def note(*kinds: str) -> Change:
        def run(connection: psycopg.Connection, w: World) -> None:
            entry(connection, w.case, *kinds)
            connection.execute("SELECT write_note(%s, 'question', 'x')", [event["id"]])

        return run

    assert _refused(acting_in_sql, "lan@anh-duong", both, world) is None
    assert _refused(acting_in_sql, "lan@anh-duong", note("read"), world) == "23H01"
    assert _refused(acting_in_sql, "lan@anh-duong", note("referral"), world) is None


def test_the_entry_of_another_case_does_not_cover_this_one(world: World, acting_in_sql: ActingInSql) -> None:
    def change(connection: psycopg.Connection, w: World) -> None:
        entry(connection, w.bare, *KINDS)
        connection.execute(UPDATES["case_file"][0].encode(), _names(w))

    assert _refused(acting_in_sql, "lan@anh-duong", change, world) == "23H01"


def test_an_entry_taken_back_to_a_savepoint_does_not_count_one_released_does(
    world: World, acting_in_sql: ActingInSql
) -> None:
    def in_savepoint(taken_back: bool) -> Change:
        def change(connection: psycopg.Connection, w: World) -> None:
            with connection.transaction(force_rollback=taken_back):
                entry(connection, w.case, "case")
            connection.execute(UPDATES["case_file"][0].encode(), _names(w))

        return change

    assert _refused(acting_in_sql, "lan@anh-duong", in_savepoint(True), world) == "23H01"
    assert _refused(acting_in_sql, "lan@anh-duong", in_savepoint(False), world) is None


def test_a_change_taken_back_needs_no_entry(world: World, acting_in_sql: ActingInSql) -> None:
    def change(connection: psycopg.Connection, w: World) -> None:
        with connection.transaction(force_rollback=True):
            connection.execute(UPDATES["case_file"][0].encode(), _names(w))

    assert _refused(acting_in_sql, "lan@anh-duong", change, world) is None


def test_a_refused_commit_leaves_nothing(
    world: World, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection
) -> None:
    def change(connection: psycopg.Connection, w: World) -> None:
        entry(connection, w.case, "read")
        connection.execute(UPDATES["case_file"][0].encode(), _names(w))

    before = admin_connection.execute("SELECT count(*) FROM audit_entry").fetchone()
    assert _refused(acting_in_sql, "lan@anh-duong", change, world) == "23H01"
    assert admin_connection.execute("SELECT count(*) FROM audit_entry").fetchone() == before
    assert admin_connection.execute("SELECT closure_reason FROM case_file").fetchall() == [(None,)]
