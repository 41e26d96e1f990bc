"""When the machine does not allow the work, one sentence in each language says what to do about it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from referral_hub.installation import check_database, operator_secret, upgrade
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.faults import BY_STATE, TOO_OLD, UNREACHABLE, refuse_old_server
from referral_hub.kernel.server import Server, open_server
from tests.trial import PREFIX, Trial

Deed = Callable[[], object]


@contextmanager
def role(installation: Trial, name: str, attributes: str) -> Iterator[str]:
    """A role of the server's own, with the password of its name."""
    made = sql.Identifier(name)
    with installation.admin() as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(made))
        connection.execute(sql.SQL("CREATE ROLE {} PASSWORD {} ").format(made, name) + sql.SQL(attributes))
    try:
        yield name
    finally:
        with installation.admin(installation.name) as connection:
            connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(made))


@pytest.fixture
def empty(installation: Trial) -> Iterator[Server]:
    """A database that `db upgrade` has not seen."""
    name = f"{installation.name}_empty"
    installation.create(name)
    yield installation.server(name)
    installation.drop(name)


def as_role(server: Server, name: str, password: str | None = None) -> str:
    """The application's URL with another role."""
    secret = password or name
    return server.app_url.replace(f"{PREFIX}_app:{server.passwords['app']}@", f"{name}:{secret}@")


def fault_of(deed: Deed) -> EnvironmentFault:
    with pytest.raises(EnvironmentFault) as caught:
        deed()
    for text in (caught.value.sentence.vi, caught.value.sentence.en):
        assert text.endswith(".")
        assert "\n" not in text
        assert "Traceback" not in text
        assert "password=" not in text
    assert caught.value.sentence.vi != caught.value.sentence.en
    return caught.value


def test_a_server_older_than_fifteen_is_refused() -> None:
    def connection(version: int) -> Any:
        return SimpleNamespace(info=SimpleNamespace(server_version=version))

    assert fault_of(lambda: refuse_old_server(connection(140019))).sentence == TOO_OLD
    refuse_old_server(connection(150000))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "/nowhere"])
def test_a_server_that_cannot_be_reached(server: Server, tmp_path: Path, address: str) -> None:
    url = f"postgresql://x:y@{address}/hub" if ":" in address else f"postgresql://x:y@/hub?host={address}"
    away = replace(server, app_url=url, admin_url=url)
    assert fault_of(lambda: check_database(away)).sentence == UNREACHABLE
    assert fault_of(lambda: upgrade(away, tmp_path)).sentence == UNREACHABLE


