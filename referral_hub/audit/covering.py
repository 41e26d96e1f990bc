"""What stands above the entries: tiles of every level, heads with their signatures, the published checkpoint."""

from typing import Any

import psycopg

from referral_hub.audit.authentic import WINDOW, Authentic, StoredTiles, Walk
from referral_hub.audit.checkpoints import Checkpoint, open_checkpoint, parse
from referral_hub.audit.findings import Finding
from referral_hub.audit.notes import NoteError, VerifierKey, parse_note
from referral_hub.audit.tiles import HEIGHT, WIDTH
from referral_hub.audit.tree import EMPTY_ROOT, HASH_BYTES, root_of


def opened(note: bytes, key: VerifierKey | None) -> Checkpoint | None:
    """The checkpoint of a note whose signature holds (without the log's key: of any that can be read)."""
    try:
        return parse(parse_note(note).text) if key is None else open_checkpoint(note, key)
    except NoteError:
        return None


def wrong_tile(connection: psycopg.Connection[Any], authentic: Authentic, walk: Walk) -> Finding | None:
    """The tiles of all levels, as many as there ought to be and no more."""
    if not isinstance(authentic.copy, StoredTiles):
        for first, tiles in authentic.windows():
            stored = StoredTiles(connection).tiles(first, first + WINDOW, authentic.size)
            for n, data in sorted(tiles.items()):
                if stored.get(n) != data:
                    return _tile_fault(0, n, data, stored.get(n))
    rows = connection.execute("SELECT level, n, data FROM audit_tile WHERE level > 0 ORDER BY level, n")
    stored_above = {(level, n): bytes(data) for level, n, data in rows}
    level, hashes = 1, walk.above
    while hashes:
        parts = [hashes[i : i + WIDTH] for i in range(0, len(hashes), WIDTH)]
        for n, part in enumerate(parts):
            found = stored_above.pop((level, n), None)
            if found != b"".join(part):
                return _tile_fault(level, n, b"".join(part), found)
        level, hashes = level + 1, [root_of(part) for part in parts if len(part) == WIDTH]
    for level, n in stored_above:
        return Finding("tile-added", n << HEIGHT * (level + 1), what=f"{level}/{n}")
    return None


class HeadCheck:
    """Heads against the roots that the entries lead to.

    :param key: the log's; None: signatures are not checked.
    :param walk: has seen all entries, and the roots at all sizes that are asked for.
    """

    def __init__(self, connection: psycopg.Connection[Any], key: VerifierKey | None, walk: Walk) -> None:
        self._connection = connection
        self._key = key
        self._roots = walk.roots
        self._sizes: set[int] = set()

    def stored(self) -> Finding | None:
        """Every head leads to the root of its size, and every signature holds."""
        good = 0
        with self._connection.cursor("heads") as cursor:
            cursor.execute("SELECT size, root, note FROM audit_head ORDER BY size")
            for size, root, note in cursor:
                cause = self._fault(size, bytes(root), note)
                if cause == "edited-between":
                    return Finding(cause, good, what=str(size))
                if cause is not None:
                    return Finding(cause, size)
                good = size
                self._sizes.add(size)
        return None

    def _fault(self, size: int, root: bytes, note: str | None) -> str | None:
        checkpoint = None if note is None else opened(note.encode(), self._key)
        if note is not None and checkpoint is None:
            return "head-signature"
        if checkpoint is not None and (checkpoint.size, checkpoint.root) != (size, root):
            return "head"
        found = self._roots.get(size) if size else EMPTY_ROOT
        if found is None:
            return "head-beyond"
        if found != root:  # a head that was signed is true: then it is an entry before it, in every copy that is left
            return "edited-between" if self._key is not None and checkpoint is not None else "head"
        return None

    def published(self, note: bytes | None) -> Finding | None:
        """What everybody may fetch is one of the heads."""
        if note is None:
            return None
        checkpoint = opened(note, self._key)
        if checkpoint is None:
            return Finding("head-signature", max(self._sizes, default=0))
        if checkpoint.size not in self._sizes:
            return Finding("head-missing", checkpoint.size)
        if checkpoint.size and self._roots.get(checkpoint.size) != checkpoint.root:
            return Finding("head", checkpoint.size)
        return None


def _tile_fault(level: int, n: int, want: bytes, found: bytes | None) -> Finding:
    place = n * WIDTH
    if found is None:
        return Finding("tile-missing", place << HEIGHT * level, what=f"{level}/{n}")
    while want[:HASH_BYTES] == found[:HASH_BYTES] and want:
        want, found, place = want[HASH_BYTES:], found[HASH_BYTES:], place + 1
    return Finding("tile", place << HEIGHT * level, what=f"{level}/{n}")
