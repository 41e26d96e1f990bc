"""A throw-away installation: one migrated template database, a clone of it to work in, emptied between tests.

Every test commits for real. Under one outer transaction with savepoints the actor would leak from step to step,
the deferred audit check would never run, and one step's entry would cover the next one's.

``REFERRAL_HUB_TEST_ADMIN_URL`` names a superuser on a server of one's own: the fixtures set triggers aside.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from referral_hub import tables
from referral_hub.installation import upgrade
from referral_hub.kernel import clock, embedded
from referral_hub.kernel.roles import close_schema, open_schema
from referral_hub.kernel.server import LOGIN_ROLES, Server
from referral_hub.liaisons.accounts import make_accounts
from tests.people import PASSWORD, PEOPLE

ADMIN_URL = "REFERRAL_HUB_TEST_ADMIN_URL"
PREFIX = "hubtest"

#: What ``db upgrade`` and the fixtures fill; a test that changes one of these gets its successor a fresh clone.
KEPT = frozenset(
    {
        *("agency", "agency_area", "agency_former_name", "agency_service", "area", "desk", "role"),
        *("regulation_version", "door_key", "operator_credential", "account", "account_role"),
    }
)
FILLED_BY_TRIGGER = frozenset({"audit_queue", "audit_subject"})

Snapshot = dict[str, bytes]


def hashed(password: str) -> str:
    """A hash as the hub stores it, made with the least work."""
    import argon2

    return argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


@dataclass(slots=True)
class Trial:
    """The server of one test process. ``admin_url`` names its maintenance database."""

    home: Path
    admin_url: str
    passwords: dict[str, str]
    name: str
    _kept: str = ""
    _lines: dict[str, psycopg.Connection] = field(default_factory=dict)

    @property
    def template(self) -> str:
        return f"{self.name}_template"

    def url(self, database: str, role: str | None = None) -> str:
        """The administrator's URL, or that of a hub role, on one database of this server."""
        parts = urlsplit(self.admin_url)
        netloc = parts.netloc
        if role is not None:
            netloc = f"{PREFIX}_{role}:{self.passwords[role]}@{parts.netloc.rpartition('@')[2]}"
        return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))

    def server(self, database: str | None = None) -> Server:
        """The database as the product sees it."""
        database = database or self.name
        return Server(self.url(database, "app"), self.url(database), PREFIX, self.passwords)

    @contextmanager
    def admin(self, database: str | None = None) -> Iterator[psycopg.Connection]:
        """The administrator, autocommit."""
        url = self.url(database) if database else self.admin_url
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection

    @contextmanager
    def line(self, url: str) -> Iterator[psycopg.Connection]:
        """One transaction on a connection that is kept: signing in with a password costs more than most tests do."""
        kept = self._lines.pop(url, None)
        connection = kept if kept is not None and _blank(kept) else psycopg.connect(url, prepare_threshold=None)
        try:
            yield connection
            connection.commit()
        except BaseException:
            if not connection.broken:
                connection.rollback()
            raise
        finally:
            other = self._lines.pop(url, None)
            if other is not None:
                other.close()
            self._lines[url] = connection

    def hang_up(self) -> None:
        """Close what `line` kept."""
        while self._lines:
            self._lines.popitem()[1].close()

    def remember(self) -> Snapshot:
        """The rows of all tables that are emptied, as they are now."""
        rows = {}
        with self.line(self.url(self.name)) as connection:
            for table in _filled(connection):
                if table not in FILLED_BY_TRIGGER:
                    with connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)".encode()) as copy:
                        rows[table] = b"".join(copy)
        return rows

    def recall(self, rows: Snapshot) -> None:
        """What `remember` took, into the emptied database: a story told once, in a tenth of the time."""
        with self.line(self.url(self.name)) as connection:
            connection.execute("SET LOCAL session_replication_role = replica")
            for table, content in rows.items():
                with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)".encode()) as copy:
                    copy.write(content)
            connection.execute(
                "SELECT setval(s, greatest(nextval(s), (SELECT max(id) FROM audit_entry)))"
                " FROM pg_get_serial_sequence('audit_entry', 'id') AS s"
            )

    def create(self, database: str, template: str | None = None) -> None:
        """An empty database, or a copy of ``template``."""
        source = sql.SQL("TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        with self.admin() as connection:
            if template:  # what earlier tests left idle in their pools would be in the way
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                connection.execute(others, [template])
            connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(database), source))

    def drop(self, database: str) -> None:
        with self.admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def prepare(self) -> None:
        """The template: roles, migrations, regulation, directory, the people of the tests; then the first clone."""
        self.create(self.template)
        server = self.server(self.template)
        upgrade(server, self.home)
        engine = create_engine(server.require_admin_url())
        with Session(engine) as session:
            session.execute(text(f"SET ROLE {PREFIX}_owner"))
            password = hashed(PASSWORD)
            make_accounts(session, PEOPLE, password, now=clock.now())
            session.commit()
        engine.dispose()
        with self.line(self.url(self.template)) as connection:
            _empty(connection)  # what the making itself left in the log
        self.hang_up()
        self.renew()

    def renew(self) -> None:
        """The working database anew; sessions that others hold on it end."""
        self.hang_up()
        self.drop(self.name)
        self.create(self.name, self.template)
        with self.admin(self.name) as connection:
            open_schema(connection, PREFIX)  # rights on the database itself are not cloned
            close_schema(connection, PREFIX)
            self._kept = _state_of_kept(connection)

    def clean(self) -> None:
        """As it was after ``renew``; nothing is done where nothing was committed."""
        with self.line(self.url(self.name)) as connection:
            changed = _state_of_kept(connection) != self._kept
            if not changed:
                _empty(connection)
                for queue in ("periodic_defers", "events", "jobs", "workers"):
                    connection.execute(f"DELETE FROM jobs.procrastinate_{queue}".encode())
        if changed:
            self.renew()


