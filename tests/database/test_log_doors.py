"""The functions and links by which entries of the log are handed out: what they refuse to straight SQL."""

from uuid import UUID

import psycopg
import pytest

from tests.conftest import ActingInSql
from tests.database.world import World, cover, put, rows


@pytest.mark.parametrize("table", ["referral_event", "consent", "access_denial"])
def test_a_row_cannot_name_an_entry_that_did_not_record_it(
    world: World, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection, table: str
) -> None:
    other = admin_connection.execute("SELECT uid FROM audit_entry ORDER BY id LIMIT 1").fetchone()
    assert other is not None
    row = rows(world)[table]
    with pytest.raises(psycopg.IntegrityError) as raised, acting_in_sql("lan@anh-duong") as sql:
        cover(sql, {*world.subjects, *(v for k, v in row.items() if k == "id")})
        put(sql, table, row | {"entry_uid": other[0]})
    assert raised.value.sqlstate == "23H04"


@pytest.mark.usefixtures("world")
def test_the_functions_of_the_log_say_nothing_to_nobody(app_connection: psycopg.Connection) -> None:
    for statement in ("SELECT * FROM entry_to_prove(%s)", "SELECT * FROM referral_evidence(%s)"):
        assert app_connection.execute(statement, [UUID(int=1)]).fetchall() == []


def test_the_web_cannot_write_into_the_log_itself(acting_in_sql: ActingInSql) -> None:
    for statement in (
        "INSERT INTO audit_cosignature (size, witness, line, at) VALUES (1, 'w', 'l', now())",
        "UPDATE audit_head SET note = 'x'",
        "DELETE FROM audit_leaf",
        "SELECT envelope FROM audit_entry",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql("lan@anh-duong") as sql:
            sql.execute(statement.encode())
