"""Whom she does not want to see anything of her case: recording, reading and lifting it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.decision import DenialFact
from referral_hub.access.gate import Refused, require
from referral_hub.access.models import AccessDenial
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid, NotFound
from referral_hub.kernel.ids import new_id

_ABOVE = text(
    "WITH RECURSIVE up (id, parent_id) AS (SELECT id, parent_id FROM agency WHERE id = :agency"
    " UNION SELECT g.id, g.parent_id FROM agency g JOIN up ON g.id = up.parent_id) SELECT id FROM up"
)
_BARRED = text("SELECT door_barred(:subject, :accounts)")


@dataclass(frozen=True, slots=True)
class Denial:
    """A denial that stands, as who keeps the case sees it."""

    id: UUID
    fact: DenialFact
    denied_at: datetime


def deny(actor: Actor, subject: UUID, denial: DenialFact, *, now: datetime) -> UUID:
    """From now on this agency (with its units), desk or account sees nothing (or not this category) of ``subject``.

    :raises Refused: not a holder of the case.
    :raises Invalid: it would shut out the agency that keeps the case.
    """
    require(actor, Action.DENIAL_RECORD, subject=subject)
    _check(actor, denial)
    targets = {"agency": denial.agency, "desk": denial.desk, "account": denial.account, "category": denial.category}
    payload = {name: str(value) for name, value in targets.items() if value is not None}
    payload |= {"units": "with"} if denial.with_units else {}
    (entry_uid,) = record(actor, Entry(Act.ACCESS_DENIED_TO, subject, payload), now=now)
    denial_id = new_id()
    db.session.execute(
        insert(AccessDenial).values(
            id=denial_id,
            subject=subject,
            owner_id=actor.agency_id,
            agency_id=denial.agency,
            desk_id=denial.desk,
            account_id=denial.account,
            category=denial.category,
            with_units=denial.with_units,
            denied_at=now,
            entry_uid=entry_uid,
        )
    )
    return denial_id


def lift(actor: Actor, subject: UUID, denial_id: UUID, *, now: datetime) -> None:
    """She changed her mind: the denial ends. Nobody lifts one that stands against himself or his desk.

    :raises Refused: not a holder of the case.
    :raises Conflict: no such denial stands, or it is against the actor.
    """
    require(actor, Action.DENIAL_RECORD, subject=subject)
    record(actor, Entry(Act.ACCESS_DENIAL_LIFTED, subject, {"denial": str(denial_id)}), now=now)
    lifted = db.session.execute(
        update(AccessDenial)
        .where(AccessDenial.id == denial_id, AccessDenial.subject == subject, AccessDenial.lifted_at.is_(None))
        .values(lifted_at=now)
        .returning(AccessDenial.id)
    ).first()
    if lifted is None:
        raise Conflict("Không có yêu cầu nào như vậy để gỡ.", "There is no such denial to lift.")


def of_case(actor: Actor, subject: UUID, *, now: datetime) -> list[Denial]:
    """What stands, newest first, for a holder of the case; the reading leaves its entry."""
    require(actor, Action.DENIAL_RECORD, subject=subject)
    record(actor, Entry(Act.ACCESS_DENIALS_READ, subject, why="own-case"), now=now)
    row = AccessDenial
    rows = db.session.scalars(
        select(row).where(row.subject == subject, row.lifted_at.is_(None)).order_by(row.denied_at.desc())
    )
    return [
        Denial(d.id, DenialFact(d.category, d.agency_id, d.desk_id, d.account_id, d.with_units), d.denied_at)
        for d in rows
    ]


def barred(actor: Actor, subject: UUID, accounts: Sequence[UUID]) -> Collection[UUID]:
    """Those of ``accounts`` who must not be told, asked or given anything of ``subject``.

    For the owner and the parties of a referral of it; who is picked, told or asked passes here first.

    :raises Refused: a stranger to the case.
    """
    if not accounts:
        return frozenset()
    known = text(
        "SELECT EXISTS (SELECT 1 FROM subject WHERE id = :s) OR EXISTS (SELECT 1 FROM referral WHERE case_id = :s)"
        " OR EXISTS (SELECT 1 FROM emergency_act WHERE subject = :s)"
    )
    if not db.session.scalar(known, {"s": subject}):
        raise Refused(Action.REFERRAL_READ, subject, NotFound())
    return frozenset(db.session.scalars(_BARRED, {"subject": subject, "accounts": list(accounts)}))


def _check(actor: Actor, denial: DenialFact) -> None:
    """The house that keeps the case cannot be shut out of it; its desks and people can."""
    if [denial.agency, denial.desk, denial.account].count(None) != 2 or (denial.with_units and not denial.agency):
        raise Invalid("target", "Hãy chọn một đơn vị, một bàn hoặc một người.", "Choose one agency, desk or person.")
    if denial.agency is None:
        return
    above = set(db.session.scalars(_ABOVE, {"agency": actor.agency_id}))
    if denial.agency == actor.agency_id or (denial.with_units and denial.agency in above):
        raise Invalid(
            "target",
            "Không thể chặn chính đơn vị đang giữ trường hợp: hãy chặn từng bàn hoặc từng người.",
            "The agency that keeps the case cannot be shut out: name a desk or a person.",
        )
