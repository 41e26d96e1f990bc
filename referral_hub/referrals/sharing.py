"""What a referral may carry: the decision on real consents, the preview for the sender, the grants at sending."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.decision import Decision, OwnerLine, Question, Recipient, decide, view
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.consent.queries import denials_of_case, exceptions_of_case, facts_of_case, on_hold
from referral_hub.consent.service import agency_type, need_row
from referral_hub.directory.models import Desk
from referral_hub.directory.queries import parents
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.referrals.errors import NotShareable
from referral_hub.referrals.models import ReferralCategory
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation

_STAGE = text("SELECT stage_grants(:referral, :ids, :categories, :until, :preview, :at)")


@dataclass(frozen=True, slots=True)
class SharePreview:
    """Both halves of "what will they see": for the sender with reasons, and exactly the recipient's half."""

    owner: tuple[OwnerLine, ...]
    recipient: tuple[OwnerLine, ...]


def preview(actor: Actor, case_id: UUID, recipient_id: UUID, service: str, *, now: datetime) -> SharePreview:
    """What an agency would get for a service of this case today, category by category."""
    require(actor, Action.REFERRAL_SEND, subject=case_id)
    _, regulation = store.in_force(now)
    decision = decision_for(regulation, case_id, recipient_id, service, None, None, now)
    return SharePreview(view(decision, "owner"), view(decision, "recipient"))


def decision_for(
    regulation: Regulation,
    case_id: UUID,
    recipient_id: UUID,
    service: str,
    desk_id: UUID | None,
    categories: tuple[str, ...] | None,
    now: datetime,
    referral_id: UUID | None = None,
) -> Decision:
    """The decision for ``categories`` (all that the matrix row names, when None). The caller has passed the gate."""
    recipient_type = agency_type(recipient_id)
    row = regulation.need_to_know(service, recipient_type)
    if categories is None:
        categories = row.min_order + row.ask_order + row.deny_order if row else ()
    above = frozenset(parents(recipient_id))
    question = Question(
        service, row.purpose if row else "", Recipient(recipient_id, desk_id, above=above), categories, referral_id
    )
    return decide(
        question,
        need_row(regulation, service, recipient_type),
        facts_of_case(case_id),
        denials_of_case(case_id),
        exceptions=exceptions_of_case(case_id),
        on_hold=on_hold(case_id),
        now=now,
    )


def denied_whole(case_id: UUID, agency_id: UUID) -> bool:
    """Whether she keeps this agency, or one above it with its units, out of all (the caller has passed the gate)."""
    above = frozenset(parents(agency_id))
    return any(
        d.category is None and (d.agency == agency_id or (d.with_units and d.agency in above))
        for d in denials_of_case(case_id)
    )


def denied_desks(case_id: UUID) -> frozenset[UUID]:
    """The desks she keeps out of everything (the caller has passed the gate)."""
    return frozenset(d.desk for d in denials_of_case(case_id) if d.category is None and d.desk is not None)


def working_desk(agency_id: UUID, *, without: Collection[UUID] = ()) -> UUID:
    """Where referrals to an agency arrive (its desk on call first), passing over denied ones.

    :raises Invalid: the agency has no working desk.
    """
    found = db.session.scalar(
        select(Desk.id)
        .where(Desk.agency_id == agency_id, Desk.closed_at.is_(None), Desk.id.not_in(list(without)))
        .order_by(Desk.on_call.desc(), Desk.code)
        .limit(1)
    )
    if found is None:
        raise Invalid("recipient", "Đơn vị này chưa có bàn nhận đang hoạt động.", "This agency has no working desk.")
    return found


def cover_categories(row: Row[Any], regulation: Regulation, at: datetime) -> tuple[str, ...]:
    """Decide every attached category and note the consent it rests on.

    :raises NotShareable: one of them may not go, with the reason for each (the sender is the owner).
    """
    attached = tuple(
        db.session.scalars(select(ReferralCategory.category).where(ReferralCategory.referral_id == row.id))
    )
    decision = decision_for(
        regulation, row.case_id, row.recipient_id, row.service, row.desk_id, attached, at, referral_id=row.id
    )
    if decision.withheld:
        names = ", ".join(regulation.label("data_categories", w.category, "vi") for w in decision.withheld)
        names_en = ", ".join(regulation.label("data_categories", w.category, "en") for w in decision.withheld)
        raise NotShareable(
            f"Chưa chia sẻ được: {names}. Hãy bỏ các mục này hoặc ghi nhận sự đồng ý.",
            f"May not be shared: {names_en}. Leave them out or record her consent.",
            {w.category: str(w.reason) for w in decision.withheld},
        )
    if on_hold(row.case_id) and all(shown.basis == "consent" for shown in decision.shown):
        raise NotShareable(  # not even that there is a case: nothing goes out but an emergency
            "Đã có người gọi đề nghị dừng: chưa gửi gì thêm cho đến khi gọi lại được cho người được hỗ trợ.",
            "Somebody called and said stop: nothing is sent until she was called back.",
            {},
        )
    for shown in decision.shown:
        db.session.execute(
            update(ReferralCategory)
            .where(ReferralCategory.referral_id == row.id, ReferralCategory.category == shown.category)
            .values(**{f"{shown.basis}_id": shown.basis_id})
        )
    return tuple(shown.category for shown in decision.shown)


def stage(
    actor: Actor, row: Row[Any], regulation: Regulation, covered: tuple[str, ...], at: datetime, now: datetime
) -> None:
    """Make the waiting grants of a referral that was just sent; the door checks each consent again."""
    if not covered:
        return
    payload = {"referral": str(row.id), "categories": sorted(covered), "recipient": str(row.recipient_id)}
    record(actor, Entry(Act.ACCESS_STAGED, row.case_id, payload, why=row.purpose, count=len(covered)), now=now)
    db.session.execute(
        _STAGE,
        {
            "referral": row.id,
            "ids": [new_id() for _ in covered],
            "categories": list(covered),
            "until": _ends_with_next_version(row, regulation, covered, at),
            "preview": sorted(regulation.preview_fields),
            "at": at,
        },
    )


def _ends_with_next_version(
    row: Row[Any], regulation: Regulation, categories: tuple[str, ...], at: datetime
) -> list[datetime | None]:
    """For each category the day from which an adopted, later version bars it; None where it stays allowed."""
    following = store.next_after(at)
    if following is None:
        return [None] * len(categories)
    starts, later = following
    recipient_type = agency_type(row.recipient_id)
    need = later.need_to_know(row.service, recipient_type)
    asked_by_name = regulation.need_to_know(row.service, recipient_type)
    named = asked_by_name.ask if asked_by_name else frozenset[str]()
    if need is None or need.purpose != row.purpose:
        return [starts] * len(categories)
    return [None if c in need.min or (c in need.ask and c in named) else starts for c in categories]
