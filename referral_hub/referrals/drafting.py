"""Writing a referral, and sending it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.models import CaseFile
from referral_hub.cases.service import check_codes, conditions_facts
from referral_hub.consent.service import agency_type
from referral_hub.directory.models import Agency, AgencyService
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_code, new_id
from referral_hub.referrals.models import Referral, ReferralCategory
from referral_hub.referrals.people import has_liaison
from referral_hub.referrals.rules import Step
from referral_hub.referrals.sharing import decision_for, denied_desks, denied_whole, working_desk
from referral_hub.referrals.stepping import step
from referral_hub.regulation import store
from referral_hub.regulation.deadlines import implied_urgency
from referral_hub.regulation.model import Regulation


@dataclass(frozen=True, slots=True)
class NewReferral:
    """What is asked of whom. ``categories`` None: all that her live consents cover. ``urgency`` None: the least
    that the case's facts imply."""

    case_id: UUID
    recipient_id: UUID
    service: str
    urgency: str | None = None
    categories: tuple[str, ...] | None = None


def draft(
    actor: Actor, new: NewReferral, *, occurred: datetime | None = None, imported: bool = False, now: datetime
) -> UUID:
    """A draft, seen by the sender alone.

    :raises Invalid: a service the recipient does not offer or the regulation does not send there, an urgency below
        what the facts imply, an unknown code.
    :raises Refused: another agency's case, or a colleague's.
    """
    require(actor, Action.REFERRAL_SEND, subject=new.case_id)
    at = occurred or now
    regulation_id, regulation = store.in_force(at)
    purpose = _purpose(actor, new, regulation, imported)
    urgency = _urgency(new, regulation)
    if not imported and not has_liaison(new.recipient_id) and not _telephone_first(regulation, urgency):
        phone = db.session.scalar(select(Agency.phone).where(Agency.id == new.recipient_id))
        raise Invalid(
            "recipient",
            f"Đơn vị này chưa có cán bộ đầu mối: hãy liên hệ trực tiếp{f', số {phone}' if phone else ''}.",
            f"Nobody answers for this agency in the hub yet: contact it directly{f', {phone}' if phone else ''}.",
        )
    if denied_whole(new.case_id, new.recipient_id):
        raise Invalid("recipient", "Không chuyển gửi tới đơn vị này.", "No referral goes to this agency.")
    desk_id = working_desk(new.recipient_id, without=denied_desks(new.case_id))
    categories = new.categories
    if categories is None:
        decision = decision_for(regulation, new.case_id, new.recipient_id, new.service, desk_id, None, at)
        categories = tuple(shown.category for shown in decision.shown)
    check_list = regulation.codes("data_categories")
    unknown = [c for c in categories if c not in check_list]
    if unknown:
        raise Invalid("categories", f"Không có nhóm thông tin “{unknown[0]}”.", f"No data category “{unknown[0]}”.")
    referral_id, code = new_id(), new_code("CG")
    initial = next(c for c, entry in regulation.codes("referral_statuses").items() if entry.raw.get("initial"))
    payload = {"referral": str(referral_id), "verb": "draft", "to": initial}
    record(actor, Entry(Act.REFERRAL_STEPPED, new.case_id, payload, why=purpose), now=now)
    db.session.execute(
        insert(Referral).values(
            id=referral_id,
            code=code,
            case_id=new.case_id,
            owner_id=actor.agency_id,
            case_code=db.session.scalar(select(CaseFile.code).where(CaseFile.id == new.case_id)),
            sender_id=actor.agency_id,
            recipient_id=new.recipient_id,
            desk_id=desk_id,
            service=new.service,
            purpose=purpose,
            urgency=urgency,
            status=initial,
            version=1,
            created_at=at,
            regulation_id=regulation_id,
            imported=imported,
        )
    )
    if categories:
        db.session.execute(
            insert(ReferralCategory),
            [
                {"referral_id": referral_id, "category": c, "case_id": new.case_id, "owner_id": actor.agency_id}
                for c in dict.fromkeys(categories)
            ],
        )
    return referral_id


def send(
    actor: Actor, new: Sequence[NewReferral], *, occurred: datetime | None = None, imported: bool = False, now: datetime
) -> tuple[UUID, ...]:
    """Draft and send to one or several agencies at once: all of them, or none.

    :raises NotShareable: an attached category without a live consent, with the reason for each.
    """
    sent = []
    for one in new:
        referral_id = draft(actor, one, occurred=occurred, imported=imported, now=now)
        step(actor, referral_id, Step("send"), occurred=occurred, now=now)
        sent.append(referral_id)
    return tuple(sent)


def _telephone_first(regulation: Regulation, urgency: str) -> bool:
    """An emergency goes out even to where nobody signs in: by telephone, and its ladder ends at the coordinator."""
    return any(level.code == urgency and level.phone_first for level in regulation.urgency_levels)


def _purpose(actor: Actor, new: NewReferral, regulation: Regulation, imported: bool) -> str:
    check_codes(regulation, {"service": new.service}, {"service": "essential_services"})
    row = regulation.need_to_know(new.service, agency_type(new.recipient_id))
    offered = db.session.scalar(
        select(AgencyService.service).where(
            AgencyService.agency_id == new.recipient_id, AgencyService.service == new.service
        )
    )
    if new.recipient_id == actor.agency_id:
        raise Invalid("recipient", "Không chuyển gửi cho chính đơn vị mình.", "An agency does not refer to itself.")
    if row is None or (offered is None and not imported):
        raise Invalid("recipient", "Đơn vị này không nhận dịch vụ đó.", "This agency does not provide that service.")
    return row.purpose


def _urgency(new: NewReferral, regulation: Regulation) -> str:
    facts = conditions_facts(new.case_id) | {"service": new.service}
    least = implied_urgency(regulation, facts)
    if new.urgency is None:
        return least
    check_codes(regulation, {"urgency": new.urgency}, {"urgency": "urgency_levels"})
    levels = regulation.codes("urgency_levels")
    if (levels[new.urgency].order or 0) < (levels[least].order or 0):
        raise Invalid(
            "urgency",
            f"Mức khẩn thấp nhất theo quy chế là “{levels[least].label.vi}”; hạ thấp hơn do người giám sát quyết định.",
            f"The least urgency under the regulation is “{levels[least].label.en}”; a supervisor may lower it.",
        )
    return new.urgency
