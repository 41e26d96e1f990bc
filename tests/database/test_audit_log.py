"""The log only grows, whoever asks."""

import json

import psycopg
import pytest

from referral_hub.kernel.ids import new_id
from tests.conftest import ActingInSql
from tests.database.world import World, entry
from tests.trial import PREFIX

CHANGES = ["UPDATE audit_entry SET kind = 'read'", "DELETE FROM audit_entry", "TRUNCATE audit_entry CASCADE"]


@pytest.mark.parametrize("change", [*CHANGES, "DELETE FROM audit_payload", "DELETE FROM audit_queue"])
def test_the_application_changes_no_entry(world: World, acting_in_sql: ActingInSql, change: str) -> None:
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(change.encode())


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("replica", [False, True], ids=["origin", "replica"])
@pytest.mark.parametrize("role", ["owner", "administrator"])
def test_nor_does_the_owner_nor_the_administrator_not_even_with_triggers_set_aside(
    world: World, admin_connection: psycopg.Connection, change: str, role: str, replica: bool
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"), admin_connection.transaction():
        if replica:
            admin_connection.execute("SET LOCAL session_replication_role = replica")
        if role == "owner":
            admin_connection.execute(f"SET LOCAL ROLE {PREFIX}_owner".encode())
        admin_connection.execute(change.encode())


@pytest.mark.parametrize(
    ("columns", "values"),
    [("xid, ", "'1', "), ("id, ", "1, "), ("xid, ", "pg_current_xact_id(), ")],
    ids=["xid", "id", "own-xid"],
)
@pytest.mark.parametrize("overriding", ["", "OVERRIDING SYSTEM VALUE "])
def test_nobody_chooses_the_transaction_or_the_number_of_an_entry(
    world: World, acting_in_sql: ActingInSql, columns: str, values: str, overriding: str
) -> None:
    statement = (
        f"INSERT INTO audit_entry ({columns}uid, subject, kind, envelope) {overriding}"
        f"VALUES ({values}gen_random_uuid(), gen_random_uuid(), 'read', '')"
    )
    refusals = (psycopg.errors.InsufficientPrivilege, psycopg.errors.GeneratedAlways)
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(refusals):
        connection.execute(statement.encode())


def test_an_entry_carries_its_transaction_and_waits_in_the_queue(
    world: World, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection
) -> None:
    about = new_id()
    with acting_in_sql("lan@anh-duong") as connection:
        entry(connection, about, "read", "read", "case")
        (xid,) = connection.execute("SELECT pg_current_xact_id()::text").fetchone() or ("",)
    entries = admin_connection.execute(
        "SELECT e.xid::text, q.entry_id IS NOT NULL FROM audit_entry e"
        " LEFT JOIN audit_queue q ON q.entry_id = e.id AND q.xid = e.xid WHERE subject = %s",
        [about],
    ).fetchall()
    assert entries == [(xid, True)] * 3
    kinds = admin_connection.execute("SELECT kind FROM audit_subject WHERE subject = %s ORDER BY 1", [about]).fetchall()
    assert kinds == [("case",), ("read",)]


@pytest.mark.parametrize(
    "said",
    [{"obj": "bare"}, {"who": "thao"}, {"who": None}, {"org": "police"}, {"obj": None, "who": None, "org": None}],
)
def test_an_entry_of_the_application_says_who_really_acts_on_what(
    world: World, acting_in_sql: ActingInSql, said: dict[str, str | None]
) -> None:
    honest = {"obj": str(world.case), "who": str(world.lan), "org": "anh-duong"}
    others = {"bare": str(world.bare), "thao": str(world.thao), "police": "cong-an-tinh", None: None}
    forged = {**honest, **{key: others[value] for key, value in said.items()}}
    insert = "INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES (%s, %s, 'read', %s)"
    with acting_in_sql("lan@anh-duong") as connection:
        connection.execute(insert, [new_id(), world.case, json.dumps(honest).encode()])
    with acting_in_sql("lan@anh-duong") as connection:
        with pytest.raises(psycopg.IntegrityError) as caught:
            connection.execute(insert, [new_id(), world.case, json.dumps(forged).encode()])
        assert caught.value.sqlstate == "23H04"


def test_a_payload_belongs_to_an_entry_of_its_own_transaction(
    world: World, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection
) -> None:
    with admin_connection.transaction():
        admin_connection.execute("SET LOCAL session_replication_role = replica")
        admin_connection.execute("DELETE FROM audit_payload")
    (earlier,) = (
        admin_connection.execute("SELECT uid FROM audit_entry WHERE subject = %s", [world.case]).fetchone() or ()
    )
    insert = "INSERT INTO audit_payload (entry_uid, subject, ciphertext) VALUES (%s, %s, '')"
    for uid in (earlier, new_id()):
        with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.IntegrityError):
            connection.execute(insert, [uid, world.case])


def test_nobody_writes_the_marks_that_the_commit_check_reads(world: World, acting_in_sql: ActingInSql) -> None:
    for statement in (
        "INSERT INTO audit_subject (xid, subject, kind) VALUES (pg_current_xact_id(), gen_random_uuid(), 'read')",
        "SELECT count(*) FROM audit_subject",
        "SELECT count(*) FROM audit_entry",
        "SELECT count(*) FROM audit_payload",
    ):
        with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_an_adopted_regulation_is_never_changed(world: World, admin_connection: psycopg.Connection) -> None:
    for statement in ("UPDATE regulation_version SET version = 'x'", "DELETE FROM regulation_version"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            admin_connection.execute(statement.encode())
