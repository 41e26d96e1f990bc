"""When somebody is told outside the portal: at once, after the quiet hours, or once a day. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from referral_hub.kernel.clock import LOCAL


@dataclass(frozen=True, slots=True)
class Preference:
    """How one person wants to be told; times are of the province. Equal times: no quiet hours."""

    mail: bool = True
    sms: bool = False
    phone: str | None = None
    digest: bool = False
    quiet_from: time = time(21, 0)
    quiet_until: time = time(7, 0)


#: When a digest goes out: before the working day begins.
DIGEST_AT = time(7, 30)


def when_to_tell(wishes: Preference, *, urgent: bool, made_at: datetime, now: datetime) -> datetime:
    """The moment from which a notice may leave. What is urgent leaves at once, at any hour.

    :param made_at: when it came up; a digest takes what came up before it.
    """
    if urgent:
        return made_at
    if wishes.digest:
        return _next(DIGEST_AT, made_at)
    return _next(wishes.quiet_until, now) if _quiet(wishes, now) else made_at


def _quiet(wishes: Preference, now: datetime) -> bool:
    begins, ends, here = wishes.quiet_from, wishes.quiet_until, now.astimezone(LOCAL).time()
    if begins <= ends:
        return begins <= here < ends
    return here >= begins or here < ends


def _next(at: time, after: datetime) -> datetime:
    """The first time after ``after`` that the clock on the wall shows ``at``."""
    here = after.astimezone(LOCAL)
    found = here.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return found if found > here else found + timedelta(days=1)
