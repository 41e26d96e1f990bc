"""Who acts is sealed into the transaction: it cannot be made up, kept for later or lent to another request."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from referral_hub.kernel import clock
from referral_hub.kernel.db import db, transaction
from tests.conftest import ActingInSql, Directory
from tests.database.conftest import Tamper
from tests.database.world import World, read
from tests.trial import PREFIX

CASES = "SELECT count(*) FROM case_file"
SEALED = "SELECT current_setting('hub.actor', true)"


def count(connection: psycopg.Connection) -> int:
    row = connection.execute(CASES).fetchone()
    return int(row[0]) if row else -1


def sealed(connection: psycopg.Connection) -> str:
    row = connection.execute(SEALED).fetchone()
    return str(row and row[0] or "")


def claim(connection: psycopg.Connection, value: str, *, for_good: bool = False) -> None:
    connection.execute("SELECT set_config('hub.actor', %s, %s)", [value, not for_good])


def test_nobody_sees_no_row(world: World, app_connection: psycopg.Connection) -> None:
    assert count(app_connection) == 0
    app_connection.commit()
    claim(app_connection, "")  # what the parameter is after a transaction that had it
    assert count(app_connection) == 0


@pytest.mark.parametrize("field", range(5))
def test_an_actor_with_one_field_changed_is_nobody(
    world: World, acting_in_sql: ActingInSql, directory: Directory, field: int
) -> None:
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        parts = sealed(connection).split("|")
        assert len(parts) == 5
        other = [
            str(world.house),
            str(world.lan),
            str(directory.desks["intake@anh-duong"]),
            str(int(parts[3]) + 1),
            "0" * 64,
        ]
        parts[field] = other[field]
        claim(connection, "|".join(parts))
        assert connection.execute("SELECT door_agency(), door_person(), door_desk()").fetchone() == (None, None, None)
        assert count(connection) == 0
        assert read(connection, world.case, ["identity"]) == set()


@pytest.mark.parametrize(
    "value",
    ["{house}|{lan}||{xid}|", "{house}|{lan}||{xid}", "{house}", "|||||", "a|b|c|d|e|f", "{house}|{lan}||{xid}|{mac}"],
)
def test_an_actor_made_up_by_an_injected_statement_is_nobody(
    world: World, app_connection: psycopg.Connection, value: str
) -> None:
    (xid,) = app_connection.execute("SELECT pg_current_xact_id()::text").fetchone() or ("",)
    message = f"{world.house}|{world.lan}||{xid}"
    mac = hashlib.sha256(message.encode()).hexdigest()
    claim(app_connection, value.format(house=world.house, lan=world.lan, xid=xid, mac=mac))
    assert count(app_connection) == 0
    assert read(app_connection, world.case, ["identity"]) == set()


def test_an_injected_select_does_not_change_who_asks_within_its_own_statement(
    world: World, acting_in_sql: ActingInSql
) -> None:
    with acting_in_sql("son@trung-tam-tgxh") as connection:
        (xid,) = connection.execute("SELECT pg_current_xact_id()::text").fetchone() or ("",)
        forged = f"{world.house}|{world.lan}||{xid}|{'0' * 64}"
        rows = connection.execute(
            "SELECT f.id FROM (SELECT set_config('hub.actor', %s, true)) AS s, case_file f", [forged]
        ).fetchall()
        assert rows == []
        assert count(connection) == 0


@pytest.mark.parametrize("for_good", [False, True], ids=["transaction", "session"])
def test_an_actor_of_an_earlier_transaction_is_nobody(
    world: World, server: object, acting_in_sql: ActingInSql, for_good: bool
) -> None:
    with acting_in_sql("lan@anh-duong") as connection:
        assert count(connection) == 1
        kept = sealed(connection)
        connection.commit()
        assert count(connection) == 0
        claim(connection, kept, for_good=for_good)
        assert sealed(connection) == kept
        assert count(connection) == 0
        connection.execute("SELECT pg_current_xact_id()")
        assert count(connection) == 0


def test_a_savepoint_neither_loses_nor_leaks_the_actor(
    world: World, acting_in_sql: ActingInSql, credential: Callable[[str], str]
) -> None:
    enter = "SELECT 1 FROM door_enter(%s)"
    with acting_in_sql("lan@anh-duong") as connection:
        with connection.transaction():
            assert count(connection) == 1
        assert count(connection) == 1
        with connection.transaction(force_rollback=True):
            connection.execute(enter, [credential("son@trung-tam-tgxh")])
            assert count(connection) == 0
        assert count(connection) == 1
        with connection.transaction():
            connection.execute(enter, [credential("son@trung-tam-tgxh")])
        assert count(connection) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        "operator:0000:lan@anh-duong.example",
        "operator::lan@anh-duong.example",
        "operator:{secret}",
        "operator:{secret}:nobody@anh-duong.example",
        "operator:{secret}:system:register-import:nowhere",
        "operator:{secret}:system:Lan:anh-duong",
        "operator:{secret}:system:register-import|x:anh-duong",
        "session:",
        "session:unknown",
        "lan@anh-duong.example",
        "",
    ],
)
def test_a_wrong_credential_makes_the_actor_nobody(
    world: World, acting_in_sql: ActingInSql, credential: Callable[[str], str], wrong: str
) -> None:
    secret = credential("x").split(":")[1]
    with acting_in_sql("lan@anh-duong") as connection:
        assert count(connection) == 1
        given = wrong.format(secret=secret)
        assert connection.execute("SELECT 1 FROM door_enter(%s)", [given]).fetchone() is None
        assert count(connection) == 0, "the actor before must not stay"


@pytest.mark.parametrize(
    ("change", "enters"),
    [
        (None, True),
        ("UPDATE sign_in_session SET ended_at = now()", False),
        ("UPDATE sign_in_session SET expires_at = now()", False),
        ("UPDATE account SET active = false WHERE email LIKE 'lan@%%'", False),
        ("UPDATE agency SET closed_at = now() WHERE code = 'anh-duong'", False),
    ],
    ids=["live", "signed-out", "expired", "account-off", "agency-closed"],
)
def test_a_session_enters_while_it_person_and_agency_live(
    world: World, app_connection: psycopg.Connection, tamper: Tamper, change: str | None, enters: bool
) -> None:
    tamper(
        "INSERT INTO sign_in_session (digest, account_id, started_at, expires_at) VALUES (%s, %s, now(), %s)",
        hashlib.sha256(b"token").digest(),
        world.lan,
        clock.now() + timedelta(hours=1),
    )
    if change:
        tamper(change)
    row = app_connection.execute("SELECT person FROM door_enter('session:token')").fetchone()
    assert (row is not None) == enters
    assert count(app_connection) == (1 if enters else 0)


def test_the_next_request_on_the_same_connection_is_nobody(
    hub: Flask, world: World, credential: Callable[[str], str]
) -> None:
    backend = text("SELECT pg_backend_pid()")
    with transaction(credential("lan@anh-duong")):
        first = db.session.scalar(backend)
        assert db.session.scalar(text(CASES)) == 1
    seen = set()
    for _ in range(20):  # the pool hands out its connections in turn
        with transaction(None) as nobody:
            assert nobody is None
            seen.add(db.session.scalar(backend))
            assert db.session.scalar(text(CASES)) == 0
    assert first in seen, "never the same connection: this proves nothing"


def test_a_request_that_fails_leaves_no_actor_behind(
    hub: Flask, world: World, credential: Callable[[str], str]
) -> None:
    with pytest.raises(ZeroDivisionError), transaction(credential("lan@anh-duong")):
        raise ZeroDivisionError
    assert db.session.scalar(text(CASES)) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM door_key",
        "SELECT * FROM operator_credential",
        "SELECT door_mac('x')",
        "SET session_replication_role = replica",
        "ALTER TABLE case_file DISABLE ROW LEVEL SECURITY",
        "SET ROLE {prefix}_door",
        "SET ROLE {prefix}_owner",
        "CREATE TEMPORARY TABLE subject (id uuid)",
        "CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE sql COST 0.0001 AS 'SELECT true'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_the_application_role_reaches_none_of_what_the_door_rests_on(
    world: World, acting_in_sql: ActingInSql, statement: str
) -> None:
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.format(prefix=PREFIX).encode())


def test_with_row_security_off_the_application_gets_an_error_instead_of_every_row(
    world: World, acting_in_sql: ActingInSql
) -> None:
    with acting_in_sql("lan@anh-duong") as connection:
        connection.execute("SET LOCAL row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            count(connection)
