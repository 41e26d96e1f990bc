"""Opening, describing, staffing and closing cases. Each command takes the actor first and ``now`` by name."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update

from referral_hub.access import conflicts
from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.denials import barred
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.facts import CaseFacts, ServiceGiven
from referral_hub.cases.models import CaseFact, CaseFile, CaseTeam, ServiceEpisode
from referral_hub.cases.sections import open_subject, write_sections
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_code, new_id
from referral_hub.liaisons.models import Account
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation

FACT_LISTS = {
    "channel": "intake_channels",
    "sex": "sexes",
    "age_band": "age_bands",
    "gbv_type": "gbv_types",
    "relationship": "relationships",
    "risk_level": "risk_levels",
}

#: Facts for counting and for the regulation's conditions that follow from what a section says.
FACTS_OF = {
    "risk": ("risk_level",),
    "incident_summary": ("gbv_type", "relationship"),
    "demographics_min": ("age_band", "sex"),
}


def open_case(
    actor: Actor,
    facts: CaseFacts,
    documents: Mapping[str, Mapping[str, Any]],
    *,
    occurred: datetime | None = None,
    imported: bool = False,
    now: datetime,
) -> UUID:
    """A new case of the actor's agency, with its facts and first sections.

    :param occurred: when it was opened on paper; ``now`` when not given.
    :raises Invalid: an unknown code, or content a schema does not allow.
    """
    require(actor, Action.CASE_OPEN)
    opened_at = occurred or now
    regulation_id, regulation = store.in_force(opened_at)
    check_codes(regulation, asdict(facts), FACT_LISTS)
    case_id = new_id()
    open_subject(actor, case_id, "case", at=opened_at, now=now)
    record(actor, Entry(Act.CASE_OPENED, case_id, {"regulation": str(regulation_id)}), now=now)
    db.session.execute(
        insert(CaseFile).values(
            id=case_id,
            owner_id=actor.agency_id,
            code=new_code("HS"),
            opened_at=opened_at,
            recorded_at=now,
            regulation_id=regulation_id,
            imported=imported,
        )
    )
    db.session.execute(
        insert(CaseFact).values(
            survivor=new_id(), case_id=case_id, owner_id=actor.agency_id, imported=imported, **asdict(facts)
        )
    )
    write_sections(actor, case_id, documents, regulation, now=now)
    _describe_alleged(actor, case_id, documents, now=now)
    return case_id


def write_case(actor: Actor, case_id: UUID, documents: Mapping[str, Mapping[str, Any]], *, now: datetime) -> None:
    """Write sections of a case one holds; the coded facts that they say follow.

    :raises Invalid: content a schema does not allow, or a code that is not of the regulation.
    :raises Refused: another agency's case, or a colleague's.
    """
    require(actor, Action.CASE_WRITE, subject=case_id)
    _, regulation = store.in_force(now)
    write_sections(actor, case_id, documents, regulation, now=now)
    said = {
        name: document[name]
        for category, document in documents.items()
        for name in FACTS_OF.get(category, ())
        if document.get(name)
    }
    describe(actor, case_id, said, now=now)
    _describe_alleged(actor, case_id, documents, now=now)


def describe(actor: Actor, case_id: UUID, facts: Mapping[str, Any], *, now: datetime) -> None:
    """Change coded facts of a case one holds (fields of ``CaseFacts``).

    :raises Invalid: an unknown code.
    """
    require(actor, Action.CASE_WRITE, subject=case_id)
    if not facts:
        return
    check_codes(store.in_force(now)[1], facts, FACT_LISTS)
    record(actor, Entry(Act.CASE_FACTS_CHANGED, case_id, {"facts": sorted(facts)}), now=now)
    db.session.execute(update(CaseFact).where(CaseFact.case_id == case_id).values(**facts))


def _describe_alleged(
    actor: Actor, case_id: UUID, documents: Mapping[str, Mapping[str, Any]], *, now: datetime
) -> None:
    """Whoever carries the name of the person said to have used violence is kept out of her case, in every agency."""
    if "perpetrator" in documents:
        conflicts.redescribe(actor, case_id, documents["perpetrator"].get("name"), now=now)


def assign(actor: Actor, case_id: UUID, account_id: UUID, duty: str, *, now: datetime) -> None:
    """Add a colleague of the same agency to the case's team (``duty``: ``worker`` or ``cover``)."""
    require(actor, Action.CASE_ASSIGN, subject=case_id)
    if db.session.scalar(select(Account.agency_id).where(Account.id == account_id)) != actor.agency_id:
        raise Invalid("colleague", "Đơn vị không có tài khoản này.", "The agency has no such account.")
    if barred(actor, case_id, [account_id]):
        raise Invalid("colleague", "Không giao được cho người này.", "This cannot be assigned to this person.")
    record(actor, Entry(Act.CASE_TEAM_CHANGED, case_id, {"account": str(account_id), "duty": duty}), now=now)
    db.session.execute(
        insert(CaseTeam).values(
            id=new_id(), subject=case_id, owner_id=actor.agency_id, account_id=account_id, duty=duty, since=now
        )
    )


