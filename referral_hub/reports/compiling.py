"""From an indicator to SQL. Pure: conditions in, SQLAlchemy Core out.

SQL's third truth value is the grammar's "nobody has stated it": a comparison with NULL is not true, joined by AND and
OR it stays so, and the grammar has no negation of a whole condition. So WHERE lets through exactly what
``Condition.holds`` lets through.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    any_,
    cast,
    distinct,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from referral_hub.regulation.conditions import All, Condition, Test
from referral_hub.reports.indicators import Indicator, Tally

#: code, counted, whole, imported
Measured: t.TypeAlias = Select[str, int, int | None, bool]
#: counted, imported
Counted: t.TypeAlias = Select[int, bool]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted over: from ``start`` to before ``end``, of one agency or (None) of all."""

    start: datetime
    end: datetime
    agency_id: UUID | None = None


def compiled(condition: Condition, view: FromClause) -> ColumnElement[bool]:
    """``condition`` over the columns of ``view`` that carry the names of its facts.

    :raises KeyError: a fact that the view has no column for; resolve the condition first.
    """
    if isinstance(condition, Test):
        return _compiled_test(condition, view.c[condition.fact])
    parts = [compiled(part, view) for part in condition.parts]
    return and_(true(), *parts) if isinstance(condition, All) else or_(false(), *parts)


def _compiled_test(test: Test, column: ColumnElement[object]) -> ColumnElement[bool]:
    match test.op:
        case "known":
            return column.is_(None)
        case "is":
            return column == literal(test.value)
        case "not":
            return column != literal(test.value)
        case "in":
            return column.in_(test.value)
        case "has":
            return literal(test.value) == any_(column)
        case _ if test.order:
            return column.in_(sorted(test.codes))
        case "below":
            return column < literal(test.value)
        case "at_least":
            return column >= literal(test.value)


def measured(indicator: Indicator, view: FromClause, scope: Scope, *, note_imported: bool) -> Measured:
    """One row: ``code``, ``counted``, ``whole`` (null for a count), ``imported`` (whether imported rows are in it).

    :param note_imported: look for imported rows; without, ``imported`` is false and costs nothing.
    """
    if indicator.counted.distinct is None:
        return _records(indicator, view, scope, note_imported)
    counts = [_persons(tally, view, scope, note_imported).subquery() for tally in indicator.tallies]
    whole = counts[1].c.counted if indicator.whole else _no_count()
    statement = select(
        literal(indicator.code).label("code"), counts[0].c.counted, whole.label("whole"), counts[0].c.imported
    ).select_from(counts[0])
    return statement.join(counts[1], true()) if indicator.whole else statement


def _records(indicator: Indicator, view: FromClause, scope: Scope, note: bool) -> Measured:
    outer = indicator.whole or indicator.counted
    counted = func.count()
    return (
        select(
            literal(indicator.code).label("code"),
            (counted.filter(compiled(indicator.counted.where, view)) if indicator.whole else counted).label("counted"),
            (func.count() if indicator.whole else _no_count()).label("whole"),
            _any(view.c.imported, note).label("imported"),
        )
        .select_from(view)
        .where(view.c[outer.at] >= scope.start, *_within(outer, view, scope))
    )


def _persons(tally: Tally, view: FromClause, scope: Scope, note: bool) -> Counted:
    assert tally.distinct is not None
    at, person = view.c[tally.at], view.c[tally.distinct]
    if not tally.only_first:
        persons = func.count(distinct(person)).label("counted")
        return select(persons, _any(view.c.imported, note).label("imported")).where(
            at >= scope.start, *_within(tally, view, scope)
        )
    # Records after the period cannot be anybody's first if one lies before or in it, so they need not be read.
    first = func.min(at)
    imported = first == first.filter(view.c.imported) if note else false()
    firsts = (
        select(imported.label("imported"))
        .where(person.is_not(None), *_within(tally, view, scope))
        .group_by(person)
        .having(first >= scope.start)
        .subquery()
    )
    return select(func.count().label("counted"), _any(firsts.c.imported, note).label("imported")).select_from(firsts)


def _within(tally: Tally, view: FromClause, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    own = () if scope.agency_id is None else (view.c.agency_ids.contains([scope.agency_id]),)
    return view.c[tally.at] < scope.end, compiled(tally.where, view), *own


def _any(column: ColumnElement[bool], note: bool) -> ColumnElement[bool]:
    return func.coalesce(func.bool_or(column), false()) if note else false()


def _no_count() -> ColumnElement[int | None]:
    return cast(null(), BigInteger)
