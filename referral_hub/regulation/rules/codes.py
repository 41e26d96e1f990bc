"""Rules on code lists: no code twice, no rank twice, facts that can be asked, schemas for categories, the glossary."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..faults import Fault, fault
from ..freezing import code_lists

Raw = Mapping[str, Any]


def duplicate_codes(raw: Raw, file: str) -> Iterator[Fault]:
    """No code stands twice in its list."""
    for path, entries in code_lists(raw):
        seen: set[str] = set()
        for i, entry in enumerate(entries):
            if entry["code"] in seen:
                yield fault(file, f"{path}[{i}].code", "duplicate-code", code=entry["code"])
            seen.add(entry["code"])


def orders(raw: Raw, file: str) -> Iterator[Fault]:
    """No rank stands twice in a ranked list, or comparing would depend on luck."""
    for path, entries in code_lists(raw):
        seen: set[int] = set()
        for i, entry in enumerate(entries):
            if "order" in entry and entry["order"] in seen:
                yield fault(file, f"{path}[{i}].order", "order-twice", order=entry["order"])
            seen.add(entry.get("order"))


def fact_types(raw: Raw, file: str) -> Iterator[Fault]:
    """A coded fact or a list names its codes once (`of` or `values`); a number names its unit; a flag neither."""
    for i, entry in enumerate(raw["facts"]):
        coded = entry["type"] in ("code", "list")
        sources = ("of" in entry) + ("values" in entry)
        if sources != int(coded) or ("unit" in entry) != (entry["type"] == "number"):
            yield fault(file, f"facts[{i}].type", "fact-type", got=entry["type"])


def schemas(raw: Raw, file: str, known_categories: Collection[str]) -> Iterator[Fault]:
    """Every category that holds something about a person has a content schema."""
    for i, entry in enumerate(raw["data_categories"]):
        exempt = entry["class"] == "none" or entry["code"] in raw["implied_categories"]
        if not exempt and entry["code"] not in known_categories:
            yield fault(file, f"data_categories[{i}]", "no-schema", code=entry["code"])


def glossary(raw: Raw, file: str) -> Iterator[Fault]:
    """No glossary key stands twice."""
    seen: set[str] = set()
    for i, (key, _, _) in enumerate(raw["glossary"]):
        if key in seen:
            yield fault(file, f"glossary[{i}]", "glossary-twice", key=key)
        seen.add(key)
