"""Taking in a consent that was written elsewhere: denials at once, or a record that waits for a person; no grant."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import insert, select, update

from referral_hub.access import conflicts, denials
from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.decision import DenialFact
from referral_hub.access.gate import require
from referral_hub.access.marks import folded
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.consent.capacity import local_day
from referral_hub.consent.importing import Named, Said, read_consent
from referral_hub.consent.models import Consent, ConsentImport
from referral_hub.directory.queries import agencies
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.regulation import store

Settlement = Literal["confirmed", "refused"]
LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a document. ``denied``: how many denials it made; ``waits``: a person has to ask her."""

    id: UUID
    format: str
    why: str
    denied: int
    waits: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document about which she has not been asked yet."""

    id: UUID
    format: str
    imported_at: datetime


def take_in(actor: Actor, case_id: UUID, content: bytes, *, now: datetime) -> Imported:
    """Take in one document about a case one holds. The document itself is not kept, its SHA-256 is.

    A denial that names agencies of the directory or people stops these; one that names nobody whom the hub knows
    stops every agency that a consent now lets see something. What reads as a permission waits: she is asked, and what
    she then says is recorded as her consent by a person.

    :raises Refused: not a holder of the case.
    :raises Invalid: larger than a megabyte.
    :raises Conflict: taken in already.
    """
    require(actor, Action.DENIAL_RECORD, subject=case_id)
    if len(content) > LARGEST:
        raise Invalid("file", "Tệp quá lớn.", "The file is too large.")
    digest = hashlib.sha256(content).digest()
    row = ConsentImport
    if db.session.scalar(select(row.id).where(row.subject == case_id, row.digest == digest)):
        raise Conflict("Tệp này đã được nhập.", "This file was taken in already.")
    said = read_consent(content, local_day(store.in_force(now)[1], now))
    taken = new_id()
    payload = {"import": str(taken), "why": said.why, "outcome": "denies" if said.denies else "waits"}
    record(actor, Entry(Act.CONSENT_IMPORTED, case_id, payload), now=now)
    db.session.execute(
        insert(row).values(
            id=taken,
            subject=case_id,
            owner_id=actor.agency_id,
            format=said.format,
            digest=digest,
            denies=said.denies,
            why=said.why,
            imported_at=now,
        )
    )
    denied = _deny(actor, case_id, said, now) if said.denies else 0
    return Imported(taken, said.format, said.why, denied, not said.denies)


def waiting(actor: Actor, case_id: UUID) -> list[Waiting]:
    """What waits for a person, oldest first."""
    require(actor, Action.DENIAL_RECORD, subject=case_id)
    row = ConsentImport
    rows = db.session.execute(
        select(row.id, row.format, row.imported_at)
        .where(row.subject == case_id, ~row.denies, row.settled_at.is_(None))
        .order_by(row.imported_at)
    )
    return [Waiting(**one._mapping) for one in rows]


def settle(actor: Actor, case_id: UUID, import_id: UUID, outcome: Settlement, *, now: datetime) -> None:
    """She was asked. ``confirmed`` opens nothing: her consent is then recorded as one, service by service.

    :raises Refused: not a holder of the case.
    :raises Conflict: nothing of this id waits.
    """
    require(actor, Action.DENIAL_RECORD, subject=case_id)
    if not any(one.id == import_id for one in waiting(actor, case_id)):
        raise Conflict("Không còn gì chờ xác nhận.", "Nothing of this id waits any more.")
    payload = {"import": str(import_id), "outcome": outcome}
    record(actor, Entry(Act.CONSENT_IMPORT_SETTLED, case_id, payload), now=now)
    row = ConsentImport
    db.session.execute(
        update(row).where(row.id == import_id).values(settled_at=now, settled_by=actor.person, settlement=outcome)
    )


def _deny(actor: Actor, case_id: UUID, said: Said, now: datetime) -> int:
    offices, people = _known(said.named)
    if len(offices) + len(people) < len(said.named) or not said.named:
        offices |= _allowed(case_id, now)  # somebody is meant whom the hub cannot tell: all of them stop
    standing = {one.fact.agency for one in denials.of_case(actor, case_id, now=now) if one.fact.category is None}
    offices -= standing | {actor.agency_id}
    for office in offices:
        denials.deny(actor, case_id, DenialFact(None, agency=office), now=now)
    for name in people:
        conflicts.describe(actor, case_id, name, now=now)
    return len(offices) + len(people)


def _known(named: Iterable[Named]) -> tuple[set[UUID], set[str]]:
    """Agencies of the directory by code or name, and people by full name, among those a document names."""
    known = {folded(word): one.id for one in agencies() for word in (one.code, one.vi, one.en)}
    offices: set[UUID] = set()
    people: set[str] = set()
    for one in named:
        words = [folded(word.rpartition("/")[2]) for word in one.words]
        office = next((known[word] for word in words if word in known), None)
        if office is not None and not one.person:
            offices.add(office)
        elif one.person and " " in folded(one.words[0]):
            people.add(one.words[0])
    return offices, people


def _allowed(case_id: UUID, now: datetime) -> set[UUID]:
    """The agencies that a consent lets see something now."""
    live = select(Consent.recipient_id).where(
        Consent.case_id == case_id, Consent.withdrawn_at.is_(None), Consent.valid_until > now
    )
    return set(db.session.scalars(live))
