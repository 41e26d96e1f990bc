"""When a referral must be acknowledged and acted on, and the least urgency and triage that facts imply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .model import CLOCKS, ClockPlan, Code, FactRule, Regulation, ServiceOverride


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder of one clock (`acknowledge` or `act`) to whoever must answer, at an instant in UTC."""

    clock: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """At this instant (UTC), if the clock still runs, this role of this side is told."""

    clock: str
    at: datetime
    side: str
    role: str


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The two deadlines of one referral, in UTC, each with the place of the regulation it comes from.

    `legal_...` says that the number stands in a law, so nothing stops that clock. `met_by` names, per clock, the verbs
    that meet it; `outcomes` the outcomes that alone meet the duty to act (empty: any). Reminders and ladder are those
    of the winning deadline, by time.
    """

    acknowledge_due: datetime | None
    act_due: datetime | None
    acknowledge_source: str
    act_source: str
    legal_acknowledge: bool
    legal_act: bool
    met_by: Mapping[str, frozenset[str]]
    outcomes: frozenset[str]
    reminders: tuple[Reminder, ...]
    escalations: tuple[EscalationStep, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    due: datetime
    legal: bool
    source: str
    plan: ClockPlan


def deadlines(
    regulation: Regulation,
    service: str,
    recipient_type: str,
    urgency: str,
    facts: Mapping[str, Any],
    sent_at: datetime,
) -> Deadlines:
    """The deadlines of a referral sent at `sent_at` (any zone) with this urgency.

    Of the urgency level and each service override whose condition holds, the earlier due instant wins, for each clock
    by itself; of two equal ones the legal one, then the level. `urgency` is the level that was decided: whoever sends
    takes `implied_urgency` as the least beforehand, and a lowering with its reason stays a lowering. What the arguments
    say stands above `facts`. KeyError for an unknown urgency.
    """
    stated = {**facts, "service": service, "recipient_type": recipient_type, "urgency": urgency}
    overrides = [one for one in regulation.service_overrides if _applies(one, service, recipient_type, stated)]
    won = {clock: _strictest(regulation, clock, urgency, overrides, sent_at) for clock in CLOCKS}
    acknowledge, act = won["acknowledge"], won["act"]
    return Deadlines(
        acknowledge_due=acknowledge.due if acknowledge else None,
        act_due=act.due if act else None,
        acknowledge_source=acknowledge.source if acknowledge else "",
        act_source=act.source if act else "",
        legal_acknowledge=bool(acknowledge and acknowledge.legal),
        legal_act=bool(act and act.legal),
        met_by={clock: _met_by(regulation, clock, overrides) for clock in CLOCKS},
        outcomes=frozenset().union(*(one.outcomes for one in overrides)),
        reminders=_reminders(regulation, won, sent_at),
        escalations=_escalations(regulation, won, sent_at),
    )


def implied_urgency(regulation: Regulation, facts: Mapping[str, Any]) -> str:
    """The least urgency these facts imply; the lowest level where no rule speaks."""
    return _implied(regulation.codes("urgency_levels"), regulation.urgency_rules, facts)


def implied_triage(regulation: Regulation, facts: Mapping[str, Any]) -> str:
    """The least triage these facts imply; the lowest level where no rule speaks."""
    return _implied(regulation.codes("triage_levels"), regulation.triage_rules, facts)


def implied_risk(regulation: Regulation, signs: Iterable[str]) -> str | None:
    """The least risk level while these signs stand; None where no sign sets one. Nothing is added up."""
    known, levels = regulation.codes("risk_signs"), regulation.codes("risk_levels")
    least = [known[sign].raw["at_least"] for sign in signs if sign in known and "at_least" in known[sign].raw]
    return max(least, key=lambda code: levels[code].order or 0, default=None)


def _applies(one: ServiceOverride, service: str, recipient_type: str, stated: Mapping[str, Any]) -> bool:
    if one.service != service or recipient_type not in one.to:
        return False
    return one.when is None or one.when.holds(stated)


def _strictest(
    regulation: Regulation, clock: str, urgency: str, overrides: list[ServiceOverride], sent_at: datetime
) -> _Candidate | None:
    level = {one.code: one for one in regulation.urgency_levels}[urgency]
    plans = [(level.clocks, False, f"urgency_levels.{urgency}")]
    plans += [(one.clocks, one.legal, one.path) for one in overrides]
    candidates = [
        _Candidate(clocks[clock].due.due(sent_at, regulation.calendar), legal, source, clocks[clock])
        for clocks, legal, source in plans
        if clock in clocks
    ]
    return min(candidates, key=lambda one: (one.due, not one.legal), default=None)


def _met_by(regulation: Regulation, clock: str, overrides: list[ServiceOverride]) -> frozenset[str]:
    # An override that says what its duty asks for keeps saying so when the urgency level sets the earlier hour:
    # a decision owed by law is not met by having started.
    named = [one.met_by[clock] for one in overrides if clock in one.met_by]
    return frozenset.intersection(*named) if named else regulation.deadline_rules.met_by.get(clock, frozenset())


def _reminders(regulation: Regulation, won: Mapping[str, _Candidate | None], sent_at: datetime) -> tuple[Reminder, ...]:
    found = (
        Reminder(clock, after.due(sent_at, regulation.calendar))
        for clock, candidate in won.items()
        if candidate
        for after in candidate.plan.reminders
    )
    return tuple(sorted(found, key=lambda one: one.at))


def _escalations(
    regulation: Regulation, won: Mapping[str, _Candidate | None], sent_at: datetime
) -> tuple[EscalationStep, ...]:
    found = (
        EscalationStep(clock, step.after.due(sent_at, regulation.calendar), step.side, step.role)
        for clock, candidate in won.items()
        if candidate
        for step in candidate.plan.escalations
    )
    return tuple(sorted(found, key=lambda one: one.at))


def _implied(levels: Mapping[str, Code], rules: tuple[FactRule, ...], facts: Mapping[str, Any]) -> str:
    lowest = min(levels, key=lambda code: levels[code].order or 0)
    implied = [lowest, *(rule.at_least for rule in rules if rule.when.holds(facts))]
    return max(implied, key=lambda code: levels[code].order or 0)
