"""Models, migrations and the SQL files beside them say the same; a step back and forth changes nothing."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from migrations.statements import execute, sql_files
from referral_hub import tables
from referral_hub.installation import check_database, migrate, upgrade
from referral_hub.kernel.roles import ROLES, close_schema, open_schema
from referral_hub.kernel.server import Server
from tests.architecture.catalogue import fingerprint
from tests.trial import PREFIX, Trial

OTHER_PREFIX = f"{PREFIX}_two"


@contextmanager
def _empty_database(installation: Trial, name: str) -> Iterator[Server]:
    database = f"{installation.name}_{name}"
    installation.create(database)
    try:
        yield installation.server(database)
    finally:
        installation.drop(database)


@contextmanager
def _as_admin(server: Server) -> Iterator[Connection]:
    engine = create_engine(server.require_admin_url())
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _fingerprint(server: Server, prefix: str = PREFIX) -> list[str]:
    with psycopg.connect(server.require_admin_url()) as connection:
        return fingerprint(connection, prefix)


@pytest.fixture(scope="module")
def migrated(installation: Trial) -> list[str]:
    found = _fingerprint(installation.server())
    assert len(found) > 300
    return found


def _build_from_models(server: Server) -> None:
    with _as_admin(server) as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        open_schema(raw, PREFIX)
        connection.execute(text("SET LOCAL search_path = public, pg_temp"))
        connection.execute(text(f"SET ROLE {PREFIX}_owner"))
        tables.metadata.create_all(connection)
        folders = sorted(folder.name for folder in (files("migrations") / "sql").iterdir() if folder.is_dir())
        for revision in folders:
            for _, statements in sql_files(revision):
                execute(connection, statements, PREFIX)
        connection.execute(text("RESET ROLE"))
        close_schema(raw, PREFIX)


def test_the_migrations_make_the_tables_of_the_models(installation: Trial) -> None:
    with _as_admin(installation.server()) as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Did not recognize type 'xid8'")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, tables.metadata)
    assert differences == []


def test_a_migrated_and_a_freshly_built_database_are_guarded_alike(installation: Trial, migrated: list[str]) -> None:
    with _empty_database(installation, "built") as server:
        _build_from_models(server)
        assert _fingerprint(server) == migrated


def test_all_the_way_down_and_up_again_leaves_the_database_as_it_was(installation: Trial, migrated: list[str]) -> None:
    with _empty_database(installation, "stepped") as server:
        upgrade(server, installation.home)
        assert _fingerprint(server) == migrated
        with _as_admin(server) as connection:
            migrate(connection, PREFIX, "base", down=True)
        assert len(_fingerprint(server)) < 20
        with _as_admin(server) as connection:
            migrate(connection, PREFIX)
        assert _fingerprint(server) == migrated


def test_an_upgrade_that_runs_again_changes_nothing(installation: Trial, migrated: list[str]) -> None:
    with _empty_database(installation, "twice") as server:
        contents = (
            "SELECT (SELECT count(*) FROM agency), (SELECT count(*) FROM regulation_version),"
            " (SELECT count(*) FROM area), (SELECT count(*) FROM role),"
            " (SELECT md5(inner_pad) FROM door_key), (SELECT count(*) FROM operator_credential)"
        )
        seen = []
        for _ in range(2):
            upgrade(server, installation.home)
            with psycopg.connect(server.require_admin_url()) as connection:
                seen.append(connection.execute(contents).fetchone())
        assert seen[0] == seen[1]
        assert _fingerprint(server) == migrated
        check_database(server)


def test_two_hubs_share_a_server_under_their_own_role_names(installation: Trial, migrated: list[str]) -> None:
    with _empty_database(installation, "neighbour") as plain:
        own_url = plain.app_url.replace(f"{PREFIX}_app:", f"{OTHER_PREFIX}_app:")
        neighbour = replace(plain, prefix=OTHER_PREFIX, app_url=own_url)
        upgrade(neighbour, installation.home)
        assert _fingerprint(neighbour, OTHER_PREFIX) == migrated
        check_database(neighbour)
        with psycopg.connect(neighbour.app_url) as connection:
            assert connection.execute("SELECT count(*) FROM case_file").fetchone() == (0,)
        for url in (
            installation.url(installation.name, "app").replace(f"{PREFIX}_app:", f"{OTHER_PREFIX}_app:"),
            plain.app_url,
        ):
            with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT count(*) FROM public.agency")


def test_roles_outlive_their_database(installation: Trial, admin_connection: psycopg.Connection) -> None:
    with _empty_database(installation, "gone") as server:
        upgrade(server, installation.home)
        with _as_admin(server) as connection:
            migrate(connection, PREFIX, "base", down=True)
    found = admin_connection.execute(
        "SELECT count(*) FROM pg_roles WHERE rolname = ANY (%s)", [[f"{PREFIX}_{suffix}" for suffix in ROLES]]
    ).fetchone()
    assert found == (len(ROLES),)


def test_a_table_without_row_security_is_noticed_by_the_comparison(installation: Trial, migrated: list[str]) -> None:
    with _empty_database(installation, "worse") as server:
        _build_from_models(server)
        with psycopg.connect(server.require_admin_url()) as connection:
            connection.execute("ALTER TABLE consent NO FORCE ROW LEVEL SECURITY")
        assert _fingerprint(server) != migrated
