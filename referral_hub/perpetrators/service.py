"""Opening records of work with persons who used violence: apart from her case, never opened from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.sections import open_subject, write_sections
from referral_hub.kernel.db import db
from referral_hub.kernel.ids import new_code, new_id
from referral_hub.perpetrators.families import CATEGORY, mark_record
from referral_hub.perpetrators.models import PerpetratorRecord
from referral_hub.regulation import store


@dataclass(frozen=True, slots=True)
class NewRecord:
    """``case_id``: the case it came from, if any. ``person``: equal for records known to be of one person; a new one
    when None."""

    documents: Mapping[str, Mapping[str, Any]]
    case_id: UUID | None = None
    person: UUID | None = None


def open_record(
    actor: Actor, new: NewRecord, *, occurred: datetime | None = None, imported: bool = False, now: datetime
) -> UUID:
    """A record in the compartment of the actor's agency.

    :raises Refused: without the role of a worker with persons who used violence.
    :raises Invalid: content its schema does not allow.
    """
    require(actor, Action.PERPETRATOR_RECORD)
    at = occurred or now
    regulation_id, regulation = store.in_force(at)
    record_id = new_id()
    open_subject(actor, record_id, "perpetrator", at=at, now=now)
    record(actor, Entry(Act.PERPETRATOR_OPENED, record_id, {"regulation": str(regulation_id)}), now=now)
    db.session.execute(
        insert(PerpetratorRecord).values(
            id=record_id,
            owner_id=actor.agency_id,
            code=new_code("NG"),
            person=new.person or new_id(),
            case_id=new.case_id,
            opened_at=at,
            recorded_at=now,
            imported=imported,
        )
    )
    write_sections(actor, record_id, new.documents, regulation, now=now)
    if CATEGORY in new.documents:
        mark_record(actor, record_id, new.documents[CATEGORY].get("name"))
    return record_id
