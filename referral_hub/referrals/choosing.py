"""Who can be asked for a service of this case: what the sender picks from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.consent.queries import denials_of_case
from referral_hub.directory.models import Agency, AgencyService
from referral_hub.directory.places import Places, free_places
from referral_hub.kernel.db import db
from referral_hub.liaisons.models import Account, account_role
from referral_hub.referrals.models import Referral
from referral_hub.referrals.people import ABOVE, ANSWERING
from referral_hub.regulation import store


@dataclass(frozen=True, slots=True)
class Offer:
    """An agency that gives a service. ``answers``: somebody there can answer in the hub; else the telephone.

    ``places``: what it said last about free beds or slots of this service.
    """

    agency: UUID
    vi: str
    en: str
    phone: str | None
    answers: bool
    places: Places | None = None

    def text(self, locale: str) -> str:
        """The name in ``locale``."""
        return self.en if locale == "en" else self.vi


def services(actor: Actor, case_id: UUID, *, now: datetime) -> tuple[str, ...]:
    """The services that some other agency gives and the regulation lets refer to, in the order of the regulation."""
    require(actor, Action.REFERRAL_SEND, subject=case_id)
    _id, regulation = store.in_force(now)
    offered = set(
        db.session.scalars(
            select(AgencyService.service)
            .join(Agency, Agency.id == AgencyService.agency_id)
            .where(Agency.closed_at.is_(None), Agency.id != actor.agency_id)
            .distinct()
        )
    )
    listed = regulation.codes("essential_services")
    return tuple(code for code, entry in listed.items() if code in offered and entry.raw["referable"])


def offers(actor: Actor, case_id: UUID, service: str, *, now: datetime) -> tuple[Offer, ...]:
    """Who gives this service; whom she refused is not among them, and nothing says so."""
    require(actor, Action.REFERRAL_SEND, subject=case_id)
    _id, regulation = store.in_force(now)
    rows = db.session.execute(
        select(Agency.id, Agency.type, Agency.parent_id, Agency.name_vi, Agency.name_en, Agency.phone)
        .join(AgencyService, AgencyService.agency_id == Agency.id)
        .where(AgencyService.service == service, Agency.closed_at.is_(None), Agency.id != actor.agency_id)
        .order_by(Agency.code)
    ).all()
    refused = {(d.agency, d.with_units) for d in denials_of_case(case_id) if d.category is None and d.agency}
    parents = {row.id: row.parent_id for row in db.session.execute(select(Agency.id, Agency.parent_id))}
    said = free_places(actor)
    answering = set(
        db.session.scalars(
            select(Account.agency_id)
            .join(account_role, account_role.c.account_id == Account.id)
            .where(Account.active, account_role.c.role.in_((*ANSWERING, *ABOVE)))
            .distinct()
        )
    )
    return tuple(
        Offer(row.id, row.name_vi, row.name_en, row.phone, row.id in answering, said.get((row.id, service)))
        for row in rows
        if regulation.need_to_know(service, row.type) is not None and not _kept_out(row.id, refused, parents)
    )


def on_its_way(actor: Actor, case_id: UUID, service: str, recipient: UUID) -> UUID | None:
    """A referral of this case for this service to this agency that was sent and has not ended."""
    require(actor, Action.REFERRAL_SEND, subject=case_id)
    return db.session.scalar(
        select(Referral.id)
        .where(
            Referral.case_id == case_id,
            Referral.service == service,
            Referral.recipient_id == recipient,
            Referral.sent_at.is_not(None),
            Referral.ended_at.is_(None),
            Referral.access_ended_at.is_(None),
        )
        .order_by(Referral.id.desc())
        .limit(1)
    )


def _kept_out(agency: UUID, refused: Collection[tuple[UUID, bool]], parents: Mapping[UUID, UUID | None]) -> bool:
    """She refused it, or one above it with its units."""
    if any(one == agency for one, _units in refused):
        return True
    above = parents.get(agency)
    seen: set[UUID] = set()
    while above is not None and above not in seen:
        if (above, True) in refused:
            return True
        seen.add(above)
        above = parents.get(above)
    return False
