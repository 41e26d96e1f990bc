"""Cases, consents and referrals as they usually are; every argument can be said otherwise.

Call them inside ``acting(...)``; each takes the actor first, like the services they use.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from referral_hub.access.actors import Actor
from referral_hub.cases import service as cases
from referral_hub.cases.facts import CaseFacts
from referral_hub.consent import service as consents
from referral_hub.consent.rules import NewConsent
from referral_hub.directory.models import Agency
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.referrals.drafting import NewReferral, send
from referral_hub.referrals.rules import Step
from referral_hub.referrals.stepping import step
from referral_hub.regulation import store
from tests.people import POLICE

FACTS: Mapping[str, Any] = {
    "channel": "walk_in",
    "sex": "female",
    "birth_year": 1991,
    "age_band": "b25_39",
    "gbv_type": "physical_assault",
    "relationship": "spouse",
    "risk_level": "medium",
}
SECTIONS: Mapping[str, Mapping[str, Any]] = {
    "demographics_min": {"age_band": "b25_39", "sex": "female"},
    "identity": {"full_name": "Nguyễn Thị Hoa", "preferred_name": "Hoa"},
    "contact": {"safe_phone": "0912345678", "safe_times": "sau 20 giờ", "pretext": "Hội Phụ nữ"},
    "incident_summary": {"gbv_type": "physical_assault", "relationship": "spouse"},
    "risk": {"risk_level": "medium"},
    "medical": {"injuries": "bầm tím tay trái"},
    "psychosocial": {"needs_summary": "mất ngủ"},
}
SERVICE = "J2"
COVERED = ("identity", "contact", "demographics_min", "incident_summary")


def agency_id(code: str) -> UUID:
    """The id of an agency of the shipped directory."""
    return db.session.scalars(select(Agency.id).where(Agency.code == code)).one()


def a_case(
    actor: Actor,
    *,
    sections: Mapping[str, Mapping[str, Any]] = SECTIONS,
    occurred: datetime | None = None,
    now: datetime | None = None,
    **facts: Any,
) -> UUID:
    """A case of the actor's agency with some sections; keywords replace its facts."""
    at = now or clock.now()
    said = {"received_at": occurred or at, **FACTS, **facts}
    return cases.open_case(actor, CaseFacts(**said), sections, occurred=occurred, now=at)


def a_consent(
    actor: Actor,
    case_id: UUID,
    *,
    to: str = POLICE,
    service: str = SERVICE,
    categories: Iterable[str] = COVERED,
    named: Iterable[str] = (),
    purpose: str | None = None,
    given_at: datetime | None = None,
    valid_for: timedelta | None = None,
    now: datetime | None = None,
) -> UUID:
    """A signed consent for one service of one agency, with the purpose the regulation gives that service."""
    at = now or clock.now()
    recipient = agency_id(to)
    if purpose is None:
        row = store.in_force(given_at or at)[1].need_to_know(service, consents.agency_type(recipient))
        purpose = row.purpose if row else ""
    new = NewConsent(
        purpose=purpose,
        service=service,
        recipient_id=recipient,
        categories=frozenset(categories) | frozenset(named),
        named=frozenset(named),
        method="paper_signed",
        evidence={"scan_hash": "3b1e"},
        given_at=given_at,
        valid_until=(given_at or at) + valid_for if valid_for else None,
    )
    return consents.give(actor, case_id, new, now=at)


def a_sent_referral(
    actor: Actor,
    case_id: UUID,
    *,
    to: str = POLICE,
    service: str = SERVICE,
    urgency: str | None = None,
    categories: tuple[str, ...] | None = None,
    now: datetime | None = None,
) -> UUID:
    """A referral on its way, with all that her live consents for it cover."""
    new = NewReferral(case_id, agency_id(to), service, urgency, categories)
    (referral_id,) = send(actor, [new], now=now or clock.now())
    return referral_id


def take(actor: Actor, referral_id: UUID, verb: str, *, now: datetime | None = None, **said: Any) -> str:
    """One step of the transition table; ``said``: reason, outcome, notes, new_referral, version."""
    return step(actor, referral_id, Step(verb, **said), now=now or clock.now())
