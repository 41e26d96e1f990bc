"""The sequencer: committed entries get their place in the tree, one batch in one transaction.

Entries are taken in the order of their numbers among those that are visible. A number that was drawn after another
entry's commit is always the higher one, so nobody who saw an entry comes before it
(``docs/adr/0014-the-order-of-the-log.md``). Writers are never waited for and never wait.
"""

import struct
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

from referral_hub.audit.stored import Edge, load_edge
from referral_hub.audit.tiles import Tile
from referral_hub.audit.tree import leaf_hash

BATCH = 1000

# The first rows of the queue alone are looked at, so the plan does not depend on how long it is. A row whose entry is
# gone, or stands in the tree already, stays: `audit verify` names it.
_TAKE = """
    WITH taken AS (
        DELETE FROM audit_queue q USING (
            SELECT f.entry_id
            FROM (SELECT w.entry_id FROM audit_queue w ORDER BY w.entry_id LIMIT %s) AS f
            WHERE EXISTS (SELECT 1 FROM audit_entry e WHERE e.id = f.entry_id)
              AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = f.entry_id)) AS first
        WHERE q.entry_id = first.entry_id RETURNING q.entry_id)
    SELECT e.id, e.envelope FROM taken t JOIN audit_entry e ON e.id = t.entry_id ORDER BY e.id"""
_TILE = """
    INSERT INTO audit_tile (level, n, width, data) VALUES (%s, %s, %s, %b)
    ON CONFLICT (level, n) DO UPDATE SET width = excluded.width, data = excluded.data"""
_FORGET = "DELETE FROM audit_subject"  # only committed rows can be seen, and no commit needs those again

_COPY = "COPY audit_leaf (seq, entry_id, leaf_hash) FROM STDIN (FORMAT binary)"
_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_ROW = struct.Struct(">hiqiqi32s")
_COPY_END = b"\xff\xff"


def prepare_session(connection: psycopg.Connection[Any]) -> None:
    """A session for the log: every statement finds its rows by an index, whatever the statistics say of a queue."""
    connection.autocommit = True
    connection.execute("SET enable_seqscan = off")
    connection.execute("SET enable_hashjoin = off")
    connection.execute("SET enable_mergejoin = off")


class Sequencer:
    """Puts queued entries into the tree. One at a time: whoever uses it holds the leader's lock.

    :param connection: in autocommit mode (:func:`prepare_session`).
    :raises LogDamaged: the stored tree contradicts itself.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._edge = load_edge(connection)

    @property
    def size(self) -> int:
        """Entries in the tree."""
        return self._edge.frontier.size

    @property
    def root(self) -> bytes:
        """Root over all of them."""
        return self._edge.frontier.root()

    def step(self, limit: int = BATCH) -> int:
        """One batch, committed when this returns.

        :return: how many entries got their place; 0: nothing waits that can have one.
        """
        with self.connection.transaction():
            rows = self.connection.cursor(binary=True).execute(_TAKE, [limit]).fetchall()
            if not rows:
                return 0
            entries = dict(rows)
            edge = append(self.connection, self._edge, entries)
            self.connection.execute(_FORGET)
        self._edge = edge  # only now: a batch that was not committed is none
        return len(entries)


def append(connection: psycopg.Connection[Any], edge: Edge, envelopes: Mapping[int, bytes]) -> Edge:
    """Write leaves and tiles of the entries (number -> envelope, in their order), in the caller's transaction.

    :return: the edge of the tree with them.
    """
    hashes = [leaf_hash(envelope) for envelope in envelopes.values()]
    write_leaves(connection, edge.frontier.size, zip(envelopes, hashes, strict=True))
    extended, tiles = edge.extended(hashes)
    write_tiles(connection, tiles)
    return extended


def write_leaves(connection: psycopg.Connection[Any], first: int, leaves: Iterable[tuple[int, bytes]]) -> None:
    """Leaves (entry's number, leaf hash) from place ``first`` on."""
    pack = _COPY_ROW.pack
    rows = [pack(3, 8, seq, 8, entry, 32, value) for seq, (entry, value) in enumerate(leaves, first)]
    with connection.cursor().copy(_COPY) as copy:
        copy.write(_COPY_HEADER + b"".join(rows) + _COPY_END)


def write_tiles(connection: psycopg.Connection[Any], tiles: Iterable[Tile]) -> None:
    """New tiles, and wider versions of those at the edge."""
    with connection.cursor() as cursor:
        cursor.executemany(_TILE, [(tile.level, tile.n, tile.width, tile.data) for tile in tiles])
