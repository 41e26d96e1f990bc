"""A hub on a real PostgreSQL, as its people use it. See ``tests/trial.py`` for what is kept between tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from referral_hub.access.actors import Actor, actor_from_door
from referral_hub.config import Settings
from referral_hub.hub import STATISTICS, make_hub
from referral_hub.installation import operator_secret
from referral_hub.kernel import clock
from referral_hub.kernel.db import db, transaction
from referral_hub.kernel.server import Server
from referral_hub.vault.current import use_keyring
from referral_hub.vault.keyring import load_keyring
from tests.people import email
from tests.trial import PREFIX, Trial, trial

Acting = Callable[..., AbstractContextManager[Actor]]
ActingInSql = Callable[..., AbstractContextManager[psycopg.Connection]]


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """The server, the template and the first clone of this test process."""
    with trial(tmp_path_factory.mktemp("hub") / "home") as made:
        with psycopg.connect(made.url(made.name, "app")) as connection:
            row = connection.execute(
                "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert row == (f"{PREFIX}_app", False), "tests that pass every policy prove nothing"
        yield made


@pytest.fixture(scope="session")
def settings(installation: Trial) -> Settings:
    """Settings of the home of the tests. Its database is the one that `server` names."""
    return Settings(home=installation.home, role_prefix=PREFIX)


@pytest.fixture(scope="session")
def _hub_app(installation: Trial, settings: Settings) -> Iterator[Flask]:
    app = make_hub(settings, installation.server())
    yield app
    app.extensions[STATISTICS].dispose()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def server(installation: Trial) -> Iterator[Server]:
    """The working database, empty but for regulation, directory and accounts; emptied again afterwards."""
    yield installation.server()
    installation.clean()


@pytest.fixture
def hub(server: Server, settings: Settings, _hub_app: Flask) -> Iterator[Flask]:
    """The hub without its edges; services can be called inside `acting`."""
    use_keyring(load_keyring(settings.home / "keys" / "keyring.json"))
    with _hub_app.app_context():
        yield _hub_app
        db.session.remove()


@pytest.fixture(scope="session")
def credential(settings: Settings) -> Callable[[str], str]:
    """What the door takes for a person (`lan@anh-duong`) or a task (`system:register-import:anh-duong`)."""
    secret = operator_secret(settings.home)

    def make(who: str) -> str:
        return f"operator:{secret}:{who if who.startswith('system:') else email(who)}"

    return make


@pytest.fixture
def acting(hub: Flask, credential: Callable[[str], str]) -> Acting:
    """`with acting("lan@anh-duong") as actor:` one committed transaction of that person, through the door."""

    @contextmanager
    def enter(who: str, channel: str = "cli") -> Iterator[Actor]:
        with transaction(credential(who)) as row:
            assert row is not None, f"nobody is called {who}"
            yield actor_from_door(row, channel)

    return enter


@pytest.fixture
def now() -> datetime:
    """The moment this test began."""
    return clock.now()


@dataclass(frozen=True, slots=True)
class Directory:
    """Ids by code: agencies, desks (`duty@cong-an-tinh`) and accounts (`lan@anh-duong`)."""

    agencies: dict[str, UUID]
    desks: dict[str, UUID]
    accounts: dict[str, UUID]


@pytest.fixture(scope="session")
def directory(installation: Trial) -> Directory:
    """The ids of the shipped directory and of the people of the tests."""
    with installation.admin(installation.name) as connection:
        agencies = dict(connection.execute("SELECT code, id FROM agency").fetchall())
        desks = dict(
            connection.execute(
                "SELECT d.code || '@' || a.code, d.id FROM desk d JOIN agency a ON a.id = d.agency_id"
            ).fetchall()
        )
        accounts = dict(connection.execute("SELECT replace(email, '.example', ''), id FROM account").fetchall())
    return Directory(agencies, desks, accounts)


@pytest.fixture
def agency(directory: Directory) -> Callable[[str], UUID]:
    """The id of an agency by its code."""
    return directory.agencies.__getitem__


@pytest.fixture
def app_connection(server: Server) -> Iterator[psycopg.Connection]:
    """The application role, nobody acting."""
    with psycopg.connect(server.app_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def acting_in_sql(installation: Trial, server: Server, credential: Callable[[str], str]) -> ActingInSql:
    """`with acting_in_sql("cuong@cong-an-tinh") as c:` straight SQL as the application role; committed at the end."""

    @contextmanager
    def enter(who: str) -> Iterator[psycopg.Connection]:
        with installation.line(server.app_url) as connection:
            assert connection.execute("SELECT 1 FROM door_enter(%s)", [credential(who)]).fetchone()
            yield connection

    return enter


@pytest.fixture
def owner_connection(server: Server) -> Iterator[psycopg.Connection]:
    """The owner of the tables, under forced row security like everybody."""
    with psycopg.connect(server.require_admin_url()) as connection:
        connection.execute(f"SET ROLE {PREFIX}_owner".encode())
        connection.commit()
        yield connection
        connection.rollback()


@pytest.fixture
def admin_connection(server: Server) -> Iterator[psycopg.Connection]:
    """The administrator, who sees what is really there; autocommit."""
    with psycopg.connect(server.require_admin_url(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def stat_connection(server: Server) -> Iterator[psycopg.Connection]:
    """The role that counts."""
    with psycopg.connect(server.url("stat")) as connection:
        yield connection
        connection.rollback()
