"""Who is told of a task: the role that was asked, whoever holds the case, or whoever answers at the other agency.

When it is overdue, whoever stands above them hears of it too, and the owner who asked another agency.
"""

from uuid import UUID, uuid5

from sqlalchemy import or_, select

from referral_hub.cases.models import CaseTeam
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.kernel.jobs import Job, Work, enqueue
from referral_hub.liaisons.models import Account
from referral_hub.notifications.delivering import TASK
from referral_hub.notifications.telling import ToTell, write_notices
from referral_hub.referrals.models import Referral
from referral_hub.referrals.people import ABOVE, reachable, tellable, with_role
from referral_hub.tasks.events import TaskOpened
from referral_hub.tasks.models import Task

TELL_TASK = "notices:tell-task"
TELL_OVERDUE = "notices:tell-overdue"


def on_task_opened(event: TaskOpened) -> None:
    """Handler: somebody has something to do."""
    arguments = {"task": str(event.task_id), "owner": str(event.owner_id), "pressing": str(event.urgent)}
    enqueue(Job(TELL_TASK, arguments, urgent=event.urgent))
    if event.due is not None:
        enqueue(Job(TELL_OVERDUE, {"task": str(event.task_id), "owner": str(event.owner_id)}, at=event.due))


def tell_task(work: Work, task: str, owner: str, pressing: str) -> None:
    """Write the notices of one task. One that is done already, or that was open before, is told to nobody."""
    with work.acting(_as_owner(work, owner)):
        row = _open(task)
        people = _asked(row, work) if row is not None else []
        if row is not None and people:
            write_notices(row.referral_id, ToTell(f"task:{row.kind}", people), row.id, pressing == str(True), work)


def tell_overdue(work: Work, task: str, owner: str) -> None:
    """Its time has come, and it is still open: those above who has to do it, and the owner who asked."""
    with work.acting(_as_owner(work, owner)):
        row = _open(task)
        if row is None:
            return
        people: list[UUID] = []
        for role in ABOVE:
            people = people or tellable(row.subject, with_role(role, row.agency_id))
        if row.agency_id != row.owner_id:
            people += [one for one in _holders(row, work) if one not in people]
        if people:
            source = uuid5(row.id, "overdue")
            write_notices(row.referral_id, ToTell(f"overdue:{row.kind}", people), source, True, work)


def _as_owner(work: Work, owner: str) -> str:
    """The credential of the task of the owner's agency, who alone knows whom she refused."""
    with work.reading():
        code = db.session.scalar(select(Agency.code).where(Agency.id == UUID(owner)))
    return f"system:{TASK}:{code}"


def _open(task: str) -> Task | None:
    return db.session.scalars(select(Task).where(Task.id == UUID(task), Task.done_at.is_(None))).first()


def _asked(task: Task, work: Work) -> list[UUID]:
    if task.referral_id is not None and task.agency_id != task.owner_id:
        row = db.session.execute(select(*Referral.__table__.columns).where(Referral.id == task.referral_id)).one()
        return reachable(row, "recipient", work.now)
    if task.role is not None:
        return tellable(task.subject, with_role(task.role, task.agency_id))
    return _holders(task, work)


def _holders(task: Task, work: Work) -> list[UUID]:
    """The team of the case, else those above in the agency that keeps it."""
    team = select(CaseTeam.account_id).join(Account, Account.id == CaseTeam.account_id)
    held = (CaseTeam.subject == task.subject, Account.active, or_(CaseTeam.until.is_(None), CaseTeam.until > work.now))
    people = tellable(task.subject, list(db.session.scalars(team.where(*held).order_by(CaseTeam.since))))
    for role in ABOVE:
        people = people or tellable(task.subject, with_role(role, task.owner_id))
    return people
