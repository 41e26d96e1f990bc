"""The report: counted in the database by the statistics role, made safe for its audience before it leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select, union_all
from sqlalchemy.orm import Session

from referral_hub.regulation.labels import Label
from referral_hub.regulation.model import Regulation
from referral_hub.reports.compiling import Scope, measured
from referral_hub.reports.indicators import Indicator, asks_consent, indicators, suppresses
from referral_hub.reports.model import IndicatorResult, Period, Report
from referral_hub.reports.regions import regions
from referral_hub.reports.suppression import Cell, Figure, Smallness, hidden
from referral_hub.reports.views import FACTS_OF, VIEWS

CONSENTING = Label(
    "Về số người: chỉ tính những người đã đồng ý cho thống kê",
    "Of persons, only those who agreed to statistics are counted",
)
CONSENTING_OR_IMPORTED = Label(
    "Về số người: chỉ tính những người đã đồng ý cho thống kê và những người trong sổ cũ",
    "Of persons, only those who agreed to statistics, and those from an old register, are counted",
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What the database counted for one indicator. ``whole`` is None for a count."""

    counted: int
    whole: int | None
    imported: bool


def report(
    connection: Connection | Session,
    regulation: Regulation,
    period: Period,
    audience: str,
    agency_id: UUID | None = None,
) -> Report:
    """Every indicator the hub can count so far; the others are left out, not shown as zero.

    All figures come from one statement, so they are of one moment.

    :param connection: of the role ``stat``; nothing is written and nothing committed.
    :param agency_id: only records of this agency; whose, is for the caller to decide.
    :raises Invalid: an audience the regulation does not know.
    """
    chosen = indicators(regulation, audience, FACTS_OF)
    start, end = period.instants(regulation)
    tells_imported = audience in regulation.raw["statistics"]["consent_needed"]["audiences"]
    found = _measure(connection, chosen, Scope(start, end, agency_id), note_imported=tells_imported)
    away = _hidden(regulation, chosen, found) if suppresses(regulation, audience) else frozenset[str]()
    return Report(
        period=period,
        audience=audience,
        regulation=f"{regulation.id} {regulation.version}",
        indicators=tuple(_result(one, found[one.code], one.code in away) for one in chosen),
        notes=tuple(_notes(regulation, audience, chosen, found, bool(away))),
    )


def statement(chosen: Sequence[Indicator], scope: Scope, *, note_imported: bool) -> Select[*tuple[Any, ...]]:
    """The one statement: a row per indicator, with ``code``, ``counted``, ``whole``, ``imported``."""
    rows = [measured(one, VIEWS[one.counted.of], scope, note_imported=note_imported) for one in chosen]
    combined = union_all(*rows).subquery()
    return select(*combined.c)


def _measure(
    connection: Connection | Session, chosen: Sequence[Indicator], scope: Scope, *, note_imported: bool
) -> Mapping[str, Measure]:
    if not chosen:
        return {}
    rows = connection.execute(statement(chosen, scope, note_imported=note_imported)).mappings()
    return {row["code"]: Measure(row["counted"], row["whole"], row["imported"]) for row in rows}


def _hidden(regulation: Regulation, chosen: Sequence[Indicator], found: Mapping[str, Measure]) -> frozenset[str]:
    rule = regulation.raw["statistics"]["suppression"]
    small = Smallness(rule["least"], rule["most"], rule["complementary"])
    families: dict[tuple[str, str, str | None], list[Indicator]] = defaultdict(list)
    for one in chosen:
        families[one.counted.family].append(one)
    away: set[str] = set()
    for members in families.values():
        known = regions([tally.where for one in members for tally in one.tallies], regulation.facts)
        places = iter(known or ())
        figures = [
            Figure(tuple(Cell(next(places, None), value) for value in _values(found[one.code]))) for one in members
        ]
        away.update(members[i].code for i in hidden(figures, small))
    return frozenset(away)


def _values(measure: Measure) -> tuple[int, ...]:
    return (measure.counted,) if measure.whole is None else (measure.counted, measure.whole)


def _result(indicator: Indicator, measure: Measure, away: bool) -> IndicatorResult:
    value: int | float | None = measure.counted
    if measure.whole is not None:
        value = round(100 * measure.counted / measure.whole, 1) if measure.whole else None
    return IndicatorResult(indicator.code, indicator.label, indicator.unit, None if away else value, away)


def _notes(
    regulation: Regulation, audience: str, chosen: Sequence[Indicator], found: Mapping[str, Measure], away: bool
) -> Iterator[Label]:
    statistics = regulation.raw["statistics"]
    if any(measure.imported for measure in found.values()):
        yield Label(statistics["imported_note"]["vi"], statistics["imported_note"]["en"])
    if any(asks_consent(regulation, audience, one.unit) for one in chosen):
        yield CONSENTING if statistics["consent_needed"]["imported"] else CONSENTING_OR_IMPORTED
    if away:
        least, most = statistics["suppression"]["least"], statistics["suppression"]["most"]
        yield Label(
            f"Đã ẩn: số từ {least} đến {most}, và số có thể giúp tính ra những số đó",
            f"Hidden: numbers from {least} to {most}, and numbers from which those could be computed",
        )
