"""Using a ground without her consent: opening by code; what every use leaves: the reason, who is told, who reviews.

A disclosure is sent by ``referrals.disclosing``, which calls :func:`begin` on its draft.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update

from referral_hub.access import marks
from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.denials import barred
from referral_hub.access.gate import NO_SUBJECT, Refused, require, resting
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.consent.events import EmergencyActed
from referral_hub.consent.exceptions import Ground, check_reason, chosen, opening_ends, suspends_at
from referral_hub.consent.models import EmergencyAct
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.events import publish
from referral_hub.kernel.ids import new_id
from referral_hub.liaisons.queries import approvers_for
from referral_hub.liaisons.rules import Colleague, chain
from referral_hub.regulation import store
from referral_hub.regulation.durations import parse_duration
from referral_hub.regulation.model import Regulation
from referral_hub.vault.documents import AUDIT_KEY, open_key, seal_document

_OPEN = text(
    "SELECT subject, owner_id FROM open_emergency(:act, :code, :ground, :categories, :grants, :at, :until, :regulation)"
)
_BEGIN = text("SELECT begin_disclosure(:act, :referral, :ground, :categories, :at, :inform, :reason)")
_TASKS = text("SELECT set_emergency_tasks(:act, CAST(:tasks AS jsonb))")
_KEY = text("SELECT wrapped, wrapping_key FROM audit_key(:subject)")


class NothingOpened(Invalid):
    """No such case, or not for this person: one answer, so that nobody learns which."""

    code = "not-found"

    def __init__(self) -> None:
        super().__init__(
            "code",
            "Không mở được bằng mã này. Hãy kiểm tra lại mã; nếu đang có nguy hiểm, gọi ngay các số ở trên.",
            "Nothing opens with this code. Check the code; if there is danger, telephone the numbers above now.",
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """What a liaison types: the exact code of a case or referral, the ground, the reason in words."""

    code: str
    ground: str
    reason: str


@dataclass(frozen=True, slots=True)
class Opened:
    """An opening that stands: the act, the case, until when."""

    act: UUID
    subject: UUID
    until: datetime


def open_by_code(actor: Actor, wanted: Opening, *, now: datetime) -> Opened:
    """Open a case for this person alone, for the time and the categories of the ground. No earlier review blocks it.

    The database asks for a sign-in of the last minutes.

    :raises Invalid: ground or reason missing.
    :raises NothingOpened: wrong code, denied, in conflict, or the ground shows nothing to this kind of agency.
    :raises Refused: somebody without a role that opens; an overdue review, where the ground is not one that stays open.
    """
    require(actor, Action.EMERGENCY_OPEN)
    regulation_id, regulation = store.in_force(now)
    ground = chosen(regulation, "opening", wanted.ground)
    reason = check_reason(regulation, wanted.reason)
    check_not_suspended(actor, ground)
    most = ground.most(actor.agency_type)
    act, until = new_id(), opening_ends(regulation, now)
    marks.mark_everybody()
    row = db.session.execute(
        _OPEN,
        {
            "act": act,
            "code": wanted.code.strip()[:40] if most else "",
            "ground": ground.code,
            "categories": list(most),
            "grants": [new_id() for _ in most],
            "at": now,
            "until": until,
            "regulation": regulation_id,
        },
    ).first()
    if row is None:
        raise Refused(Action.EMERGENCY_OPEN, NO_SUBJECT, NothingOpened())
    payload = {"act": str(act), "ground": ground.code, "categories": list(most), "until": until.isoformat()}
    record(
        actor,
        Entry(Act.EMERGENCY_OPENED, row.subject, payload, why=ground.code, basis=act, count=len(most)),
        Entry(Act.ACCESS_OPENED, row.subject, {"categories": list(most)}, why=ground.code, basis=act, count=len(most)),
        now=now,
    )
    sealed = seal_reason(row.subject, act, reason)
    db.session.execute(update(EmergencyAct).where(EmergencyAct.id == act).values(reason=sealed))
    roles = tuple(regulation.raw["emergency"]["opening"]["told_at_once"])
    _leave(actor, act, row.subject, row.owner_id, "opening", ground, regulation, roles, now)
    return Opened(act, row.subject, until)


def begin(
    actor: Actor,
    case_id: UUID,
    referral_id: UUID,
    recipient_id: UUID,
    ground: Ground,
    categories: Sequence[str],
    *,
    inform: str,
    reason: str,
    now: datetime,
) -> UUID:
    """The act behind a disclosure: its reason, who is told, who reviews (the caller has passed the gate).

    :return: the act; the grants of the referral rest on it.
    """
    _id, regulation = store.in_force(now)
    act = new_id()
    payload = {"act": str(act), "ground": ground.code, "categories": list(categories), "recipient": str(recipient_id)}
    payload |= {"referral": str(referral_id), "inform": inform}
    entry = Entry(Act.EMERGENCY_SENT, case_id, payload, why=ground.code, basis=act, count=len(categories))
    record(actor, entry, now=now)
    db.session.execute(
        _BEGIN,
        {
            "act": act,
            "referral": referral_id,
            "ground": ground.code,
            "categories": list(categories),
            "at": now,
            "inform": inform,
            "reason": seal_reason(case_id, act, reason),
        },
    )
    _leave(actor, act, case_id, actor.agency_id, "disclosure", ground, regulation, (ground.approver,), now)
    return act


def check_not_suspended(actor: Actor, ground: Ground) -> None:
    """:raises Refused: an overdue review, and this ground is not one that stays open always."""
    if actor.suspended and not ground.never_suspended:
        raise Refused(Action.EMERGENCY_OPEN, NO_SUBJECT, resting(Action.EMERGENCY_OPEN))


def seal_reason(subject: UUID, act: UUID, reason: str) -> bytes:
    """The reason, sealed with the key of what entries say about this case."""
    row = db.session.execute(_KEY, {"subject": subject}).one()
    if row.wrapped is None:  # what entries say of it was erased; the act itself still counts
        return b""
    key = open_key(subject, AUDIT_KEY, row.wrapped, row.wrapping_key)
    return seal_document(key, {"reason": reason}, reason_identity(act))


def reason_identity(act: UUID) -> str:
    """What a sealed reason is bound to."""
    return f"emergency/v1|{act}"


def _leave(
    actor: Actor,
    act: UUID,
    subject: UUID,
    owner: UUID,
    kind: str,
    ground: Ground,
    regulation: Regulation,
    told_roles: tuple[str, ...],
    now: datetime,
) -> None:
    """Tasks for who is told (in the agency that keeps the case) and for who reviews (from the agency that acted)."""
    takes_away, gives_back = suspends_at(regulation, now)
    told: list[UUID] = []
    tasks = []

    def ask(task: str, role: str, office: UUID, within: str | None) -> None:
        people = approvers_for(actor, role, of=office, barred=lambda who: barred(actor, subject, who), now=now)
        if task == "told":
            told.extend(one.account_id for one in people)
        tasks.append(
            {
                "id": str(new_id()),
                "agency": str(people[0].agency_id if people else office),
                "kind": task,
                "role": _held(people, role, regulation) if people else role,
                "gives_back": gives_back,
                "due": parse_duration(within).due(now, regulation.calendar).isoformat() if within else None,
                "suspends_at": takes_away.isoformat() if within else None,
            }
        )

    for role in told_roles:
        ask("told", role, owner, None)
    for name, (role, within) in zip(("review", "second-review"), ground.reviews, strict=False):
        ask(name, role, actor.agency_id, within)
    db.session.execute(_TASKS, {"act": act, "tasks": json.dumps(tasks)})
    publish(EmergencyActed(actor, act, subject, kind, ground.code, tuple(dict.fromkeys(told)), now))


def _held(people: Sequence[Colleague], role: str, regulation: Regulation) -> str:
    """The role by which the chain found these people."""
    return next(step.role for step in chain(regulation.raw["approver_chain"], role) if step.role in people[0].roles)
