"""Reading who is on call where, and who stands in for whom: open to every agency, so an emergency finds somebody."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.directory.models import Agency, Desk
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.models import Account, AccountCover, DeskDuty
from referral_hub.liaisons.rota import Gap, Shift, gaps


@dataclass(frozen=True, slots=True)
class DeskRoster:
    """A desk with its shifts of a span; ``gaps`` only where it has to answer round the clock.

    ``names`` and ``desk_names``: Vietnamese and English. ``phone``: the agency's own number.
    """

    desk: UUID
    agency: UUID
    names: tuple[str, str]
    desk_names: tuple[str, str]
    phone: str | None
    round_the_clock: bool
    shifts: tuple[Shift, ...]
    gaps: tuple[Gap, ...]

    def at(self, moment: datetime) -> tuple[Shift, ...]:
        """Who is on call at this moment."""
        return tuple(one for one in self.shifts if one.since <= moment < one.until)


@dataclass(frozen=True, slots=True)
class CoverLine:
    """``name`` is away from ``since`` to ``until``; ``instead`` answers."""

    id: UUID
    account_id: UUID
    name: str
    instead: str
    since: datetime
    until: datetime


def rosters(actor: Actor, since: datetime, until: datetime) -> list[DeskRoster]:
    """Every desk that answers round the clock or has a shift between ``since`` and ``until``; one's own agency first.

    :raises Refused: nobody signed in.
    """
    require(actor, Action.DUTY_READ)
    shifts = _shifts(since, until)
    desks = db.session.execute(
        select(
            Desk.id,
            Desk.agency_id,
            Desk.on_call,
            Desk.name_vi.label("desk_vi"),
            Desk.name_en.label("desk_en"),
            Agency.name_vi,
            Agency.name_en,
            Agency.phone,
        )
        .join(Agency, Agency.id == Desk.agency_id)
        .where(Desk.closed_at.is_(None), Agency.closed_at.is_(None))
        .order_by(Desk.agency_id != actor.agency_id, Agency.name_vi, Desk.code)
    )
    return [
        DeskRoster(
            desk=one.id,
            agency=one.agency_id,
            names=(one.name_vi, one.name_en),
            desk_names=(one.desk_vi, one.desk_en),
            phone=one.phone,
            round_the_clock=one.on_call,
            shifts=tuple(shifts.get(one.id, ())),
            gaps=gaps(shifts.get(one.id, ()), since, until) if one.on_call else (),
        )
        for one in desks
        if one.on_call or one.id in shifts
    ]


def own_desks(actor: Actor) -> list[tuple[UUID, str, str]]:
    """The desks of the actor's agency: id, Vietnamese and English name."""
    rows = select(Desk.id, Desk.name_vi, Desk.name_en).where(
        Desk.agency_id == actor.agency_id, Desk.closed_at.is_(None)
    )
    return [(one.id, one.name_vi, one.name_en) for one in db.session.execute(rows.order_by(Desk.code))]


def own_desk(actor: Actor, code: str) -> UUID:
    """The desk of the actor's agency with this code.

    :raises Invalid: there is none.
    """
    found = db.session.scalar(
        select(Desk.id).where(Desk.agency_id == actor.agency_id, Desk.code == code, Desk.closed_at.is_(None))
    )
    if found is None:
        raise Invalid("desk", f"Đơn vị không có bàn “{code}”.", f"The agency has no desk “{code}”.")
    return found


def own_covers(actor: Actor, *, now: datetime) -> list[CoverLine]:
    """Who of one's own agency is away now or later, and who answers instead; the nearest first.

    :raises Refused: nobody signed in.
    """
    require(actor, Action.COVER_ASK)
    away, instead = aliased(Account), aliased(Account)
    rows = db.session.execute(
        select(
            AccountCover.id,
            AccountCover.account_id,
            away.name.label("away"),
            instead.name.label("instead"),
            AccountCover.since,
            AccountCover.until,
        )
        .join(away, away.id == AccountCover.account_id)
        .join(instead, instead.id == AccountCover.cover_id)
        .where(
            AccountCover.agency_id == actor.agency_id,
            AccountCover.until > now,
            AccountCover.until > AccountCover.since,
        )
        .order_by(AccountCover.since, away.name)
    )
    return [CoverLine(one.id, one.account_id, one.away, one.instead, one.since, one.until) for one in rows]


def _shifts(since: datetime, until: datetime) -> dict[UUID, list[Shift]]:
    rows = db.session.execute(
        select(
            DeskDuty.desk_id,
            DeskDuty.id,
            DeskDuty.account_id,
            Account.name,
            DeskDuty.phone,
            DeskDuty.since,
            DeskDuty.until,
        )
        .join(Account, Account.id == DeskDuty.account_id)
        .where(DeskDuty.since < until, DeskDuty.until > since, DeskDuty.until > DeskDuty.since, Account.active)
        .order_by(DeskDuty.since, Account.name)
    )
    found: dict[UUID, list[Shift]] = {}
    for one in rows:
        found.setdefault(one.desk_id, []).append(
            Shift(one.id, one.account_id, one.name, one.phone, one.since, one.until)
        )
    return found
