"""That one person hurt two women: known to the workers of this compartment alone, counted once in statistics."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import NO_SUBJECT, Refused, require
from referral_hub.access.marks import folded
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid, NotFound
from referral_hub.perpetrators.models import PerpetratorRecord
from referral_hub.vault.current import keyring

PURPOSE = "perpetrator-name"
CATEGORY = "perpetrator"
_MARK = text("SELECT mark_section(:subject, :category, :digests)")
_ALIKE = text(
    "SELECT p.id, p.code, p.person FROM records_named_alike(:record) AS f (id)"
    " JOIN perpetrator_record p ON p.id = f.id ORDER BY p.opened_at, p.id"
)


@dataclass(frozen=True, slots=True)
class Alike:
    """A record of the same name. ``same``: somebody has checked that it is the same person."""

    id: UUID
    code: str
    same: bool


def mark_record(actor: Actor, record_id: UUID, name: str | None) -> None:
    """Keep the keyed hash of the name of a record that was just written; a name of one word meets too many."""
    plain = folded(name or "")
    digests = [keyring().blind(PURPOSE, f"{actor.agency_id}|{plain}")] if " " in plain else []
    db.session.execute(_MARK, {"subject": record_id, "category": CATEGORY, "digests": digests})


def named_alike(actor: Actor, record_id: UUID) -> list[Alike]:
    """Other records of the agency with the same name: hints, to be checked by a person.

    :raises Refused: no worker of this compartment, or no such record.
    """
    mine = _person(actor, record_id)
    rows = db.session.execute(_ALIKE, {"record": record_id})
    return [Alike(row.id, row.code, row.person == mine) for row in rows]


def same_person(actor: Actor, record_id: UUID, other_id: UUID, *, now: datetime) -> None:
    """Somebody checked: both records are of one person. From now on statistics count that person once.

    :raises Refused: as above.
    :raises Invalid: a record with itself.
    """
    if record_id == other_id:
        raise Invalid("other", "Hãy chọn một hồ sơ khác.", "Choose another record.")
    here, there = _person(actor, record_id), _person(actor, other_id)
    moved = db.session.scalars(select(PerpetratorRecord.id).where(PerpetratorRecord.person == there)).all()
    if here == there:
        return
    record(actor, *(Entry(Act.PERPETRATOR_SAME, one) for one in (record_id, *moved)), now=now)
    db.session.execute(update(PerpetratorRecord).where(PerpetratorRecord.person == there).values(person=here))


def find_by_code(actor: Actor, code: str) -> UUID:
    """The record of this code in the actor's compartment.

    :raises Refused: no such record, or not this person's to know.
    """
    require(actor, Action.PERPETRATOR_RECORD)
    found = db.session.scalar(select(PerpetratorRecord.id).where(PerpetratorRecord.code == code.strip().upper()[:40]))
    if found is None:
        raise Refused(Action.PERPETRATOR_RECORD, NO_SUBJECT, NotFound())
    return found


def _person(actor: Actor, record_id: UUID) -> UUID:
    require(actor, Action.PERPETRATOR_RECORD)
    found = db.session.scalar(select(PerpetratorRecord.person).where(PerpetratorRecord.id == record_id))
    if found is None:
        raise Refused(Action.PERPETRATOR_RECORD, NO_SUBJECT, NotFound())
    return found
