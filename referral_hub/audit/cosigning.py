"""Taking a cosignature from a witness that fetches checkpoints itself (an agency behind a router): our transport."""

from datetime import UTC, datetime
from enum import Enum

from sqlalchemy import text

from referral_hub.audit import checkpoints
from referral_hub.audit.notes import Note, NoteError, parse_note
from referral_hub.audit.roster import Roster
from referral_hub.audit.witnesses import Cosignature, check_cosignature
from referral_hub.kernel.db import db


class Outcome(Enum):
    """What became of it, in the words of the answer."""

    KEPT = "kept"
    NOT_A_NOTE = "not a signed checkpoint"
    NOT_A_WITNESS = "no cosignature of a configured witness that holds"
    NOT_OURS = "not a checkpoint of this log"


_NOTE = text("SELECT note FROM audit_head WHERE size = :size AND note IS NOT NULL")
_STORE = text("SELECT store_cosignature(:size, :witness, :line, :at)")


def receive(body: bytes, roster: Roster, *, now: float) -> Outcome:
    """Keep the cosignatures of configured witnesses on a checkpoint that this log has signed.

    :param body: the signed checkpoint with the witness's line added.
    :param now: seconds since 1970.
    """
    try:
        note = parse_note(body)
        size = checkpoints.parse(note.text).size
    except NoteError:
        return Outcome.NOT_A_NOTE
    if size >= 1 << 63 or not _is_ours(note, size):
        return Outcome.NOT_OURS
    found = _holding(note, roster, now)
    for one in found:
        at = datetime.fromtimestamp(one.time, UTC)
        db.session.execute(_STORE, {"size": size, "witness": one.witness, "line": one.line, "at": at})
    return Outcome.KEPT if found else Outcome.NOT_A_WITNESS


def _is_ours(note: Note, size: int) -> bool:
    """The very text that the log signed at this size; the log's own line in ``note`` need not be looked at then."""
    signed = db.session.scalar(_NOTE, {"size": size})
    return signed is not None and parse_note(signed.encode()).text == note.text


def _holding(note: Note, roster: Roster, now: float) -> list[Cosignature]:
    found = []
    for one in roster.witnesses:
        key = one.key
        for signature in note.signatures:
            if not signature.by(key):
                continue
            try:
                found.append(check_cosignature(signature.line(), key, note.text, now))
                break
            except NoteError:
                continue
    return found
