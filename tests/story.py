"""Whole stories, committed step by step by the people who take the steps."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.builders import COVERED, SERVICE, a_case, a_consent, a_sent_referral, take
from tests.people import POLICE


@dataclass(frozen=True, slots=True)
class Told:
    """What a story left behind."""

    case: UUID
    consent: UUID
    referral: UUID


def sent_to(acting: Any, *, to: str = POLICE, service: str = SERVICE, categories: Any = COVERED, **more: Any) -> Told:
    """Lan opens a case, records the consent and sends the referral."""
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, **more)
        consent = a_consent(lan, case, to=to, service=service, categories=categories)
        referral = a_sent_referral(lan, case, to=to, service=service)
    return Told(case, consent, referral)


def accepted_by(acting: Any, who: str = "cuong@cong-an-tinh", **more: Any) -> Told:
    """As before, and the recipient accepted."""
    told = sent_to(acting, to=who.partition("@")[2], **more)
    with acting(who) as recipient:
        take(recipient, told.referral, "accept")
    return told