def record_service(actor: Actor, subject: UUID, given: ServiceGiven, *, imported: bool = False, now: datetime) -> UUID:
    """A service the actor's agency gave itself, to a survivor (``subject`` a case) or a perpetrator record.

    :raises Invalid: an unknown service or outcome, or an end before the start.
    """
    require(actor, Action.SERVICE_RECORD, subject=subject)
    regulation_id, regulation = store.in_force(given.first_started_at)
    check_codes(regulation, asdict(given), {"service": "essential_services", "outcome": "service_outcomes"})
    if given.ended_at is not None and given.ended_at < given.first_started_at:
        raise Invalid("ended_at", "Ngày kết thúc trước ngày bắt đầu.", "It ends before it starts.")
    entry = Entry(Act.SERVICE_RECORDED, subject, {"service": given.service, "outcome": given.outcome or ""})
    record(actor, entry, now=now)
    episode = new_id()
    db.session.execute(
        insert(ServiceEpisode).values(
            id=episode,
            subject=subject,
            owner_id=actor.agency_id,
            recorded_at=now,
            regulation_id=regulation_id,
            imported=imported,
            **asdict(given),
        )
    )
    return episode


def close_case(
    actor: Actor, case_id: UUID, reason: str | None, *, occurred: datetime | None = None, now: datetime
) -> None:
    """Close a case with a reason of the regulation. A closed case can be read, its referrals stay as they are.

    ``reason`` None: an old register that does not say why (the import alone may).
    """
    require(actor, Action.CASE_WRITE, subject=case_id)
    _, regulation = store.in_force(occurred or now)
    if reason is None and not actor.is_system:
        raise Invalid("reason", "Hãy chọn lý do kết thúc.", "Choose the reason of closing.")
    check_codes(regulation, {"reason": reason}, {"reason": "closure_reasons"})
    record(actor, Entry(Act.CASE_CLOSED, case_id, {"reason": reason or ""}), now=now)
    ended = func.greatest(CaseFile.opened_at, occurred or now)
    db.session.execute(update(CaseFile).where(CaseFile.id == case_id).values(closed_at=ended, closure_reason=reason))


def conditions_facts(case_id: UUID) -> dict[str, Any]:
    """What the regulation's conditions may ask about this case (only what is known)."""
    row = db.session.execute(
        select(CaseFact.risk_level, CaseFact.gbv_type, CaseFact.area, CaseFact.statistics_consent).where(
            CaseFact.case_id == case_id
        )
    ).first()
    return {key: value for key, value in row._mapping.items() if value is not None} if row else {}


def check_codes(regulation: Regulation, values: Mapping[str, Any], lists: Mapping[str, str]) -> None:
    """:raises Invalid: a value that is no code of its list in this version."""
    for field, list_name in lists.items():
        value = values.get(field)
        if value is not None and value not in regulation.codes(list_name):
            raise Invalid(field, f"Mã “{value}” không có trong quy chế.", f"The regulation has no code “{value}”.")
