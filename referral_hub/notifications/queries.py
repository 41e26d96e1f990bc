"""What a person was told: how much of it is unread, and the list."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.notifications.delivering import preference_of
from referral_hub.notifications.models import Notice
from referral_hub.notifications.rules import Preference
from referral_hub.referrals.models import Referral

MOST = 50


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One notice as its reader sees it. ``kind``: see ``Notice``; ``other_agency``: the other side of the referral.

    What is about no referral (a task) has neither code nor service.
    """

    referral_id: UUID | None
    code: str | None
    service: str | None
    regulation_id: UUID | None
    other_agency: str | None
    kind: str
    urgent: bool
    made_at: datetime
    read: bool


def unread(actor: Actor) -> int:
    """How many notices this person has not seen: the number at the bell."""
    query = select(func.count()).select_from(Notice).where(Notice.read_at.is_(None))
    return db.session.scalar(query.where(Notice.account_id == actor.account_id)) or 0


def told(actor: Actor) -> list[ToldLine]:
    """The newest, unread ones first. What the reader may no longer see of a referral is not in it."""
    require(actor, Action.NOTICE_READ)
    name = Agency.name_en if actor.locale == "en" else Agency.name_vi
    outgoing = Referral.sender_id == actor.agency_id
    rows = db.session.execute(
        select(
            Referral.id,
            Referral.code,
            Referral.service,
            Referral.regulation_id,
            name,
            Notice.kind,
            Notice.urgent,
            Notice.made_at,
            Notice.read_at.is_not(None),
        )
        .outerjoin(Referral, Referral.id == Notice.referral_id)
        .outerjoin(
            Agency, (outgoing & (Agency.id == Referral.recipient_id)) | (~outgoing & (Agency.id == Referral.sender_id))
        )
        .where(Notice.account_id == actor.account_id, or_(Notice.referral_id.is_(None), Referral.id.is_not(None)))
        .order_by(Notice.read_at.is_not(None), Notice.made_at.desc(), Notice.id.desc())
        .limit(MOST)
    )
    return [ToldLine(*row) for row in rows]


def wishes(actor: Actor) -> Preference:
    """How this person wants to be told."""
    require(actor, Action.NOTICE_READ)
    assert actor.account_id is not None  # the gate lets people pass alone
    return preference_of(actor.account_id)
