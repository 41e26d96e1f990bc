"""Rules on deadlines and their ladders, on the calendar, and on ages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ..calendar import ONE_DAY, WEEKDAYS
from ..conditions import parse_condition
from ..durations import parse_duration
from ..faults import Fault, fault
from ..model import CLOCKS
from ..reading import read_facts

Raw = Mapping[str, Any]


def ladders(raw: Raw, file: str) -> Iterator[Fault]:
    """Reminders come before their deadline, escalations not before it, both in the order of time."""
    for section in ("urgency_levels", "service_overrides"):
        for i, entry in enumerate(raw[section]):
            yield from _clocks(entry, f"{section}[{i}]", file)


def _clocks(entry: Raw, path: str, file: str) -> Iterator[Fault]:
    if not any(clock in entry for clock in CLOCKS):
        yield fault(file, path, "override-empty")
    for part in ("reminders", "escalate", "met_by"):
        for clock in entry.get(part, ()):
            if clock not in entry:
                yield fault(file, f"{path}.{part}.{clock}", "clock-not-set", clock=clock)
    for clock in CLOCKS:
        if clock in entry:
            yield from _ladder(entry, clock, path, file)


def _ladder(entry: Raw, clock: str, path: str, file: str) -> Iterator[Fault]:
    due = parse_duration(entry[clock])
    reminders = entry.get("reminders", {}).get(clock, ())
    steps = [step["after"] for step in entry.get("escalate", {}).get(clock, ())]
    for part, texts in (("reminders", reminders), ("escalate", steps)):
        where = f"{path}.{part}.{clock}"
        sizes = [parse_duration(text).rough_seconds for text in texts]
        if sizes != sorted(sizes):
            yield fault(file, where, "ladder-order")
        for i, (text, size) in enumerate(zip(texts, sizes, strict=True)):
            if part == "reminders" and size >= due.rough_seconds:
                yield fault(file, f"{where}[{i}]", "reminder-late", got=text, due=due.text)
            if part == "escalate" and size < due.rough_seconds:
                yield fault(file, f"{where}[{i}].after", "escalation-early", got=text, due=due.text)


def overrides(raw: Raw, file: str) -> Iterator[Fault]:
    """An override concerns a provider of its service and outcomes of its service."""
    providers = {entry["code"]: entry["by"] for entry in raw["essential_services"]}
    outcomes = {entry["code"]: entry["for"] for entry in raw["service_outcomes"]}
    for i, one in enumerate(raw["service_overrides"]):
        path, service = f"service_overrides[{i}]", one["service"]
        for j, to in enumerate(one["to"]):
            if service in providers and to not in providers[service]:
                yield fault(file, f"{path}.to[{j}]", "not-provider", to=to, service=service)
        for j, outcome in enumerate(one.get("outcomes", ())):
            if not {service, "any"} & set(outcomes.get(outcome, ["any"])):
                yield fault(file, f"{path}.outcomes[{j}]", "override-outcome", outcome=outcome, service=service)


def holidays(raw: Raw, file: str) -> Iterator[Fault]:
    """Days off run forwards and stand once; a swapped day is otherwise free and swaps a day off."""
    calendar, off = raw["calendar"], set[date]()
    for i, span in enumerate(calendar["holidays"]):
        path = f"calendar.holidays[{i}]"
        if span["from"] > span["to"]:
            yield fault(file, path, "dates-reversed")
            continue
        days = {span["from"] + n * ONE_DAY for n in range((span["to"] - span["from"]).days + 1)}
        for day in sorted(days & off)[:1]:
            yield fault(file, path, "holiday-twice", day=day)
        off |= days
    for i, swap in enumerate(calendar["working_saturdays"]):
        path = f"calendar.working_saturdays[{i}]"
        if WEEKDAYS[swap["day"].weekday()] in calendar["working_week"]:
            yield fault(file, f"{path}.day", "swap-day", day=swap["day"])
        if swap["for"] not in off:
            yield fault(file, f"{path}.for", "swap-for", day=swap["for"])


def age_bands(raw: Raw, file: str) -> Iterator[Fault]:
    """The bands begin at 0 and follow each other without a gap and without an overlap."""
    expected = 0
    for i, band in enumerate(raw["age_bands"]):
        path = f"age_bands[{i}]"
        if band["at_least"] >= band["below"]:
            yield fault(file, path, "thresholds-reversed")
        elif band["at_least"] > expected:
            yield fault(file, path, "age-gap", age=expected)
        elif band["at_least"] < expected:
            yield fault(file, path, "age-twice", age=band["at_least"])
        expected = max(expected, band["below"])


def ladder_of_ages(raw: Raw, file: str) -> Iterator[Fault]:
    """Every age of a child falls on exactly one step of the ladder of assent."""
    facts = read_facts(raw)
    steps = [parse_condition(step["when"], facts) for step in raw["minors"]["ladder"] if "retired" not in step]
    for age in range(min(raw["minors"]["protocol_child_under"], 150)):
        count = sum(step.holds({"age": age}) for step in steps)
        if count != 1:
            yield fault(file, "minors.ladder", "age-twice" if count else "age-gap", age=age)
            return


def references(raw: Raw, file: str) -> Iterator[Fault]:
    """Dates that end something come after those that begin it; limits stand the right way round."""
    for i, source in enumerate(raw["legal_sources"]):
        if "in_force" in source and "repealed" in source and source["in_force"] > source["repealed"]:
            yield fault(file, f"legal_sources[{i}]", "dates-reversed")
    if raw["minors"]["legal_child_under"] > raw["minors"]["protocol_child_under"]:
        yield fault(file, "minors", "thresholds-reversed")
    suppression = raw["statistics"]["suppression"]
    if suppression["least"] > suppression["most"]:
        yield fault(file, "statistics.suppression", "thresholds-reversed")
