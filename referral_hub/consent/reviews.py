"""What each use of a ground leaves: who reads of it, who reviews it, who gives work back, when she is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Row, or_, select, text, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.consent.emergencies import reason_identity
from referral_hub.consent.exceptions import alerted_roles
from referral_hub.consent.models import EmergencyAct, EmergencyTask
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, NotFound
from referral_hub.liaisons.models import Account
from referral_hub.regulation import store
from referral_hub.vault.documents import AUDIT_KEY, open_document, open_key

Outcome = Literal["justified", "unjustified"]
_KEY = text("SELECT wrapped, wrapping_key FROM audit_key(:subject)")


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do about an emergency act. ``mine``: this person may do it. ``alert``: overdue, and the role
    is alerted. ``takes_work``: by being open it keeps who acted from other work now. ``returnable``: this person
    gives it back."""

    id: UUID
    act: UUID
    case: UUID
    kind: str
    ground: str
    who: str
    done_how: str
    at: datetime
    due: datetime | None
    mine: bool
    alert: bool
    takes_work: bool
    returnable: bool
    account: UUID


@dataclass(frozen=True, slots=True)
class ActView:
    """One use of a ground, as who may see it reads it."""

    id: UUID
    case: UUID
    kind: str
    ground: str
    who: str
    agency: UUID
    recipient: UUID
    categories: tuple[str, ...]
    at: datetime
    until: datetime | None
    inform: str
    told_at: datetime | None
    reason: str | None
    referral: UUID | None


def tasks(actor: Actor, *, now: datetime) -> list[Task]:
    """The open tasks this person may do or is alerted of, the nearest deadline first; those without one before them."""
    require(actor, Action.EMERGENCY_REVIEW)
    alerted = bool(set(alerted_roles(store.in_force(now)[1])) & actor.roles)
    t, a = EmergencyTask, EmergencyAct
    rows = db.session.execute(
        select(t.__table__, a.ground, a.at, a.kind.label("done_how"), Account.name.label("who"))
        .join(a, a.id == t.act_id)
        .join(Account, Account.id == t.account_id)
        .where(t.done_at.is_(None), t.account_id != actor.account_id)
        .order_by(t.due.asc().nulls_first(), t.id)
    ).all()
    found = [_task(row, actor, alerted, now) for row in rows]
    return [task for task in found if task.mine or task.alert or task.returnable]


def act(actor: Actor, act_id: UUID, *, now: datetime) -> ActView:
    """One use of a ground with its reason, for who did it, who reviews it and who keeps the case. Leaves its entry.

    :raises Refused: nobody of these; looks like one that does not exist.
    """
    require(actor, Action.EMERGENCY_REVIEW)
    row = db.session.execute(
        select(EmergencyAct.__table__, Account.name.label("who"))
        .join(Account, Account.id == EmergencyAct.account_id)
        .where(EmergencyAct.id == act_id)
    ).first()
    if row is None or not _concerns(actor, row):
        raise Refused(Action.EMERGENCY_REVIEW, act_id, NotFound())
    record(actor, Entry(Act.EMERGENCY_READ, row.subject, why=row.ground, basis=act_id), now=now)
    return _view(row, _reason(row))


def of_case(actor: Actor, case_id: UUID) -> list[ActView]:
    """Every use of a ground on a case one holds, newest first, without the reasons."""
    require(actor, Action.CASE_READ, subject=case_id)
    rows = db.session.execute(
        select(EmergencyAct.__table__, Account.name.label("who"))
        .join(Account, Account.id == EmergencyAct.account_id)
        .where(EmergencyAct.subject == case_id)
        .order_by(EmergencyAct.at.desc())
    )
    return [_view(row, None) for row in rows]


def openings(actor: Actor, *, now: datetime) -> list[ActView]:
    """This person's openings that still stand."""
    require(actor, Action.EMERGENCY_OPEN)
    rows = db.session.execute(
        select(EmergencyAct.__table__, Account.name.label("who"))
        .join(Account, Account.id == EmergencyAct.account_id)
        .where(EmergencyAct.account_id == actor.account_id, EmergencyAct.until > now)
        .order_by(EmergencyAct.until)
    )
    return [_view(row, None) for row in rows]


def note(actor: Actor, task_id: UUID, *, now: datetime) -> None:
    """ "I have read that it happened": for who was told.

    :raises Conflict: not this person's to note, or noted already.
    """
    _finish(actor, task_id, ("told",), None, Act.EMERGENCY_TOLD, now)


def review(actor: Actor, task_id: UUID, outcome: Outcome, *, now: datetime) -> None:
    """Say whether it was justified. Nobody reviews what he or she did.

    :raises Conflict: not this person's to review, or reviewed already.
    """
    _finish(actor, task_id, ("review", "second-review"), outcome, Act.EMERGENCY_REVIEWED, now)


