"""Opening a task, doing it, and the list of what is open."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, text, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.access.models import AccessGrant
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid, NotFound
from referral_hub.kernel.events import publish
from referral_hub.kernel.ids import new_id
from referral_hub.tasks.events import TaskDone, TaskOpened
from referral_hub.tasks.models import Task
from referral_hub.tasks.rules import KINDS, Kind

_OPEN = text("SELECT open_tasks(:subject, CAST(:tasks AS jsonb), :at)")


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to open. ``due``: an instant, or None. ``urgent``: whoever has to do it is told at night, too."""

    kind: Kind
    agency_id: UUID
    due: datetime | None
    role: str | None = None
    referral_id: UUID | None = None
    urgent: bool = False
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as who may see it reads it. ``mine``: this person may do it."""

    id: UUID
    case: UUID
    referral: UUID | None
    kind: str
    agency: UUID
    due: datetime | None
    opened_at: datetime
    done_at: datetime | None
    outcome: str | None
    kept: tuple[str, ...]
    mine: bool


def open_tasks(actor: Actor, case_id: UUID, tasks: Sequence[NewTask], *, now: datetime) -> None:
    """Open tasks about a case of the actor's agency, or of which it received a referral (the caller passed the gate).

    What is open already is not opened again. The entry says that somebody was asked, never what one role alone sees.
    """
    if not tasks:
        return
    entries = []
    for task in tasks:
        payload = {"task": str(task.id), "agency": str(task.agency_id)}
        entries.append(Entry(Act.TASK_OPENED, case_id, payload | ({} if task.role else {"kind": task.kind})))
    record(actor, *entries, now=now)
    rows = [
        {
            "id": str(task.id),
            "agency_id": str(task.agency_id),
            "role": task.role,
            "kind": task.kind,
            "referral_id": str(task.referral_id) if task.referral_id else None,
            "due": task.due.isoformat() if task.due else None,
        }
        for task in tasks
    ]
    owner = db.session.scalar(_OPEN, {"subject": case_id, "tasks": json.dumps(rows), "at": now})
    for task in tasks:
        publish(TaskOpened(task.id, owner, task.due, task.urgent))


def complete(actor: Actor, task_id: UUID, outcome: str, *, kept: Collection[str] = (), now: datetime) -> TaskView:
    """The task is done, with one of the outcomes of its kind; what follows from it follows at once.

    :param kept: categories that the agency keeps because a law makes it (``confirm-stopped`` alone).
    :raises Invalid: no such outcome of this kind; something is kept and not named, or named and not kept.
    :raises Refused: no task that this person sees.
    :raises Conflict: somebody did it already, or it is another agency's to do.
    """
    task = one(actor, task_id)
    if outcome not in KINDS.get(task.kind, ()):
        raise Invalid("outcome", "Hãy chọn một kết quả.", "Choose an outcome.")
    if (outcome == "kept-by-law") != bool(kept) or not set(kept) <= set(given(task)):
        raise Invalid(
            "kept",
            "Hãy chọn những mục phải giữ theo luật, hoặc chọn đã dừng hẳn.",
            "Choose what a law makes you keep, or that you stopped altogether.",
        )
    payload = {"task": str(task_id), "outcome": outcome} | ({"categories": sorted(kept)} if kept else {})
    record(actor, Entry(Act.TASK_DONE, task.case, payload), now=now)
    done = db.session.execute(
        update(Task)
        .where(Task.id == task_id, Task.done_at.is_(None), Task.agency_id == actor.agency_id)
        .values(done_at=now, done_by=actor.person, outcome=outcome, kept=sorted(kept) or None)
        .returning(Task.id)
    ).first()
    if done is None:
        raise Conflict("Việc này đã có người làm.", "Somebody has done this already.")
    publish(TaskDone(actor, task_id, task.case, task.kind, outcome, now))
    return one(actor, task_id)


def one(actor: Actor, task_id: UUID) -> TaskView:
    """One task that this person sees.

    :raises Refused: none; it looks like one that does not exist.
    """
    require(actor, Action.TASK_READ)
    row = db.session.scalars(select(Task).where(Task.id == task_id)).first()
    if row is None:
        raise Refused(Action.TASK_READ, task_id, NotFound())
    db.session.refresh(row)
    return _view(actor, row)


def open_ones(actor: Actor, *, most: int = 200) -> list[TaskView]:
    """What this person may still do for the agency: what cannot wait for a deadline first, then the nearest one."""
    require(actor, Action.TASK_READ)
    rows = db.session.scalars(
        select(Task)
        .where(Task.done_at.is_(None), Task.agency_id == actor.agency_id)
        .order_by(Task.due.asc().nulls_first(), Task.id)
        .limit(most)
    )
    return [_view(actor, row) for row in rows]


def given(task: TaskView) -> tuple[str, ...]:
    """The categories that the agency of the task was shown through its referral."""
    shown = or_(AccessGrant.active_from.is_not(None), AccessGrant.preview_from.is_not(None))
    rows = select(AccessGrant.category).where(AccessGrant.referral_id == task.referral, shown)
    return tuple(db.session.scalars(rows.distinct().order_by(AccessGrant.category)))


def of_case(actor: Actor, case_id: UUID) -> list[TaskView]:
    """Every task about a case that this person sees, the oldest first, done ones included."""
    rows = db.session.scalars(select(Task).where(Task.subject == case_id).order_by(Task.opened_at, Task.id))
    return [_view(actor, row) for row in rows]


def _view(actor: Actor, row: Task) -> TaskView:
    return TaskView(
        row.id,
        row.subject,
        row.referral_id,
        row.kind,
        row.agency_id,
        row.due,
        row.opened_at,
        row.done_at,
        row.outcome,
        tuple(row.kept or ()),
        mine=row.done_at is None and row.agency_id == actor.agency_id,
    )
