"""The keeper: a small process that stops the server once nobody uses it any more.

Every user of the server holds a shared lock for as long as it lives; the system drops that lock even when the process
is killed. The keeper waits for the exclusive lock, which it can only get when the last user is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from referral_hub.kernel.embedded import locks, process
from referral_hub.kernel.embedded.place import Place, existing

GRACE_S = 2.0


def ensure_keeper(place: Place) -> None:
    """Starts a keeper unless one lives. Called under the start lock, by a process that already counts as a user."""
    descriptor = locks.open_lock(place.keeper_lock)
    try:
        if locks.try_lock(descriptor, fcntl.LOCK_EX):
            # The keeper inherits the taken lock itself: between our test and its start nobody can slip in.
            _spawn(place, descriptor)
    finally:
        os.close(descriptor)


def _spawn(place: Place, descriptor: int) -> None:
    package_root = Path(__file__).resolve().parents[3]
    process.remember(
        subprocess.Popen(
            [sys.executable, "-m", "referral_hub.kernel.embedded", "keep", str(place.home), str(descriptor)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(package_root), "PYTHONDONTWRITEBYTECODE": "1"},
            pass_fds=(descriptor,),
            start_new_session=True,
        )
    )


def keep(home: Path) -> None:
    """Blocks until nobody uses the server of `home`, then stops it. Ends at once when the home was removed."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    place = existing(home)
    if place is None:
        return
    users = locks.open_lock(place.users_lock)
    while True:
        fcntl.flock(users, fcntl.LOCK_EX)
        # Let go before taking the start lock: who starts holds that one and waits for this.
        fcntl.flock(users, fcntl.LOCK_UN)
        time.sleep(GRACE_S)
        if not locks.is_current(users, place.users_lock):
            return
        # The home may be removed between that look and the start lock; then nothing is left to stop.
        with contextlib.suppress(FileNotFoundError):
            if _stop_if_unused(place, users):
                return


def _stop_if_unused(place: Place, users: int) -> bool:
    with locks.exclusive(place.start_lock, patience_s=3600):
        if not locks.try_lock(users, fcntl.LOCK_EX):
            return False
        with contextlib.suppress(OSError):
            process.stop(place)
        # This process ends while it holds the start lock, so the next start finds either a keeper or none.
        os._exit(0)
