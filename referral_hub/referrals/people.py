"""Who looks after a referral on each side, who has a role there, and who of them may be told."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, text

from referral_hub.cases.models import CaseTeam
from referral_hub.kernel.db import db
from referral_hub.liaisons.duties import covers, on_call
from referral_hub.liaisons.models import Account, account_role
from referral_hub.referrals.models import ReferralAssignment

#: Who answers for a desk, and who decides when nobody there can: roles of the regulation's door policies.
ANSWERING = ("liaison", "caseworker")
ABOVE = ("duty_supervisor", "agency_supervisor", "agency_head")
_BARRED = text("SELECT * FROM door_barred(:subject, CAST(:accounts AS uuid[]))")


def with_role(role: str, agency_id: UUID | None) -> list[UUID]:
    """The active people of an agency with a role; of any agency when None (the coordinators of the mechanism)."""
    query = select(Account.id).join(account_role, account_role.c.account_id == Account.id)
    query = query.where(Account.active, account_role.c.role == role).order_by(Account.id)
    if agency_id is not None:
        query = query.where(Account.agency_id == agency_id)
    return list(db.session.scalars(query))


def holders(row: Row[Any], side: str, now: datetime) -> list[UUID]:
    """Who looks after it on this side now: whoever it was given to or took it, else the case's team or the desk.

    Nobody at all: those above in the agency. Covers stand in for whom they cover.
    """
    agency_id = row.sender_id if side == "sender" else row.recipient_id
    found = _assigned(row.id, agency_id) or (_team(row.case_id, now) if side == "sender" else _desk(row, now))
    if not found:
        found = [person for role in ABOVE for person in with_role(role, agency_id)]
    stands_in = covers(found, now)
    return list(dict.fromkeys(stands_in.get(person, person) for person in found))


def tellable(case_id: UUID, people: Collection[UUID]) -> list[UUID]:
    """Those of ``people`` whom she has not refused and who declared no conflict, in their order."""
    if not people:
        return []
    barred = set(db.session.scalars(_BARRED, {"subject": case_id, "accounts": list(people)}))
    return [person for person in people if person not in barred]


def reachable(row: Row[Any], side: str, now: datetime) -> list[UUID]:
    """Who is told on this side: who looks after it, else those above in the agency, else the coordinators."""
    found = tellable(row.case_id, holders(row, side, now))
    agency_id = row.sender_id if side == "sender" else row.recipient_id
    for role, where in (*((role, agency_id) for role in ABOVE), ("coordinator", None)):
        if found:
            break
        found = tellable(row.case_id, with_role(role, where))
    return found


def has_liaison(agency_id: UUID) -> bool:
    """Whether anybody there could answer."""
    roles = (*ANSWERING, *ABOVE)
    return (
        db.session.scalar(
            select(Account.id)
            .join(account_role, account_role.c.account_id == Account.id)
            .where(Account.active, Account.agency_id == agency_id, account_role.c.role.in_(roles))
            .limit(1)
        )
        is not None
    )


def agency_of(people: Iterable[UUID]) -> UUID | None:
    """The agency of the first of them."""
    first = next(iter(people), None)
    return None if first is None else db.session.scalar(select(Account.agency_id).where(Account.id == first))


def _assigned(referral_id: UUID, agency_id: UUID) -> list[UUID]:
    return list(
        db.session.scalars(
            select(ReferralAssignment.account_id)
            .join(Account, Account.id == ReferralAssignment.account_id)
            .where(
                ReferralAssignment.referral_id == referral_id,
                ReferralAssignment.agency_id == agency_id,
                ReferralAssignment.until.is_(None),
                Account.active,
            )
        )
    )


def _team(case_id: UUID, now: datetime) -> list[UUID]:
    return list(
        db.session.scalars(
            select(CaseTeam.account_id)
            .join(Account, Account.id == CaseTeam.account_id)
            .where(CaseTeam.subject == case_id, Account.active, or_(CaseTeam.until.is_(None), CaseTeam.until > now))
            .order_by(CaseTeam.since)
        )
    )


def _desk(row: Row[Any], now: datetime) -> list[UUID]:
    """Who is on call at the desk; else all who answer there; else all who answer in the agency."""
    called = on_call(row.desk_id, now)
    if called:
        return called
    people = (
        select(Account.id, Account.desk_id)
        .join(account_role, account_role.c.account_id == Account.id)
        .where(Account.active, Account.agency_id == row.recipient_id, account_role.c.role.in_(ANSWERING))
        .order_by(Account.id)
        .distinct()
    )
    found = db.session.execute(people).all()
    return [one.id for one in found if one.desk_id == row.desk_id] or [one.id for one in found]
