"""How many rows each table of a dump has, counted in the dump's own snapshot: what a restore is compared with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

_TABLES = """SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'jobs') ORDER BY 1, 2"""


@contextmanager
def snapshot(admin_url: str) -> Iterator[tuple[str, dict[str, int]]]:
    """The name of a snapshot that ``pg_dump`` can share while the block lasts, and the rows of each table in it."""
    with psycopg.connect(admin_url, connect_timeout=10) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        (name,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        yield str(name), counted(connection)


def counted(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """``schema.table`` -> rows. As somebody whom row security does not hide any from, or it raises."""
    connection.execute("SET LOCAL row_security = off")
    found = {}
    for schema, table in connection.execute(_TABLES).fetchall():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        (rows,) = connection.execute(query).fetchone() or (0,)
        found[f"{schema}.{table}"] = int(rows)
    connection.execute("SET LOCAL row_security = on")
    return found


def different(said: Mapping[str, int], found: Mapping[str, int]) -> str | None:
    """The first table whose rows are not as many as were dumped; None when all are."""
    return next((table for table in sorted({*said, *found}) if said.get(table) != found.get(table)), None)
