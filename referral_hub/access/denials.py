"""Recording whom she does not want to see anything of her case."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.decision import DenialFact
from referral_hub.access.gate import require
from referral_hub.access.models import AccessDenial
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.ids import new_id


def deny(actor: Actor, subject: UUID, denial: DenialFact, *, now: datetime) -> UUID:
    """From now on this agency, desk or account sees nothing (or not this category) of ``subject``.

    :raises Refused: not a holder of the case.
    """
    require(actor, Action.DENIAL_RECORD, subject=subject)
    targets = {"agency": denial.agency, "desk": denial.desk, "account": denial.account, "category": denial.category}
    payload = {name: str(value) for name, value in targets.items() if value is not None}
    record(actor, Entry(Act.ACCESS_DENIED_TO, subject, payload), now=now)
    denial_id = new_id()
    db.session.execute(
        insert(AccessDenial).values(
            id=denial_id,
            subject=subject,
            owner_id=actor.agency_id,
            agency_id=denial.agency,
            desk_id=denial.desk,
            account_id=denial.account,
            category=denial.category,
            denied_at=now,
        )
    )
    return denial_id
