"""What several migrations do: run SQL files, drop the door's functions."""

import re

from alembic import context, op
from sqlalchemy import text

from migrations.statements import execute, sql_files


def _prefix() -> str:
    return str(context.config.attributes.get("prefix", "hub"))


def run_sql_files(revision: str) -> None:
    """Policies, functions, triggers and rights of one revision; afterwards the owner's role is set again."""
    connection = op.get_bind()
    for _, sql in sql_files(revision):
        execute(connection, sql, _prefix())
    connection.execute(text(f'SET ROLE "{_prefix()}_owner"'))


def drop_functions() -> None:
    """Every function of the door in this schema (its tables must be gone)."""
    connection = op.get_bind()
    connection.execute(text(f'SET ROLE "{_prefix()}_door"'))
    rows = connection.execute(
        text(
            "SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner"
            " WHERE r.rolname = :door AND p.pronamespace = 'public'::regnamespace"
        ),
        {"door": f"{_prefix()}_door"},
    ).all()
    for row in rows:
        connection.execute(text(f"DROP FUNCTION IF EXISTS {row.name} CASCADE"))
    connection.execute(text(f'SET ROLE "{_prefix()}_owner"'))


def drop_functions_of(revision: str) -> None:
    """The functions that the SQL files of one revision made, with the triggers and policies that rest on them."""
    found = [name for _, sql in sql_files(revision) for name in re.findall(r"^CREATE FUNCTION (\w+)\(", sql, re.M)]
    made = [name for name in found if not name.startswith("procrastinate_")]  # the queue's own are no door's
    connection = op.get_bind()
    connection.execute(text(f'SET ROLE "{_prefix()}_door"'))
    for name in made:
        connection.execute(text(f"DROP FUNCTION {name} CASCADE"))
    connection.execute(text(f'SET ROLE "{_prefix()}_owner"'))


def put_back(revision: str, *names: str) -> None:
    """Functions and policies (``POLICY NAME ON TABLE``) as an older revision made them, before a later one."""
    texts = "\n".join(sql for _, sql in sql_files(revision))
    connection = op.get_bind()
    for name in names:
        if name.startswith("POLICY "):
            found = re.search(rf"^CREATE {re.escape(name)} .*?;(?=\s*(--.*)?$)", texts, re.M | re.S)
            assert found is not None, name
            op.execute(f"DROP {name}")
            execute(connection, found.group(), _prefix())
            continue
        found = re.search(rf"^CREATE FUNCTION {name}\(.*?\$\$;$", texts, re.M | re.S)
        assert found is not None, name
        made = found.group().replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
        execute(connection, f"SET ROLE hub_door;\n{made}\nSET ROLE hub_owner;", _prefix())


def revoke(rights: str, table: str, role: str) -> None:
    """Take back rights that a revision gave a role (``app``, ``stat``, ...) on an older table."""
    op.get_bind().execute(text(f'REVOKE {rights} ON {table} FROM "{_prefix()}_{role}"'))
