"""File locks between processes: flock, because the system drops it when a process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from referral_hub.kernel.embedded import faults

_PATIENCE_S = 120.0
_POLL_S = 0.02


def open_lock(path: Path) -> int:
    """A descriptor of the lock file, made with mode 0600 if missing; not inherited by programs that are started."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, mode: int) -> bool:
    """Takes the lock (fcntl.LOCK_SH or LOCK_EX) without waiting; False when somebody else is in the way."""
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_lock(path: Path, mode: int, patience_s: float = _PATIENCE_S) -> int:
    """A descriptor that holds the lock; the fault `busy` after `patience_s` seconds."""
    descriptor = open_lock(path)
    ends = time.monotonic() + patience_s
    while not try_lock(descriptor, mode):
        if time.monotonic() > ends:
            os.close(descriptor)
            raise faults.busy(path.parent)
        time.sleep(_POLL_S)
    return descriptor


@contextmanager
def exclusive(path: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Holds `path` exclusively for the length of the block."""
    descriptor = wait_lock(path, fcntl.LOCK_EX, patience_s)
    try:
        yield
    finally:
        os.close(descriptor)


def is_current(descriptor: int, path: Path) -> bool:
    """Whether the file behind `descriptor` is still the one that `path` names (a removed home makes it another)."""
    try:
        named = os.stat(path)
    except FileNotFoundError:
        return False
    held = os.fstat(descriptor)
    return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)
