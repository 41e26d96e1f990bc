"""`log run`, its refusals and the ways out, as an operator meets them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from referral_hub.audit.checkpoints import open_checkpoint
from referral_hub.audit.folder import Folder
from referral_hub.config import Settings
from referral_hub.kernel.db import db
from referral_hub.kernel.roles import close_schema, open_schema
from referral_hub.kernel.server import Server
from tests.audit.log_world import assert_sound, write_entries
from tests.builders import a_case
from tests.cli.commandline import CommandLine
from tests.cli.logins import kept_logins
from tests.conftest import Acting
from tests.trial import PREFIX, Trial


@pytest.fixture
def folder(cli: CommandLine, installation: Trial, settings: Settings, tmp_path: Path) -> Iterator[Folder]:
    """A log of its own for the test, beside the home."""
    cli.variable({"AUDIT_DIR": str(tmp_path / "audit")})
    with kept_logins(installation, settings.home):
        yield Folder(tmp_path / "audit")


def test_once_gives_everything_its_place_and_a_checkpoint_that_its_key_verifies(
    cli: CommandLine, folder: Folder, server: Server
) -> None:
    write_entries(server, 3)
    said = cli("log", "run", "--once", "--format", "json")
    assert (said.status, said.document) == (0, {"ok": True, "sequenced": 3, "size": 3, "elsewhere": False})
    key = cli("audit", "vkey", "--format", "json").document
    checkpoint = open_checkpoint(folder.checkpoint.read_bytes(), key["vkey"])
    assert (checkpoint.size, checkpoint.origin) == (3, key["origin"])
    assert "3" in cli("log", "run", "--once").out
    assert assert_sound(server, folder) == 3


def test_the_logs_own_account_needs_no_other_role(
    cli: CommandLine, folder: Folder, server: Server, tmp_path: Path
) -> None:
    write_entries(server, 3)
    cli.variable({"HOME": str(tmp_path / "own"), "DATABASE_URL": server.url("log"), "ADMIN_DATABASE_URL": None})
    said = cli("log", "run", "--once", "--format", "json")
    assert (said.status, said.document["size"]) == (0, 3), said.err
    assert assert_sound(server, folder) == 3


def test_a_log_that_has_not_begun_has_no_key_to_show(cli: CommandLine, folder: Folder) -> None:
    said = cli("--locale", "en", "audit", "vkey")
    assert (said.status, said.err) == (1, "The log has not begun yet: run `referral-hub log run`.\n")


def test_a_refusal_is_status_1_and_says_what_to_run(cli: CommandLine, folder: Folder, server: Server) -> None:
    write_entries(server, 3)
    cli("log", "run", "--once")
    (folder.signing / "memory.json").unlink()
    said = cli("log", "run", "--once", "--format", "json")
    assert (said.status, said.document["ok"], said.document["kind"]) == (1, False, "memory-lost")
    assert "referral-hub log recover" in said.document["detail"] and said.document["detail"] in said.err
    assert cli("log", "recover", "--format", "json").document == {
        **{"ok": True, "imported": 0, "size": 3, "changed": True}
    }
    assert cli("log", "run", "--once").status == 0


@pytest.fixture
def older(installation: Trial, server: Server) -> Iterator[Server]:
    """Makes the copy of the working database that is restored later."""
    copy = f"{installation.name}_older"
    db.engine.dispose()
    installation.hang_up()
    installation.create(copy, installation.name)
    with installation.admin(copy) as connection:
        open_schema(connection, PREFIX)
        close_schema(connection, PREFIX)
    yield installation.server(copy)
    installation.hang_up()
    installation.drop(copy)


def test_a_restored_copy_is_brought_back_and_the_whole_log_verifies(
    cli: CommandLine, folder: Folder, acting: Acting, request: pytest.FixtureRequest
) -> None:
    with acting("lan@anh-duong") as lan:
        a_case(lan)
    cli("log", "run", "--once")
    older: Server = request.getfixturevalue("older")
    with acting("lan@anh-duong") as lan:
        a_case(lan)
    signed = cli("log", "run", "--once", "--format", "json").document["size"]
    cli.variable({"DATABASE_URL": older.app_url, "ADMIN_DATABASE_URL": older.admin_url})
    said = cli("log", "run", "--once", "--format", "json")
    assert (said.status, said.document["kind"], said.document["signed"]) == (1, "rollback", signed)
    said = cli("log", "recover", "--format", "json")
    assert said.status == 0 and said.document["size"] == signed and said.document["imported"] > 0
    assert cli("log", "run", "--once", "--format", "json").document["size"] == signed + 1
    verdict = cli("audit", "verify", "--format", "json")
    assert (verdict.status, verdict.document["ok"], verdict.document["entries"]) == (0, True, signed + 1), verdict
    assert verdict.document["unrestored"] > 0, "what was sealed of those entries is gone, and the log says so"


def test_a_new_origin_is_printed_for_the_agencies(cli: CommandLine, folder: Folder, server: Server) -> None:
    write_entries(server, 3)
    cli("log", "run", "--once")
    old = cli("audit", "vkey").out.strip()
    shutil.rmtree(folder.signing)
    said = cli("log", "run", "--once", "--format", "json")
    assert (said.status, said.document["kind"]) == (1, "key-lost")
    said = cli("log", "new-origin", "--reason", "mất khóa", "--format", "json")
    assert said.status == 0
    assert (said.document["closed"], said.document["size"]) == (old.partition("+")[0], 3)
    assert cli("audit", "vkey").out.strip() == said.document["vkey"] != old
    assert cli("log", "run", "--once").status == 0
    assert assert_sound(server, folder) == 4


def test_the_process_ends_quietly_when_it_is_told_to(cli: CommandLine, folder: Folder, server: Server) -> None:
    write_entries(server, 3)
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(
            [sys.executable, "-c", "from referral_hub.cli import main; main()", "log", "run"],
            env=dict(os.environ),
            stderr=subprocess.PIPE,
        )
        try:
            wait_for(folder.checkpoint)
            folder.checkpoint.unlink()
            process.send_signal(number)
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
        assert (process.returncode, said) == (0, b"")


def wait_for(path: Path) -> None:
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.05)
