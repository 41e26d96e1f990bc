"""When somebody is to be reminded that a consent runs out (``consent.reminders`` of the regulation). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from referral_hub.regulation.durations import parse_duration
from referral_hub.regulation.model import Regulation


@dataclass(frozen=True, slots=True)
class Reminder:
    """Somebody with ``role`` is to be told; ``before``: the length of the regulation, which tells reminders apart."""

    before: str
    role: str


def reminders_due(
    regulation: Regulation, given_at: datetime, valid_until: datetime, *, now: datetime
) -> Iterator[Reminder]:
    """Which reminders of a consent are due. None for a moment that lies before it was given: so short a consent was
    talked about at that very moment. None once it is over."""
    if now >= valid_until:
        return
    for one in regulation.raw["consent"]["reminders"]:
        length = parse_duration(one["before"])
        early = length.due(given_at, regulation.calendar) >= valid_until
        if not early and length.due(now, regulation.calendar) >= valid_until:
            yield Reminder(one["before"], one["role"])


def horizon(regulation: Regulation, *, now: datetime) -> datetime:
    """Up to which end consents may have a reminder that is due now."""
    lengths = (parse_duration(one["before"]) for one in regulation.raw["consent"]["reminders"])
    return max((length.due(now, regulation.calendar) for length in lengths), default=now)
