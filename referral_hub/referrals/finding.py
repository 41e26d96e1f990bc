"""Search: the cases of one's own agency that one may open, and the referral of an exact code that one may see."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.policy import allowed
from referral_hub.cases import finding
from referral_hub.cases.finding import FoundCase, Wanted
from referral_hub.kernel.db import db
from referral_hub.referrals.models import Referral
from referral_hub.referrals.stepping import relation


@dataclass(frozen=True, slots=True)
class FoundReferral:
    """A referral this person may open."""

    id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search led to; both empty: nothing, or nothing for this person."""

    cases: tuple[FoundCase, ...]
    referrals: tuple[FoundReferral, ...]


def search(actor: Actor, wanted: Wanted, *, now: datetime) -> Found:
    """Cases by code, name or telephone, and referrals by code.

    :raises Refused: no role that searches, or too fast.
    :raises Invalid: nothing to search by.
    """
    cases = finding.find(actor, wanted, now=now)
    rows = db.session.execute(
        select(*Referral.__table__.columns).where(Referral.code == wanted.code.strip().upper()[:40])
    )
    seen = [row for row in rows if allowed(actor, Action.REFERRAL_READ, relation(actor, row))]
    return Found(tuple(cases), tuple(FoundReferral(row.id, row.code) for row in seen))
