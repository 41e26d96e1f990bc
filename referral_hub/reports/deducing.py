"""What a reader computes from published numbers of cases. Pure arithmetic on regions (sets of cases, as bits)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

#: a published number: its region, its value, the position of the figure that shows it
Shown = tuple[int, int, int]

#: numbers derived step by step; every difference of two is tried before chains of more
MOST = 4096


def differences(shown: Sequence[Shown]) -> Iterator[tuple[int, int, frozenset[int]]]:
    """Numbers one gets by taking parts away from wholes and putting disjoint parts together, the published included.

    Each as (region, value, positions of the figures it took). Shortest chains first, at most ``MOST`` of them.
    """
    reached: dict[tuple[int, int], frozenset[int]] = {}
    for region, value, position in shown:
        reached.setdefault((region, value), frozenset({position}))
    yield from ((region, value, sources) for (region, value), sources in reached.items())
    last = list(reached.items())
    while last and len(reached) < MOST:
        fresh: dict[tuple[int, int], frozenset[int]] = {}
        for (region, value), sources in last:
            for other, other_value, position in shown:
                combined = _combined(region, value, other, other_value)
                if combined is not None and combined[1] >= 0 and combined not in reached:
                    fresh.setdefault(combined, sources | {position})
        reached |= fresh
        yield from ((region, value, sources) for (region, value), sources in fresh.items())
        last = list(fresh.items())


def _combined(region: int, value: int, other: int, other_value: int) -> tuple[int, int] | None:
    if region & other == other:
        return region & ~other, value - other_value
    if region & other == region:
        return other & ~region, other_value - value
    if region & other == 0:
        return region | other, value + other_value
    return None


def deduced(region: int, shown: Sequence[Shown]) -> frozenset[int] | None:
    """The figures from which the number of ``region`` follows by adding and subtracting them; None: it does not.

    Whatever the multiples: the region is a linear combination of the shown ones, or it is not.
    """
    width = max((one.bit_length() for one, _, _ in shown), default=0)
    if region.bit_length() > width:
        return None
    # Gaussian elimination; each kept row remembers which multiples of the shown regions it consists of.
    kept: list[tuple[int, list[Fraction], dict[int, Fraction]]] = []
    for index, (one, _, _) in enumerate(shown):
        row, made_of = _reduced(_row(one, width), {index: Fraction(1)}, kept)
        pivot = next((column for column, number in enumerate(row) if number), None)
        if pivot is not None:
            kept.append((pivot, row, made_of))
    rest, made_of = _reduced(_row(region, width), {}, kept)
    if any(rest):
        return None
    return frozenset(shown[index][2] for index, share in made_of.items() if share)


def _row(region: int, width: int) -> list[Fraction]:
    return [Fraction(region >> bit & 1) for bit in range(width)]


def _reduced(
    row: list[Fraction], made_of: dict[int, Fraction], kept: Sequence[tuple[int, list[Fraction], dict[int, Fraction]]]
) -> tuple[list[Fraction], dict[int, Fraction]]:
    for pivot, other, other_made_of in kept:
        share = row[pivot] / other[pivot]
        if share:
            row = [number - share * taken for number, taken in zip(row, other, strict=True)]
            made_of = {
                index: made_of.get(index, Fraction(0)) - share * other_made_of.get(index, Fraction(0))
                for index in made_of.keys() | other_made_of.keys()
            }
    return row, made_of
