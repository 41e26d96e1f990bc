"""Checks a regulation file: first its format, then the rules between its parts. Finds all it can in one run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from .conditions import Fact
from .faults import Fault
from .format import FILE
from .freezing import code_lists
from .reading import read_fact
from .rules import codes, counting, exceptions, matrix, times, workflow
from .spec import Context

Rule = Callable[[Mapping[str, Any], str], Iterator[Fault]]

# Faults of the format that leave every shape in place, so that the rules below can still be asked.
_SHAPES_STAND = frozenset({"unknown-code", "unknown-field", "wrong-clock", "missing-clock", "named-twice"})

RULES: tuple[Rule, ...] = (
    codes.duplicate_codes,
    codes.orders,
    codes.fact_types,
    codes.glossary,
    matrix.pairs,
    matrix.columns,
    matrix.recipients,
    matrix.preview,
    matrix.contact_plan,
    exceptions.limits,
    exceptions.emergency_grounds,
    exceptions.next_units,
    workflow.statuses,
    workflow.distinct_steps,
    times.ladders,
    times.overrides,
    times.holidays,
    times.age_bands,
    times.ladder_of_ages,
    times.references,
    counting.indicators,
    counting.imported_times,
    counting.import_columns,
    counting.import_means,
    counting.aliases,
    counting.yes_and_no,
)


def check(raw: Any, name: str, known_categories: Collection[str] | None = None) -> list[Fault]:
    """Every fault of the plain data of a file called `name`; none means that the model can be built.

    With `known_categories`, each data category that holds something about a person must be among them.
    """
    found = list(FILE.faults(raw, "", _context(raw, name)))
    if any(one.rule not in _SHAPES_STAND for one in found):
        return found
    for rule in RULES:
        found += rule(raw, name)
    if known_categories is not None:
        found += codes.schemas(raw, name, known_categories)
    return found


def _context(raw: Any, name: str) -> Context:
    if not isinstance(raw, Mapping):
        return Context(name, {}, {})
    lists = {path: _texts(entries, "code") for path, entries in code_lists(raw)}
    return Context(name, {**lists, "transitions": _texts(raw.get("transitions"), "verb")}, _facts(raw))


def _texts(entries: Any, field: str) -> frozenset[str]:
    known = entries if isinstance(entries, list | tuple) else ()
    found = (entry.get(field) for entry in known if isinstance(entry, Mapping))
    return frozenset(one for one in found if isinstance(one, str))


def _facts(raw: Mapping[str, Any]) -> Mapping[str, Fact]:
    """The facts that can be read; one that cannot is told by the format."""
    facts: dict[str, Fact] = {}
    entries = raw.get("facts")
    for entry in entries if isinstance(entries, list | tuple) else ():
        try:
            fact = read_fact(entry, raw)
            if entry["type"] in ("code", "list", "number", "flag"):
                facts[entry["code"]] = fact
        except (KeyError, TypeError, AttributeError):
            continue
    return facts
