"""What parts figures have in common: conditions as sets of the smallest cases they tell apart. Pure.

Two conditions are compared by trying every combination of values that they could tell apart, so "of which", disjoint
parts and parts that make up a whole are found whatever way the regulation words them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations, product
from typing import Any as AnyValue

from referral_hub.regulation.conditions import Condition, Fact, Test

#: combinations tried for one family of figures; a family beyond it counts as one whose parts are not known
MOST = 100_000


def regions(conditions: Sequence[Condition], facts: Mapping[str, Fact]) -> tuple[int, ...] | None:
    """For each condition a set of cases, as bits: its subsets are its parts. None: too many cases to tell.

    :param facts: the closed list of facts of the regulation.
    """
    tests = sorted({test for one in conditions for test in _tests(one)}, key=repr)
    names = sorted({test.fact for test in tests})
    values = [_values(facts[name], [test for test in tests if test.fact == name]) for name in names]
    if math.prod(map(len, values)) > MOST:
        return None
    cases: dict[tuple[bool, ...], int] = {}
    for combination in product(*values):
        stated = dict(zip(names, combination, strict=True))
        met = tuple(one.holds(stated) for one in conditions)
        if any(met):
            cases.setdefault(met, len(cases))
    return tuple(sum(1 << bit for met, bit in cases.items() if met[i]) for i in range(len(conditions)))


def _tests(condition: Condition) -> Iterator[Test]:
    if isinstance(condition, Test):
        yield condition
    else:
        yield from chain.from_iterable(_tests(part) for part in condition.parts)


def _values(fact: Fact, tests: Sequence[Test]) -> list[AnyValue]:
    """One value for each way in which these tests can come out."""
    one_of_each: dict[tuple[bool, ...], AnyValue] = {}
    for value in _candidates(fact, tests):
        one_of_each.setdefault(tuple(test.holds({fact.code: value}) for test in tests), value)
    return list(one_of_each.values())


def _candidates(fact: Fact, tests: Sequence[Test]) -> Iterator[AnyValue]:
    yield None
    match fact.kind:
        case "flag":
            yield from (True, False)
        case "code":
            yield from sorted(fact.values)
        case "list":
            named = sorted({test.value for test in tests if test.op == "has"})
            yield from (frozenset(some) for size in range(len(named) + 1) for some in combinations(named, size))
        case "number":
            bounds = sorted({float(v) for test in tests if test.op != "known" for v in _numbers(test.value)})
            yield from bounds
            yield from ((low + high) / 2 for low, high in zip(bounds, bounds[1:], strict=False))
            yield from (bound + step for bound in bounds[:1] + bounds[-1:] for step in (-1, 1))


def _numbers(value: AnyValue) -> Sequence[float]:
    return value if isinstance(value, tuple) else (value,)
