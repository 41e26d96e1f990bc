"""Preparing the database: roles, migrations, the sealing key, the shipped regulation and directory."""

import hashlib
import os
import secrets
from datetime import date
from importlib.resources import files
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.orm import Session

from referral_hub.audit.acts import Act
from referral_hub.audit.recording import THE_HUB, Entry, Operator, record
from referral_hub.directory.adoption import adopt_areas, adopt_directory, is_empty
from referral_hub.directory.seed import shipped_directory
from referral_hub.kernel import clock
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.faults import environment_faults, refuse_old_server, refuse_read_only
from referral_hub.kernel.ids import new_id
from referral_hub.kernel.roles import close_schema, make_roles, open_schema, refuse_strong_role
from referral_hub.kernel.server import Server
from referral_hub.liaisons.models import Role
from referral_hub.regulation.loader import shipped, shipped_source
from referral_hub.regulation.model import Regulation
from referral_hub.regulation.models import RegulationVersion
from referral_hub.vault.keyring import ensure_keyring, load_keyring

BLOCK_BYTES = 64  # of SHA-256, for the pads of RFC 2104


def alembic_config() -> Config:
    """Alembic's configuration; the connection is handed over in ``attributes``."""
    return Config(str(files("migrations") / "alembic.ini"))


def head_revision() -> str | None:
    """The newest revision this version of the hub knows."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def migrate(connection: Connection, prefix: str, revision: str = "head", *, down: bool = False) -> None:
    """Run the migrations as ``<prefix>_owner`` on the administrator's connection, in its transaction."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    config = alembic_config()
    config.attributes["connection"] = connection
    config.attributes["prefix"] = prefix
    open_schema(raw, prefix)
    connection.execute(text("SET LOCAL search_path = public, pg_temp"))
    connection.execute(text(f'SET ROLE "{prefix}_owner"'))
    try:
        (command.downgrade if down else command.upgrade)(config, revision)
        connection.execute(text(f'GRANT SELECT ON alembic_version TO "{prefix}_app", "{prefix}_log"'))
    finally:
        if not raw.closed and raw.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            connection.execute(text("RESET ROLE"))
    close_schema(raw, prefix)


def upgrade(server: Server, home: Path, *, effective_from: date | None = None) -> str:
    """Bring the database to this version and fill what an empty one needs; running it again changes nothing.

    :param effective_from: first day of the shipped regulation when none was adopted yet (default: today).
    :return: the revision now in place.
    :raises EnvironmentFault: with the sentence that says what to do.
    """
    engine = create_engine(server.require_admin_url(), isolation_level="READ COMMITTED")
    try:
        with environment_faults(), engine.connect() as connection, connection.begin():
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            refuse_old_server(raw)
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('referral-hub db upgrade'))"))
            make_roles(raw, server.prefix, server.passwords)
            before = _revision(connection)
            migrate(connection, server.prefix)
            _make_keyring(connection, home)
            connection.execute(text(f'SET LOCAL ROLE "{server.prefix}_owner"'))
            _seal_the_door(connection)
            _enrol_operator(connection, home)
            _fill(connection, effective_from)
            if before != head_revision():
                entry = Entry(Act.DATABASE_UPGRADED, THE_HUB, why=head_revision())
                record(Operator(), entry, now=clock.now(), on=connection)
            connection.execute(text("RESET ROLE"))
    finally:
        engine.dispose()
    return head_revision() or ""


def record_as_operator(server: Server, entry: Entry) -> None:
    """An entry about the hub itself, in a transaction of its own on the administrator's connection.

    :raises EnvironmentFault: no administrator's URL is configured, or the database cannot be used.
    """
    engine = create_engine(server.require_admin_url())
    try:
        with environment_faults(), engine.begin() as connection:
            connection.execute(text(f'SET LOCAL ROLE "{server.prefix}_owner"'))
            record(Operator(), entry, now=clock.now(), on=connection)
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    if connection.scalar(text("SELECT to_regclass('public.alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM public.alembic_version"))
    return found


