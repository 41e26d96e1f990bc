"""The hub's database roles: made if missing, never dropped; and the check that the web's own role is not too strong."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from referral_hub.kernel.errors import EnvironmentFault

#: role suffix -> its attributes; who logs in gets a password.
ROLES: Mapping[str, str] = {
    "owner": "NOLOGIN",
    "door": "NOLOGIN",
    "app": "LOGIN",
    "signin": "LOGIN",
    "stat": "LOGIN",
    "log": "LOGIN",
    "auditor": "LOGIN",
    "backup": "LOGIN BYPASSRLS",
}


def make_roles(connection: psycopg.Connection, prefix: str, passwords: Mapping[str, str]) -> None:
    """Create what is missing and set the passwords of the roles that log in.

    :param passwords: role suffix -> password.
    :raises psycopg.errors.InsufficientPrivilege: the administrator may not create roles.
    """
    for suffix, attributes in ROLES.items():
        name = sql.Identifier(f"{prefix}_{suffix}")
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [f"{prefix}_{suffix}"]).fetchone()
        if not found:
            connection.execute(sql.SQL("CREATE ROLE {} {}").format(name, sql.SQL(attributes)))
        if suffix in passwords:
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(passwords[suffix])))
    superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if not (superuser and superuser[0]):
        for suffix in ("owner", "door"):
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(f"{prefix}_{suffix}")))


def open_schema(connection: psycopg.Connection, prefix: str) -> None:
    """Nobody but the hub's roles may use the schema, nobody may make temporary tables that shadow its names."""
    database = sql.Identifier(connection.info.dbname)
    everyone = sql.SQL(", ").join(sql.Identifier(f"{prefix}_{suffix}") for suffix in ROLES)
    makers = sql.SQL(", ").join(sql.Identifier(f"{prefix}_{suffix}") for suffix in ("owner", "door"))
    owner, app, backup = (sql.Identifier(f"{prefix}_{suffix}") for suffix in ("owner", "app", "backup"))
    for statement in (
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        sql.SQL("REVOKE TEMP ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, everyone),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(everyone),
        sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(makers),
        # the queue of jobs lives apart; its library names its objects without a schema
        sql.SQL("CREATE SCHEMA IF NOT EXISTS jobs AUTHORIZATION {}").format(owner),
        sql.SQL("REVOKE ALL ON SCHEMA jobs FROM PUBLIC"),
        sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = public, jobs, pg_temp").format(app, database),
    ):
        connection.execute(statement)
    # rights on the schema are its owner's to give, whoever the administrator is
    connection.execute(sql.SQL("SET ROLE {}").format(owner))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA jobs TO {}, {}").format(app, backup))
    connection.execute("RESET ROLE")


def close_schema(connection: psycopg.Connection, prefix: str) -> None:
    """``hub_door`` makes functions while migrating, never afterwards."""
    door = sql.Identifier(f"{prefix}_door")
    connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}").format(door))
    backup = sql.Identifier(f"{prefix}_backup")
    for schema in ("public", "jobs"):
        tables = sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}")
        connection.execute(tables.format(sql.Identifier(schema), backup))


def lend_schemas(connection: psycopg.Connection, prefix: str) -> None:
    """While a dump is loaded into an empty database: what is made may be given to the hub's owners. A superuser needs
    no such loan, an administrator who is none does."""
    for statement in (
        "GRANT CREATE ON DATABASE {database} TO {owner}",
        "GRANT CREATE ON SCHEMA public TO {owner}, {door}",
    ):
        connection.execute(_lending(connection, prefix, statement))


def take_schemas_back(connection: psycopg.Connection, prefix: str) -> None:
    """As after ``close_schema``: the owner of the tables may make tables, nobody else anything."""
    for statement in (
        "REVOKE CREATE ON DATABASE {database} FROM {owner}",
        "REVOKE CREATE ON SCHEMA public FROM {door}",
    ):
        connection.execute(_lending(connection, prefix, statement))


def _lending(connection: psycopg.Connection, prefix: str, statement: str) -> sql.Composed:
    return sql.SQL(statement).format(
        database=sql.Identifier(connection.info.dbname),
        owner=sql.Identifier(f"{prefix}_owner"),
        door=sql.Identifier(f"{prefix}_door"),
    )


def refuse_strong_role(connection: psycopg.Connection) -> None:
    """The web's role must be subject to every policy.

    :raises EnvironmentFault: it is superuser, BYPASSRLS, owner of a table, member of another role,
        or may make roles or databases or replicate.
    """
    row = connection.execute(
        """SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
                  OR EXISTS (SELECT 1 FROM pg_class c
                             WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace)
                  OR EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid)
           FROM pg_roles r WHERE rolname = current_user""",
    ).fetchone()
    if row is None or row[0]:
        raise EnvironmentFault(
            "Vai trò trong REFERRAL_HUB_DATABASE_URL quá mạnh: hãy dùng vai trò ứng dụng do lệnh “db upgrade” tạo ra.",
            "The role in REFERRAL_HUB_DATABASE_URL is too strong: use the application role that `db upgrade` makes.",
        )
