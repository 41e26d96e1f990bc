"""Lengths of time as the regulation writes them. The unit says which clock counts.

PT15M, PT2H       wall      hours and minutes as they pass, nights and holidays included
P3D, P4M, P10Y    calendar  due at 24:00 of that day
P2BD              business  due at 24:00 of the nth working day; the day of sending does not count
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from .calendar import WorkingCalendar

Kind = Literal["wall", "calendar", "business"]

_WALL = re.compile(r"PT(?=\d)(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,4})S)?", re.ASCII)
_CALENDAR = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?", re.ASCII)
_BUSINESS = re.compile(r"P(\d{1,4})BD", re.ASCII)
# Beyond this a length is a slip of the pen, and sums of dates start to leave the calendar.
_LONGEST_YEARS = 200


class DurationFault(ValueError):
    """The text is no length of time that the regulation knows."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A parsed length; the pieces that its kind does not use are 0."""

    kind: Kind
    text: str
    years: int = 0
    months: int = 0
    days: int = 0
    seconds: int = 0
    business_days: int = 0

    def due(self, start: datetime, calendar: WorkingCalendar) -> datetime:
        """The instant, in UTC, at which this length counted from `start` is over.

        `start` is any instant with a zone; ValueError otherwise. A month without the day asked for ends
        on its last day (Civil Code 2015, Art. 147-148: the corresponding day, or the last of the month).
        """
        day = calendar.local_date(start)
        if self.kind == "wall":
            return start.astimezone(UTC) + timedelta(seconds=self.seconds)
        if self.kind == "business":
            return calendar.end_of(calendar.nth_working_day_after(day, self.business_days))
        return calendar.end_of(_months_later(day, 12 * self.years + self.months) + timedelta(days=self.days))

    @property
    def rough_seconds(self) -> int:
        """For comparing two lengths of one kind only: 30-day months, 365-day years, days of 24 hours."""
        days = 365 * self.years + 30 * self.months + self.days + self.business_days
        return 86_400 * days + self.seconds


def parse_duration(text: str) -> Duration:
    """Read `PT..`, `P..Y..M..D` or `PnBD`. Raises DurationFault for everything else, mixed clocks included."""
    if not isinstance(text, str):
        raise DurationFault(f"{text!r} is no length of time")
    if match := _WALL.fullmatch(text):
        hours, minutes, seconds = (int(piece or 0) for piece in match.groups())
        return Duration("wall", text, seconds=3600 * hours + 60 * minutes + seconds)
    if match := _BUSINESS.fullmatch(text):
        if not int(match[1]):
            raise DurationFault(f"{text!r} names no working day")
        return Duration("business", text, business_days=int(match[1]))
    if match := _CALENDAR.fullmatch(text):
        years, months, days = (int(piece or 0) for piece in match.groups())
        if years + months / 12 + days / 365 > _LONGEST_YEARS:
            raise DurationFault(f"{text!r} is longer than {_LONGEST_YEARS} years")
        return Duration("calendar", text, years=years, months=months, days=days)
    raise DurationFault(f"{text!r} is no length of time")


def _months_later(day: date, months: int) -> date:
    year, month0 = divmod(12 * day.year + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))
