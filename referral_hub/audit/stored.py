"""The tree as the database keeps it: leaves, and of every tile the widest version."""

from dataclasses import dataclass, field
from typing import Any

import psycopg

from referral_hub.audit.tiles import WIDTH, Tile, TileError, grow, subtree_reader
from referral_hub.audit.tree import HASH_BYTES, Frontier, Subtree
from referral_hub.kernel.errors import HubError

TOP_LEVEL = 7  # 256 ** 8 leaves
_EDGE = """SELECT t.level, t.n, t.width, t.data FROM generate_series(0, %s) AS l (level)
    CROSS JOIN LATERAL (SELECT * FROM audit_tile a WHERE a.level = l.level ORDER BY a.n DESC LIMIT 1) AS t"""


class LogDamaged(HubError):
    """What the database holds of the log contradicts itself: nothing is added to it until somebody looked."""

    code = "damaged"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Nhật ký trong cơ sở dữ liệu không khớp ({what}): hãy chạy “referral-hub audit verify”.",
            f"The log in the database contradicts itself ({what}): run `referral-hub audit verify`.",
        )


@dataclass(slots=True)
class Edge:
    """The right edge of the tree: all that is needed to extend it."""

    frontier: Frontier = field(default_factory=Frontier)
    partial: dict[int, bytes] = field(default_factory=dict)

    def extended(self, leaves: list[bytes]) -> tuple["Edge", list[Tile]]:
        """The edge once ``leaves`` (hashes) follow, and the tiles that changed; this one stays as it is."""
        tiles = grow(self.frontier.size, leaves, lambda level, _n, _width: self.partial[level])
        partial = dict(self.partial)
        for tile in tiles:  # of one level the last one stands at the edge
            if tile.width < WIDTH:
                partial[tile.level] = tile.data
            else:
                partial.pop(tile.level, None)
        frontier = Frontier(self.frontier.size, self.frontier.hashes)
        frontier.extend(leaves)
        return Edge(frontier, partial), tiles


def stored_size(connection: psycopg.Connection[Any]) -> int:
    """How many leaves there are."""
    row = connection.execute("SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf").fetchone()
    return int(row[0]) if row else 0


def stored_tree(connection: psycopg.Connection[Any], size: int) -> Subtree:
    """The subtrees of the first ``size`` leaves, out of the tiles.

    What it gives raises :class:`referral_hub.audit.tiles.TileError` where a tile is missing or too short.
    """

    def fetch(level: int, n: int, width: int) -> bytes:
        return tile_data(connection, level, n, width)

    return subtree_reader(fetch, size)


def tile_data(connection: psycopg.Connection[Any], level: int, n: int, width: int) -> bytes:
    """A tile as narrow as it once was.

    :raises TileError: it is missing, or narrower.
    """
    row = connection.execute(
        "SELECT data FROM audit_tile WHERE level = %s AND n = %s AND width >= %s", [level, n, width]
    ).fetchone()
    if row is None:
        raise TileError(f"tile {level}/{n}.p/{width} is missing")
    return bytes(row[0][: width * HASH_BYTES])


def load_edge(connection: psycopg.Connection[Any]) -> Edge:
    """The edge of the stored tree, once leaves and tiles agree on its size.

    :raises LogDamaged: they do not.
    """
    size = stored_size(connection)
    rows = connection.execute(_EDGE, [TOP_LEVEL]).fetchall()
    for level, n, width, _data in rows:
        if n * WIDTH + width != size >> 8 * level:
            raise LogDamaged(f"{size} leaves, tile {level}/{n}.p/{width}")
    if len(rows) != sum(size >> 8 * level > 0 for level in range(TOP_LEVEL + 1)):
        raise LogDamaged(f"{size} leaves, {len(rows)} levels")
    try:
        frontier = Frontier.of(size, stored_tree(connection, size))
    except TileError as error:
        raise LogDamaged(str(error)) from error
    return Edge(frontier, {level: bytes(data) for level, _, width, data in rows if width < WIDTH})
