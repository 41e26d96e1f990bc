"""From what happened to who is told: the request writes one job, the job looks up the people and writes their notices.

The job acts as a task of the owner's agency, who alone knows whom she refused. Each person is told of each thing once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.kernel.ids import new_id
from referral_hub.kernel.jobs import Job, Work, enqueue
from referral_hub.liaisons.models import Account
from referral_hub.notifications.delivering import DELIVER, TASK
from referral_hub.notifications.models import Notice
from referral_hub.referrals.clocks import REMINDER
from referral_hub.referrals.events import Assigned, DeadlinePassed, Stepped
from referral_hub.referrals.models import DeadlineStep, Referral, ReferralAssignment, ReferralEvent
from referral_hub.referrals.people import holders, reachable, tellable, with_role
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation

TELL = "notices:tell"
STEP, DEADLINE, ASSIGNMENT = "step", "deadline", "assignment"
COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class ToTell:
    """What people are told of (``Notice.kind``), and who."""

    kind: str
    people: list[UUID]


def on_stepped(event: Stepped) -> None:
    """Handler: a step that somebody is to hear of."""
    if event.told:
        enqueue(_job(event.referral_id, event.owner_id, STEP, event.event_id))


def on_deadline(event: DeadlinePassed) -> None:
    """Handler: a reminder, or an escalation."""
    enqueue(_job(event.referral_id, event.owner_id, DEADLINE, event.step_id))


def on_assigned(event: Assigned) -> None:
    """Handler: it was given to somebody."""
    enqueue(_job(event.referral_id, event.owner_id, ASSIGNMENT, event.assignment_id))


def _job(referral_id: UUID, owner_id: UUID, what: str, source: UUID) -> Job:
    arguments = {"referral": str(referral_id), "owner": str(owner_id), "what": what, "source": str(source)}
    return Job(TELL, arguments, urgent=True)


def tell(work: Work, referral: str, owner: str, what: str, source: str) -> None:
    """Write the notices of one step, deadline or assignment, and a job for each person's message."""
    with work.reading():
        code = db.session.scalar(select(Agency.code).where(Agency.id == UUID(owner)))
    with work.acting(f"system:{TASK}:{code}"):
        row = db.session.execute(select(*Referral.__table__.columns).where(Referral.id == UUID(referral))).first()
        if row is None:
            return
        regulation = store.version(row.regulation_id)
        found = {STEP: _of_step, DEADLINE: _of_deadline, ASSIGNMENT: _of_assignment}[what](
            row, regulation, UUID(source), work
        )
        if found is None or not found.people:
            return
        urgent = next(level.phone_first for level in regulation.urgency_levels if level.code == row.urgency)
        write_notices(row.id, found, UUID(source), urgent, work)


def _of_step(row: Row[Any], regulation: Regulation, source: UUID, work: Work) -> ToTell | None:
    event = db.session.execute(
        select(ReferralEvent.verb, ReferralEvent.from_status, ReferralEvent.actor).where(ReferralEvent.id == source)
    ).first()
    if event is None:
        return None
    steps = [t for t in regulation.transitions if t.verb == event.verb and event.from_status in t.sources]
    effects = {effect for step in steps for effect in step.effects}
    people: list[UUID] = []
    if "tell_sender" in effects:
        people += reachable(row, "sender", work.now)
    if "tell_recipient" in effects:
        people += reachable(row, "recipient", work.now)
    others = [person for person in dict.fromkeys(people) if str(person) != event.actor]
    return ToTell(f"step:{event.verb}", others)


def _of_deadline(row: Row[Any], regulation: Regulation, source: UUID, work: Work) -> ToTell | None:
    step = db.session.execute(
        select(
            DeadlineStep.clock, DeadlineStep.kind, DeadlineStep.side, DeadlineStep.role, DeadlineStep.agency_id
        ).where(DeadlineStep.id == source)
    ).first()
    if step is None:
        return None
    if step.role is None:
        people = holders(row, step.side, work.now)
    else:
        people = with_role(step.role, None if step.side == COORDINATOR else step.agency_id)
    kind = "reminder" if step.kind == REMINDER else "escalation"
    return ToTell(f"{kind}:{step.clock}", tellable(row.case_id, people))


def _of_assignment(row: Row[Any], regulation: Regulation, source: UUID, work: Work) -> ToTell | None:
    person = db.session.scalar(
        select(ReferralAssignment.account_id).where(ReferralAssignment.id == source, ReferralAssignment.until.is_(None))
    )
    return ToTell("assigned", tellable(row.case_id, [person])) if person is not None else None


def write_notices(referral_id: UUID | None, found: ToTell, source: UUID, urgent: bool, work: Work) -> None:
    """One notice for each person, and a job for each person's message. ``source``: the row it tells of, told once."""
    notices = [
        {
            "id": new_id(),
            "account_id": person,
            "source_id": source,
            "referral_id": referral_id,
            "kind": found.kind,
            "urgent": urgent,
            "made_at": work.now,
        }
        for person in found.people
    ]
    # a job that is done again after its worker died finds its notices there
    db.session.execute(insert(Notice).values(notices).on_conflict_do_nothing())
    enqueue(*_deliveries(found.people, urgent))


def _deliveries(people: Sequence[UUID], urgent: bool) -> list[Job]:
    agencies = db.session.execute(
        select(Account.id, Agency.code).join(Agency, Agency.id == Account.agency_id).where(Account.id.in_(people))
    )
    return [Job(DELIVER, {"account": str(one.id), "agency": one.code}, urgent=urgent) for one in agencies]
