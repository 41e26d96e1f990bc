"""The built-in database as its users meet it: real clusters, real processes, real signals."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from referral_hub.kernel import embedded
from referral_hub.kernel.embedded import EmbeddedServer, locks, place

STOPS_WITHIN_S = 8.0
STRANGER = 64999
CHILD = """
import sys
from pathlib import Path
from referral_hub.kernel.embedded import ensure
server = ensure(Path(sys.argv[1]))
print(server.socket_dir, flush=True)
sys.stdin.read()
"""
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to become another user")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "home"
    yield path
    embedded.remove(path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One server for the questions that do not stop it."""
    path = tmp_path_factory.mktemp("shared") / "home"
    with embedded.ensure(path) as server:
        yield server
    embedded.remove(path)


@pytest.fixture
def start_user(home: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts processes that use the database of the home until they are ended."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", CHILD, str(home)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip().startswith("/")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def postmaster(home: Path) -> int:
    cluster = place.existing(home)
    assert cluster is not None
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


def lives(pid: int) -> bool:
    """Whether the process runs (one that ended and was not collected yet does not)."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(pid: int, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if not lives(pid):
            return True
        time.sleep(0.05)
    return False


def ask(server: EmbeddedServer, statement: str) -> object:
    with psycopg.connect(server.admin_url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


def write_note(server: EmbeddedServer) -> None:
    with psycopg.connect(server.admin_url) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'còn đây' AS words")


def test_a_killed_user_leaves_the_database_to_the_others_and_the_last_one_takes_it_along(
    home: Path, start_user: Callable[[], subprocess.Popen[str]]
) -> None:
    first, second = start_user(), start_user()
    server_pid = postmaster(home)
    with embedded.ensure(home) as server:
        first.send_signal(signal.SIGKILL)
        first.wait()
        time.sleep(3)
        assert ask(server, "SELECT 1") == 1
    assert postmaster(home) == server_pid
    second.send_signal(signal.SIGKILL)
    second.wait()
    assert ends(server_pid, STOPS_WITHIN_S)


def test_starts_at_the_same_moment_join_one_server(home: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(home)]
    users = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    directories = {user.stdout.readline() for user in users if user.stdout}
    server_pid = postmaster(home)
    for user in users:
        user.communicate()
        assert user.returncode == 0
    assert len(directories) == 1
    assert ends(server_pid, STOPS_WITHIN_S)


def test_a_user_who_comes_back_within_the_grace_finds_the_same_server(home: Path) -> None:
    embedded.ensure(home).release()
    server_pid = postmaster(home)
    time.sleep(1)
    with embedded.ensure(home) as server:
        time.sleep(3)
        assert ask(server, "SELECT 1") == 1
        assert postmaster(home) == server_pid


def test_a_forked_worker_that_ends_its_use_does_not_end_that_of_its_parent(shared: EmbeddedServer) -> None:
    child = os.fork()
    if child == 0:
        shared.release()
        os._exit(0)
    os.waitpid(child, 0)
    time.sleep(3)
    assert ask(shared, "SELECT 1") == 1


def test_data_survives_a_stop(home: Path) -> None:
    with embedded.ensure(home) as server:
        write_note(server)
    assert ends(postmaster(home), STOPS_WITHIN_S)
    with embedded.ensure(home) as server:
        assert ask(server, "SELECT words FROM note") == "còn đây"


def test_data_survives_a_server_killed_without_warning(home: Path) -> None:
    with embedded.ensure(home) as server:
        write_note(server)
        server_pid = postmaster(home)
        os.kill(server_pid, signal.SIGKILL)
        assert ends(server_pid, STOPS_WITHIN_S)
        with embedded.ensure(home) as again:
            assert ask(again, "SELECT words FROM note") == "còn đây"


def test_a_process_number_that_belongs_to_another_program_after_a_reboot_does_not_stop_the_start(home: Path) -> None:
    with embedded.ensure(home):
        server_pid = postmaster(home)
        os.kill(server_pid, signal.SIGKILL)
        assert ends(server_pid, STOPS_WITHIN_S)
        cluster = place.existing(home)
        assert cluster is not None
        pid_file = cluster.data / "postmaster.pid"
        pid_file.write_text("\n".join([str(os.getppid()), *pid_file.read_text().splitlines()[1:]]) + "\n")
        with embedded.ensure(home) as again:
            assert ask(again, "SELECT 1") == 1


@pytest.mark.parametrize("folder", ['hồ sơ, "của" tỉnh', "x" * 120], ids=["signs", "long"])
def test_any_name_of_the_home_will_do(tmp_path: Path, folder: str) -> None:
    home = tmp_path / folder / "home"
    try:
        with embedded.ensure(home) as server:
            assert len(f"{server.socket_dir}/.s.PGSQL.{server.port}".encode()) < 100
            assert ask(server, "SHOW listen_addresses") == ""
    finally:
        embedded.remove(home)


def test_texts_times_and_languages_are_the_same_on_every_machine(shared: EmbeddedServer) -> None:
    assert ask(shared, "SHOW server_encoding") == "UTF8"
    assert ask(shared, "SHOW timezone") == "UTC"
    assert ask(shared, "SELECT lower('ĐẶNG THỊ Ơ')") == "đặng thị ơ"
    assert ask(shared, "SHOW fsync") == "on"


def test_an_error_leaves_no_word_of_a_row_in_the_log(shared: EmbeddedServer) -> None:
    with psycopg.connect(shared.admin_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (phone text UNIQUE)")
        connection.execute("INSERT INTO person VALUES ('0912345678')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES ('0912345678')")
    log = (shared.home / "log" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "0912345678" not in log


def test_a_wrong_password_is_refused_and_the_right_one_is_kept_from_others(shared: EmbeddedServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(shared.url(embedded.ADMIN_ROLE, "guess"))
    assert shared.password("hub_app") == shared.password("hub_app") != shared.password("hub_log")
    file = shared.home / "postgres" / "credentials.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_locks_do_not_leak_into_the_server(shared: EmbeddedServer) -> None:
    opened = [os.readlink(file) for file in Path(f"/proc/{postmaster(shared.home)}/fd").iterdir()]
    assert opened
    assert not [path for path in opened if path.endswith(".lock")]


def test_no_permission_of_an_existing_directory_changes(tmp_path: Path) -> None:
    home = tmp_path / "closed" / "home"
    home.mkdir(mode=0o700, parents=True)
    (tmp_path / "closed").chmod(0o700)
    above = [home, *home.parents, Path("/var/lib"), Path("/tmp")]
    before = [(p, p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in above]
    with embedded.ensure(home):
        assert [(p, p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in above] == before
    embedded.remove(home)


def connects_as(uid: int, gid: int, path: Path) -> bool:
    """Whether a process of that user gets through to the socket; the answer comes back as the exit status."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            socket.socket(socket.AF_UNIX).connect(str(path))
        except PermissionError:
            os._exit(1)
        except BaseException:
            os._exit(2)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 1)
    return status == 0


