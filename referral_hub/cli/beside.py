"""Processes beside the portal of a demo: the worker and whatever else a province would run as services."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

ENDS_WITHIN = 25.0  # seconds; a worker finishes the job it has in hand
_START = "from referral_hub.cli import main; main()"
_PR_SET_PDEATHSIG = 1


@contextmanager
def beside(*commands: Sequence[str]) -> Iterator[None]:
    """Run ``referral-hub COMMAND`` for each while the block runs; they end with it, however it ends."""
    here = os.getpid()
    children = [_start(command) for command in commands]
    try:
        yield
    finally:
        if os.getpid() == here:  # web processes are forks that leave through this block as well
            _end(children)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _START, *command], preexec_fn=_end_with_parent)


def _end_with_parent() -> None:
    """Should the portal be killed, nothing of the demo stays behind (Linux; elsewhere Ctrl-C reaches all)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
