"""What the page that asks her needs: which service can go to whom, what the regulation lets go, who has to decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.consent.capacity import AgeRange, Required, age_range, local_day, required
from referral_hub.consent.rules import MethodRule
from referral_hub.directory.queries import AgencyName, agencies
from referral_hub.kernel.db import db
from referral_hub.regulation.model import Code, Regulation

_AGE = text("SELECT birth_year, age_band, statistics_consent FROM case_fact WHERE case_id = :case")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who decides on a case now. ``age`` None: not known; ``needed`` None: she alone.

    ``statistics``: what she said about figures without a name: ``given``, ``refused``, ``not_asked``.
    """

    age: AgeRange | None
    needed: Required | None
    statistics: str


def asking(actor: Actor, case_id: UUID, regulation: Regulation, *, now: datetime) -> Asking:
    """Who has to decide, by what is known of her age.

    :raises Refused: another agency's case, or a colleague's.
    """
    require(actor, Action.CONSENT_GIVE, subject=case_id)
    row = db.session.execute(_AGE, {"case": case_id}).first()
    age = age_range(regulation, local_day(regulation, now), row.birth_year, row.age_band) if row else None
    return Asking(age, required(regulation, age), row.statistics_consent if row else "not_asked")


def services(regulation: Regulation) -> dict[str, Code]:
    """The services that the regulation sends anywhere, in its order."""
    sent = {service for service, _to in regulation.matrix}
    return {code: one for code, one in regulation.codes("essential_services").items() if code in sent}


def recipients(actor: Actor, regulation: Regulation, service: str) -> list[AgencyName]:
    """The agencies that may get this service's referrals, one's own left out."""
    kinds = {to for code, to in regulation.matrix if code == service}
    return [one for one in agencies() if one.type in kinds and one.id != actor.agency_id]


def methods(regulation: Regulation) -> Mapping[str, Code]:
    """The ways of agreeing that are in use: those the regulation leaves off by default are not offered."""
    found = regulation.codes("consent.methods")
    return {code: one for code, one in found.items() if one.raw.get("default_on", True)}


def method_rule(regulation: Regulation, code: str) -> MethodRule | None:
    """The method and the evidence it demands; None: there is no such method."""
    found = regulation.codes("consent.methods").get(code)
    return MethodRule(found.code, tuple(found.raw.get("evidence", ()))) if found else None
