"""What leaves this package: figures about many, never a record about one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from referral_hub.kernel.errors import Invalid
from referral_hub.regulation.labels import Label
from referral_hub.regulation.model import Regulation


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, the first one included, the last one excluded.

    :raises Invalid: it ends before it begins, or on the same day.
    """

    first: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.first:
            raise Invalid(
                "to",
                "Ngày kết thúc phải sau ngày bắt đầu; ngày kết thúc không được tính.",
                "The last day must come after the first; the last day itself is not counted.",
            )

    def instants(self, regulation: Regulation) -> tuple[datetime, datetime]:
        """The two midnights, in the time zone by which the regulation counts."""
        zone = ZoneInfo(regulation.raw["statistics"]["period"]["time_zone"])
        return datetime.combine(self.first, time(), zone), datetime.combine(self.end, time(), zone)


@dataclass(frozen=True, slots=True)
class IndicatorResult:
    """One figure as its audience may see it. ``unit``: ``contact``, ``person``, ``count`` (whole numbers), ``percent``.

    ``value`` is None when the figure is suppressed, and for a ratio of nothing.
    """

    code: str
    label: Label
    unit: str
    value: int | float | None
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of one period for one audience. ``regulation``: the id and the version by which they were counted."""

    period: Period
    audience: str
    regulation: str
    indicators: tuple[IndicatorResult, ...]
    notes: tuple[Label, ...]


def to_document(report: Report) -> Mapping[str, object]:
    """The report as JSON data: days in ISO 8601; a suppressed value is null."""
    return {
        "period": {"from": report.period.first.isoformat(), "to": report.period.end.isoformat()},
        "audience": report.audience,
        "regulation": report.regulation,
        "indicators": {one.code: {"value": one.value, "suppressed": one.suppressed} for one in report.indicators},
    }
