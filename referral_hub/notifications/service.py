"""What a person does with notices: reads them, and chooses how to be told."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.notifications.models import Notice, NoticePreference
from referral_hub.notifications.rules import Preference

_NUMBER = re.compile(r"\+?[0-9]{8,14}")


def choose(actor: Actor, wishes: Preference) -> None:
    """From now on tell this person like that.

    :raises Invalid: text messages without a number, or no number.
    """
    require(actor, Action.NOTICE_READ)
    phone = re.sub(r"[ .()-]", "", wishes.phone or "") or None
    if (wishes.sms and phone is None) or (phone is not None and not _NUMBER.fullmatch(phone)):
        raise Invalid("phone", "Hãy nhập số điện thoại nhận tin nhắn.", "Enter the number that takes text messages.")
    values = {
        "mail": wishes.mail,
        "sms": wishes.sms,
        "phone": phone,
        "digest": wishes.digest,
        "quiet_from": wishes.quiet_from,
        "quiet_until": wishes.quiet_until,
    }
    db.session.execute(
        insert(NoticePreference)
        .values(account_id=actor.account_id, **values)
        .on_conflict_do_update(index_elements=[NoticePreference.account_id], set_=values)
    )


def mark_read(actor: Actor, referral_id: UUID | None = None, *, now: datetime) -> None:
    """The acting person has seen the notices about one referral, or all."""
    require(actor, Action.NOTICE_READ)
    query = update(Notice).where(Notice.account_id == actor.account_id, Notice.read_at.is_(None))
    if referral_id is not None:
        query = query.where(Notice.referral_id == referral_id)
    db.session.execute(query.values(read_at=now))
