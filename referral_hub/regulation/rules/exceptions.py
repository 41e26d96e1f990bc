"""Rules on disclosure without consent, and on who comes next when a unit is denied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..faults import Fault, fault
from .matrix import kept

Raw = Mapping[str, Any]

_LIMITS_NEED = {"listed": ("to", "max"), "named_in_document": ("to", "document_fields"), "need_to_know_min": ()}


def limits(raw: Raw, file: str) -> Iterator[Fault]:
    """Each ground says whom and what it covers, as its limit demands, and nothing that must stay."""
    for i, ground in enumerate(raw["consent_exceptions"]):
        path = f"consent_exceptions[{i}]"
        needed = _LIMITS_NEED.get(ground["limit"], ())
        if any(name not in ground for name in needed):
            yield fault(file, path, "limit-fields", limit=ground["limit"], fields=", ".join(needed))
        yield from _groups(raw, file, ground, path)
        for j, group in enumerate(ground.get("max", ())):
            where = f"{path}.max[{j}].categories"
            yield from kept(raw, file, group["categories"], where)
            for k, category in enumerate(group["categories"]):
                if category in ground.get("never", ()):
                    yield fault(file, f"{where}[{k}]", "never-in-max", category=category)


def _groups(raw: Raw, file: str, ground: Raw, path: str) -> Iterator[Fault]:
    named = ground.get("to", ())
    grouped = Counter(to for group in ground.get("max", ()) for to in group["to"])
    wrong = [to for to in named if grouped[to] != 1] if "max" in ground else []
    for to in (*wrong, *(to for to in grouped if to not in named)):
        yield fault(file, f"{path}.max", "exception-recipients", to=to)
    access = {entry["code"]: entry["data_access"] for entry in raw["agency_types"]}
    for j, to in enumerate(named):
        if access.get(to) == "aggregate" and not ground.get("beyond_data_access"):
            yield fault(file, f"{path}.to[{j}]", "no-case-access", to=to)


def emergency_grounds(raw: Raw, file: str) -> Iterator[Fault]:
    """A ground that opens something in an emergency does not wait for an approver."""
    immediate = {ground["code"]: ground["break_glass"] for ground in raw["consent_exceptions"]}
    for i, code in enumerate(raw["emergency"]["opening"]["grounds"]):
        if not immediate.get(code, True):
            yield fault(file, f"emergency.opening.grounds[{i}]", "ground-not-immediate", code=code)


def next_units(raw: Raw, file: str) -> Iterator[Fault]:
    """The chain of next units has one way and an end, or an emergency would go round in circles."""
    following: dict[str, str] = {}
    for i, step in enumerate(raw["next_unit_up"]):
        if step["from"] in following:
            yield fault(file, f"next_unit_up[{i}].from", "unit-twice", code=step["from"])
        following.setdefault(step["from"], step["to"])
    for i, step in enumerate(raw["next_unit_up"]):
        if _returns(step["from"], following):
            yield fault(file, f"next_unit_up[{i}]", "unit-cycle", code=step["from"])


def _returns(start: str, following: Mapping[str, str]) -> bool:
    seen, at = set[str](), following.get(start)
    while at is not None and at not in seen:
        if at == start:
            return True
        seen.add(at)
        at = following.get(at)
    return False
