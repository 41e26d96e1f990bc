"""Whatever the machine, the settings or the caller got wrong: one sentence on stderr, status 2, no traceback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from referral_hub.cli import INTERRUPTED, READER_GONE, commands
from referral_hub.cli.usage import locale_of
from referral_hub.config import Settings
from referral_hub.installation import head_revision, keyring_file
from referral_hub.kernel import faults
from referral_hub.kernel.server import Server
from tests.cli.commandline import CommandLine, Said, variables
from tests.trial import Trial

VIETNAMESE = set("ăâđêôơưáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ")
PLAIN = ("regulation", "show")


def in_both(cli: CommandLine, *command: object) -> tuple[Said, Said]:
    """The same command in Vietnamese and in English; both answered as the environment's fault."""
    vi, en = cli(*command), cli("--locale", "en", *command)
    for said in (vi, en):
        assert (said.status, said.out) == (2, ""), said.err
        assert len(said.err.splitlines()) == 1
        assert "Traceback" not in said.err
        assert said.err.rstrip().endswith(".")
    assert VIETNAMESE & set(vi.err.lower())
    assert not VIETNAMESE & set(en.err.lower())
    return vi, en


@pytest.mark.parametrize(
    "values",
    [
        {"DATABASE_URL": "mysql://x:y@host/hub"},
        {"DATABASE_URL": "postgresql://x:y@[::1/hub"},
        {"DATABASE_URL": "postgresql://x:y@host:port/hub"},
        {"DATABASE_URL": "postgresql://x:y@host/hub?colour=red"},
        {"ADMIN_DATABASE_URL": "nonsense"},
        {"DATABASE_URL": None, "ADMIN_DATABASE_URL": "postgresql://x:y@host/hub"},
        {"ROLE_PREFIX": "Hub; DROP"},
        {"PUBLIC_URL": "localhost"},
        {"PUBLIC_URL": "https://host:port"},
        {"PUBLIC_URL": "https://user@host/?q"},
        {"PROXIES": "many"},
        {"HOME": "~nobody_of_this_name/hub"},
    ],
)
def test_a_setting_that_cannot_be_used_is_named(cli: CommandLine, values: Mapping[str, str | None]) -> None:
    cli.variable(values)
    for said in in_both(cli, "db", "url"):
        assert any(f"REFERRAL_HUB_{name}" in said.err for name in values)


def test_a_server_that_cannot_be_reached(cli: CommandLine) -> None:
    cli.variable({"DATABASE_URL": "postgresql://x:y@127.0.0.1:1/hub"})
    in_both(cli, *PLAIN)


def test_a_wrong_password(cli: CommandLine, server: Server) -> None:
    cli.variable({"DATABASE_URL": server.app_url.replace(server.passwords["app"], "sai")})
    vi, _ = in_both(cli, *PLAIN)
    assert "mật khẩu" in vi.err


def test_a_server_too_old(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "OLDEST_SERVER", 990000)
    in_both(cli, *PLAIN)
    in_both(cli, "db", "upgrade")


def test_a_role_too_strong(cli: CommandLine, server: Server) -> None:
    cli.variable({"DATABASE_URL": server.require_admin_url()})
    in_both(cli, *PLAIN)


def test_an_administrator_without_rights(cli: CommandLine, server: Server) -> None:
    cli.variable({"ADMIN_DATABASE_URL": server.app_url})
    in_both(cli, "db", "upgrade")
    cli.variable({"ADMIN_DATABASE_URL": None})
    in_both(cli, "keyring", "rotate")


def test_a_database_that_is_read_only(cli: CommandLine, installation: Trial) -> None:
    statement = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
    database = sql.Identifier(installation.name)
    with installation.admin() as connection:
        connection.execute(statement.format(database, sql.SQL("on")))
    try:
        in_both(cli, "db", "upgrade")
    finally:
        with installation.admin() as connection:
            connection.execute(statement.format(database, sql.SQL("off")))


