"""The server's process: is it running, start it, stop it. Whoever calls holds the start lock."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import BinaryIO, TypedDict

from referral_hub.kernel.embedded import faults
from referral_hub.kernel.embedded.binaries import binaries
from referral_hub.kernel.embedded.place import SOCKET_PORT, Place, socket_directory

# The server gets nothing of our environment: it may hold passwords.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_LOG_BYTES_KEPT = 5 * 1024 * 1024
_START_PATIENCE_S = 300.0
_RETRY_S = 5.0
_STOP_PATIENCE_S = 30.0
_POLL_S = 0.01
# An error names the values of a row in its DETAIL and STATEMENT; the log is read by operators and keeps neither.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(SOCKET_PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_children: list[subprocess.Popen[bytes]] = []


class Dropped(TypedDict, total=False):
    """Keyword arguments of a subprocess that runs as the server's account."""

    umask: int
    user: int
    group: int
    extra_groups: list[int]


def dropped(place: Place) -> Dropped:
    """How to start a program as the account of the server, with files closed to others."""
    if not place.account.drops:
        return {"umask": 0o077}
    return {"umask": 0o077, "user": place.account.uid, "group": place.account.gid, "extra_groups": []}


def remember(*children: subprocess.Popen[bytes]) -> None:
    """Keeps children that may outlive this process from being reported as forgotten; collects those that ended."""
    _children[:] = [child for child in (*_children, *children) if child.poll() is None]


def running(place: Place) -> Path | None:
    """The socket directory of the running server, or None when nobody could connect to it."""
    lines = _pid_file(place)
    if not _is_ready(lines) or not _is_ours(place, int(lines[0])):
        return None
    socket_dir = Path(lines[4])
    # Somebody who cleans the temporary directory leaves a server without a door.
    return socket_dir if _answers(socket_dir) else None


def _answers(socket_dir: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(f"{socket_dir}/.s.PGSQL.{SOCKET_PORT}")
        except OSError:
            return False
    return True


def start(place: Place) -> Path:
    """Starts the server and returns its socket directory once it accepts connections.

    A server that runs but cannot be reached is stopped first. Errors: EnvironmentFault with its last words.
    """
    stop(place)
    _clear_reused_pid(place)
    socket_dir = socket_directory(place)
    (socket_dir / f".s.PGSQL.{SOCKET_PORT}.lock").unlink(missing_ok=True)
    command = [f"{binaries(place)}/postgres", "-D", str(place.data)]
    for name, value in (_SETTINGS | {"unix_socket_directories": f'"{socket_dir}"'}).items():
        command += ["-c", f"{name}={value}"]
    retry_until = time.monotonic() + _RETRY_S
    while (last_words := _launch(place, command)) is not None:
        # After a kill -9 the server's children need a moment to notice; until then a new one refuses to start.
        if "shared memory" not in last_words or time.monotonic() > retry_until:
            raise faults.from_output(place.log, last_words)
        time.sleep(0.2)
    return socket_dir


def _launch(place: Place, command: list[str]) -> str | None:
    """None when the server is ready, else what it said before it ended."""
    with _open_log(place) as log:
        before = log.tell()
        try:
            server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
                **dropped(place),
            )
        except OSError as error:
            raise faults.start_failed(place.log, f"{command[0]}: {error.strerror}") from error
    remember(server)
    ends = time.monotonic() + _START_PATIENCE_S
    while time.monotonic() < ends and server.poll() is None:
        lines = _pid_file(place)
        if _is_ready(lines) and int(lines[0]) == server.pid:
            return None
        time.sleep(_POLL_S)
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)
        server.wait()
    with place.log.open("rb") as said:
        said.seek(before)
        return said.read().decode("utf-8", "replace")


def _open_log(place: Place) -> BinaryIO:
    with faults.told(place.log):
        if place.log.exists() and place.log.stat().st_size > _LOG_BYTES_KEPT:
            place.log.replace(place.log.with_suffix(".log.1"))
        log = os.fdopen(os.open(place.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")
        log.seek(0, os.SEEK_END)
        return log


def stop(place: Place) -> None:
    """Stops the server, ending its connections; nothing happens when it does not run."""
    lines = _pid_file(place)
    if not lines:
        return
    pid = int(lines[0])
    for number in (signal.SIGINT, signal.SIGQUIT):
        ends = time.monotonic() + _STOP_PATIENCE_S
        if _is_ours(place, pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while time.monotonic() < ends:
            if not _is_ours(place, pid):
                remember()
                return
            time.sleep(_POLL_S)
    raise faults.busy(place.root)


def _pid_file(place: Place) -> list[str]:
    try:
        lines = (place.data / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].strip().isdigit() else []


def _is_ready(lines: list[str]) -> bool:
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _is_ours(place: Place, pid: int) -> bool:
    """Whether the living process `pid` is the server of this data directory (it works in that directory)."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", place.data)
    except PermissionError:
        return False
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self").exists():
            return False
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True)
    return f"-D {place.data} " in shown.stdout


def _clear_reused_pid(place: Place) -> None:
    """Removes the file of a server that is gone when its number belongs to another program by now (after a reboot).

    PostgreSQL clears the file of a dead process itself, but takes any living one for its predecessor.
    """
    lines = _pid_file(place)
    if not lines:
        return
    try:
        os.kill(int(lines[0]), 0)
    except ProcessLookupError:
        return
    except PermissionError:
        pass
    (place.data / "postmaster.pid").unlink(missing_ok=True)
