"""Who is on call at a desk, and who stands in for whom: arranged with days, known to every agency."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.access.policy import Relation
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.directory.models import Desk
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid, NotFound
from referral_hub.kernel.ids import new_id
from referral_hub.liaisons.models import Account, AccountCover, DeskDuty
from schemas.telephone import dialled


def cover(actor: Actor, account_id: UUID, cover_id: UUID, since: datetime, until: datetime, *, now: datetime) -> UUID:
    """From ``since`` to ``until`` (aware) ``cover_id`` answers for ``account_id``; both of the actor's agency.

    :raises Invalid: another agency's people, the same person, no span of time, or one that has passed.
    """
    own = account_id == actor.account_id
    require(actor, Action.COVER_ARRANGE if not own else Action.COVER_ASK, relation=Relation(owns=True))
    _check_span(since, until, now)
    if account_id == cover_id or len(_colleagues(actor, {account_id, cover_id})) != 2:
        raise Invalid("cover", "Hãy chọn một đồng nghiệp đang làm việc.", "Choose a colleague with an active account.")
    cover_row = new_id()
    record(actor, Entry(Act.COVER_ARRANGED, cover_row), now=now)
    db.session.execute(
        insert(AccountCover).values(
            id=cover_row, agency_id=actor.agency_id, account_id=account_id, cover_id=cover_id, since=since, until=until
        )
    )
    return cover_row


def put_on_call(
    actor: Actor,
    desk_id: UUID,
    account_id: UUID,
    since: datetime,
    until: datetime,
    *,
    phone: str | None = None,
    now: datetime,
) -> UUID:
    """``account_id`` is on call at a desk of the actor's agency from ``since`` to ``until`` (aware).

    :param phone: the number of this shift; None: the agency's own.
    :raises Invalid: no telephone number, another agency's desk or person, no span of time, or one that has passed.
    """
    require(actor, Action.DUTY_ARRANGE, relation=Relation(owns=True))
    _check_span(since, until, now)
    number = dialled(phone) if phone else None
    if phone and number is None:
        raise Invalid("phone", "Số điện thoại không đúng.", "This is no telephone number.")
    known = db.session.scalar(
        select(Desk.id).where(Desk.id == desk_id, Desk.agency_id == actor.agency_id, Desk.closed_at.is_(None))
    )
    if known is None or not _colleagues(actor, {account_id}):
        raise Invalid(
            "duty", "Hãy chọn bàn và người của đơn vị mình.", "Choose a desk and a person of your own agency."
        )
    duty = new_id()
    record(actor, Entry(Act.DUTY_ARRANGED, duty), now=now)
    db.session.execute(
        insert(DeskDuty).values(
            id=duty,
            agency_id=actor.agency_id,
            desk_id=desk_id,
            account_id=account_id,
            since=since,
            until=until,
            phone=number,
        )
    )
    return duty


def end_cover(actor: Actor, cover_id: UUID, *, now: datetime) -> bool:
    """The person is back, or need not go: one's own, or a colleague's for those who arrange covers.

    What has not begun is called off and never holds. False, and nothing is written: it was over already.

    :raises Refused: another agency's or none (not found), or a colleague's without the right.
    """
    mine = select(AccountCover.since, AccountCover.until, AccountCover.account_id).where(
        AccountCover.id == cover_id, AccountCover.agency_id == actor.agency_id
    )
    row = db.session.execute(mine).first()
    if row is None:
        raise Refused(Action.COVER_ARRANGE, cover_id, NotFound())
    own = row.account_id == actor.account_id
    require(actor, Action.COVER_ASK if own else Action.COVER_ARRANGE, relation=Relation(owns=True))
    row = db.session.execute(mine.with_for_update()).one()  # only who may change it may lock it
    if row.until <= now:
        return False
    record(actor, Entry(Act.COVER_ENDED, cover_id), now=now)
    db.session.execute(update(AccountCover).where(AccountCover.id == cover_id).values(until=_ends_at(row.since, now)))
    return True


def end_duty(actor: Actor, duty_id: UUID, *, now: datetime) -> bool:
    """That person is not on call any more; what has not begun is called off. False: it was over already.

    :raises Refused: another agency's or none (not found), or somebody who arranges no duties.
    """
    require(actor, Action.DUTY_ARRANGE, relation=Relation(owns=True))
    row = db.session.execute(
        select(*DeskDuty.__table__.columns)
        .where(DeskDuty.id == duty_id, DeskDuty.agency_id == actor.agency_id)
        .with_for_update()
    ).first()
    if row is None:
        raise Refused(Action.DUTY_ARRANGE, duty_id, NotFound())
    if row.until <= now:
        return False
    record(actor, Entry(Act.DUTY_ENDED, duty_id), now=now)
    db.session.execute(update(DeskDuty).where(DeskDuty.id == duty_id).values(until=_ends_at(row.since, now)))
    return True


def covers(people: Collection[UUID], now: datetime) -> Mapping[UUID, UUID]:
    """person -> who stands in for that person now (the arrangement made last)."""
    if not people:
        return {}
    rows = db.session.execute(
        select(AccountCover.account_id, AccountCover.cover_id)
        .join(Account, Account.id == AccountCover.cover_id)
        .where(AccountCover.account_id.in_(people), AccountCover.since <= now, AccountCover.until > now, Account.active)
        .order_by(AccountCover.id)
    )
    return {row.account_id: row.cover_id for row in rows}


def on_call(desk_id: UUID, now: datetime) -> list[UUID]:
    """Who is on call at a desk now."""
    return list(
        db.session.scalars(
            select(DeskDuty.account_id)
            .join(Account, Account.id == DeskDuty.account_id)
            .where(DeskDuty.desk_id == desk_id, DeskDuty.since <= now, DeskDuty.until > now, Account.active)
            .order_by(DeskDuty.account_id)
            .distinct()
        )
    )


def _ends_at(since: datetime, now: datetime) -> datetime:
    """What is called off before it begins lasts no time at all."""
    return max(since, now)


def _check_span(since: datetime, until: datetime, now: datetime) -> None:
    if until <= since:
        raise Invalid("until", "Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the beginning.")
    if until <= now:  # who stood in, or was on call, is not made up afterwards
        raise Invalid("until", "Thời gian này đã qua.", "That time has passed.")


def _colleagues(actor: Actor, people: Collection[UUID]) -> list[UUID]:
    return list(
        db.session.scalars(
            select(Account.id).where(Account.id.in_(people), Account.active, Account.agency_id == actor.agency_id)
        )
    )