def _lets_in(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_wrong_password(server: Server) -> None:
    wrong = replace(server, app_url=as_role(server, f"{PREFIX}_app", "mật-khẩu-sai"))
    if _lets_in(wrong.app_url):
        pytest.skip("this server trusts everybody")
    fault = fault_of(lambda: check_database(wrong))
    assert fault.sentence == BY_STATE["28P01"]
    assert "mật-khẩu-sai" not in str(fault)


def test_a_database_that_does_not_exist(installation: Trial, tmp_path: Path) -> None:
    missing = installation.server("hub_never_made")
    assert fault_of(lambda: check_database(missing)).sentence == BY_STATE["3D000"]
    assert fault_of(lambda: upgrade(missing, tmp_path)).sentence == BY_STATE["3D000"]


def test_a_role_that_may_not_log_in(installation: Trial, server: Server) -> None:
    with role(installation, f"{PREFIX}_locked", "NOLOGIN"):
        locked = replace(server, app_url=as_role(server, f"{PREFIX}_locked"))
        assert fault_of(lambda: check_database(locked)).sentence == BY_STATE["28000"]


def test_an_administrator_without_the_rights(installation: Trial, empty: Server, tmp_path: Path) -> None:
    with role(installation, "weak_admin", "LOGIN"):
        weak = replace(empty, admin_url=as_role(empty, "weak_admin"), prefix="hubtest_other")
        assert fault_of(lambda: upgrade(weak, tmp_path)).sentence == BY_STATE["42501"]
    assert not (tmp_path / "keys" / "operator").exists(), "a failed upgrade leaves no key behind"


def test_no_administrator_at_all(server: Server, tmp_path: Path) -> None:
    fault = fault_of(lambda: upgrade(replace(server, admin_url=None), tmp_path))
    assert "REFERRAL_HUB_ADMIN_DATABASE_URL" in fault.sentence.vi


def test_an_administrator_with_just_the_rights_named_prepares_the_database(installation: Trial, tmp_path: Path) -> None:
    """Not superuser: CREATEROLE and BYPASSRLS, owner of the database. PostgreSQL 15 does not allow this yet."""
    with installation.admin() as connection:
        if connection.info.server_version < 160000:
            pytest.skip("before 16 only a superuser makes the backup role")
    name, prefix = f"{installation.name}_plain", "hubtest_plain"
    with installation.admin() as connection:
        connection.execute("DROP ROLE IF EXISTS plain_admin")
        connection.execute("CREATE ROLE plain_admin LOGIN PASSWORD 'plain_admin' CREATEROLE BYPASSRLS")
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER plain_admin").format(sql.Identifier(name)))
    try:
        plain = installation.server(name)
        own_url = plain.app_url.replace(f"{PREFIX}_app:", f"{prefix}_app:")
        server = replace(plain, admin_url=as_role(plain, "plain_admin"), prefix=prefix, app_url=own_url)
        upgrade(server, tmp_path)
        upgrade(server, tmp_path)
        check_database(server)
        assert operator_secret(tmp_path)
    finally:
        installation.drop(name)
        with installation.admin() as connection:
            for suffix in ("owner", "door", "app", "stat", "log", "auditor", "backup"):
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(f"{prefix}_{suffix}")))
            connection.execute("DROP OWNED BY plain_admin; DROP ROLE plain_admin")


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        (f"{PREFIX}_super", "LOGIN SUPERUSER"),
        (f"{PREFIX}_bypass", "LOGIN BYPASSRLS"),
        (f"{PREFIX}_member", f"LOGIN IN ROLE {PREFIX}_owner"),
        (f"{PREFIX}_counter", f"LOGIN NOINHERIT IN ROLE {PREFIX}_stat"),
        (f"{PREFIX}_maker", "LOGIN CREATEROLE"),
        (f"{PREFIX}_builder", "LOGIN CREATEDB"),
        (f"{PREFIX}_copier", "LOGIN REPLICATION"),
    ],
)
def test_a_role_too_strong_for_the_web_is_refused(
    installation: Trial, server: Server, name: str, attributes: str
) -> None:
    with role(installation, name, attributes):
        fault = fault_of(lambda: check_database(replace(server, app_url=as_role(server, name))))
        assert "quá mạnh" in fault.sentence.vi


def test_the_role_that_upgrade_makes_is_just_right(server: Server) -> None:
    check_database(server)


def test_a_database_that_was_not_prepared(empty: Server) -> None:
    assert fault_of(lambda: check_database(empty)).sentence == BY_STATE["42P01"]


def test_a_database_of_another_version(installation: Trial, empty: Server) -> None:
    upgrade(empty, installation.home)
    with psycopg.connect(empty.require_admin_url()) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    assert "db upgrade" in fault_of(lambda: check_database(empty)).sentence.en


def test_a_database_that_is_read_only(installation: Trial, empty: Server) -> None:
    upgrade(empty, installation.home)
    database = sql.Identifier(f"{installation.name}_empty")
    with installation.admin() as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(database))
    assert fault_of(lambda: upgrade(empty, installation.home)).sentence == BY_STATE["25006"]
    assert fault_of(lambda: check_database(empty)).sentence == BY_STATE["25006"]


@pytest.mark.parametrize("url", ["mysql://x:y@host/hub", "postgresql:///hub", "hub"])
def test_an_address_that_is_none(tmp_path: Path, url: str) -> None:
    fault = fault_of(lambda: open_server(tmp_path, PREFIX, url, None))
    assert "REFERRAL_HUB_DATABASE_URL" in fault.sentence.en


def test_a_machine_that_was_never_enrolled(tmp_path: Path) -> None:
    assert "db upgrade" in fault_of(lambda: operator_secret(tmp_path)).sentence.vi
