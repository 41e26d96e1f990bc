"""Evidence to take away: the proof of one entry, for who may see it. The database decides who that is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from referral_hub.audit.acts import Act
from referral_hub.audit.proofs import Proof
from referral_hub.audit.recording import Entry, Who, record
from referral_hub.audit.roster import Roster
from referral_hub.audit.standing import head_over
from referral_hub.audit.tiles import HEIGHT, WIDTH, subtree_reader
from referral_hub.audit.tree import HASH_BYTES, inclusion_proof
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import HubError, NotFound


class NotYetSigned(HubError):
    """The entry is committed, and no signed checkpoint covers it so far."""

    code = "not-yet-signed"

    def __init__(self) -> None:
        super().__init__(
            "Mục này vừa được ghi và chưa nằm dưới mốc nhật ký đã ký. Hãy thử lại sau một phút.",
            "This entry is new and no signed checkpoint covers it yet. Try again within a minute.",
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """An entry that proves something of a referral: the step it recorded, or (``verb`` None) a consent."""

    uid: UUID
    verb: str | None
    at: datetime


_ENTRY = text("SELECT * FROM entry_to_prove(:uid)")
_TILES = text(
    "SELECT t.level, t.n, t.data FROM audit_tile t JOIN unnest(:levels, :places) AS w (level, n)"
    " ON w.level = t.level AND w.n = t.n"
).bindparams(bindparam("levels", type_=ARRAY(Integer)), bindparam("places", type_=ARRAY(BIGINT)))
_EVIDENCE = text("SELECT * FROM referral_evidence(:referral)")


def prove(who: Who, uid: UUID, roster: Roster, *, now: datetime) -> bytes:
    """The ``.tlog-proof`` of one entry, with the entry itself inside; that it was taken is an entry too.

    Under the newest sealed head that covers it, or the newest signed one. About 2 kB for a million entries.

    :raises NotFound: no such entry, or not for who acts: the two cannot be told apart.
    :raises NotYetSigned: too new.
    """
    row = db.session.execute(_ENTRY, {"uid": uid}).first()
    if row is None:
        raise NotFound
    head = None if row.seq is None else head_over(row.seq, roster)
    if head is None:
        raise NotYetSigned
    hashes = _path(row.seq, head.size)
    _note_taken(who, row.subject, uid, now)
    return Proof(row.seq, tuple(hashes), head.note, row.envelope).encode()


def evidence_of(referral: UUID) -> tuple[Evidence, ...]:
    """The entries that prove the steps of a referral and, for the recipient from acceptance on, its consents.

    Oldest first; empty for who is no party.
    """
    rows = db.session.execute(_EVIDENCE, {"referral": referral})
    return tuple(Evidence(row.uid, row.verb, row.at) for row in rows)


def _path(index: int, size: int) -> list[bytes]:
    """The inclusion proof, from all the tiles that it can touch, read at once."""
    wanted = sorted(_touched(index, size))
    rows = db.session.execute(_TILES, {"levels": [level for level, _ in wanted], "places": [n for _, n in wanted]})
    kept = {(row.level, row.n): row.data for row in rows}
    # a tile may have grown since the head was signed: what it was is the beginning of what it is
    return inclusion_proof(
        index, size, subtree_reader(lambda level, n, width: kept[level, n][: width * HASH_BYTES], size)
    )


def _touched(index: int, size: int) -> set[tuple[int, int]]:
    """Level and number of the tiles above a leaf and along the right edge of the tree."""
    touched = set()
    level = 0
    while (count := size >> HEIGHT * level) > 0:
        touched |= {(level, min(index >> HEIGHT * level, count - 1) // WIDTH), (level, (count - 1) // WIDTH)}
        level += 1
    return touched


def _note_taken(who: Who, subject: UUID, uid: UUID, now: datetime) -> None:
    try:
        record(who, Entry(Act.PROOF_TAKEN, subject, {"entry": str(uid)}), now=now)
    except LookupError:  # an auditor has no key of the case, so what was taken is not said
        record(who, Entry(Act.PROOF_TAKEN, subject), now=now)