def _blank(connection: psycopg.Connection) -> bool:
    """Whether a kept connection still works; nothing of its last use is left on it then."""
    try:
        connection.autocommit = True
        connection.execute("DISCARD ALL")
        connection.autocommit = False
    except psycopg.Error:
        connection.close()
        return False
    return True


def _state_of_kept(connection: psycopg.Connection) -> str:
    parts = (f"SELECT '{t}' AS name, count(*) AS n, max(xmin::text::bigint) AS x FROM {t}" for t in sorted(KEPT))
    query = f"SELECT string_agg(k::text, ' ' ORDER BY k.name) FROM ({' UNION ALL '.join(parts)}) AS k"
    row = connection.execute(query.encode()).fetchone()
    return str(row and row[0])


def _filled(connection: psycopg.Connection) -> list[str]:
    """The tables that hold something besides what is kept."""
    names = [table for table in tables.metadata.tables if table not in KEPT]
    query = "SELECT ARRAY[" + ", ".join(f"CASE WHEN EXISTS (SELECT 1 FROM {t}) THEN '{t}' END" for t in names) + "]"
    row = connection.execute(query.encode()).fetchone()
    return [name for name in (row[0] if row else ()) if name]


def _empty(connection: psycopg.Connection) -> None:
    filled = _filled(connection)
    if not filled:
        return
    # A lock that waits means a test left a transaction open: say so instead of hanging.
    connection.execute("SET LOCAL lock_timeout = '5s'")
    connection.execute("SET LOCAL session_replication_role = replica")
    # Put back as they were found: a test must still see a trigger that a migration forgot to enable always.
    guards = connection.execute(
        "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger"
        " WHERE tgname IN ('unchanged', 'undeleted') AND tgrelid::regclass::text = ANY (%s) AND (tgtype & 8) > 0",
        [filled],
    ).fetchall()
    for table, trigger, _ in guards:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}".encode())
    for table in filled:
        connection.execute(f"DELETE FROM {table}".encode())
    for table, trigger, found in guards:
        always = "ALWAYS " if found == "A" else ""
        connection.execute(f"ALTER TABLE {table} ENABLE {always}TRIGGER {trigger}".encode())


@contextmanager
def trial(home: Path) -> Iterator[Trial]:
    """A server for the length of a test process: the configured one, or PostgreSQL from the wheel."""
    configured = os.environ.get(ADMIN_URL)
    name = f"{PREFIX}_{secrets.token_hex(4)}"
    passwords = {role: secrets.token_urlsafe(16) for role in LOGIN_ROLES}
    if configured:
        made = Trial(home, configured, passwords, name)
        try:
            made.prepare()
            yield made
        finally:
            made.hang_up()
            made.drop(made.name)
            made.drop(made.template)
        return
    server = embedded.ensure(home)
    try:
        made = Trial(home, server.admin_url, passwords, name)
        with made.admin() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_commit = off")
            connection.execute("SELECT pg_reload_conf()")
        made.prepare()
        yield made
        made.hang_up()
    finally:
        server.release()
        embedded.remove(home)
