"""The drill: a backup is only one when it was restored; trying it leaves nothing behind and shows nobody anything."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from referral_hub.audit.acts import Act
from referral_hub.config import Settings
from referral_hub.keeping import archive, envelope
from referral_hub.keeping.checks import drill as drill_check
from referral_hub.keeping.drilling import drill
from referral_hub.keeping.restoring import RestoreRefused
from referral_hub.kernel import clock
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.server import Server
from referral_hub.vault.keyring import load_keyring, save_keyring
from tests.builders import SECTIONS
from tests.cli.commandline import CommandLine, variables
from tests.cli.logins import kept_logins
from tests.keeping.test_backup import Kept, count, kept
from tests.portal.world import entries
from tests.trial import Trial

__all__ = ["kept"]

SCRATCH = "SELECT count(*) FROM pg_database WHERE datname LIKE '%\\_drill\\_%'"


@pytest.fixture(autouse=True)
def nothing_is_left(installation: Trial, settings: Settings) -> Iterator[None]:
    """After every drill, whatever happened in it."""
    yield
    (settings.home / archive.LAST_DRILL).unlink(missing_ok=True)
    assert left(installation, settings) == (0, 0)


def left(installation: Trial, settings: Settings) -> tuple[int, int]:
    """Databases and folders of drills that are there now."""
    with installation.admin() as connection:
        row = connection.execute(SCRATCH).fetchone()
    assert row is not None
    return int(row[0]), len(list(settings.home.glob(".drill-*")))


def test_the_newest_backup_comes_back_whole_beside_a_hub_that_does_not_notice(kept: Kept, server: Server) -> None:
    before = {table: count(server, table) for table in ("case_file", "audit_entry", "data_key")}
    older = kept.source.with_name("older")
    archive.back_up(server, kept.home, kept.log, older, now=clock.now().replace(year=2020))
    done = drill(server, kept.home, kept.source.parent, kept.private, now=clock.now())
    assert done.source == kept.source
    assert done.rows > 100 and done.entries > 0
    assert (done.keys, done.opened) == (1, 1)
    assert {table: count(server, table) for table in before} == before
    assert drill_check(kept.home, clock.now())[0] is True


def test_a_drill_by_hand_leaves_its_entry_and_shows_no_name(
    kept: Kept,
    server: Server,
    settings: Settings,
    installation: Trial,
    admin_connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    cli = CommandLine(monkeypatch, capfd)
    cli.variable(variables(server, settings))
    with kept_logins(installation, settings.home):
        said = cli("backup", "drill", kept.source, "--key", tmp_path / "private", "--format", "json")
        assert said.status == 0, said.err
        assert said.document["opened"] == 1
        assert str(SECTIONS["identity"]["full_name"]) not in said.out + said.err
        (kept.source / archive.DUMP).write_bytes(b"rust")
        worse = cli("backup", "drill", kept.source, "--key", tmp_path / "private", "--format", "json")
    assert (worse.status, worse.document["error"]) == (1, "damaged")
    found = [(e["out"], e.get("why")) for e in entries(admin_connection) if e["act"] == Act.BACKUP_DRILLED.value.code]
    assert found == [("ok", None), ("failed", "damaged")]


def test_a_dump_that_lacks_rows_is_refused_by_the_name_of_the_table(kept: Kept, server: Server) -> None:
    fewer = json.loads(b"".join(envelope.opened((kept.source / archive.ROWS).open("rb"), archive.ROWS, kept.private)))
    fewer["public.case_file"] += 1
    path = kept.source / archive.ROWS
    plain = kept.source.with_name("rows")
    plain.write_text(json.dumps(fewer))
    with plain.open("rb") as source, path.open("wb") as target:
        envelope.seal(source, target, archive.ROWS, envelope.public_of(kept.private))
    manifest = json.loads((kept.source / archive.MANIFEST).read_text())
    manifest["files"][archive.ROWS]["sha256"] = archive.digest(path)
    (kept.source / archive.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(RestoreRefused) as caught:
        drill(server, kept.home, kept.source, kept.private, now=clock.now())
    assert (caught.value.code, caught.value.details["table"]) == ("rows", "public.case_file")
    assert drill_check(kept.home, clock.now())[0] is False


def test_a_keyring_that_lost_a_key_is_refused(kept: Kept, server: Server) -> None:
    path = kept.home / "keys" / "keyring.json"
    ring = load_keyring(path)
    try:
        save_keyring(ring.rotated().without(ring.current), path)
        with pytest.raises(RestoreRefused) as caught:
            drill(server, kept.home, kept.source, kept.private, now=clock.now())
        assert caught.value.code == "keyring"
    finally:
        save_keyring(ring, path)


def test_an_empty_folder_holds_no_backup(server: Server, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(RestoreRefused) as caught:
        drill(server, settings.home, tmp_path, bytes(32), now=clock.now())
    assert caught.value.code == "no-backup"


def test_two_drills_at_once_do_not_remove_each_others_database(
    kept: Kept, server: Server, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("SELECT pg_advisory_lock(hashtext('referral-hub drill'))")
    with pytest.raises(EnvironmentFault):
        drill(server, kept.home, kept.source, kept.private, now=clock.now())


def test_what_a_killed_drill_left_is_gone_after_the_next(
    kept: Kept, server: Server, settings: Settings, installation: Trial, tmp_path: Path
) -> None:
    said = {key: value for key, value in variables(server, settings).items() if value is not None}
    environment = {**os.environ, **{f"REFERRAL_HUB_{key}": value for key, value in said.items()}}
    words = ("backup", "drill", str(kept.source), "--key", str(tmp_path / "private"))
    code = "import sys; from referral_hub.cli import run; sys.exit(run(sys.argv[1:]))"
    with kept_logins(installation, settings.home):
        running = subprocess.Popen([sys.executable, "-c", code, *words], env=environment, start_new_session=True)
        until = time.monotonic() + 60
        while left(installation, settings) != (1, 1) and running.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert left(installation, settings) == (1, 1)
    drill(server, kept.home, kept.source, kept.private, now=clock.now())


def test_an_administrator_who_is_no_superuser_drills_as_well(kept: Kept, server: Server, installation: Trial) -> None:
    """What docs/operations.md asks of the role: CREATEROLE, BYPASSRLS, CREATEDB, membership in the owners."""
    with installation.admin() as connection:
        if connection.info.server_version < 160000:
            pytest.skip("before 16 only a superuser makes the backup role")
        connection.execute("DROP ROLE IF EXISTS plain_driller")
        connection.execute("CREATE ROLE plain_driller LOGIN PASSWORD 'x' CREATEROLE BYPASSRLS CREATEDB")
        for suffix in ("owner", "door", "app", "signin", "stat", "log", "auditor", "backup"):
            role = sql.Identifier(f"{server.prefix}_{suffix}")
            connection.execute(sql.SQL("GRANT {} TO plain_driller WITH ADMIN OPTION").format(role))
    admin_url = installation.url(installation.name).rpartition("@")[2]
    try:
        plain = replace(server, admin_url=f"postgresql://plain_driller:x@{admin_url}")
        assert drill(plain, kept.home, kept.source, kept.private, now=clock.now()).opened == 1
    finally:
        with installation.admin() as connection:
            connection.execute("DROP OWNED BY plain_driller; DROP ROLE plain_driller")
