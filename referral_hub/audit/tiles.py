"""The log as files: C2SP tlog-tiles. A tile holds up to 256 hashes of one level, a bundle up to 256 entries.

Pure. Level 0 holds the leaf hashes; a hash of level L + 1 is the root over one full tile of level L.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from referral_hub.audit.tree import HASH_BYTES, Subtree, root_of

WIDTH = 256
HEIGHT = 8
"""One tile spans this many levels of the tree."""
MAX_ENTRY = 0xFFFF
"""Bytes: the length before an entry is a uint16."""

Level = int | Literal["entries"]

_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_LONGEST_PATH = 64
_KEPT = 64


class TileError(ValueError):
    """A path, a tile or a bundle is not what the format says."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Hashes of one level, concatenated; ``width`` of them, from index ``n * 256``."""

    level: int
    n: int
    width: int
    data: bytes


def tile_path(level: Level, n: int, width: int = WIDTH) -> str:
    """Where a tile or (level ``entries``) a bundle lies: ``tile/0/x001/x234/067``, with ``.p/12`` when it is partial.

    :raises TileError: no such tile.
    """
    if (level != "entries" and not 0 <= level <= 63) or n < 0 or not 1 <= width <= WIDTH:
        raise TileError(f"no tile {level}/{n}.p/{width}")
    name = f"{n % 1000:03}"
    while n >= 1000:
        n //= 1000
        name = f"x{n % 1000:03}/{name}"
    return f"tile/{level}/{name}" + (f".p/{width}" if width < WIDTH else "")


def parse_path(path: str) -> tuple[Level, int, int]:
    """Level (or ``entries``), index and width of a path; the reverse of :func:`tile_path`.

    :raises TileError: not a path of the format, or written in another way than the one it prescribes.
    """
    match = _PATH.fullmatch(path) if len(path) <= _LONGEST_PATH else None
    if match is None:
        raise TileError("not a tile path")
    level: Level = "entries" if match[1] == "entries" else int(match[1])
    n = int(match[2].replace("x", "").replace("/", "") + match[3])
    width = int(match[4] or WIDTH)
    if width > WIDTH or tile_path(level, n, width) != path:
        raise TileError("not a tile path")
    return level, n, width


def tile_width(size: int, level: int, n: int) -> int:
    """How many hashes tile ``n`` of ``level`` has in a tree of ``size`` leaves: 0 (no such tile) to 256."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - n * WIDTH))


def tiles_of(size: int, since: int = 0) -> Iterator[tuple[int, int, int]]:
    """Level, index and width of the tiles of a tree of ``size``, at their widest.

    :param since: only those that the tree of this size had not, or had narrower.
    """
    level = 0
    while (count := size >> HEIGHT * level) > 0:
        for n in range((since >> HEIGHT * level) // WIDTH, -(-count // WIDTH)):
            if (width := tile_width(size, level, n)) > tile_width(since, level, n):
                yield level, n, width
        level += 1


def grow(size: int, leaves: Sequence[bytes], edge: Callable[[int, int, int], bytes]) -> list[Tile]:
    """The tiles that are new or wider once ``leaves`` (hashes) follow a tree of ``size`` leaves.

    :param edge: gives the partial tile (level, index, width) at the right edge of the tree as it is.
    """
    grown: list[Tile] = []
    level, before, new = 0, size, list(leaves)
    while new:
        n, width = divmod(before, WIDTH)
        row = _hashes(edge(level, n, width), width) + new if width else new
        chunks = [row[i : i + WIDTH] for i in range(0, len(row), WIDTH)]
        grown += [Tile(level, n + i, len(chunk), b"".join(chunk)) for i, chunk in enumerate(chunks)]
        new = [root_of(chunk) for chunk in chunks if len(chunk) == WIDTH]
        level, before = level + 1, n
    return grown


def subtree_reader(fetch: Callable[[int, int, int], bytes], size: int) -> Subtree:
    """What :mod:`referral_hub.audit.tree` needs of a tree of ``size`` leaves that is kept in tiles.

    :param fetch: gives the tile (level, index, width); the last tiles read are kept.
    :returns: a function that raises :class:`TileError` for a subtree outside of the tree or a tile of another length.
    """

    @lru_cache(maxsize=_KEPT)
    def row(level: int, n: int) -> list[bytes]:
        width = tile_width(size, level, n)
        return _hashes(fetch(level, n, width), width) if width else []

    @lru_cache(maxsize=_KEPT * HEIGHT)
    def subtree(level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, HEIGHT)
        n, offset = divmod(index << inner, WIDTH)
        hashes = row(tile_level, n)[offset : offset + (1 << inner)]
        if len(hashes) != 1 << inner:
            raise TileError(f"no complete subtree {level}/{index} in a tree of {size}")
        return root_of(hashes)

    return subtree


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries, each after its length (uint16, big-endian).

    :raises TileError: an entry is longer than 65,535 bytes.
    """
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise TileError(f"an entry is longer than {MAX_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """The entries of a bundle.

    :raises TileError: it ends inside an entry, or holds more than 256.
    """
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise TileError("the bundle ends inside an entry")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) > WIDTH:
        raise TileError(f"a bundle holds {WIDTH} entries at most")
    return entries


def _hashes(data: bytes, width: int) -> list[bytes]:
    if len(data) != width * HASH_BYTES:
        raise TileError(f"a tile of width {width} has {width * HASH_BYTES} bytes, not {len(data)}")
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]
