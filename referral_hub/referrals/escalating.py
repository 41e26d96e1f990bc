"""Taking the steps of the ladders: each once, whatever dies when, with its audit entry, in one transaction.

``sweep`` runs again and again and hands out what is due; ``fire`` takes the steps of one referral under its row's lock.
A step that was lost with its worker is still due, and taken by the next sweep.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text

from referral_hub.access.actors import Actor
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.kernel.events import publish
from referral_hub.kernel.ids import new_id
from referral_hub.kernel.jobs import Job, Work, enqueue
from referral_hub.referrals.clocks import ESCALATION, LadderStep, due_steps, ladder, next_look, running, standing
from referral_hub.referrals.events import DeadlinePassed
from referral_hub.referrals.models import DeadlineStep, Referral
from referral_hub.referrals.people import agency_of, holders, tellable, with_role
from referral_hub.referrals.stepping import condition_facts
from referral_hub.referrals.watching import look_next
from referral_hub.regulation import store
from referral_hub.regulation.deadlines import deadlines

SWEEP, FIRE = "deadlines:sweep", "deadlines:fire"
TASK = "deadlines"
AT_ONCE = 250

_TAKE = text("SELECT referral_id, owner_code FROM take_due(:now, :most)")
_FIRE = text("SELECT fire_step(:id, :referral, :clock, :kind, :position, :due, :now, :side, :role, :agency)")


def sweep(work: Work) -> None:
    """Hand out the referrals whose clocks are to be looked at now, a job for each."""
    with work.reading():
        anybody = db.session.scalar(
            select(Agency.code).where(Agency.closed_at.is_(None)).order_by(Agency.code).limit(1)
        )
    more = anybody is not None
    while more:
        with work.acting(f"system:{TASK}:{anybody}"):
            found = db.session.execute(_TAKE, {"now": work.now, "most": AT_ONCE}).all()
            enqueue(
                *(Job(FIRE, {"referral": str(row.referral_id), "owner": row.owner_code}, urgent=True) for row in found)
            )
        more = len(found) == AT_ONCE


def fire(work: Work, referral: str, owner: str) -> None:
    """Take what is due of one referral, as a task of its owner."""
    with work.acting(f"system:{TASK}:{owner}") as actor:
        take_steps(actor, UUID(referral), now=work.now)


def take_steps(actor: Actor, referral_id: UUID, *, now: datetime) -> tuple[LadderStep, ...]:
    """Take every step of the ladders that is due and was not taken, and note when to look next."""
    row = db.session.execute(
        select(*Referral.__table__.columns).where(Referral.id == referral_id).with_for_update()
    ).first()
    if row is None or row.sent_at is None:
        return ()
    regulation = store.version(row.regulation_id)
    facts = condition_facts(actor, row, regulation)
    due = deadlines(regulation, row.service, facts["recipient_type"], row.urgency, facts, row.sent_at)
    steps = ladder(due, row.act_due)
    clocks = running(regulation, standing(row), due, facts)
    rungs = select(DeadlineStep.clock, DeadlineStep.kind, DeadlineStep.position)
    found = db.session.execute(rungs.where(DeadlineStep.referral_id == referral_id))
    taken = {(one.clock, one.kind, one.position) for one in found}
    pending = due_steps(steps, clocks, taken, now)
    for step in pending:
        _take(actor, row, step, steps, now)
    look_next(referral_id, next_look(steps, clocks, taken | {step.rung for step in pending}))
    return pending


def _take(actor: Actor, row: Row[Any], step: LadderStep, steps: Sequence[LadderStep], now: datetime) -> None:
    side, role, agency_id = _named(row, step, steps, now)
    payload = {"referral": str(row.id), "clock": step.clock, "step": step.kind, "position": step.position}
    payload |= {"side": side} | ({"role": role} if role else {})
    record(actor, Entry(Act.DEADLINE_PASSED, row.case_id, payload, why=row.purpose), now=now)
    step_id = new_id()
    values = {
        "id": step_id,
        "referral": row.id,
        "clock": step.clock,
        "kind": step.kind,
        "position": step.position,
        "due": step.at,
        "now": now,
        "side": side,
        "role": role,
        "agency": agency_id,
    }
    db.session.execute(_FIRE, values)
    publish(DeadlinePassed(row.id, row.owner_id, step_id))


def _named(row: Row[Any], step: LadderStep, steps: Sequence[LadderStep], now: datetime) -> tuple[str, str | None, UUID]:
    """Whom the step names: the first, from here up the ladder of its clock, where somebody may be told."""
    higher = [s for s in steps if s.clock == step.clock and s.kind == ESCALATION and s.at >= step.at and s is not step]
    for one in (step, *higher):
        people = holders(row, one.side, now) if one.role is None else with_role(one.role, _agency(row, one.side))
        found = tellable(row.case_id, people)
        if found:
            return one.side, one.role, agency_of(found) or row.owner_id
    return step.side, step.role, _agency(row, step.side) or row.owner_id


def _agency(row: Row[Any], side: str) -> UUID | None:
    return {"sender": row.sender_id, "recipient": row.recipient_id}.get(side)
