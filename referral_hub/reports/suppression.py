"""Which figures are hidden so that nobody can be recognised in a small one. Pure.

Hidden are small figures, and what would let a reader compute one: a part whose remainder is small, the parts that make
up a whole together with a hidden one. Zeros are shown: they are about nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from referral_hub.reports.deducing import deduced, differences


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of cases. ``region``: what it is a number of, as bits (None: unknown how it relates to others)."""

    region: int | None
    value: int


@dataclass(frozen=True, slots=True)
class Figure:
    """What is published as one figure: a count is one cell; a ratio tells its part and its whole."""

    cells: tuple[Cell, ...]

    @property
    def size(self) -> int:
        """How many cases the smallest of its cells covers; the smaller, the sooner the figure is hidden."""
        return min((cell.region or 0).bit_count() for cell in self.cells)

    @property
    def empty(self) -> bool:
        """Whether it is about nobody."""
        return not any(cell.value for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Smallness:
    """Numbers from ``least`` to ``most`` are small. ``complementary``: also hide what would give them away."""

    least: int
    most: int
    complementary: bool = True

    def holds(self, value: int) -> bool:
        """Whether a number is small."""
        return self.least <= value <= self.most


def hidden(figures: Sequence[Figure], small: Smallness) -> frozenset[int]:
    """The positions of the figures to hide. All are of one family: regions are comparable among them.

    Of several figures that together give a small number away, the one that covers least is hidden, the later of two.
    """
    away = {i for i, figure in enumerate(figures) if any(small.holds(cell.value) for cell in figure.cells)}
    if not small.complementary:
        return frozenset(away)
    if any(cell.region is None for figure in figures for cell in figure.cells):
        return frozenset(i for i, figure in enumerate(figures) if not figure.empty) if away else frozenset()
    while telling := next(_giveaways(figures, away, small), None):
        away.add(min(telling, key=lambda i: (figures[i].size, -i)))
    return frozenset(away)


def _giveaways(figures: Sequence[Figure], away: set[int], small: Smallness) -> Iterator[frozenset[int]]:
    """Sets of shown figures, none of them empty, from which a reader computes what must stay hidden."""
    shown = [(cell.region or 0, cell.value, i) for i, one in enumerate(figures) if i not in away for cell in one.cells]
    for region, value, sources in differences(shown):
        if region and small.holds(value):
            yield _filled(figures, sources)
    for i in sorted(away):
        ways = [deduced(cell.region or 0, shown) for cell in figures[i].cells]
        found = [way for way in ways if way is not None]
        if len(found) == len(ways) and (telling := _filled(figures, frozenset().union(*found))):
            yield telling


def _filled(figures: Sequence[Figure], positions: frozenset[int]) -> frozenset[int]:
    """Zeros stay: of persons, whose parts may overlap or lie in other periods, even they may seem to add up."""
    return frozenset(i for i in positions if not figures[i].empty)
