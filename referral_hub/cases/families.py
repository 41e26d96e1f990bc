"""Cases that belong together: one household, one incident. A link shows that it exists, and of what kind, to who holds
both cases; nothing of either file goes over to the other, and both have to agree."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import case as choose
from sqlalchemy import insert, or_, select, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import relation_to, require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.models import CaseFile, CaseLink
from referral_hub.cases.service import check_codes
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.regulation import store

Kind = Literal["household", "same-incident"]
KINDS: tuple[Kind, ...] = ("household", "same-incident")


@dataclass(frozen=True, slots=True)
class Agreed:
    """How each of the two agreed to the link: codes of the regulation's methods of consent. Silence is no agreement."""

    here: str
    there: str


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A link as it is seen from one of its cases."""

    id: UUID
    kind: str
    other: UUID
    code: str
    since: datetime


def link(actor: Actor, case_id: UUID, other_code: str, kind: str, agreed: Agreed, *, now: datetime) -> UUID:
    """Link a case with another of the same agency; the actor holds both.

    :raises Refused: not a holder of the first.
    :raises Invalid: no such kind or method, or no other case with this code that the actor holds (one answer for all).
    :raises Conflict: linked so already.
    """
    require(actor, Action.CASE_WRITE, subject=case_id)
    if kind not in KINDS:
        raise Invalid("kind", "Hãy chọn loại liên kết.", "Choose the kind of link.")
    if not agreed.here or not agreed.there:
        raise Invalid("here", "Cả hai người phải đồng ý.", "Both of them have to agree.")
    check_codes(
        store.in_force(now)[1],
        {"here": agreed.here, "there": agreed.there},
        {"here": "consent.methods", "there": "consent.methods"},
    )
    other = _held(actor, other_code)
    if other is None or other == case_id:
        raise Invalid("code", "Bạn không giữ trường hợp nào có mã này.", "You hold no case with this code.")
    if any(one.other == other and one.kind == kind for one in links(actor, case_id)):
        raise Conflict("Hai trường hợp đã được liên kết.", "The two cases are linked already.")
    _record(actor, Act.CASE_LINKED, (case_id, other), now)
    made = new_id()
    db.session.execute(
        insert(CaseLink).values(
            id=made,
            subject=case_id,
            other=other,
            owner_id=actor.agency_id,
            kind=kind,
            method=agreed.here,
            other_method=agreed.there,
            recorded_at=now,
        )
    )
    return made


def unlink(actor: Actor, case_id: UUID, link_id: UUID, *, now: datetime) -> None:
    """End a link: one of the two no longer wants it, or it was a mistake.

    :raises Refused: not a holder of the case.
    :raises Conflict: ended already, or no link that the actor sees.
    """
    require(actor, Action.CASE_WRITE, subject=case_id)
    found = next((one for one in links(actor, case_id) if one.id == link_id), None)
    if found is None:
        raise Conflict("Liên kết này không còn.", "This link is no more.")
    _record(actor, Act.CASE_UNLINKED, (case_id, found.other), now)
    db.session.execute(update(CaseLink).where(CaseLink.id == link_id).values(ended_at=now))


def links(actor: Actor, case_id: UUID) -> list[LinkedCase]:
    """The cases linked with this one that the actor holds too; a link to a case held by others is not there."""
    require(actor, Action.CASE_READ, subject=case_id)
    row = CaseLink
    other = choose((row.subject == case_id, row.other), else_=row.subject)
    rows = db.session.execute(
        select(row.id, row.kind, CaseFile.id.label("other"), CaseFile.code, row.recorded_at.label("since"))
        .join(CaseFile, CaseFile.id == other)
        .where(or_(row.subject == case_id, row.other == case_id), row.ended_at.is_(None))
        .order_by(row.recorded_at)
    )
    return [LinkedCase(**one._mapping) for one in rows]


def _held(actor: Actor, code: str) -> UUID | None:
    """The case of this code if the actor holds it; a colleague's and one that does not exist are the same."""
    found = db.session.scalar(
        select(CaseFile.id).where(CaseFile.code == code.strip().upper()[:40], CaseFile.owner_id == actor.agency_id)
    )
    if found is None or not relation_to(actor, found).holds:
        return None
    return found


def _record(actor: Actor, act: Act, cases: tuple[UUID, UUID], now: datetime) -> None:
    """An entry for each of the two; neither names the other, since each has readers of its own."""
    record(actor, *(Entry(act, case_id) for case_id in cases), now=now)
