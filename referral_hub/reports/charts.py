"""A bar chart as SVG made on the server: no style, no script, so it passes a strict policy, and it prints.

A chart is never alone: the same figures stand in a table, and every bar carries its number as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from referral_hub.regulation.labels import Label
from referral_hub.reports.model import IndicatorResult, Report
from referral_hub.reports.wording import day, figure

TITLE = Label("Số liệu từ {first} đến trước {end}", "Figures from {first} until before {end}")
#: units whose numbers share one axis
COUNTED = frozenset({"contact", "person", "count"})

# In units of the drawing; the page scales it to its width.
WIDTH, NUMBER_ROOM = 440, 60  # narrow: on a telephone the letters must stay letters
ROW, LABEL_BASE, BAR_TOP, BAR_HEIGHT, NUMBER_BASE = 58, 20, 28, 20, 44
HIDDEN_LENGTH, LEAST_LENGTH = 60, 2

# Dark on white, 4.5:1 and more; still apart from each other on a black-and-white printer.
INK, BAR = "#0b0c0c", "#1f3a5f"

FRAME = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-title {name}-desc"'
    ' viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-size="16">'
    '<title id="{name}-title">{title}</title><desc id="{name}-desc">{desc}</desc>'
    '<defs><pattern id="{name}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="2" height="6" fill="{bar}"/></pattern></defs>{rows}</svg>'
)
TEXT = Markup('<text x="{x}" y="{y}" fill="{ink}">{text}</text>')
SOLID = Markup('<rect x="0" y="{y}" width="{length}" height="{height}" fill="{bar}"/>')
HATCHED = Markup('<rect x="1" y="{y}" width="{length}" height="{height}" fill="url(#{name}-hatch)" stroke="{bar}"/>')


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, ``text`` beside it. ``value`` None draws none; ``hidden`` draws a hatched mark of fixed length."""

    label: str
    value: float | None
    text: str
    hidden: bool = False


def report_chart(report: Report, locale: str, name: str = "report-chart") -> Markup | None:
    """The counts of a report, percentages left out (another axis). None when there is nothing to draw.

    :param name: prefix of the ids inside; a page with two charts gives them two names.
    """
    bars = [_bar(one, locale) for one in report.indicators if one.unit in COUNTED]
    if not bars:
        return None
    first, end = day(report.period.first, locale), day(report.period.end, locale)
    return bar_chart(bars, TITLE.text(locale).format(first=first, end=end), name)


def _bar(result: IndicatorResult, locale: str) -> Bar:
    return Bar(result.label.text(locale), result.value, figure(result, locale), result.suppressed)


def bar_chart(bars: Sequence[Bar], title: str, name: str = "chart") -> Markup:
    """Horizontal bars on one axis that starts at 0, each under its label. All text is escaped.

    :param name: prefix of the ids inside, letters, digits and hyphens.
    """
    # What is hidden takes no part in the scale either.
    longest = max((bar.value for bar in bars if bar.value is not None and not bar.hidden), default=0)
    rows = Markup().join(part for i, bar in enumerate(bars) for part in _row(bar, i * ROW, longest, name))
    return FRAME.format(
        name=name,
        width=WIDTH,
        height=len(bars) * ROW,
        title=title,
        desc="; ".join(f"{bar.label}: {bar.text}" for bar in bars),
        bar=BAR,
        rows=rows,
    )


def _row(bar: Bar, top: int, longest: float, name: str) -> Iterator[Markup]:
    yield TEXT.format(x=0, y=top + LABEL_BASE, ink=INK, text=bar.label)
    length = 0
    if bar.hidden:
        length = HIDDEN_LENGTH
        yield HATCHED.format(y=top + BAR_TOP, length=length, height=BAR_HEIGHT, bar=BAR, name=name)
    elif bar.value and longest:
        length = max(LEAST_LENGTH, round((WIDTH - NUMBER_ROOM) * bar.value / longest))
        yield SOLID.format(y=top + BAR_TOP, length=length, height=BAR_HEIGHT, bar=BAR)
    yield TEXT.format(x=length + 8, y=top + NUMBER_BASE, ink=INK, text=bar.text)
