"""Who is expected to act next on a referral, with names: for its page, for lists, for the API."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from referral_hub.access.actors import Actor
from referral_hub.kernel.db import db
from referral_hub.liaisons.models import Account
from referral_hub.referrals.clocks import ACKNOWLEDGE, ACT, ESCALATION, ladder, running, standing
from referral_hub.referrals.facts import ReferralDetail
from referral_hub.referrals.models import DeadlineStep, Referral, ReferralAssignment
from referral_hub.referrals.responsible import NextActor, TakenStep, next_actor
from referral_hub.regulation.deadlines import deadlines


@dataclass(frozen=True, slots=True)
class Expected:
    """``agency``: its name; None for the coordinators. ``person``: a colleague of the reader, by name, else None.

    ``mine``: the reader's own agency is expected. ``can_take``: the reader could say "I take this".
    """

    next: NextActor
    agency: str | None
    person: str | None
    mine: bool
    can_take: bool


def expected(actor: Actor, found: ReferralDetail) -> Expected | None:
    """Who must act next on what the actor has been shown; None when it is over."""
    row = db.session.execute(select(*Referral.__table__.columns).where(Referral.id == found.id)).one()
    own = _own_holder(actor, found.id)
    following = _next(actor, row, found, own)
    if following is None:
        return None
    agency = {"sender": found.sender, "recipient": found.recipient}.get(following.side)
    agency_id = {"sender": row.sender_id, "recipient": row.recipient_id}.get(following.side)
    mine = agency_id == actor.agency_id or (agency_id is None and "coordinator" in actor.roles)
    return Expected(
        next=following,
        agency=agency,
        person=own.name if mine and own else None,
        mine=mine,
        can_take=mine and row.sent_at is not None and (own is None or own.id != actor.account_id),
    )


def raised(referrals: Collection[UUID]) -> Mapping[UUID, frozenset[str]]:
    """referral -> the clocks of which somebody above was told, as far as the actor may see."""
    if not referrals:
        return {}
    rows = db.session.execute(
        select(DeadlineStep.referral_id, DeadlineStep.clock).where(
            DeadlineStep.referral_id.in_(referrals), DeadlineStep.kind == ESCALATION
        )
    )
    found: dict[UUID, set[str]] = {}
    for row in rows:
        found.setdefault(row.referral_id, set()).add(row.clock)
    return {referral: frozenset(clocks) for referral, clocks in found.items()}


def _next(actor: Actor, row: Row[Any], found: ReferralDetail, own: Row[UUID, str] | None) -> NextActor | None:
    holders = {_side(actor, row): own.id} if own else {}
    regulation, facts = found.regulation, found.facts
    if row.sent_at is None or row.imported:
        return next_actor(regulation, row.status, facts, holders=holders)
    due = deadlines(regulation, row.service, facts["recipient_type"], row.urgency, facts, row.sent_at)
    return next_actor(
        regulation,
        row.status,
        facts,
        clocks=running(regulation, standing(row), due, facts),
        dues={ACKNOWLEDGE: row.acknowledge_due, ACT: row.act_due},
        steps=ladder(due, row.act_due),
        taken=_taken(row.id),
        holders=holders,
    )


def _side(actor: Actor, row: Row[Any]) -> str:
    return {row.sender_id: "sender", row.recipient_id: "recipient"}.get(actor.agency_id, "coordinator")


def _taken(referral_id: UUID) -> list[TakenStep]:
    rows = db.session.execute(
        select(
            DeadlineStep.clock,
            DeadlineStep.kind,
            DeadlineStep.position,
            DeadlineStep.due_at,
            DeadlineStep.side,
            DeadlineStep.role,
        ).where(DeadlineStep.referral_id == referral_id)
    )
    return [TakenStep((one.clock, one.kind, one.position), one.due_at, one.side, one.role) for one in rows]


def _own_holder(actor: Actor, referral_id: UUID) -> Row[UUID, str] | None:
    """On the actor's own side alone: who looks after it at the other agency is that agency's affair."""
    return db.session.execute(
        select(Account.id, Account.name)
        .join(ReferralAssignment, ReferralAssignment.account_id == Account.id)
        .where(
            ReferralAssignment.referral_id == referral_id,
            ReferralAssignment.agency_id == actor.agency_id,
            ReferralAssignment.until.is_(None),
        )
    ).first()
