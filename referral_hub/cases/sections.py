"""Sections: sealed on the way in, opened on the way out, read through the door's functions alone.

Serves cases, contacts and perpetrator records alike: whatever has a subject.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import text

from referral_hub.access.actors import Actor
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.facts import Section
from referral_hub.cases.marking import mark_sections
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.regulation.model import Regulation
from referral_hub.vault.documents import (
    AUDIT_KEY,
    NOTE_KEY,
    fresh_key,
    open_document,
    open_key,
    seal_document,
    section_identity,
)
from schemas import sections as schemas
from schemas.wording import in_locale

_OPEN_SUBJECT = text("SELECT open_subject(:id, :kind, :grant, :team, :at, :categories, :wrapped, :wrapping_key)")
_KEYS = text("SELECT category, wrapped, wrapping_key FROM section_keys(:subject, :categories)")
_WRITE = text(
    "SELECT write_section(:id, :subject, :category, :part, :version, :ciphertext, :wrapped, :wrapping_key, :at)"
)
_READ = text("SELECT * FROM read_sections(:subject, :categories)")
_EARLIER = text("SELECT * FROM read_section_history(:subject, :category)")


def open_subject(actor: Actor, subject: UUID, kind: str, *, at: datetime, now: datetime) -> None:
    """Make a subject of the actor's agency: its grant, its team (the person who opens it), its keys, its entry.

    :param at: since when the owner's access counts; the past for what comes from paper.
    """
    wrapped = {category: fresh_key(subject, category)[1] for category in (AUDIT_KEY, NOTE_KEY)}
    db.session.execute(
        _OPEN_SUBJECT,
        {
            "id": subject,
            "kind": kind,
            "grant": new_id(),
            "team": new_id(),
            "at": at,
            "categories": list(wrapped),
            "wrapped": [w.sealed for w in wrapped.values()],
            "wrapping_key": wrapped[AUDIT_KEY].wrapping_key,
        },
    )
    record(actor, Entry(Act.ACCESS_SUBJECT_OPENED, subject, {"kind": kind}), now=now)


def write_sections(
    actor: Actor, subject: UUID, documents: Mapping[str, Mapping[str, Any]], regulation: Regulation, *, now: datetime
) -> None:
    """Write whole sections; what stood there before goes to the history.

    :raises Invalid: content its schema does not allow; ``field`` is ``category.field``.
    """
    cleaned = {category: _validated(category, document) for category, document in documents.items()}
    if not cleaned:
        return
    record(actor, Entry(Act.SECTIONS_WRITTEN, subject, {"categories": sorted(cleaned)}, count=len(cleaned)), now=now)
    known = {
        row.category: open_key(subject, row.category, row.wrapped, row.wrapping_key)
        for row in db.session.execute(_KEYS, {"subject": subject, "categories": list(cleaned)})
    }
    for category, document in cleaned.items():
        new = None
        if category not in known:
            known[category], new = fresh_key(subject, category)
        for part, fields in _parts(category, document, regulation).items():
            db.session.execute(
                _WRITE,
                {
                    "id": new_id(),
                    "subject": subject,
                    "category": category,
                    "part": part,
                    "version": schemas.version(category),
                    "ciphertext": seal_document(known[category], fields, section_identity(subject, category, part)),
                    "wrapped": new.sealed if new else None,
                    "wrapping_key": new.wrapping_key if new else None,
                    "at": now,
                },
            )
            new = None
    mark_sections(actor.agency_id, subject, cleaned)


def read_sections(
    actor: Actor,
    subject: UUID,
    categories: Iterable[str],
    *,
    why: str,
    referral: UUID | None = None,
    basis: UUID | None = None,
    now: datetime,
) -> dict[str, Section]:
    """The sections of ``categories`` that the door lets this actor see, opened; the entry is written first.

    :param why: the purpose of the reading, a code of the regulation (or ``own-case``).
    """
    wanted = sorted(set(categories))
    if not wanted:
        return {}
    payload: dict[str, Any] = {"categories": wanted}
    if referral is not None:
        payload["referral"] = str(referral)
    entry = Entry(Act.SECTIONS_READ, subject, payload, why=why, basis=basis, count=len(wanted))
    record(actor, entry, now=now)
    found: dict[str, Section] = {}
    for row in db.session.execute(_READ, {"subject": subject, "categories": wanted}):
        key = open_key(subject, row.category, row.wrapped, row.wrapping_key)
        fields = open_document(key, row.ciphertext, section_identity(subject, row.category, row.part))
        before = found.get(row.category)
        merged = {**before.fields, **fields} if before else fields
        written = max(before.written_at, row.written_at) if before else row.written_at
        found[row.category] = Section(row.category, merged, row.schema_version, written)
    return {category: found[category] for category in wanted if category in found}


def read_earlier(
    actor: Actor, subject: UUID, category: str, *, why: str, now: datetime
) -> list[tuple[datetime, str, dict[str, Any]]]:
    """What a section said before, newest first: when it was written, by whom (as the log names people), its fields."""
    record(actor, Entry(Act.SECTIONS_READ, subject, {"categories": [category]}, why=why, count=1), now=now)
    found: dict[int, tuple[datetime, str, dict[str, Any]]] = {}
    for row in db.session.execute(_EARLIER, {"subject": subject, "category": category}):
        key = open_key(subject, category, row.wrapped, row.wrapping_key)
        fields = open_document(key, row.ciphertext, section_identity(subject, category, row.part))
        before = found.get(row.revision)
        found[row.revision] = (row.written_at, row.written_by, {**before[2], **fields} if before else fields)
    return [found[revision] for revision in sorted(found, reverse=True)]


def _validated(category: str, document: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return schemas.load(category, dict(document))
    except ValidationError as error:
        # an unknown category comes as a plain list, everything else by field
        messages = error.messages if isinstance(error.messages, dict) else {error.field_name: error.messages}
        field = next(iter(messages), "")
        said = {locale: _first_sentence(in_locale(messages, locale)) for locale in ("vi", "en")}
        raise Invalid(f"{category}.{field}", said["vi"], said["en"], errors=messages) from error


def _first_sentence(messages: Any) -> str:
    """The first sentence in any nesting of what a schema says, with the field it is about in front."""
    if isinstance(messages, Mapping) and messages:
        field, inner = next(iter(messages.items()))
        return f"{field}: {_first_sentence(inner)}"
    if isinstance(messages, (list, tuple)) and messages:
        return _first_sentence(messages[0])
    return str(messages)


def _parts(category: str, document: Mapping[str, Any], regulation: Regulation) -> dict[str, dict[str, Any]]:
    """The fields shown before acceptance apart from the rest; both always, so that no edit leaves one stale."""
    early = regulation.preview_fields.get(category, ())
    full = {name: value for name, value in document.items() if name not in early}
    if not early:
        return {"full": full}
    return {"preview": {name: value for name, value in document.items() if name in early}, "full": full}
