"""Sending in an emergency without her consent: at once, to a unit she did not shut out, or a number to call."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.consent import emergencies
from referral_hub.consent.exceptions import (
    TOLD,
    Ground,
    best_service,
    check_reason,
    chosen,
    units_upwards,
)
from referral_hub.consent.service import agency_type
from referral_hub.directory.models import Agency, AgencyService
from referral_hub.directory.queries import parents
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.referrals.drafting import NewReferral, draft
from referral_hub.referrals.rules import Step
from referral_hub.referrals.sharing import denied_desks, denied_whole, working_desk
from referral_hub.referrals.stepping import step
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation


@dataclass(frozen=True, slots=True)
class NewDisclosure:
    """What goes where. ``categories`` None: all that the ground may show to this kind of agency. ``inform``: ``told``
    (she knows), or the code of why telling her has to wait."""

    case_id: UUID
    recipient_id: UUID
    ground: str
    reason: str
    inform: str
    categories: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Where it went. ``referral`` None: no unit could take it, so the telephone is the way (``numbers``, always given).

    ``passed_over``: units that she shut out, or that have no desk; the recipient never hears of them.
    """

    referral: UUID | None
    recipient: UUID | None
    passed_over: tuple[UUID, ...]
    numbers: tuple[str, ...]


def disclose(actor: Actor, new: NewDisclosure, *, now: datetime) -> Disclosed:
    """Send now, without waiting for anybody: the approver is told and a review is due in the same transaction.

    A unit that she shut out is passed over for the next unit up, in the same act; a desk or a person she shut out
    stays out.

    :raises Invalid: no such ground, a reason too short, a recipient the ground does not name.
    :raises Refused: not a holder of the case; an overdue review, where the ground is not one that stays open.
    """
    require(actor, Action.EMERGENCY_SEND, subject=new.case_id)
    _id, regulation = store.in_force(now)
    ground = chosen(regulation, "disclosure", new.ground)
    reason = check_reason(regulation, new.reason)
    emergencies.check_not_suspended(actor, ground)
    _check(regulation, ground, new)
    numbers = tuple(str(line["number"]) for line in regulation.raw["emergency"]["numbers"])
    passed: list[UUID] = []
    for unit in _units(regulation, new.recipient_id):
        categories = _categories(ground, agency_type(unit), new.categories)
        service = _service(regulation, unit, categories)
        if service is None or not categories or not _reachable(actor, new.case_id, unit):
            passed.append(unit)
            continue
        sent = _send(replace(actor, suspended=False), regulation, new, ground, unit, service, categories, reason, now)
        return Disclosed(sent, unit, tuple(passed), numbers)
    return Disclosed(None, None, tuple(passed), numbers)


def _send(
    actor: Actor,
    regulation: Regulation,
    new: NewDisclosure,
    ground: Ground,
    unit: UUID,
    service: str,
    categories: tuple[str, ...],
    reason: str,
    now: datetime,
) -> UUID:
    most_urgent = max(regulation.urgency_levels, key=lambda level: level.order).code
    referral = draft(actor, NewReferral(new.case_id, unit, service, most_urgent, categories), now=now)
    emergencies.begin(actor, new.case_id, referral, unit, ground, categories, inform=new.inform, reason=reason, now=now)
    step(actor, referral, Step("send"), now=now)
    return referral


def _check(regulation: Regulation, ground: Ground, new: NewDisclosure) -> None:
    if not ground.most(agency_type(new.recipient_id)):
        raise Invalid("recipient", "Căn cứ này không cho gửi tới đơn vị này.", "This ground names no such recipient.")
    if new.inform not in (TOLD, *ground.inform_unless):
        raise Invalid(
            "inform",
            "Hãy cho biết đã báo cho người được hỗ trợ chưa, hoặc vì sao chưa báo.",
            "Say whether she was told, or why telling her has to wait.",
        )


def _categories(ground: Ground, recipient_type: str, wanted: tuple[str, ...] | None) -> tuple[str, ...]:
    most = ground.most(recipient_type)
    return most if wanted is None else tuple(c for c in most if c in wanted)


def _service(regulation: Regulation, unit: UUID, categories: tuple[str, ...]) -> str | None:
    offered = db.session.scalars(select(AgencyService.service).where(AgencyService.agency_id == unit))
    return best_service(regulation, agency_type(unit), offered, categories)


def _reachable(actor: Actor, case_id: UUID, unit: UUID) -> bool:
    """Not the actor's own agency, not shut out, with a desk that is not."""
    if unit == actor.agency_id or denied_whole(case_id, unit):
        return False
    try:
        working_desk(unit, without=denied_desks(case_id))
    except Invalid:
        return False
    return True


def _units(regulation: Regulation, first: UUID) -> Iterator[UUID]:
    """The unit asked for, then those of the next types up: its own superior first."""
    yield first
    above = parents(first)
    for kind in units_upwards(regulation, agency_type(first)):
        rows = db.session.execute(
            select(Agency.id, Agency.code).where(Agency.type == kind, Agency.closed_at.is_(None), Agency.id != first)
        ).all()
        for row in sorted(rows, key=lambda one: (one.id not in above, one.code)):
            yield row.id
