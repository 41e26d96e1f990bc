"""One message for all that a person has not been told yet: by mail, by text message, when that person wants it.

A worker that dies between sending and noting it sends again: a notice may arrive twice, never not at all.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from referral_hub.kernel.db import db
from referral_hub.kernel.jobs import Job, Work, enqueue_once
from referral_hub.liaisons.models import Account
from referral_hub.notifications.models import Notice, NoticePreference
from referral_hub.notifications.posting import current_post
from referral_hub.notifications.rules import Preference, when_to_tell
from referral_hub.notifications.wording import message

DELIVER = "notices:deliver"
TASK = "notices"


def deliver(work: Work, account: str, agency: str) -> None:
    """Send ``account`` what is due, as a task of their agency; come back later for what is to wait."""
    with work.acting(f"system:{TASK}:{agency}"):
        person = db.session.execute(
            select(Account.id, Account.email, Account.locale).where(Account.id == UUID(account), Account.active)
        ).first()
        if person is None:
            return
        waiting = db.session.execute(
            select(Notice.id, Notice.urgent, Notice.made_at)
            .where(Notice.account_id == person.id, Notice.sent_at.is_(None), Notice.read_at.is_(None))
            .with_for_update(skip_locked=True)  # another worker may be sending them at this moment
        ).all()
        wishes = preference_of(person.id)
        times = {one.id: when_to_tell(wishes, urgent=one.urgent, made_at=one.made_at, now=work.now) for one in waiting}
        due = [one for one in waiting if times[one.id] <= work.now]
        if due:
            urgent = any(one.urgent for one in due)
            _send(wishes, person.email, person.locale, len(due), urgent)
            db.session.execute(update(Notice).where(Notice.id.in_([one.id for one in due])).values(sent_at=work.now))
        later = min((at for at in times.values() if at > work.now), default=None)
        if later is not None:
            enqueue_once(_again(account, agency, later))


def preference_of(account_id: UUID) -> Preference:
    """How this person wants to be told; the defaults where nothing was chosen."""
    row = db.session.execute(
        select(
            NoticePreference.mail,
            NoticePreference.sms,
            NoticePreference.phone,
            NoticePreference.digest,
            NoticePreference.quiet_from,
            NoticePreference.quiet_until,
        ).where(NoticePreference.account_id == account_id)
    ).first()
    return Preference(*row) if row else Preference()


def _send(wishes: Preference, address: str, locale: str, count: int, urgent: bool) -> None:
    post = current_post()
    words = message(count, urgent=urgent, public_url=post.public_url, locale=locale)
    if wishes.sms and wishes.phone:
        post.gateway.send(wishes.phone, words.short)
    if wishes.mail:
        post.mailer.send(address, words.subject, words.text)


def _again(account: str, agency: str, at: datetime) -> Job:
    return Job(DELIVER, {"account": account, "agency": agency}, at=at)