def test_a_database_that_was_not_prepared_or_is_of_another_version(
    cli: CommandLine, installation: Trial, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("UPDATE alembic_version SET version_num = '0000'")
    try:
        in_both(cli, *PLAIN)
    finally:
        admin_connection.execute("UPDATE alembic_version SET version_num = %s", [head_revision()])
    cli.variable({"DATABASE_URL": installation.server("postgres").app_url})
    in_both(cli, *PLAIN)


@pytest.mark.parametrize("error", [psycopg.errors.DiskFull("no space"), OSError(28, "No space left on device", "/x")])
def test_a_full_disk(cli: CommandLine, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr("referral_hub.cli.database.upgrade", full)
    in_both(cli, "db", "upgrade")


@pytest.mark.parametrize("text", [None, "nonsense"], ids=["missing", "damaged"])
def test_a_keyring_that_cannot_be_used(cli: CommandLine, settings: Settings, text: str | None) -> None:
    path = keyring_file(settings.home)
    before = path.read_bytes()
    try:
        path.unlink() if text is None else path.write_text(text)
        for said in in_both(cli, *PLAIN):
            assert str(path) in said.err
    finally:
        path.write_bytes(before)
        path.chmod(0o600)


def test_a_keyring_that_others_can_read(cli: CommandLine, settings: Settings) -> None:
    path = keyring_file(settings.home)
    path.chmod(0o644)
    try:
        for said in in_both(cli, *PLAIN):
            assert f"chmod 600 {path}" in said.err
    finally:
        path.chmod(0o600)


def test_a_home_that_cannot_be_written(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cli.variable({"HOME": str(tmp_path / "file" / "home")})
    in_both(cli, "db", "url")
    cli.variable({"DATABASE_URL": None, "ADMIN_DATABASE_URL": None})
    in_both(cli, "db", "url")


def test_a_password_file_that_is_damaged(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "roles.json").write_text("[")
    cli.variable({"HOME": str(tmp_path)})
    in_both(cli, "db", "url")


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("db",),
        ("nonsense",),
        ("db", "nonsense"),
        ("--nonsense",),
        ("db", "url", "--role", "root"),
        ("db", "url", "extra"),
        ("db", "url", "--role"),
        ("regulation", "adopt", "x.yaml"),
        ("regulation", "adopt", "x.yaml", "--effective-from", "tomorrow"),
        ("regulation", "check"),
        ("consent", "withdraw", "no-uuid", "--as", "a@b.example"),
        ("case", "write", "HS-1", "--as", "a@b.example", "--sections", "/no/such/file"),
        ("register", "import", "/no/such/file"),
    ],
    ids=" ".join,
)
def test_a_command_line_that_is_wrong(cli: CommandLine, command: tuple[str, ...]) -> None:
    vi, en = in_both(cli, *command)
    assert "--help" in vi.err
    assert "--help" in en.err


@pytest.mark.parametrize(
    ("arguments", "variable", "locale"),
    [
        ([], None, "vi"),
        ([], "en", "en"),
        (["--locale", "en", "db"], None, "en"),
        (["--locale=en"], None, "en"),
        (["--locale", "fr"], "en", "vi"),
        (["db", "--locale", "en"], None, "vi"),
    ],
)
def test_the_language_of_a_usage_fault(arguments: list[str], variable: str | None, locale: str) -> None:
    environ = {} if variable is None else {"REFERRAL_HUB_LOCALE": variable}
    assert locale_of(arguments, environ) == locale


def test_a_language_that_the_hub_does_not_speak(cli: CommandLine) -> None:
    cli.variable({"LOCALE": "fr"})
    said = cli(*PLAIN)
    assert (said.status, said.out, len(said.err.splitlines())) == (2, "", 1)


def test_an_interruption_is_quiet(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("referral_hub.cli.database.upgrade", interrupted)
    said = cli("db", "upgrade")
    assert (said.status, said.out, said.err) == (INTERRUPTED, "", "")


def test_a_bug_is_not_mistaken_for_faults_of_a_check(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("referral_hub.cli.database.upgrade", broken)
    said = cli("db", "upgrade")
    assert said.status == 2
    assert "ZeroDivisionError" in said.err


# In a process of its own: what Python itself would still say at its end is part of it.


@pytest.fixture
def process(server: Server, settings: Settings) -> Callable[..., subprocess.Popen[str]]:
    def start(*command: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
        told = {f"REFERRAL_HUB_{name}": text for name, text in variables(server, settings).items() if text is not None}
        environ = {name: text for name, text in os.environ.items() if not name.startswith("REFERRAL_HUB_")} | told
        program = [sys.executable, "-c", "from referral_hub.cli import main; main()", *command]
        return subprocess.Popen(
            program, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environ, preexec_fn=_hear_interrupts
        )

    return start


def _hear_interrupts() -> None:
    """A shell starts what runs in its background with SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_reader_that_has_gone_is_no_fault(process: Callable[..., subprocess.Popen[str]]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    started = process(*PLAIN, stdout=writing)
    os.close(writing)
    _, said = started.communicate(timeout=60)
    assert (started.returncode, said) == (READER_GONE, "")


def test_an_output_that_is_full(process: Callable[..., subprocess.Popen[str]]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    started = process(*PLAIN, stdout=full)
    os.close(full)
    _, said = started.communicate(timeout=60)
    assert (started.returncode, len(said.splitlines())) == (2, 1)


def test_a_process_that_is_interrupted_says_nothing(
    process: Callable[..., subprocess.Popen[str]], admin_connection: psycopg.Connection
) -> None:
    with admin_connection.transaction():
        admin_connection.execute("SELECT pg_advisory_xact_lock(hashtext('referral-hub db upgrade'))")
        started = process("db", "upgrade")
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        deadline = time.monotonic() + 30
        while admin_connection.execute(waiting).fetchone() == (0,) and time.monotonic() < deadline:
            time.sleep(0.05)
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert (started.returncode, out, err) == (INTERRUPTED, "", "")


def test_help_is_no_fault(cli: CommandLine) -> None:
    for command in (("--help",), ("db", "--help"), ("regulation", "adopt", "--help")):
        said = cli(*command)
        assert (said.status, said.err) == (0, "")
        assert "Usage" in said.out


def test_every_command_answers_in_json_too() -> None:
    def walk(command: object) -> list[object]:
        children = getattr(command, "commands", None)
        return [command] if children is None else [leaf for one in children.values() for leaf in walk(one)]

    for leaf in walk(commands.root):
        options = {option for one in leaf.params for option in one.opts}  # type: ignore[attr-defined]
        assert "--format" in options or leaf.name in {"serve"}, leaf.name  # type: ignore[attr-defined]
