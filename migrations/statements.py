"""The SQL files of policies, functions, triggers and rights. Alembic does not see these objects: a file per feature
does, used by the migrations and by the test that compares a migrated with a freshly built database."""

import re
from importlib.resources import files

from sqlalchemy import Connection

ROLES = ("owner", "app", "door", "signin", "stat", "log", "auditor", "backup")
_ROLE = re.compile(r"\bhub_(" + "|".join(ROLES) + r")\b")


def sql_files(revision: str) -> list[tuple[str, str]]:
    """(name, text) of the files of one revision, in the order they run."""
    folder = files("migrations") / "sql" / revision
    return sorted((entry.name, entry.read_text("utf-8")) for entry in folder.iterdir() if entry.name.endswith(".sql"))


def with_prefix(sql: str, prefix: str) -> str:
    """The files name the roles ``hub_...``; on a shared server the operator may choose another prefix."""
    return _ROLE.sub(rf"{prefix}_\1", sql)


def execute(connection: Connection, sql: str, prefix: str) -> None:
    """Run a whole file in one round trip; ``%`` and ``:`` mean themselves."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(with_prefix(sql, prefix).encode())
    finally:
        cursor.close()
