"""Conflicts of interest: who says that a case must not be his; who has the name of a person described for it."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import insert, select, text, update

from referral_hub.access import marks
from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.models import AccessConflict, DescribedPerson
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id

_DECLARE = text("SELECT declare_conflict(:id, :code, :at)")
_CONFLICTED = text("SELECT door_conflicted(:subject)")


def declare(actor: Actor, code: str, *, now: datetime) -> None:
    """ "I must not work on this": from now on the case is not there for this person. What was read stays in the log.

    Says nothing about whether there is such a case; nobody opens anything.
    """
    require(actor, Action.CONFLICT_DECLARE)
    about = db.session.scalar(_DECLARE, {"id": new_id(), "code": code.strip()[:40], "at": now})
    if about is not None:
        record(actor, Entry(Act.ACCESS_CONFLICT, about), now=now)


def describe(
    actor: Actor, subject: UUID, name: str, *, source: Literal["denial", "section"] = "denial", now: datetime
) -> UUID:
    """Somebody she fears, by name: whoever carries it in any agency is kept out, until somebody checks that it is
    another.

    :raises Refused: not a holder of the case.
    :raises Invalid: a name of one word alone would meet too many; one's own name is a colleague's to record.
    """
    require(actor, Action.DENIAL_RECORD, subject=subject)
    if " " not in marks.folded(name):
        raise Invalid("name", "Cần họ và tên đầy đủ.", "The full name is needed.")
    if marks.digest(name) == marks.digest(actor.name):
        raise Invalid(
            "name",
            "Người này trùng họ tên với bạn: hãy nhờ đồng nghiệp ghi và giữ trường hợp này.",
            "This person has your own name: ask a colleague to record it and to keep this case.",
        )
    marks.mark_everybody()
    record(actor, Entry(Act.ACCESS_DENIED_TO, subject, {"described": source}), now=now)
    described = new_id()
    db.session.execute(
        insert(DescribedPerson).values(
            id=described,
            subject=subject,
            owner_id=actor.agency_id,
            source=source,
            digest=marks.digest(name),
            recorded_at=now,
        )
    )
    return described


def redescribe(actor: Actor, subject: UUID, name: str | None, *, now: datetime) -> None:
    """What the section about the person who used violence says now: the name it held before no longer counts."""
    new = marks.digest(name) if name and " " in marks.folded(name) else None
    row = DescribedPerson
    standing = select(row.id, row.digest).where(
        row.subject == subject, row.source == "section", row.lifted_at.is_(None)
    )
    rows = db.session.execute(standing).all()
    stale = [old.id for old in rows if old.digest != new]
    if stale:
        record(actor, Entry(Act.ACCESS_DENIAL_LIFTED, subject, {"denial": "section"}), now=now)
        db.session.execute(update(row).where(row.id.in_(stale)).values(lifted_at=now))
    if new is not None and name is not None and len(stale) == len(rows):
        describe(actor, subject, name, source="section", now=now)


def of_case(actor: Actor, subject: UUID) -> Collection[UUID]:
    """Accounts in conflict with a case, declared or met by name, for a holder of it."""
    require(actor, Action.DENIAL_RECORD, subject=subject)
    return frozenset(db.session.scalars(_CONFLICTED, {"subject": subject}))


def checked(actor: Actor, subject: UUID, account: UUID, *, now: datetime) -> None:
    """Somebody checked: this account only has the same name, or what was declared no longer holds.

    :raises Refused: not a holder of the case.
    :raises Invalid: nobody clears himself.
    """
    require(actor, Action.DENIAL_RECORD, subject=subject)
    if account == actor.account_id:
        raise Invalid("account", "Không ai tự gỡ cho mình.", "Nobody clears himself or herself.")
    record(actor, Entry(Act.ACCESS_NOT_HIM, subject, {"account": str(account)}), now=now)
    row = AccessConflict
    db.session.execute(
        update(row)
        .where(row.subject == subject, row.account_id == account, row.cause == "declared", row.ended_at.is_(None))
        .values(ended_at=now)
    )
    db.session.execute(
        insert(row).values(
            id=new_id(), subject=subject, owner_id=actor.agency_id, account_id=account, cause="not-him", recorded_at=now
        )
    )
