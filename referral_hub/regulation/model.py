"""The regulation as the rest of the hub sees it: typed, frozen, without a rule of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .calendar import WorkingCalendar
from .conditions import Condition, Fact
from .durations import Duration
from .labels import Label

__all__ = [
    "CLOCKS",
    "AgeBand",
    "ClockPlan",
    "ClockStop",
    "Code",
    "DeadlineRules",
    "Escalation",
    "FactRule",
    "Label",
    "NeedToKnow",
    "Regulation",
    "ServiceOverride",
    "Transition",
    "UrgencyLevel",
]

CLOCKS = ("acknowledge", "act")


@dataclass(frozen=True, slots=True)
class Code:
    """An entry of a code list. `raw` is the whole entry of the file."""

    code: str
    label: Label
    order: int | None
    retired: date | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NeedToKnow:
    """What may go to recipients of the types `to` for one service. What stands nowhere is denied.

    `min` may be attached once consent or an exception covers it, `ask` needs a separate, named consent,
    `deny` is blocked even with general consent. The `..._order` tuples keep the order of the file for display.
    """

    service: str
    to: tuple[str, ...]
    purpose: str
    min_order: tuple[str, ...]
    ask_order: tuple[str, ...]
    deny_order: tuple[str, ...]
    min: frozenset[str]
    ask: frozenset[str]
    deny: frozenset[str]


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of a referral: who (`by`, sides) may take it from where (`sources`) to where (`target`)."""

    verb: str
    label: Label
    by: frozenset[str]
    sources: frozenset[str]
    target: str
    when: Condition | None
    needs: tuple[str, ...]
    reason_list: str | None
    outcome_list: str | None
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is told when nothing happened `after` the sending: a role of one side."""

    after: Duration
    side: str
    role: str


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """One deadline with the reminders and the ladder that belong to it; all count from the sending."""

    due: Duration
    reminders: tuple[Duration, ...]
    escalations: tuple[Escalation, ...]


@dataclass(frozen=True, slots=True)
class UrgencyLevel:
    """An urgency level; a higher `order` is more urgent. `clocks` maps `acknowledge` and `act` to their plans."""

    code: str
    order: int
    phone_first: bool
    clocks: Mapping[str, ClockPlan]


@dataclass(frozen=True, slots=True)
class ServiceOverride:
    """Deadlines of one service at some recipients. `legal`: the number stands in a law, so nothing stops it.

    `met_by` and `outcomes` are filled where only certain steps, or certain outcomes, meet the duty.
    """

    path: str
    service: str
    to: frozenset[str]
    when: Condition | None
    legal: bool
    basis: str | None
    clocks: Mapping[str, ClockPlan]
    met_by: Mapping[str, frozenset[str]]
    outcomes: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClockStop:
    """While the referral has this status, and `when` holds, these clocks stand."""

    status: str
    clocks: frozenset[str]
    when: Condition | None


@dataclass(frozen=True, slots=True)
class DeadlineRules:
    """What meets, ends and stops the two clocks. Verbs in `met_by` and `ended_by`, statuses in `stops`."""

    met_by: Mapping[str, frozenset[str]]
    ended_by: frozenset[str]
    stops: tuple[ClockStop, ...]
    skip: frozenset[str]


@dataclass(frozen=True, slots=True)
class FactRule:
    """When `when` holds, the level (an urgency or a triage) is at least `at_least`."""

    code: str
    label: Label
    when: Condition
    at_least: str


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Full years from `at_least` to below `below`."""

    code: str
    at_least: int
    below: int


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Regulation:
    """One version of the interagency regulation. Two objects are the same version when their `digest` is equal.

    `digest` is the SHA-256, in hex, of the exact bytes of the source. `raw` is the whole file, frozen: mappings are
    read-only, lists are tuples.
    """

    id: str
    version: str
    status: str
    digest: str
    title: Label
    time_zone: str
    raw: Mapping[str, Any]
    lists: Mapping[str, Mapping[str, Code]]
    facts: Mapping[str, Fact]
    matrix: Mapping[tuple[str, str], NeedToKnow]
    implied_categories: frozenset[str]
    never_shared_by_default: frozenset[str]
    owner_only: frozenset[str]
    preview_fields: Mapping[str, tuple[str, ...]]
    recipient_sentence: Label
    transitions: tuple[Transition, ...]
    transition_times: Mapping[str, frozenset[str]]
    urgency_levels: tuple[UrgencyLevel, ...]
    service_overrides: tuple[ServiceOverride, ...]
    urgency_rules: tuple[FactRule, ...]
    triage_rules: tuple[FactRule, ...]
    deadline_rules: DeadlineRules
    age_bands: tuple[AgeBand, ...]
    calendar: WorkingCalendar

    def codes(self, list_name: str) -> Mapping[str, Code]:
        """The entries of a code list by code, in the order of the file; a nested list is named by its dotted path
        (`consent.methods`). KeyError for a list this regulation does not have."""
        return self.lists[list_name]

    def label(self, list_name: str, code: str, locale: str) -> str:
        """The words for a code in `vi` or `en`; the code itself where an old record holds one unknown here."""
        entry = self.lists.get(list_name, {}).get(code)
        return entry.label.text(locale) if entry else code

    def need_to_know(self, service: str, recipient_type: str) -> NeedToKnow | None:
        """The row of the matrix for a service and a type of recipient; None where nothing may be sent."""
        return self.matrix.get((service, recipient_type))

    @property
    def clock_met_by(self) -> Mapping[str, frozenset[str]]:
        """The verbs that meet the clock `acknowledge` and those that meet `act`."""
        return self.deadline_rules.met_by

    def age_band(self, age: int) -> str:
        """The code of the band of this age in full years. ValueError for an age outside all bands."""
        for band in self.age_bands:
            if band.at_least <= age < band.below:
                return band.code
        raise ValueError(f"no age band holds {age}")
