"""Shifts of a desk and the times nobody has. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on call from ``since`` to ``until``; ``phone`` None: under the agency's own number."""

    id: UUID
    account_id: UUID
    name: str
    phone: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A time for which nobody is on call."""

    since: datetime
    until: datetime


def gaps(shifts: Iterable[Shift], since: datetime, until: datetime) -> tuple[Gap, ...]:
    """The times between ``since`` and ``until`` that no shift holds, in order; shifts may overlap."""
    found: list[Gap] = []
    held = since
    for shift in sorted(shifts, key=lambda one: one.since):
        if shift.until <= held or shift.since >= until:
            continue
        if shift.since > held:
            found.append(Gap(held, shift.since))
        held = shift.until
    if held < until:
        found.append(Gap(held, until))
    return tuple(found)
