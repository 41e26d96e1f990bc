"""Working days: the working week, days off and swapped Saturdays of the regulation, in its time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked.

    `working_week` holds weekday numbers (Monday is 0). A day in `working_saturdays` is worked even if
    it is no day of the working week and even if it is a day off: it was named for that one day.
    Raises ValueError when no weekday is worked, since no nth working day would then exist.
    """

    zone: ZoneInfo
    working_week: frozenset[int]
    holidays: frozenset[date]
    working_saturdays: frozenset[date]

    def __post_init__(self) -> None:
        if not self.working_week:
            raise ValueError("a working week needs at least one day")

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on this local day."""
        if day in self.working_saturdays:
            return True
        return day.weekday() in self.working_week and day not in self.holidays

    def nth_working_day_after(self, day: date, n: int) -> date:
        """The nth working day after `day`; `day` itself never counts. ValueError unless n is at least 1."""
        if n < 1:
            raise ValueError("the first working day after a day is number 1")
        for candidate in self._days_after(day):
            n -= self.is_working_day(candidate)
            if n == 0:
                return candidate
        raise AssertionError("days do not end")

    def local(self, moment: datetime) -> datetime:
        """The same instant in the zone of the regulation. ValueError for a time without a zone."""
        if moment.tzinfo is None:
            raise ValueError("a time without a zone is no instant")
        return moment.astimezone(self.zone)

    def local_date(self, moment: datetime) -> date:
        """The day it is, in the zone of the regulation, at this instant."""
        return self.local(moment).date()

    def end_of(self, day: date) -> datetime:
        """24:00 of this local day, as an instant in UTC."""
        return datetime.combine(day + ONE_DAY, time(), self.zone).astimezone(UTC)

    @staticmethod
    def _days_after(day: date) -> Iterator[date]:
        while True:
            day += ONE_DAY
            yield day
