"""Processes beside the measurement: the log, the portal, witnesses."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.house import House
from referral_hub.audit.logkey import read_vkey
from referral_hub.audit.roster import Roster, Witness, write_roster

VERIFIER = Path(__file__).parent.parent / "script" / "referral-hub-verify"
ENDS_WITHIN_S = 30
_START = "from referral_hub.cli import main; main()"


@contextlib.contextmanager
def hub_process(house: House, *arguments: str) -> Iterator[None]:
    """``referral-hub ARGUMENTS`` on this hub for the block."""
    environment = {**os.environ, "REFERRAL_HUB_HOME": str(house.settings.home), "WEB_CONCURRENCY": "2"}
    with _running([sys.executable, "-c", _START, *arguments], environment):
        yield


@contextlib.contextmanager
def witnesses(house: House, count: int, quorum: int) -> Iterator[None]:
    """``count`` agencies that cosign on this machine for the block, ``quorum`` of which seal."""
    log_key = read_vkey(house.log)
    assert log_key is not None
    roster = Roster()
    with contextlib.ExitStack() as stack:
        for number in range(count):
            folder, port = house.settings.home / f"witness{number}", free_port()
            folder.mkdir()
            name = f"witness{number}.example"
            said = json.loads(_verifier("new-key", "--key", folder / "key", name))
            listen = ("--listen", f"127.0.0.1:{port}", "--log", log_key)
            command = ("witness", "serve", "--state", folder, "--key", folder / "key", *listen)
            witness = [sys.executable, str(VERIFIER), *map(str, command)]
            stack.enter_context(_running(witness, dict(os.environ), stderr=subprocess.DEVNULL))
            until_answered(port)
            url = f"http://127.0.0.1:{port}"
            roster = roster.with_witness(Witness(name, said["vkey"], url, f"agency{number}"))
        write_roster(house.log.witnesses, roster.with_quorum(quorum))
        yield


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_answered(port: int, patience_s: float = 30) -> None:
    """Return as soon as somebody listens.

    :raises TimeoutError: nobody does.
    """
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


def _verifier(*arguments: object) -> str:
    command = [sys.executable, str(VERIFIER), "witness", *map(str, arguments), "--format", "json"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str], stderr: int | None = None) -> Iterator[None]:
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
