"""What the parties write to one another with a step: sealed, read through the door, gone with the access."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text

from referral_hub.kernel.db import db
from referral_hub.vault.documents import NOTE_KEY, open_document, open_key, seal_document

LONGEST = 500
_KEY = text("SELECT wrapped, wrapping_key FROM note_key(:referral)")
_WRITE = text("SELECT write_note(:event, :need, :ciphertext)")
_READ = text("SELECT * FROM read_notes(:referral)")


def write(referral_id: UUID, case_id: UUID, event_id: UUID, written: Mapping[str, str]) -> None:
    """Seal the notes of one step (need -> text). Nothing is written when there is no text, or when she had
    the notes erased."""
    texts = {need: note.strip() for need, note in written.items() if note.strip()}
    if not texts:
        return
    row = db.session.execute(_KEY, {"referral": referral_id}).first()
    if row is None:  # she had the notes erased: what was to be forgotten does not begin anew, and no step is held up
        return
    key = open_key(case_id, NOTE_KEY, row.wrapped, row.wrapping_key)
    sealed = seal_document(key, texts, f"note/v1|{event_id}")
    db.session.execute(_WRITE, {"event": event_id, "need": ",".join(sorted(texts)), "ciphertext": sealed})


def read(referral_id: UUID, case_id: UUID) -> dict[UUID, dict[str, str]]:
    """event -> need -> text. The caller has written the entry of this reading."""
    found: dict[UUID, dict[str, str]] = {}
    for row in db.session.execute(_READ, {"referral": referral_id}):
        key = open_key(case_id, NOTE_KEY, row.wrapped, row.wrapping_key)
        found[row.event_id] = open_document(key, row.ciphertext, f"note/v1|{row.event_id}")
    return found
