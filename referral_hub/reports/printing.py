"""The report as plain text, for a terminal or a letter."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import east_asian_width, normalize

from referral_hub.regulation.labels import Label
from referral_hub.regulation.model import Regulation
from referral_hub.reports.model import Report
from referral_hub.reports.wording import day, figure

PERIOD = Label("Kỳ báo cáo: từ {first} đến trước {end}", "Reporting period: from {first} until before {end}")
AUDIENCE = Label("Dành cho: {audience}", "For: {audience}")
RULES = Label("Cách tính: {regulation}", "Counted by: {regulation}")
NOTHING = Label("Chưa có chỉ số nào tính được.", "No indicator can be counted yet.")


def to_text(report: Report, regulation: Regulation, locale: str) -> str:
    """Heading, one aligned line per indicator, notes. ``locale``: ``en``, Vietnamese for anything else."""
    return "\n".join(_lines(report, regulation, locale)) + "\n"


def _lines(report: Report, regulation: Regulation, locale: str) -> Iterator[str]:
    first, end = day(report.period.first, locale), day(report.period.end, locale)
    yield PERIOD.text(locale).format(first=first, end=end)
    yield AUDIENCE.text(locale).format(audience=regulation.label("statistics.release", report.audience, locale))
    yield RULES.text(locale).format(regulation=report.regulation)
    yield ""
    rows = [(normalize("NFC", one.label.text(locale)), figure(one, locale)) for one in report.indicators]
    if not rows:
        yield NOTHING.text(locale)
    wide = max((_width(label) for label, _ in rows), default=0)
    narrow = max((_width(value) for _, value in rows), default=0)
    for label, value in rows:
        yield f"{label}{' ' * (wide - _width(label))}  {' ' * (narrow - _width(value))}{value}"
    if report.notes:
        yield ""
    for note in report.notes:
        yield f"* {note.text(locale)}."


def _width(text: str) -> int:
    """Columns in a terminal; after NFC every Vietnamese letter is one character."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in normalize("NFC", text))
