"""Recording what was done so that people hear of the house."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.outreach.models import OutreachActivity
from referral_hub.regulation import store


@dataclass(frozen=True, slots=True)
class NewActivity:
    """``channel``: a code of ``outreach_channels``; ``people_reached``: as the organisers counted, None when not."""

    channel: str
    content: str
    people_reached: int | None
    held_at: datetime


def record_activity(actor: Actor, new: NewActivity, *, imported: bool = False, now: datetime) -> UUID:
    """:raises Invalid: an unknown channel, a negative count. :raises Refused: without the right to record contacts."""
    require(actor, Action.CONTACT_RECORD)
    _, regulation = store.in_force(new.held_at)
    if new.channel not in regulation.codes("outreach_channels"):
        raise Invalid("channel", "Kênh này không có trong quy chế.", "The regulation has no such channel.")
    if new.people_reached is not None and new.people_reached < 0:
        raise Invalid("people_reached", "Số lượt tiếp cận không thể âm.", "Fewer than nobody cannot be reached.")
    activity = new_id()
    record(actor, Entry(Act.OUTREACH_RECORDED, activity), now=now)
    db.session.execute(
        insert(OutreachActivity).values(
            id=activity,
            agency_id=actor.agency_id,
            held_at=new.held_at,
            recorded_at=now,
            channel=new.channel,
            content=new.content,
            people_reached=new.people_reached,
            imported=imported,
        )
    )
    return activity