def _seal_the_door(connection: Connection) -> None:
    key = secrets.token_bytes(BLOCK_BYTES)
    connection.execute(
        text("INSERT INTO door_key (id, inner_pad, outer_pad) VALUES (1, :i, :o) ON CONFLICT DO NOTHING"),
        {"i": bytes(b ^ 0x36 for b in key), "o": bytes(b ^ 0x5C for b in key)},
    )


def keyring_file(home: Path) -> Path:
    """Where the wrapping keys of an installation lie."""
    return home / "keys" / "keyring.json"


def _make_keyring(connection: Connection, home: Path) -> None:
    """A keyring is made for an empty database alone: beside data a new one would open nothing and hide the loss."""
    connection.execute(text("SET LOCAL row_security = off"))  # the administrator sees all rows, or this raises
    holds_data = connection.scalar(text("SELECT EXISTS (SELECT 1 FROM data_key)"))
    connection.execute(text("SET LOCAL row_security = on"))
    path = keyring_file(home)
    if holds_data:
        load_keyring(path)
    else:
        ensure_keyring(path)


def operator_secret(home: Path) -> str:
    """The secret by which this machine's command line enters the database (HOME/keys/operator, 0600).

    :raises EnvironmentFault: there is none; ``db upgrade`` makes it.
    """
    try:
        return (home / "keys" / "operator").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(
            "Máy này chưa có khóa dòng lệnh: hãy chạy “referral-hub db upgrade”.",
            "This machine has no operator's key: run `referral-hub db upgrade`.",
        ) from error


def _enrol_operator(connection: Connection, home: Path) -> None:
    path = home / "keys" / "operator"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    enrolled = connection.execute(
        text("INSERT INTO operator_credential (digest, created_at) VALUES (:d, now()) ON CONFLICT DO NOTHING"),
        {"d": hashlib.sha256(operator_secret(home).encode()).digest()},
    )
    if enrolled.rowcount:
        record(Operator(), Entry(Act.OPERATOR_ENROLLED, THE_HUB), now=clock.now(), on=connection)


def _fill(connection: Connection, effective_from: date | None) -> None:
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        regulation = shipped()
        adopted = session.scalars(select(RegulationVersion.id).limit(1)).first()
        if adopted is None:
            first = _first_version(regulation, effective_from or clock.now().astimezone(clock.LOCAL).date())
            session.add(first)
            session.flush()
            record(Operator(), Entry(Act.REGULATION_ADOPTED, first.id), now=clock.now(), on=session.connection())
        adopt_areas(session, regulation)
        known = set(session.scalars(select(Role.name)))
        session.add_all(Role(name=code) for code in regulation.codes("roles") if code not in known)
        if is_empty(session):
            adopt_directory(session, shipped_directory(regulation), now=clock.now())
        session.commit()


def _first_version(regulation: Regulation, effective_from: date) -> RegulationVersion:
    return RegulationVersion(
        id=new_id(),
        document=regulation.id,
        version=regulation.version,
        digest=regulation.digest,
        source=shipped_source().decode(),
        effective_from=effective_from,
        adopted_at=clock.now(),
        adopted_by=None,
    )


def check_database(server: Server) -> None:
    """What must hold before the hub opens: a server new enough, a role weak enough, the newest revision.

    :raises EnvironmentFault: with the sentence that says what to do.
    """
    with environment_faults(), psycopg.connect(server.app_url, connect_timeout=10) as connection:
        refuse_old_server(connection)
        refuse_strong_role(connection)
        refuse_read_only(connection)
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if found is None or found[0] != head_revision():
            raise EnvironmentFault(
                "Cơ sở dữ liệu thuộc phiên bản khác: hãy chạy “referral-hub db upgrade”.",
                "The database belongs to another version: run `referral-hub db upgrade`.",
            )