@only_root
def test_no_other_local_user_reaches_the_socket(shared: EmbeddedServer) -> None:
    owner = shared.socket_dir.stat()
    path = shared.socket_dir / f".s.PGSQL.{shared.port}"
    assert connects_as(owner.st_uid, owner.st_gid, path)
    assert not connects_as(STRANGER, STRANGER, path)


@only_root
def test_root_hands_the_server_to_an_account_without_rights(shared: EmbeddedServer) -> None:
    cluster = place.existing(shared.home)
    assert cluster is not None
    assert Path(f"/proc/{postmaster(shared.home)}").stat().st_uid == cluster.account.uid != 0
    for directory in (cluster.data, shared.socket_dir):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert directory.stat().st_uid == cluster.account.uid


@only_root
def test_the_data_of_a_home_that_was_deleted_is_set_aside_not_reused(home: Path) -> None:
    with embedded.ensure(home) as server:
        write_note(server)
        cluster = place.existing(home)
    assert cluster is not None
    assert cluster.is_away, "root's temporary directory is closed to the server's account"
    for file in (home / "postgres").iterdir():
        file.unlink()
    (home / "postgres").rmdir()
    with embedded.ensure(home) as server:
        assert ask(server, "SELECT to_regclass('note')") is None
    assert len(list(cluster.root.glob("data.left-*"))) == 1


@only_root
def test_a_process_that_asks_for_the_lock_while_the_home_is_removed_leaves_nothing_behind(home: Path) -> None:
    embedded.ensure(home).release()
    cluster = place.existing(home)
    assert cluster is not None
    removed = threading.Event()

    def ask_again_and_again() -> None:
        while not removed.is_set():
            with contextlib.suppress(FileNotFoundError):
                os.close(locks.open_lock(cluster.start_lock))

    asking = threading.Thread(target=ask_again_and_again)
    asking.start()
    try:
        embedded.remove(home)
    finally:
        removed.set()
        asking.join()
    assert list(cluster.root.parent.glob(f"{cluster.root.name}*")) == []


def test_a_home_that_the_account_can_reach_holds_its_data_itself() -> None:
    home = Path("/var/tmp") / f"referral-hub-test-{os.getpid()}"
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    try:
        with embedded.ensure(home) as server:
            assert server.socket_dir.is_relative_to(home)
            assert not connects_as(STRANGER, STRANGER, server.socket_dir / f".s.PGSQL.{server.port}")
        assert stat.S_IMODE(home.stat().st_mode) == 0o755
    finally:
        embedded.remove(home)
        (home / "log" / "postgres.log").unlink()
        (home / "log").rmdir()
        home.rmdir()
