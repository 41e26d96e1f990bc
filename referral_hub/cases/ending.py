"""The consents that run out soon, case by case, for who can ask her again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.cases.models import CaseFile
from referral_hub.consent.ending import horizon
from referral_hub.consent.models import Consent
from referral_hub.kernel.db import db
from referral_hub.regulation.model import Regulation


@dataclass(frozen=True, slots=True)
class Ending:
    """A consent that runs out soon, as who holds its case sees it."""

    case_id: UUID
    code: str
    recipient: UUID
    service: str
    valid_until: datetime


def ending(actor: Actor, regulation: Regulation, *, now: datetime) -> list[Ending]:
    """The consents that run out soon of the cases that this person holds, the nearest first."""
    require(actor, Action.NOTICE_READ)
    rows = db.session.execute(
        select(Consent.case_id, CaseFile.code, Consent.recipient_id, Consent.service, Consent.valid_until)
        .join(CaseFile, CaseFile.id == Consent.case_id)
        .where(
            Consent.owner_id == actor.agency_id,
            Consent.withdrawn_at.is_(None),
            Consent.valid_until > now,
            Consent.valid_until <= horizon(regulation, now=now),
            CaseFile.closed_at.is_(None),
            func.door_holds(Consent.case_id),
        )
        .order_by(Consent.valid_until, Consent.id)
        .limit(200)
    )
    return [Ending(*row) for row in rows]
