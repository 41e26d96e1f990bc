"""Which leaf hashes are the true ones: those whose root the log has signed.

The database keeps them twice (tiles, leaves) and the published files once more. Whoever changes a row changes one copy;
the copy that leads to a signed root is the one the others are measured against.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from referral_hub.audit.tiles import WIDTH, tile_path, tile_width
from referral_hub.audit.tree import HASH_BYTES, Frontier, root_of

WINDOW = 32  # tiles looked at together


class Copy(Protocol):
    """One copy of the leaf hashes."""

    def tiles(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        """The tiles ``first`` to ``last`` (exclusive) of a tree of ``size``, as far as they are there."""


@dataclass(frozen=True, slots=True)
class StoredTiles:
    """The tiles of the database."""

    connection: psycopg.Connection[Any]

    def tiles(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        """See :class:`Copy`."""
        rows = self.connection.cursor(binary=True).execute(
            "SELECT n, data FROM audit_tile WHERE level = 0 AND n >= %s AND n < %s", [first, last]
        )
        return {n: data[: HASH_BYTES * tile_width(size, 0, n)] for n, data in rows}


@dataclass(frozen=True, slots=True)
class StoredLeaves:
    """The hashes beside the leaves of the database; a tile with a gap is none."""

    connection: psycopg.Connection[Any]

    def tiles(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        """See :class:`Copy`."""
        rows = self.connection.cursor(binary=True).execute(
            "SELECT seq, leaf_hash FROM audit_leaf WHERE seq >= %s AND seq < %s ORDER BY seq",
            [first * WIDTH, min(last * WIDTH, size)],
        )
        found: dict[int, list[bytes]] = {}
        for seq, value in rows:
            found.setdefault(seq // WIDTH, []).append(value)
        return {n: b"".join(values) for n, values in found.items() if len(values) == tile_width(size, 0, n)}


@dataclass(frozen=True, slots=True)
class PublishedTiles:
    """The files that everybody may fetch."""

    public: Path

    def tiles(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        """See :class:`Copy`."""
        found = {n: self._read(n, tile_width(size, 0, n)) for n in range(first, last)}
        return {n: data for n, data in found.items() if data is not None}

    def _read(self, n: int, width: int) -> bytes | None:
        for wide in dict.fromkeys((width, WIDTH)) if width else ():  # a partial tile goes once the full one is there
            try:
                return (self.public / tile_path(0, n, wide)).read_bytes()[: HASH_BYTES * width]
            except OSError:
                continue
        return None


@dataclass(frozen=True, slots=True)
class Authentic:
    """The hashes to measure against.

    Up to ``signed`` from a copy that leads to a signed root (``proven``: to the newest one), from there on from the
    database's tiles. ``size``: how many there are.
    """

    copy: Copy
    tail: Copy
    signed: int
    size: int
    proven: bool

    def windows(self) -> Iterator[tuple[int, dict[int, bytes]]]:
        """Tiles by number, a window at a time, with the number of its first tile; missing ones are left out."""
        for first in range(0, -(-self.size // WIDTH), WINDOW):
            yield first, self.window(first)

    def window(self, first: int) -> dict[int, bytes]:
        """The tiles of one window."""
        last = first + WINDOW
        found = dict(self.copy.tiles(first, last, self.signed)) if first * WIDTH < self.signed else {}
        if last * WIDTH > self.signed:
            for n, data in self.tail.tiles(first, last, self.size).items():
                found[n] = found.get(n, b"") + data[len(found.get(n, b"")) :]
        return found

    def place_of(self, leaf: bytes) -> int | None:
        """Where a leaf hash belongs; None: nowhere."""
        for _, tiles in self.windows():
            for n, data in sorted(tiles.items()):
                at = data.find(leaf)
                while at >= 0 and at % HASH_BYTES:
                    at = data.find(leaf, at + 1)
                if at >= 0:
                    return n * WIDTH + at // HASH_BYTES
        return None


def choose(copies: Sequence[Copy], signed: Mapping[int, bytes], tail: Copy, size: int) -> Authentic:
    """The copy that leads to the newest signed root.

    :param signed: size -> root of checkpoints whose signature holds; without the log's key, of the stored heads.
    :param tail: where hashes that nothing signed yet are read.
    :param size: how many leaves there ought to be.
    """
    best: tuple[int, Copy] | None = None
    newest = max(signed, default=0)
    for copy in copies:
        if best is not None and best[0] == newest:
            break
        roots = roots_at(copy, signed)
        held = max((at for at, root in roots.items() if signed[at] == root), default=0)
        if held and (best is None or held > best[0]):
            best = held, copy
    if best is None:
        return Authentic(tail, tail, 0, size, False)
    return Authentic(best[1], tail, best[0], max(size, newest), best[0] == newest)


def roots_at(copy: Copy, sizes: Iterable[int]) -> dict[int, bytes]:
    """The roots of a copy at these sizes, as far as its tiles reach."""
    wanted = sorted(set(sizes) - {0})
    walk = Walk(wanted)
    if not wanted:
        return {}
    for first in range(0, -(-wanted[-1] // WIDTH), WINDOW):
        tiles = copy.tiles(first, first + WINDOW, wanted[-1])
        for n in range(first, first + WINDOW):
            if len(tiles.get(n, b"")) != HASH_BYTES * tile_width(wanted[-1], 0, n) or n not in tiles:
                return walk.roots
            walk.add(tiles[n])
    return walk.roots


class Walk:
    """Tile after tile from the left: the roots at some sizes, and those of full tiles (what the level above holds)."""

    __slots__ = ("_frontier", "_sizes", "above", "roots")

    def __init__(self, sizes: Iterable[int]) -> None:
        self._sizes = sorted(sizes, reverse=True)  # the next one at the end
        self._frontier = Frontier()  # over full tiles
        self.above: list[bytes] = []
        self.roots: dict[int, bytes] = {}

    def add(self, tile: bytes) -> None:
        """The next tile; only the last may be partial."""
        hashes = [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]
        start = self._frontier.size * WIDTH
        if self._sizes and self._sizes[-1] < start + len(hashes):
            self._inside(hashes, start)
        if len(hashes) == WIDTH:
            self.above.append(root_of(hashes))
            self._frontier.append(self.above[-1])
        while self._sizes and self._sizes[-1] == start + len(hashes):
            inner = Frontier()
            inner.extend(hashes if len(hashes) < WIDTH else ())
            self._keep(self._sizes.pop(), inner)

    def _inside(self, hashes: Sequence[bytes], start: int) -> None:
        inner = Frontier()
        for i, value in enumerate(hashes[:-1], 1):
            inner.append(value)
            while self._sizes and self._sizes[-1] == start + i:
                self._keep(self._sizes.pop(), inner)

    def _keep(self, size: int, inner: Frontier) -> None:
        self.roots[size] = Frontier(size, (*self._frontier.hashes, *inner.hashes)).root()
