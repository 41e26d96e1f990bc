"""Recording first contacts: calls, walk-ins, messages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.sections import open_subject, write_sections
from referral_hub.cases.service import check_codes
from referral_hub.intake.models import Contact
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.regulation import store
from referral_hub.regulation.deadlines import implied_triage
from referral_hub.regulation.model import Regulation

CODES = {
    "channel": "intake_channels",
    "caller_kind": "caller_kinds",
    "triage": "triage_levels",
    "outcome": "contact_outcomes",
    "sex": "sexes",
    "age_band": "age_bands",
    "gbv_type": "gbv_types",
    "relationship": "relationships",
    "outreach_channel": "outreach_channels",
}
#: Who calls about somebody else is a reporter; who calls about herself may leave a name and a safe number.
REPORTER = "reporter"
OWN_WORDS = ("identity", "contact")


@dataclass(frozen=True, slots=True)
class NewContact:
    """A first contact in codes of the regulation; None: not known. ``case_id``: the case it belongs to, if any."""

    received_at: datetime
    channel: str
    related_to_gender: bool
    triage: str
    caller_kind: str | None = None
    outcome: str | None = None
    sex: str | None = None
    birth_year: int | None = None
    age_band: str | None = None
    area: str | None = None
    gbv_type: str | None = None
    relationship: str | None = None
    outreach_channel: str | None = None
    case_id: UUID | None = None


def record_contact(
    actor: Actor, new: NewContact, details: Mapping[str, Mapping[str, Any]] | None = None, *, now: datetime
) -> UUID:
    """One contact; ``details`` are sealed: category ``reporter`` for a caller who is not the survivor, ``identity``
    and ``contact`` for herself.

    :raises Invalid: an unknown code, a triage below what the facts imply, details in the wrong category.
    """
    regulation_id, regulation = store.in_force(new.received_at)
    _check(regulation, new, details or {})
    (contact_id,) = record_contacts(actor, (new,), regulation_id, regulation, imported=False, now=now)
    if details:
        open_subject(actor, contact_id, "contact", at=new.received_at, now=now)
        write_sections(actor, contact_id, details, regulation, now=now)
    return contact_id


def record_contacts(
    actor: Actor,
    contacts: Sequence[NewContact],
    regulation_id: UUID,
    regulation: Regulation,
    *,
    imported: bool,
    now: datetime,
) -> list[UUID]:
    """Many contacts in few statements, each with its own entry in the log."""
    require(actor, Action.CONTACT_RECORD)
    for new in contacts:
        check_codes(regulation, asdict(new), CODES)
    ids = [new_id() for _ in contacts]
    record(actor, *(Entry(Act.CONTACT_RECORDED, contact_id) for contact_id in ids), now=now)
    common = {
        "agency_id": actor.agency_id,
        "recorded_at": now,
        "recorded_by": actor.person,
        "regulation_id": regulation_id,
        "imported": imported,
    }
    rows = [{"id": contact_id, **asdict(new), **common} for contact_id, new in zip(ids, contacts, strict=True)]
    # the table, not the class: the ORM would make one statement for each pattern of empty columns
    db.session.execute(insert(Contact.metadata.tables[Contact.__tablename__]), rows)
    return ids


def _check(regulation: Regulation, new: NewContact, details: Mapping[str, Mapping[str, Any]]) -> None:
    facts = {k: v for k, v in asdict(new).items() if v is not None}
    if new.birth_year is not None:
        facts["age"] = new.received_at.year - new.birth_year
    levels = regulation.codes("triage_levels")
    least = implied_triage(regulation, facts)
    check_codes(regulation, {"triage": new.triage}, CODES)
    if (levels[new.triage].order or 0) < (levels[least].order or 0):
        raise Invalid(
            "triage",
            f"Mức phân loại thấp nhất theo quy chế là “{levels[least].label.vi}”.",
            f"The least triage under the regulation is “{levels[least].label.en}”.",
        )
    kind = regulation.codes("caller_kinds").get(new.caller_kind or "")
    others = bool(kind and kind.raw.get("reporter"))
    allowed = (REPORTER,) if others else OWN_WORDS
    wrong = sorted(set(details) - set(allowed))
    if wrong:
        raise Invalid(
            wrong[0],
            "Thông tin của người báo tin chỉ ghi vào mục “Người báo tin”.",
            "What concerns the person reporting goes to “Person reporting” alone.",
        )
