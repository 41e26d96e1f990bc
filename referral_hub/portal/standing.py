"""How the log stands, for every page: asked now and then, not each time; and what people are told of it."""

import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from referral_hub.audit.seals import is_alarm
from referral_hub.audit.serving import LogFiles
from referral_hub.audit.standing import Standing, standing
from referral_hub.kernel import clock
from referral_hub.kernel.db import db

KEPT_S = 30.0

_lock = threading.Lock()
_known: list[tuple[float, bool]] = []


def log_standing(files: LogFiles) -> Standing:
    """How the log stands at this moment."""
    return standing(files.roster, now=clock.now())


def is_unsealed(files: LogFiles) -> bool:
    """Whether people should hear that witnesses have not sealed the log for too long; without witnesses never.

    At most one look in half a minute for each process; none at all where no witness is configured.
    """
    if not files.roster.seals:
        return False
    with _lock:
        if _known and time.monotonic() - _known[0][0] < KEPT_S:
            return _known[0][1]
        _known[:] = [(time.monotonic(), _look(files))]
        return _known[0][1]


def forget() -> None:
    """Look anew the next time."""
    with _lock:
        _known.clear()


def _look(files: LogFiles) -> bool:
    try:
        return is_alarm(log_standing(files).unsealed_s)
    except SQLAlchemyError:  # a page that reports a broken database still has to be shown
        return False
    finally:
        db.session.rollback()
