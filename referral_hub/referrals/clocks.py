"""The clocks of a referral and the ladder of each: when a reminder is due, when somebody above is told. Pure.

All offsets count from sending. What stands still while a clock is stopped moves on by as long as it stood. A clock that
the law sets never stops.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from referral_hub.regulation.deadlines import Deadlines
from referral_hub.regulation.model import Regulation

ACKNOWLEDGE, ACT = "acknowledge", "act"
REMINDER, ESCALATION = "reminder", "escalation"

#: Names one rung of a ladder: clock, kind, place among those of its kind.
Rung = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class LadderStep:
    """At this instant (UTC), if the clock still runs, this role of this side is told. A reminder names no role."""

    clock: str
    kind: str
    position: int
    at: datetime
    side: str
    role: str | None

    @property
    def rung(self) -> Rung:
        """What tells it from every other step of the referral."""
        return self.clock, self.kind, self.position


@dataclass(frozen=True, slots=True)
class Standing:
    """What the header of a referral says about its clocks."""

    status: str
    sent_at: datetime | None
    acknowledged_at: datetime | None
    act_met_at: datetime | None
    act_due: datetime | None
    imported: bool = False


class Header(Protocol):
    """The header of a referral, as far as clocks go (a row of ``referral``)."""

    @property
    def status(self) -> str: ...
    @property
    def sent_at(self) -> datetime | None: ...
    @property
    def acknowledged_at(self) -> datetime | None: ...
    @property
    def act_met_at(self) -> datetime | None: ...
    @property
    def act_due(self) -> datetime | None: ...
    @property
    def imported(self) -> bool: ...


def standing(row: Header) -> Standing:
    """What a row says about its clocks."""
    return Standing(row.status, row.sent_at, row.acknowledged_at, row.act_met_at, row.act_due, row.imported)


def ladder(due: Deadlines, act_due: datetime | None) -> tuple[LadderStep, ...]:
    """Every reminder and escalation, by time.

    :param act_due: as it is now; later than first set when the clock to act stood still for a while.
    """
    found = []
    stood = timedelta(0)
    if act_due is not None and due.act_due is not None and not due.legal_act:
        stood = max(act_due - due.act_due, stood)
    for clock in (ACKNOWLEDGE, ACT):
        shift = stood if clock == ACT else timedelta(0)
        reminders = [one for one in due.reminders if one.clock == clock]
        found += [
            LadderStep(clock, REMINDER, place, one.at + shift, "recipient", None) for place, one in enumerate(reminders)
        ]
        escalations = [one for one in due.escalations if one.clock == clock]
        found += [
            LadderStep(clock, ESCALATION, place, one.at + shift, one.side, one.role)
            for place, one in enumerate(escalations)
        ]
    return tuple(sorted(found, key=lambda step: (step.at, step.kind == ESCALATION, step.clock)))


def running(regulation: Regulation, standing: Standing, due: Deadlines, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The clocks that run now, acknowledging first; nothing imported and nothing unsent has any."""
    if standing.imported or standing.sent_at is None or standing.status in ended(regulation):
        return ()
    found = []
    if due.acknowledge_due is not None and standing.acknowledged_at is None:
        found.append(ACKNOWLEDGE)
    if standing.act_due is not None and standing.act_met_at is None and not stopped(regulation, standing, due, facts):
        found.append(ACT)
    return tuple(found)


def stopped(regulation: Regulation, standing: Standing, due: Deadlines, facts: Mapping[str, Any]) -> bool:
    """Whether the clock to act stands still in this status."""
    return not due.legal_act and any(
        stop.status == standing.status and ACT in stop.clocks and (stop.when is None or stop.when.holds(facts))
        for stop in regulation.deadline_rules.stops
    )


def ended(regulation: Regulation) -> frozenset[str]:
    """The statuses in which no clock runs: what the regulation says ends both, and all that can only follow."""
    statuses = regulation.codes("referral_statuses")
    found = {code for code, entry in statuses.items() if entry.raw.get("final")}
    found |= {t.target for t in regulation.transitions if t.verb in regulation.deadline_rules.ended_by}
    while more := {
        code
        for code in statuses
        if code not in found
        and (into := [t for t in regulation.transitions if t.target == code])
        and all(t.sources <= found for t in into)
    }:
        found |= more
    return frozenset(found)


def due_steps(
    steps: Iterable[LadderStep], clocks: Collection[str], taken: Collection[Rung], now: datetime
) -> tuple[LadderStep, ...]:
    """What is to be taken at ``now``: of the clocks that run, due, and not taken before; in order of time."""
    return tuple(step for step in steps if step.clock in clocks and step.at <= now and step.rung not in taken)


def next_look(steps: Iterable[LadderStep], clocks: Collection[str], taken: Collection[Rung]) -> datetime | None:
    """When the next step falls due; None when none is left for the clocks that run."""
    return min((step.at for step in steps if step.clock in clocks and step.rung not in taken), default=None)


def meets(due: Deadlines, clock: str, verb: str, outcome: str | None) -> bool:
    """Whether this step meets the clock. A duty that names its outcomes is met by these alone."""
    if verb not in due.met_by[clock]:
        return False
    return clock != ACT or not due.outcomes or outcome is None or outcome in due.outcomes
