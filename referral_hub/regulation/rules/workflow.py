"""Rules on the statuses and steps of a referral."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

from ..faults import Fault, fault

Raw = Mapping[str, Any]


def statuses(raw: Raw, file: str) -> Iterator[Fault]:
    """One start; every status can be reached and can come to an end; an end stays an end."""
    entries = raw["referral_statuses"]
    start = [entry["code"] for entry in entries if entry.get("initial")]
    finals = [entry["code"] for entry in entries if entry.get("final")]
    if len(start) != 1:
        yield fault(file, "referral_statuses", "one-initial", count=len(start))
    steps = {(source, step["to"]) for step in raw["transitions"] for source in step["from"]}
    reached = _closure(start, steps)
    ending = _closure(finals, {(to, source) for source, to in steps})
    left = {source for source, to in steps if to != source}
    for i, entry in enumerate(entries):
        rule = _judge(entry, entry["code"] in left, entry["code"] in reached, entry["code"] in ending)
        if rule and "retired" not in entry:
            yield fault(file, f"referral_statuses[{i}]", rule, code=entry["code"])


def _judge(status: Raw, left: bool, reached: bool, ending: bool) -> str | None:
    if status.get("final"):
        if left:
            return "final-left"
        return None if reached else "unreachable"
    if not left:
        return "no-way-out"
    if not reached:
        return "unreachable"
    return None if ending else "no-end"


def _closure(start: Iterable[str], steps: set[tuple[str, str]]) -> set[str]:
    reached, fresh = set(start), set(start)
    while fresh:
        fresh = {to for source, to in steps if source in fresh} - reached
        reached |= fresh
    return reached


def distinct_steps(raw: Raw, file: str) -> Iterator[Fault]:
    """The same verb of the same side from the same status stands once, or each time under a condition."""
    for (_, one), (j, other) in combinations(enumerate(raw["transitions"]), 2):
        sides = sorted(set(one["by"]) & set(other["by"]))
        shared = sorted(set(one["from"]) & set(other["from"]))
        told_apart = "when" in one and "when" in other and one["when"] != other["when"]
        if one["verb"] == other["verb"] and sides and shared and not told_apart:
            words = {"verb": one["verb"], "side": sides[0], "status": shared[0]}
            yield fault(file, f"transitions[{j}]", "step-twice", **words)