def told(actor: Actor, act_id: UUID, *, now: datetime) -> None:
    """She was told of it, by who keeps her case.

    :raises Refused: not a holder of the case.
    """
    found = db.session.execute(select(EmergencyAct.subject).where(EmergencyAct.id == act_id)).first()
    require(actor, Action.CASE_READ, subject=found.subject if found else act_id)
    assert found is not None
    record(actor, Entry(Act.EMERGENCY_INFORMED, found.subject, {"act": str(act_id)}), now=now)
    db.session.execute(
        update(EmergencyAct).where(EmergencyAct.id == act_id, EmergencyAct.told_at.is_(None)).values(told_at=now)
    )


def give_back(actor: Actor, account: UUID, *, now: datetime) -> int:
    """Give back the work that overdue reviews took away from a colleague; the reviews stay open.

    :return: of how many reviews the weight was taken away.
    :raises Refused: not the role that gives work back.
    """
    require(actor, Action.WORK_GIVE_BACK)
    t = EmergencyTask
    heavy = (t.account_id == account, t.done_at.is_(None), t.suspends_at <= now, t.given_back_at.is_(None))
    rows = db.session.execute(
        select(t.id, t.subject).where(*heavy, t.by_agency_id == actor.agency_id, t.account_id != actor.account_id)
    ).all()
    for subject in {row.subject for row in rows}:
        record(actor, Entry(Act.EMERGENCY_GIVEN_BACK, subject, why="given-back"), now=now)
    if rows:
        db.session.execute(
            update(t).where(t.id.in_([row.id for row in rows])).values(given_back_at=now, given_back_by=actor.person)
        )
    return len(rows)


def _finish(
    actor: Actor, task_id: UUID, kinds: tuple[str, ...], outcome: Outcome | None, entry: Act, now: datetime
) -> None:
    require(actor, Action.EMERGENCY_REVIEW)
    t = EmergencyTask
    row = db.session.execute(select(t.subject, t.act_id).where(t.id == task_id)).first()
    if row is None:
        raise Refused(Action.EMERGENCY_REVIEW, task_id, NotFound())
    payload = {"act": str(row.act_id)} | ({"outcome": outcome} if outcome else {})
    record(actor, Entry(entry, row.subject, payload), now=now)
    done = db.session.execute(
        update(t)
        .where(
            t.id == task_id,
            t.kind.in_(kinds),
            t.done_at.is_(None),
            t.account_id != actor.account_id,
            t.agency_id == actor.agency_id,
            t.role.in_(sorted(actor.roles)),
        )
        .values(done_at=now, done_by=actor.person, outcome=outcome)
        .returning(t.id)
    ).first()
    if done is None:
        raise Conflict(
            "Việc này không phải của bạn, hoặc đã có người làm.", "This is not yours to do, or somebody has done it."
        )


def _task(row: Row[tuple[object, ...]], actor: Actor, alerted: bool, now: datetime) -> Task:
    overdue = row.due is not None and row.due <= now
    takes_work = row.suspends_at is not None and row.suspends_at <= now and row.given_back_at is None
    return Task(
        id=row.id,
        act=row.act_id,
        case=row.subject,
        kind=row.kind,
        ground=row.ground,
        who=row.who,
        done_how=row.done_how,
        at=row.at,
        due=row.due,
        mine=row.agency_id == actor.agency_id and row.role in actor.roles,
        alert=overdue and alerted and actor.agency_id in (row.by_agency_id, row.agency_id, row.owner_id),
        takes_work=takes_work,
        returnable=takes_work and row.by_agency_id == actor.agency_id and row.gives_back in actor.roles,
        account=row.account_id,
    )


def _concerns(actor: Actor, row: Row[tuple[object, ...]]) -> bool:
    """Who did it, who has or had a task about it, or who keeps the case."""
    if row.account_id == actor.account_id:
        return True
    t = EmergencyTask
    asked = select(t.id).where(
        t.act_id == row.id,
        or_(
            (t.agency_id == actor.agency_id) & t.role.in_(sorted(actor.roles)),
            (t.by_agency_id == actor.agency_id) & t.gives_back.in_(sorted(actor.roles)),
        ),
    )
    if db.session.execute(asked.limit(1)).first() is not None:
        return True
    return bool(db.session.scalar(text("SELECT door_holds(:subject)"), {"subject": row.subject}))


def _view(row: Row[tuple[object, ...]], reason: str | None) -> ActView:
    return ActView(
        row.id,
        row.subject,
        row.kind,
        row.ground,
        row.who,
        row.agency_id,
        row.recipient_id,
        tuple(row.categories),
        row.at,
        row.until,
        row.inform,
        row.told_at,
        reason,
        row.referral_id,
    )


def _reason(row: Row[tuple[object, ...]]) -> str | None:
    """The reason in words; None when it was erased, or is not this reader's agency's to open."""
    key = db.session.execute(_KEY, {"subject": row.subject}).first()
    if key is None or key.wrapped is None or not row.reason:
        return None
    opened = open_document(
        open_key(row.subject, AUDIT_KEY, key.wrapped, key.wrapping_key), row.reason, reason_identity(row.id)
    )
    return str(opened["reason"])
