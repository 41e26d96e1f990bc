"""That entries people see are the very ones the log signed for: one button, answered in words.

Each envelope against its leaf, each leaf's path to the root of a signed head, the signature by the log's key, the
witnesses' lines, and what an entry says against its commitment. Whether nothing was left out is for who verifies the
whole log.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Integer, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from referral_hub.audit.acts import Act
from referral_hub.audit.checkpoints import Checkpoint, open_checkpoint
from referral_hub.audit.envelopes import canonical, commitment
from referral_hub.audit.notes import NoteError, cosignatures, parse_note
from referral_hub.audit.reading import LogLine
from referral_hub.audit.roster import Roster
from referral_hub.audit.seals import voices
from referral_hub.audit.standing import Head, head_over
from referral_hub.audit.tiles import HEIGHT, WIDTH, TileError, subtree_reader
from referral_hub.audit.tree import HASH_BYTES, ProofError, Subtree, inclusion_proof, leaf_hash, verify_inclusion
from referral_hub.kernel.db import db


class Wrong(StrEnum):
    """What is the matter with one entry."""

    EDITED = "edited"
    NOT_IN_TREE = "not-in-tree"
    SAID = "said"
    GONE = "gone"


class NotShown(StrEnum):
    """Why nothing can be said about the log as a whole."""

    NO_HEAD = "no-head"
    NO_KEY = "no-key"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry that fails, the oldest first."""

    line: LogLine
    why: Wrong


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The answer. ``checked``: entries under the head; ``waiting``: too new for it; ``erased``: what they said is gone
    and an entry of erasure says so; ``cosigners``: witnesses whose line holds -> when; ``voices``: how many agencies
    stand behind them, the operator's own not counted."""

    checked: int
    waiting: int
    erased: int
    faults: tuple[Fault, ...]
    size: int | None
    signed_at: datetime | None
    cosigners: Mapping[str, int]
    voices: int
    not_shown: NotShown | None = None

    @property
    def whole(self) -> bool:
        """Nothing is wrong."""
        return not self.faults and self.not_shown is None


_TILES = text(
    "SELECT t.level, t.n, t.data FROM audit_tile t JOIN unnest(:levels, :places) AS w (level, n)"
    " ON w.level = t.level AND w.n = t.n"
).bindparams(bindparam("levels", type_=ARRAY(Integer)), bindparam("places", type_=ARRAY(BIGINT)))
_SIGNED_AT = text("SELECT signed_at FROM audit_head WHERE size = :size")


def confirm(lines: Sequence[LogLine], subject: UUID, vkey: str | None, roster: Roster) -> Confirmation:
    """Check ``lines`` (all of one subject) against the newest signed head; four statements however many there are.

    :param vkey: the log's key, from the folder of the log and never from the database.
    """
    head = _head(lines, roster)
    checkpoint, not_shown = _checkpoint(head, vkey)
    size = checkpoint.size if checkpoint else 0
    under = [line for line in lines if line.seq is not None and line.seq < size]
    faults = {
        line.id: Fault(line, why) for line in lines if (why := _wrong_in_itself(line, subject, lines)) is not None
    }
    if checkpoint is not None:
        subtree = _subtree((line.seq for line in under if line.seq is not None), size)
        for line in under:
            if not _leads_to_root(line, checkpoint, subtree):
                faults.setdefault(line.id, Fault(line, Wrong.NOT_IN_TREE))
    seen = _cosigners(head, roster) if checkpoint else {}
    return Confirmation(
        checked=len(under),
        waiting=len(lines) - len(under),
        erased=sum(line.erased for line in lines),
        faults=tuple(faults[id] for id in sorted(faults)),
        size=head.size if head else None,
        signed_at=db.session.scalar(_SIGNED_AT, {"size": head.size}) if head else None,
        cosigners=seen,
        voices=voices(seen, roster),
        not_shown=not_shown,
    )


def _head(lines: Sequence[LogLine], roster: Roster) -> Head | None:
    """One that covers all that is in the tree; else the newest there is."""
    newest = max((line.seq for line in lines if line.seq is not None), default=-1)
    found = head_over(newest, roster)
    return found if found is not None or newest < 0 else head_over(-1, roster)


def _checkpoint(head: Head | None, vkey: str | None) -> tuple[Checkpoint | None, NotShown | None]:
    if head is None:
        return None, NotShown.NO_HEAD
    if vkey is None:
        return None, NotShown.NO_KEY
    try:
        checkpoint = open_checkpoint(head.note, vkey)
    except NoteError:
        return None, NotShown.SIGNATURE
    return (checkpoint, None) if checkpoint.size == head.size else (None, NotShown.SIGNATURE)


def _cosigners(head: Head | None, roster: Roster) -> dict[str, int]:
    if head is None:
        return {}
    return cosignatures(parse_note(head.note), [one.key for one in roster.witnesses])


def _wrong_in_itself(line: LogLine, subject: UUID, lines: Sequence[LogLine]) -> Wrong | None:
    """What can be seen without the tree: another envelope than was hashed, another payload than was committed to."""
    said = line.envelope
    if said.get("id") != str(line.uid) or said.get("obj") != str(subject) or not _is_canonical(line):
        return Wrong.EDITED
    if line.leaf_hash is not None and leaf_hash(line.raw) != line.leaf_hash:
        return Wrong.EDITED
    if line.erased:
        erased_later = any(one.id > line.id and one.envelope["act"] == Act.PAYLOADS_ERASED.value.code for one in lines)
        return None if erased_later else Wrong.GONE
    if not line.sealed:
        return None
    if said.get("pl") != 1 or line.salt is None or line.plain is None:
        return Wrong.SAID
    return None if commitment(line.salt, str(line.uid), line.plain) == said.get("pc") else Wrong.SAID


def _is_canonical(line: LogLine) -> bool:
    try:
        return canonical(line.envelope) == line.raw
    except TypeError:
        return False


def _leads_to_root(line: LogLine, checkpoint: Checkpoint, subtree: Subtree) -> bool:
    assert line.seq is not None
    try:
        path = inclusion_proof(line.seq, checkpoint.size, subtree)
        verify_inclusion(line.seq, checkpoint.size, leaf_hash(line.raw), path, checkpoint.root)
    except (ProofError, TileError):
        return False
    return True


def _subtree(places: Iterable[int], size: int) -> Subtree:
    """The tree of ``size`` leaves, all tiles that proofs of ``places`` can touch read at once."""
    wanted = sorted({tile for place in places for tile in _touched(place, size)})
    rows = db.session.execute(_TILES, {"levels": [level for level, _ in wanted], "places": [n for _, n in wanted]})
    kept = {(row.level, row.n): bytes(row.data) for row in rows}
    # a tile may have grown since the head was signed: what it was is the beginning of what it is
    return subtree_reader(lambda level, n, width: kept.get((level, n), b"")[: width * HASH_BYTES], size)


def _touched(place: int, size: int) -> set[tuple[int, int]]:
    """Level and number of the tiles above a leaf and along the right edge of the tree."""
    touched = set()
    level = 0
    while (count := size >> HEIGHT * level) > 0:
        touched |= {(level, min(place >> HEIGHT * level, count - 1) // WIDTH), (level, (count - 1) // WIDTH)}
        level += 1
    return touched
