"""From the checked plain data of a file to the typed model. Nothing here judges: the validator has run before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from .calendar import ONE_DAY, WEEKDAYS, WorkingCalendar
from .conditions import Condition, Fact, parse_condition
from .durations import parse_duration
from .freezing import at_path, code_lists, frozen
from .labels import Label
from .model import (
    CLOCKS,
    AgeBand,
    ClockPlan,
    ClockStop,
    Code,
    DeadlineRules,
    Escalation,
    FactRule,
    NeedToKnow,
    Regulation,
    ServiceOverride,
    Transition,
    UrgencyLevel,
)

Raw = Mapping[str, Any]
_K = TypeVar("_K")
_V = TypeVar("_V")


def build(plain: Raw, digest: str) -> Regulation:
    """The typed model of a file that the validator found sound."""
    raw: Raw = frozen(plain)
    facts = read_facts(raw)
    meta, preview = raw["meta"], raw["preview"]
    return Regulation(
        id=meta["id"],
        version=meta["version"],
        status=meta["status"],
        digest=digest,
        title=read_label(meta["title"]),
        time_zone=meta["time_zone"],
        raw=raw,
        lists=_fixed({path: _fixed(read_codes(entries)) for path, entries in code_lists(raw)}),
        facts=facts,
        matrix=_fixed(_matrix(raw["need_to_know"])),
        implied_categories=frozenset(raw["implied_categories"]),
        never_shared_by_default=frozenset(raw["never_shared_by_default"]),
        owner_only=frozenset(raw["owner_only"]),
        preview_fields=_fixed(dict(preview["if_granted"])),
        recipient_sentence=read_label(preview["recipient_sentence"]),
        transitions=tuple(_transition(step, facts) for step in raw["transitions"]),
        transition_times=_fixed({time: frozenset(verbs) for time, verbs in raw["transition_times"].items()}),
        urgency_levels=tuple(_level(level) for level in raw["urgency_levels"]),
        service_overrides=tuple(_override(i, one, facts) for i, one in enumerate(raw["service_overrides"])),
        urgency_rules=tuple(_rule(rule, facts) for rule in raw["urgency_rules"]),
        triage_rules=tuple(_rule(rule, facts) for rule in raw["triage_rules"]),
        deadline_rules=_deadline_rules(raw["deadline_rules"], facts),
        age_bands=tuple(AgeBand(band["code"], band["at_least"], band["below"]) for band in raw["age_bands"]),
        calendar=read_calendar(raw["calendar"], meta["time_zone"]),
    )


def read_label(raw: Raw) -> Label:
    """The label of an entry that has `vi` and `en`."""
    return Label(raw["vi"], raw["en"])


def read_codes(entries: Sequence[Raw]) -> dict[str, Code]:
    """The entries of a code list by code, in their order."""
    return {
        entry["code"]: Code(entry["code"], read_label(entry), entry.get("order"), entry.get("retired"), entry)
        for entry in entries
    }


def read_facts(raw: Raw) -> Mapping[str, Fact]:
    """The closed list of facts, with the codes (and their ranks) each may take."""
    return _fixed({entry["code"]: read_fact(entry, raw) for entry in raw["facts"]})


def read_calendar(raw: Raw, time_zone: str) -> WorkingCalendar:
    """The working calendar; provisional days count when the file says so."""
    counted = [span for span in raw["holidays"] if raw["provisional_counts"] or not span.get("provisional")]
    swapped = [one for one in raw["working_saturdays"] if raw["provisional_counts"] or not one.get("provisional")]
    return WorkingCalendar(
        zone=ZoneInfo(time_zone),
        working_week=frozenset(WEEKDAYS.index(day) for day in raw["working_week"]),
        holidays=frozenset(day for span in counted for day in _days(span["from"], span["to"])),
        working_saturdays=frozenset(one["day"] for one in swapped),
    )


def _fixed(mapping: dict[_K, _V]) -> Mapping[_K, _V]:
    return MappingProxyType(mapping)


def read_fact(entry: Raw, raw: Raw) -> Fact:
    """One entry of `facts` with the codes it may take, drawn from the lists it names."""
    if "values" in entry:
        return Fact(entry["code"], entry["type"], frozenset(entry["values"]))
    lists = entry.get("of", ())
    lists = (lists,) if isinstance(lists, str) else lists
    members = [member for path in lists for member in at_path(raw, path)]
    order = tuple((member["code"], member["order"]) for member in members if "order" in member)
    return Fact(
        entry["code"],
        entry["type"],
        frozenset(member["code"] for member in members),
        order if len(order) == len(members) else (),
        entry.get("unit"),
    )


def _matrix(rows: Sequence[Raw]) -> dict[tuple[str, str], NeedToKnow]:
    return {(row["service"], recipient): _row(row) for row in rows for recipient in row["to"]}


def _row(row: Raw) -> NeedToKnow:
    least, ask, deny = tuple(row["min"]), tuple(row["ask"]), tuple(row["deny"])
    return NeedToKnow(
        row["service"],
        tuple(row["to"]),
        row["purpose"],
        min_order=least,
        ask_order=ask,
        deny_order=deny,
        min=frozenset(least),
        ask=frozenset(ask),
        deny=frozenset(deny),
    )


def _transition(step: Raw, facts: Mapping[str, Fact]) -> Transition:
    return Transition(
        verb=step["verb"],
        label=read_label(step),
        by=frozenset(step["by"]),
        sources=frozenset(step["from"]),
        target=step["to"],
        when=_when(step, facts),
        needs=tuple(step.get("needs", ())),
        reason_list=step.get("reason"),
        outcome_list=step.get("outcome"),
        effects=tuple(step.get("effects", ())),
    )


def _level(level: Raw) -> UrgencyLevel:
    return UrgencyLevel(level["code"], level["order"], level["phone_first"], _clocks(level))


def _clocks(raw: Raw) -> Mapping[str, ClockPlan]:
    return _fixed({clock: _plan(clock, raw) for clock in CLOCKS if clock in raw})


def _plan(clock: str, raw: Raw) -> ClockPlan:
    ladder = raw.get("escalate", {}).get(clock, ())
    return ClockPlan(
        parse_duration(raw[clock]),
        tuple(parse_duration(text) for text in raw.get("reminders", {}).get(clock, ())),
        tuple(Escalation(parse_duration(step["after"]), step["side"], step["role"]) for step in ladder),
    )


def _override(index: int, raw: Raw, facts: Mapping[str, Fact]) -> ServiceOverride:
    return ServiceOverride(
        path=f"service_overrides[{index}]",
        service=raw["service"],
        to=frozenset(raw["to"]),
        when=_when(raw, facts),
        legal=raw["legal"],
        basis=raw.get("basis"),
        clocks=_clocks(raw),
        met_by=_fixed({clock: frozenset(verbs) for clock, verbs in raw.get("met_by", {}).items()}),
        outcomes=frozenset(raw.get("outcomes", ())),
    )


def _rule(raw: Raw, facts: Mapping[str, Fact]) -> FactRule:
    return FactRule(raw["code"], read_label(raw), parse_condition(raw["when"], facts), raw["at_least"])


def _deadline_rules(raw: Raw, facts: Mapping[str, Fact]) -> DeadlineRules:
    return DeadlineRules(
        met_by=_fixed({clock: frozenset(verbs) for clock, verbs in raw["met_by"].items()}),
        ended_by=frozenset(raw["ended_by"]),
        stops=tuple(ClockStop(one["status"], frozenset(one["clocks"]), _when(one, facts)) for one in raw["stops"]),
        skip=frozenset(raw["skip"]["who"]),
    )


def _when(raw: Raw, facts: Mapping[str, Fact]) -> Condition | None:
    return parse_condition(raw["when"], facts) if "when" in raw else None


def _days(first: date, last: date) -> list[date]:
    return [first + n * ONE_DAY for n in range((last - first) // timedelta(days=1) + 1)]
