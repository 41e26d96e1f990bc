"""The small condition grammar of the regulation: tests on facts, joined by `all` and `any`.

A test on a fact that nobody has stated is false, whatever it asks; only `{fact: F, known: false}` is then true.
So a rule never fires on a guess, and `not` never means "unknown".
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Operator = t.Literal["is", "not", "in", "has", "below", "at_least", "known"]
FactKind = t.Literal["code", "list", "number", "flag"]

_OPERATORS_OF: Mapping[str, frozenset[str]] = {
    "code": frozenset({"is", "not", "in", "known", "below", "at_least"}),
    "list": frozenset({"has", "known"}),
    "number": frozenset({"is", "not", "in", "below", "at_least", "known"}),
    "flag": frozenset({"is", "not", "known"}),
}
_OPERATORS = frozenset(t.get_args(Operator))


class ConditionFault(ValueError):
    """A condition the grammar does not allow: `rule` (short code), `at` (path inside it), `got` (what stood there)."""

    def __init__(self, rule: str, at: str, got: object) -> None:
        self.rule, self.at, self.got = rule, at, got
        super().__init__(f"{at or 'condition'}: {rule}: {got!r}")


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the closed list of facts. `order` gives the rank of codes of an ordered list, else it is empty."""

    code: str
    kind: FactKind
    values: frozenset[str] = frozenset()
    order: tuple[tuple[str, int], ...] = ()
    unit: str | None = None

    def takes(self, value: object) -> bool:
        """Whether `value` is one that this fact (or one member of it, for a list) can have."""
        if self.kind == "flag":
            return isinstance(value, bool)
        if self.kind == "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        return isinstance(value, str) and value in self.values


@dataclass(frozen=True, slots=True)
class Test:
    """One test. `value` is a tuple for `in`; `order` is filled where `below`/`at_least` compare codes by rank."""

    __test__ = False  # the name is the grammar's; pytest shall not collect it

    fact: str
    op: Operator
    value: t.Any
    order: tuple[tuple[str, int], ...] = ()

    def holds(self, facts: Mapping[str, t.Any]) -> bool:
        """Whether the test is true; a fact that is missing or None is not known."""
        value = facts.get(self.fact)
        if self.op == "known":
            return value is None
        if value is None:
            return False
        match self.op:
            case "is":
                return bool(value == self.value)
            case "not":
                return bool(value != self.value)
            case "in":
                return value in self.value
            case "has":
                return self.value in value
            case _:
                return self._compares(value)

    @property
    def codes(self) -> frozenset[str]:
        """For `below`/`at_least` on codes: every code that passes. Empty for other tests."""
        rank = dict(self.order)
        if self.value not in rank:
            return frozenset()
        limit = rank[self.value]
        return frozenset(code for code, at in self.order if (at < limit if self.op == "below" else at >= limit))

    def _compares(self, value: t.Any) -> bool:
        if self.order:
            return value in self.codes
        return bool(value < self.value if self.op == "below" else value >= self.value)


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is."""

    parts: tuple[Condition, ...]

    def holds(self, facts: Mapping[str, t.Any]) -> bool:
        """Whether every part holds for these facts."""
        return all(part.holds(facts) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Any:
    """True when at least one part is."""

    parts: tuple[Condition, ...]

    def holds(self, facts: Mapping[str, t.Any]) -> bool:
        """Whether at least one part holds for these facts."""
        return any(part.holds(facts) for part in self.parts)


Condition: t.TypeAlias = Test | All | Any


def parse_condition(raw: t.Any, facts: Mapping[str, Fact]) -> Condition:
    """Read a condition as the file writes it. `facts` is the closed list. Raises ConditionFault at the first fault."""
    return _parse(raw, facts, "")


def facts_in(condition: Condition) -> frozenset[str]:
    """The codes of all facts that a condition names."""
    if isinstance(condition, Test):
        return frozenset({condition.fact})
    return frozenset().union(*(facts_in(part) for part in condition.parts))


def _parse(raw: t.Any, facts: Mapping[str, Fact], at: str) -> Condition:
    if not isinstance(raw, Mapping):
        raise ConditionFault("condition-shape", at, raw)
    keys = set(raw)
    if keys == {"all"} or keys == {"any"}:
        (word,) = keys
        parts = raw[word]
        if not isinstance(parts, list | tuple) or not parts:
            raise ConditionFault("condition-shape", _join(at, str(word)), parts)
        read = tuple(_parse(part, facts, f"{_join(at, str(word))}[{i}]") for i, part in enumerate(parts))
        return All(read) if word == "all" else Any(read)
    if "fact" not in keys or len(keys) != 2:
        raise ConditionFault("condition-shape", at, sorted(map(str, keys)))
    (op,) = keys - {"fact"}
    return _parse_test(raw["fact"], op, raw[op], facts, at)


def _parse_test(code: t.Any, op: t.Any, value: t.Any, facts: Mapping[str, Fact], at: str) -> Test:
    fact = facts.get(code) if isinstance(code, str) else None
    if fact is None:
        raise ConditionFault("unknown-fact", _join(at, "fact"), code)
    if op not in _OPERATORS:
        raise ConditionFault("condition-shape", at, op)
    ordered = op in ("below", "at_least") and fact.kind == "code"
    if op not in _OPERATORS_OF[fact.kind] or (ordered and not fact.order):
        raise ConditionFault("wrong-operator", _join(at, str(op)), code)
    if op == "known":
        if value is not False:
            raise ConditionFault("wrong-value", _join(at, "known"), value)
        return Test(fact.code, "known", False)
    _check_value(fact, op, value, at)
    held = tuple(value) if op == "in" else value
    return Test(fact.code, op, held, fact.order if ordered else ())


def _check_value(fact: Fact, op: str, value: t.Any, at: str) -> None:
    if op != "in":
        if not fact.takes(value):
            raise ConditionFault("wrong-value", _join(at, op), value)
        return
    if not isinstance(value, list | tuple) or not value:
        raise ConditionFault("condition-shape", _join(at, op), value)
    _check_members(fact, value, _join(at, op))


def _check_members(fact: Fact, values: Iterable[t.Any], at: str) -> None:
    for i, value in enumerate(values):
        if not fact.takes(value):
            raise ConditionFault("wrong-value", f"{at}[{i}]", value)


def _join(at: str, step: str) -> str:
    return f"{at}.{step}" if at else step
