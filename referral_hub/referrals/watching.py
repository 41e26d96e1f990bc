"""When the worker looks at a referral's clocks next."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from referral_hub.kernel.db import db
from referral_hub.referrals.models import ReferralWatch


def watch(referral_id: UUID, owner_id: UUID, look_at: datetime | None) -> None:
    """Look at it from ``look_at`` on: when its clocks start, and when they go on after standing still."""
    row = insert(ReferralWatch).values(referral_id=referral_id, owner_id=owner_id, look_at=look_at)
    db.session.execute(row.on_conflict_do_update(index_elements=[ReferralWatch.referral_id], set_={"look_at": look_at}))


def look_next(referral_id: UUID, look_at: datetime | None) -> None:
    """The worker has looked; None: nothing is left to look for."""
    db.session.execute(update(ReferralWatch).where(ReferralWatch.referral_id == referral_id).values(look_at=look_at))
