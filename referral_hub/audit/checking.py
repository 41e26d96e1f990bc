"""``audit verify``: the log in the database against itself, against what was signed, and against what was published.

Every entry is hashed and must stand where the signed root says; its leaf, tile and columns must agree; what it says
beyond its envelope must be what it commits to, or be erased by a later entry that says so.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any

import psycopg

from referral_hub.audit.authentic import WINDOW, Authentic, PublishedTiles, StoredLeaves, StoredTiles, Walk, choose
from referral_hub.audit.blaming import blame, first_wrong
from referral_hub.audit.covering import HeadCheck, opened, wrong_tile
from referral_hub.audit.findings import Finding
from referral_hub.audit.folder import Folder
from referral_hub.audit.inspecting import Inspector, Row
from referral_hub.audit.logkey import read_vkey
from referral_hub.audit.notes import NoteError, VerifierKey, parse_vkey
from referral_hub.audit.tiles import WIDTH
from referral_hub.audit.tree import HASH_BYTES
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.vault.keyring import Keyring

NEWEST = 8  # signed heads that are tried as the measure

Progress = Callable[[int, int], None]

_ROWS = """SELECT l.seq, l.leaf_hash, e.uid::text, e.subject::text, e.kind, e.envelope, p.subject::text, p.ciphertext
    FROM audit_leaf l LEFT JOIN audit_entry e ON e.id = l.entry_id LEFT JOIN audit_payload p ON p.entry_uid = e.uid
    WHERE l.seq >= %s AND l.seq < %s ORDER BY l.seq"""
_PENDING = """SELECT NULL, NULL, e.uid::text, e.subject::text, e.kind, e.envelope, p.subject::text, p.ciphertext,
        q.entry_id
    FROM audit_queue q LEFT JOIN audit_entry e ON e.id = q.entry_id LEFT JOIN audit_payload p ON p.entry_uid = e.uid
    ORDER BY q.entry_id"""
_ASIDE = """SELECT e.uid::text FROM audit_entry e
    WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id)
      AND NOT EXISTS (SELECT 1 FROM audit_queue q WHERE q.entry_id = e.id) ORDER BY e.id LIMIT 1"""
_TWICE = """SELECT l.seq, e.uid::text FROM audit_queue q JOIN audit_leaf l ON l.entry_id = q.entry_id
    LEFT JOIN audit_entry e ON e.id = q.entry_id ORDER BY q.entry_id LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check found.

    ``entries``: with a place; ``pending``: waiting for one; ``signed``: entries under the newest checkpoint whose
    signature was checked (None: the log's key was not there); ``payloads``: opened and checked (None: no keyring);
    ``erased``: payloads that a later entry of erasure explains; ``unrestored``: that were not in a backup
    from which the hub was restored, as an entry says. ``finding`` None: all of it holds.
    """

    entries: int
    pending: int
    heads: int
    signed: int | None
    payloads: int | None
    erased: int
    unrestored: int
    finding: Finding | None = None


def check(
    connection: psycopg.Connection[Any],
    folder: Folder,
    ring: Keyring | None,
    *,
    progress: Progress = lambda done, total: None,
) -> Verdict:
    """Look through the whole log as it stands at one moment.

    :param connection: of the auditor's role, in no transaction.
    :param ring: opens what entries say; None: that part is not checked.
    :raises EnvironmentFault: the log's public key is damaged.
    :raises OSError: the published files are there and cannot be read.
    """
    published = _published(folder)  # before the database: what is published is never ahead of it
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    with connection.transaction():
        return _Check(connection, folder, ring, published, progress).run()


class _Check:
    def __init__(
        self,
        connection: psycopg.Connection[Any],
        folder: Folder,
        ring: Keyring | None,
        published: bytes | None,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._published = published
        self._progress = progress
        self._key = _public_key(folder)
        self._inspector = Inspector(connection, ring)
        self._opens = ring is not None
        self._entries = _count(connection, "SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf")
        self._pending = _count(connection, "SELECT count(*) FROM audit_queue")
        self._heads: list[int] = [size for (size,) in connection.execute("SELECT size FROM audit_head ORDER BY size")]
        self._signed: dict[int, bytes] = {}

    def run(self) -> Verdict:
        """The verdict."""
        self._signed = self._roots_signed()
        authentic = self._authentic()
        walk = Walk([size for size in {*self._heads, *self._signed} if size])
        self._by_index(True)
        finding = self._walk(authentic, walk)
        self._by_index(False)
        finding = finding or self._aside() or self._payloads() or self._above(authentic, walk)
        return Verdict(
            entries=self._entries,
            pending=self._pending,
            heads=len(self._heads),
            signed=None if self._key is None else max(self._signed, default=0),
            payloads=self._inspector.opened if self._opens else None,
            erased=self._inspector.erased,
            unrestored=self._inspector.unrestored,
            finding=finding,
        )

    def _roots_signed(self) -> dict[int, bytes]:
        """The newest signed checkpoints whose signature holds; without the log's key, the newest heads."""
        rows = self._connection.execute(
            "SELECT size, root, note FROM audit_head WHERE note IS NOT NULL OR %s ORDER BY size DESC LIMIT %s",
            [self._key is None, NEWEST],
        ).fetchall()
        if self._key is None:
            return {size: bytes(root) for size, root, _ in rows}
        notes = [note.encode() for _, _, note in rows] + ([self._published] if self._published is not None else [])
        found = {}
        for note in notes:
            checkpoint = opened(note, self._key)
            if checkpoint is not None:
                found[checkpoint.size] = checkpoint.root
        return found

    def _authentic(self) -> Authentic:
        tiles = StoredTiles(self._connection)
        copies = (tiles, PublishedTiles(self._folder.public), StoredLeaves(self._connection))
        covered = _count(self._connection, "SELECT coalesce(max(n * 256 + width), 0) FROM audit_tile WHERE level = 0")
        return choose(copies, self._signed, tiles, covered)

    def _walk(self, authentic: Authentic, walk: Walk) -> Finding | None:
        """Every entry that has a place, in order."""
        last = -(-max(self._entries, authentic.size) // WIDTH)
        for first in range(0, last, WINDOW):
            tiles = authentic.window(first)
            rows = self._rows(first * WIDTH, (first + WINDOW) * WIDTH)
            self._inspector.prepare(rows)
            at = 0
            for n in range(first, min(first + WINDOW, last)):
                end = bisect_left(rows, (n + 1) * WIDTH, at, key=_place)
                finding = self._tile(authentic, n, rows[at:end], tiles.get(n, b""))
                if finding is not None:
                    return finding
                walk.add(tiles.get(n) or b"".join(row.leaf or b"" for row in rows[at:end]))
                at = end
            self._progress(min((first + WINDOW) * WIDTH, self._entries), self._entries)
        return None

    def _rows(self, first: int, last: int) -> list[Row]:
        rows = self._connection.cursor(binary=True).execute(_ROWS, [first, last]).fetchall()
        return [Row(*row) for row in rows]

    def _tile(self, authentic: Authentic, n: int, rows: Sequence[Row], hashes: bytes) -> Finding | None:
        """The entries under one tile."""
        base = n * WIDTH
        expected = max(0, min(WIDTH, authentic.size - base))
        held = _agree(rows, base, hashes, expected)
        sound = expected if held else first_wrong(rows, base, hashes, expected)
        fault = self._inspector.fault
        for row in islice(rows, sound):
            cause = fault(row)
            if cause is not None:
                return Finding(cause, row.seq, row.uid)
        if held or (sound == expected and len(rows) == expected):
            return None
        want = hashes[sound * HASH_BYTES : (sound + 1) * HASH_BYTES]
        there = rows[sound] if sound < len(rows) else None
        return blame(self._connection, authentic, self._folder, base + sound, want, there)

    def _aside(self) -> Finding | None:
        """Entries without a place: they wait in the queue, once, and nowhere else."""
        twice = self._connection.execute(_TWICE).fetchone()
        if twice is not None:
            return Finding("queued-again", *twice)
        aside = self._connection.execute(_ASIDE).fetchone()
        if aside is not None:
            return Finding("inserted-aside", None, aside[0])
        with self._connection.cursor("waiting", binary=True) as cursor:
            cursor.execute(_PENDING)
            while some := cursor.fetchmany(WINDOW * WIDTH):
                finding = self._waiting(some)
                if finding is not None:
                    return finding
        return None

    def _waiting(self, some: Sequence[tuple[Any, ...]]) -> Finding | None:
        rows = [Row(*columns) for *columns, _number in some]
        self._inspector.prepare(rows)
        for row, (*_, number) in zip(rows, some, strict=True):
            if row.envelope is None:
                return Finding("missing-queued", what=str(number))
            cause = self._inspector.fault(row)
            if cause is not None:
                return Finding(cause, None, row.uid)
        return None

    def _payloads(self) -> Finding | None:
        """What is missing without an erasure, and what an erasure left behind."""
        lost = self._inspector.lost
        if lost is not None:
            return Finding("payload-missing", lost.seq, lost.uid)
        kept = self._inspector.kept_after_erasure()
        return None if kept is None else Finding("payload-kept", None, kept)

    def _above(self, authentic: Authentic, walk: Walk) -> Finding | None:
        heads = HeadCheck(self._connection, self._key, walk)
        return wrong_tile(self._connection, authentic, walk) or heads.stored() or heads.published(self._published)

    def _by_index(self, on: bool) -> None:
        """Whatever the statistics say: the windows are read along the indexes, the whole tables are not."""
        for way in ("seqscan", "hashjoin", "mergejoin"):
            self._connection.execute(f"SET LOCAL enable_{way} = {'off' if on else 'on'}".encode())


def _agree(rows: Sequence[Row], base: int, hashes: bytes, expected: int) -> bool:
    """Whether all of it holds, without looking where it does not."""
    if not len(rows) == expected == len(hashes) // HASH_BYTES or (rows and rows[-1].seq != base + expected - 1):
        return False
    try:
        found = b"".join([sha256(b"\x00" + row.envelope).digest() for row in rows])  # type: ignore[operator]
    except TypeError:  # one is gone
        return False
    return found == hashes and b"".join([row.leaf or b"" for row in rows]) == hashes


def _place(row: Row) -> int:
    assert row.seq is not None
    return row.seq


def _public_key(folder: Folder) -> VerifierKey | None:
    line = read_vkey(folder)
    try:
        return None if line is None else parse_vkey(line)
    except NoteError as error:
        raise EnvironmentFault(
            f"Tệp {folder.vkey} hỏng: hãy khởi động “log run” để ghi lại, hoặc khôi phục từ bản sao.",
            f"The file {folder.vkey} is damaged: start `log run` to write it again, or restore it from its copy.",
        ) from error


def _published(folder: Folder) -> bytes | None:
    try:
        return folder.checkpoint.read_bytes()
    except FileNotFoundError:
        return None


def _count(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
