"""Recording what the survivor allowed, and ending it. Ending always succeeds for whoever may be told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.decision import NeedRow
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, ids, record
from referral_hub.consent.capacity import age_range, local_day
from referral_hub.consent.capacity import check as check_capacity
from referral_hub.consent.events import ConsentsEnded
from referral_hub.consent.models import Consent, ConsentCategory
from referral_hub.consent.rules import MethodRule, NewConsent, check
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.events import publish
from referral_hub.kernel.ids import new_id
from referral_hub.regulation import store
from referral_hub.regulation.durations import parse_duration
from referral_hub.regulation.model import Regulation

_AGE = text("SELECT birth_year, age_band FROM case_fact WHERE case_id = :case")
_END = text("SELECT referral_id, still_covered FROM end_consents(:consents, :at)")


def need_row(regulation: Regulation, service: str, recipient_type: str) -> NeedRow | None:
    """The need-to-know row as the decision takes it."""
    row = regulation.need_to_know(service, recipient_type)
    return None if row is None else NeedRow(row.min, row.ask, row.deny)


def agency_type(agency_id: UUID) -> str:
    """The type of an agency of the directory.

    :raises Invalid: no such agency.
    """
    found = db.session.scalar(select(Agency.type).where(Agency.id == agency_id))
    if found is None:
        raise Invalid("recipient", "Không có đơn vị này.", "There is no such agency.")
    return found


def give(actor: Actor, case_id: UUID, new: NewConsent, *, imported: bool = False, now: datetime) -> UUID:
    """Record one explicit consent: one purpose, one service, one recipient.

    :raises Invalid: what cannot stand as a consent, naming the field.
    :raises Refused: another agency's case, or a colleague's.
    """
    require(actor, Action.CONSENT_GIVE, subject=case_id)
    given_at = new.given_at or now
    regulation_id, regulation = store.in_force(given_at)
    row = regulation.need_to_know(new.service, agency_type(new.recipient_id))
    method = regulation.codes("consent.methods").get(new.method)
    check(
        new,
        NeedRow(row.min, row.ask, row.deny) if row else None,
        row.purpose if row else None,
        MethodRule(method.code, tuple(method.raw.get("evidence", ()))) if method else None,
        imported,
    )
    known = db.session.execute(_AGE, {"case": case_id}).first()
    age = age_range(regulation, local_day(regulation, given_at), *known) if known else None
    decided = None if imported else check_capacity(regulation, age, new.capacity)
    until = new.valid_until or default_end(regulation, given_at)
    if given_at > now or until <= given_at:
        raise Invalid("given_at", "Thời gian đồng ý chưa đúng.", "The times of the consent do not fit.")
    consent_id = new_id()
    entry = Entry(
        Act.CONSENT_GIVEN,
        case_id,
        {
            "consent": str(consent_id),
            "purpose": new.purpose,
            "service": new.service,
            "recipient": str(new.recipient_id),
            "categories": sorted(new.categories),
        },
        why=new.purpose,
        basis=consent_id,
    )
    (entry_uid,) = record(actor, entry, now=now)
    db.session.execute(
        insert(Consent).values(
            id=consent_id,
            case_id=case_id,
            owner_id=actor.agency_id,
            purpose=new.purpose,
            service=new.service,
            recipient_id=new.recipient_id,
            method=new.method,
            evidence=dict(new.evidence),
            explained_by=new.explained_by or actor.account_id,
            given_at=given_at,
            recorded_at=now,
            valid_until=until,
            regulation_id=regulation_id,
            imported=imported,
            capacity=decided,
            entry_uid=entry_uid,
        )
    )
    db.session.execute(
        insert(ConsentCategory),
        [
            {"consent_id": consent_id, "category": c, "case_id": case_id, "named": c in new.named}
            for c in sorted(new.categories)
        ],
    )
    return consent_id


def default_end(regulation: Regulation, given_at: datetime) -> datetime:
    """When a consent ends that names no end (``consent.default_validity``)."""
    return parse_duration(regulation.raw["consent"]["default_validity"]).due(given_at, regulation.calendar)


def withdraw(
    actor: Actor, consent_id: UUID, *, wish: str | None = None, occurred: datetime | None = None, now: datetime
) -> tuple[UUID, ...]:
    """She said stop: the consent ends and with it, in this transaction, everything that rests on it.

    :param wish: her words, if she gave any; sealed with the referrals it ends.
    :return: the referrals whose access ended.
    :raises Refused: not a consent of the actor's agency.
    """
    case_id = db.session.scalar(select(Consent.case_id).where(Consent.id == consent_id))
    require(actor, Action.CONSENT_WITHDRAW, subject=case_id or consent_id)
    assert case_id is not None
    return end(actor, case_id, (consent_id,), wish=wish, occurred=occurred or now, now=now)


def end(
    actor: Actor,
    case_id: UUID,
    consents: tuple[UUID, ...],
    *,
    wish: str | None,
    occurred: datetime,
    now: datetime,
    duress: bool = False,
) -> tuple[UUID, ...]:
    """End consents of one case (the caller has passed the gate) and tell the layers above."""
    if not consents:
        return ()
    record(
        actor,
        Entry(Act.CONSENT_ENDED, case_id, {"consents": ids(consents), "via": actor.channel}, count=len(consents)),
        Entry(Act.ACCESS_ENDED, case_id, {"cause": "consent-withdrawn"}),
        now=now,
    )
    rows = db.session.execute(_END, {"consents": list(consents), "at": occurred}).all()
    referrals = tuple(row.referral_id for row in rows if not row.still_covered)
    touched = tuple(row.referral_id for row in rows)
    publish(ConsentsEnded(actor, case_id, consents, referrals, touched, wish, occurred, now, duress))
    return touched
