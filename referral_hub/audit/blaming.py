"""What happened at a place of the log where the database no longer agrees with what was signed.

Runs once, at the first such place, so it may look through the whole log: where the entry that stands here belongs, and
where the one that belongs here is now. Neither is anywhere else: it was changed in its place.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from referral_hub.audit.authentic import Authentic
from referral_hub.audit.findings import Finding
from referral_hub.audit.folder import Folder
from referral_hub.audit.inspecting import Row, read
from referral_hub.audit.tiles import WIDTH, TileError, tile_path, tile_width, unbundle
from referral_hub.audit.tree import HASH_BYTES, leaf_hash


def first_wrong(rows: Sequence[Row], base: int, hashes: bytes, expected: int) -> int:
    """The index of the first place that does not hold what ``hashes`` (from place ``base`` on) say.

    :param expected: how many places there ought to be; a hash that no copy has any more is not missed.
    :return: ``expected`` when all agree.
    """
    for i in range(max(len(rows), expected)):
        row = rows[i] if i < len(rows) else None
        if i >= expected or row is None or row.seq != base + i or row.envelope is None:
            return i
        have = leaf_hash(row.envelope)
        if row.leaf != have or have != (hashes[i * HASH_BYTES : (i + 1) * HASH_BYTES] or have):
            return i
    return expected


def blame(
    connection: psycopg.Connection[Any], authentic: Authentic, folder: Folder, seq: int, want: bytes, row: Row | None
) -> Finding:
    """What happened at place ``seq``.

    :param want: the leaf hash that belongs there; empty when no copy has it any more.
    :param row: what stands there; None: no leaf.
    """
    if row is not None and row.seq != seq:
        row = None
    if seq >= authentic.size:
        return Finding("inserted", seq, None if row is None else row.uid)
    if row is None:
        return Finding("missing-leaf", seq, _name(connection, authentic, folder, seq, want))
    if row.envelope is None:
        return Finding("missing", seq, _name(connection, authentic, folder, seq, want))
    have = leaf_hash(row.envelope)
    if have == want or not want:
        return Finding("leaf", seq, row.uid)
    belongs = authentic.place_of(have)
    elsewhere = _holder(connection, want) is not None
    if belongs is None:
        return Finding("inserted" if elsewhere else "edited", seq, row.uid)
    if elsewhere:
        return Finding("reordered", seq, row.uid)
    return Finding("missing", seq, _name(connection, authentic, folder, seq, want))


def _holder(connection: psycopg.Connection[Any], leaf: bytes) -> str | None:
    """The entry that has this leaf hash, wherever it stands."""
    found = connection.execute(
        r"SELECT uid::text FROM audit_entry WHERE sha256('\x00'::bytea || envelope) = %b LIMIT 1", [leaf]
    ).fetchone()
    return None if found is None else str(found[0])


def _name(
    connection: psycopg.Connection[Any], authentic: Authentic, folder: Folder, seq: int, want: bytes
) -> str | None:
    """The id of an entry that is not at its place any more: it may stand elsewhere, or in a published bundle."""
    found = _holder(connection, want)
    if found is not None or not want:
        return found
    n, offset = divmod(seq, WIDTH)
    for width in dict.fromkeys((WIDTH, tile_width(authentic.signed, 0, n))):
        if not width:
            continue
        try:
            entries = unbundle((folder.public / tile_path("entries", n, width)).read_bytes())
        except (OSError, TileError):
            continue
        if offset < len(entries) and leaf_hash(entries[offset]) == want:
            said = read(entries[offset])
            return None if said is None else said.id
    return None
