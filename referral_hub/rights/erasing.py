"""Erasing her record part by part: one person proposes, another approves, then it is done; what stays by law is named.

Neither of the two may be who took the request. What is asked here in Python, policies and ``erase_parts`` ask again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases import erasing as payloads
from referral_hub.cases.emptying import empty, kept
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid, NotFound
from referral_hub.kernel.ids import new_id
from referral_hub.rights import service
from referral_hub.rights.models import ErasurePart
from referral_hub.rights.rules import DONE, ERASURE, KINDS, PARTLY, REFUSED
from referral_hub.rights.service import RequestView
from referral_hub.vault.documents import AUDIT_KEY

#: Why a part may have to stay. The ground of an erasure itself is the entry of the regulation for this kind of request.
STAYS = ("proceedings", "medical-record", "child-protection", "public-money")
GROUND = KINDS[ERASURE]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of her record. ``proposed_by`` None: nothing was said about it yet; ``stays_because`` None: it goes."""

    category: str
    proposed_by: str | None
    stays_because: str | None
    approval: UUID | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request for erasure and its parts. ``step``: what comes next: ``propose``, ``approve``, ``erase``, ``over``."""

    request: RequestView
    parts: tuple[Part, ...]

    @property
    def step(self) -> str:
        """What comes next."""
        if self.request.answered_at is not None:
            return "over"
        if any(part.proposed_by is None for part in self.parts) or not self.parts:
            return "propose"
        going = [part for part in self.parts if part.stays_because is None]
        return "approve" if any(part.approval is None for part in going) else "erase"


def of_request(actor: Actor, request_id: UUID, *, now: datetime) -> Erasure:
    """What is decided about each part that her record holds; the look is an entry.

    :raises Refused: no request for erasure that this person sees, or that is not hers.
    """
    found = service.one(actor, request_id, now=now)
    if found.subject is None or found.kind != ERASURE:
        raise Refused(Action.RIGHTS_READ, request_id, NotFound())
    rows = db.session.scalars(
        select(ErasurePart).where(ErasurePart.request_id == request_id).order_by(ErasurePart.category)
    ).all()
    said = {row.category: _part(row) for row in rows}
    settled = found.answered_at is not None or any(row.approval is not None for row in rows)
    holds = () if settled else (*kept(found.subject), AUDIT_KEY)  # what is written later is another request's
    unsaid = (Part(code, None, None, None, None) for code in holds if code not in said)
    return Erasure(
        found, tuple(sorted((*said.values(), *unsaid), key=lambda part: (part.category.startswith("_"), part.category)))
    )


def propose(actor: Actor, request_id: UUID, stays: Mapping[str, str | None], *, now: datetime) -> None:
    """Say of every part whether it goes (None) or why it stays. Can be said anew until it was approved.

    :raises Refused: not in charge of data protection at the agency.
    :raises Invalid: a part about which nothing is said, or no such reason; who took the request decides nothing.
    :raises Conflict: approved already, or over.
    """
    found, subject = _asked(actor, request_id, Action.ERASURE_DO, now=now)
    if found.step == "over" or any(part.approval is not None for part in found.parts):
        raise Conflict("Việc xóa này đã được duyệt.", "This erasure was approved already.")
    for part in found.parts:
        if part.category not in stays or stays[part.category] not in (None, *STAYS):
            raise Invalid(part.category, "Hãy chọn xóa hay giữ.", "Choose whether it goes or stays.")
    said = {"request": str(request_id), "categories": sorted(part.category for part in found.parts)}
    record(actor, Entry(Act.ERASURE_PROPOSED, subject, said), now=now)
    for part in found.parts:
        values = {"stays_because": stays[part.category], "proposed_at": now, "proposed_by": actor.person}
        row = {"id": new_id(), "request_id": request_id, "subject": subject, "owner_id": actor.agency_id}
        db.session.execute(
            insert(ErasurePart)
            .values(**row, category=part.category, **values)
            .on_conflict_do_update(index_elements=["request_id", "category"], set_=values)
        )


def approve(actor: Actor, request_id: UUID, *, now: datetime) -> None:
    """Approve what was proposed, part by part.

    :raises Refused: not the head of the agency.
    :raises Invalid: this person proposed it or took the request.
    :raises Conflict: nothing waits for approval.
    """
    found, subject = _asked(actor, request_id, Action.ERASURE_APPROVE, now=now)
    going = [part for part in found.parts if part.stays_because is None]
    if found.step != "approve":
        raise Conflict("Không có gì đang chờ duyệt.", "Nothing waits for approval.")
    if any(part.proposed_by == actor.person for part in going):
        raise Invalid("approval", "Người đề xuất không được duyệt.", "Who proposed it cannot approve it.")
    said = {"request": str(request_id), "categories": sorted(part.category for part in going)}
    record(actor, Entry(Act.ERASURE_AGREED, subject, said), now=now)
    for part in going:
        ground = GROUND if part.category == AUDIT_KEY else part.category
        (approval,) = record(actor, Entry(Act.ERASURE_APPROVED, subject, why=ground), now=now)
        db.session.execute(
            update(ErasurePart)
            .where(ErasurePart.request_id == request_id, ErasurePart.category == part.category)
            .values(approval=approval, approved_at=now, approved_by=actor.person)
        )


def erase(actor: Actor, request_id: UUID, *, now: datetime) -> RequestView:
    """Do what was approved, for good, and answer her request: done, in part where something stays, or refused.

    :raises Refused: not in charge of data protection at the agency.
    :raises Invalid: this person took the request.
    :raises Conflict: nothing is approved that was not erased.
    """
    found, subject = _asked(actor, request_id, Action.ERASURE_DO, now=now)
    going = {part.category: part.approval for part in found.parts if part.stays_because is None}
    if found.step != "erase":
        raise Conflict("Việc xóa này chưa được duyệt.", "This erasure was not approved.")
    words = going.pop(AUDIT_KEY, None)
    empty(actor, subject, going, GROUND, now=now)
    db.session.execute(
        update(ErasurePart)
        .where(ErasurePart.request_id == request_id, ErasurePart.approval.is_not(None))
        .values(erased_at=now)
    )
    if words is not None:  # last: what the entries above say of her goes as well
        payloads.erase(actor, subject, GROUND, words, now=now)
    stays = any(part.stays_because is not None for part in found.parts)
    outcome = (PARTLY if stays else DONE) if words is not None or going else REFUSED
    return service.answer(actor, request_id, outcome, erased=True, now=now)


def _asked(actor: Actor, request_id: UUID, action: Action, *, now: datetime) -> tuple[Erasure, UUID]:
    found = of_request(actor, request_id, now=now)
    subject = found.request.subject
    assert subject is not None
    require(actor, action, subject=subject)
    if found.request.recorded_by == actor.person:
        raise Invalid(
            "approval",
            "Người ghi nhận yêu cầu không quyết định việc xóa.",
            "Who took the request does not decide about the erasure.",
        )
    return found, subject


def _part(row: ErasurePart) -> Part:
    return Part(row.category, row.proposed_by, row.stays_because, row.approval, row.erased_at)
