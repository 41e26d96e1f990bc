"""A referral of an old register, taken through the real steps: consent, sent, accepted, served, closed.

Each step is decided by the regulation: what the recipient may not receive is reported, not forced.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from referral_hub.access.actors import Actor
from referral_hub.consent.rules import NewConsent, shareable
from referral_hub.consent.service import give, need_row
from referral_hub.directory.models import Agency
from referral_hub.intake.register.plan import PastReferral
from referral_hub.kernel.db import db
from referral_hub.referrals.drafting import NewReferral, send
from referral_hub.referrals.rules import Step, closing_status, path
from referral_hub.referrals.stepping import step
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation, Transition


@dataclass(frozen=True, slots=True)
class Told:
    """Something to report about a row; ``categories`` it concerns."""

    code: str
    categories: tuple[str, ...] = ()

    def quote(self, regulation: Regulation) -> str | None:
        """The categories in words."""
        return ", ".join(regulation.label("data_categories", c, "vi") for c in self.categories) or None


def agencies_by_type() -> dict[str, tuple[tuple[UUID, str], ...]]:
    """type -> (id, type) of the agencies of that type that still exist."""
    found: dict[str, list[tuple[UUID, str]]] = defaultdict(list)
    rows = db.session.execute(select(Agency.id, Agency.type).where(Agency.closed_at.is_(None)).order_by(Agency.code))
    for row in rows:
        found[row.type].append((row.id, row.type))
    return {kind: tuple(agencies) for kind, agencies in found.items()}


def replay(
    actor: Actor, case_id: UUID, recipient: tuple[UUID, str], past: PastReferral, *, last: datetime, now: datetime
) -> list[Told]:
    """Take ``past`` through the table at the times the register gives.

    :param last: the register's last instant; what was still open then is cancelled at that time.
    :return: what to report.
    """
    recipient_id, recipient_type = recipient
    _, regulation = store.in_force(past.sent_at)
    told: list[Told] = []
    agreed, held_back = shareable(past.categories, need_row(regulation, past.service, recipient_type))
    row = regulation.need_to_know(past.service, recipient_type)
    if held_back:
        told.append(Told("category-held-back", tuple(sorted(held_back))))
    if row is None:
        return [*told, Told("service-not-referable")]
    if past.consent_method is None and agreed:
        told.append(Told("consent-method-missing"))
        agreed = frozenset()
    if agreed and past.consent_method is not None:
        consent = NewConsent(
            purpose=row.purpose,
            service=past.service,
            recipient_id=recipient_id,
            categories=agreed,
            method=past.consent_method,
            given_at=past.sent_at,
        )
        give(actor, case_id, consent, imported=True, now=now)
    new = NewReferral(case_id, recipient_id, past.service, None, tuple(sorted(agreed)))
    (referral_id,) = send(actor, (new,), occurred=past.sent_at, imported=True, now=now)
    for transition, at in _steps(regulation, past, last):
        step(actor, referral_id, Step(transition.verb), occurred=at, now=now)
    if past.ended_at is None:
        told.append(Told("open-at-the-end"))
    return told


def _steps(regulation: Regulation, past: PastReferral, last: datetime) -> Iterator[tuple[Transition, datetime]]:
    """The table's steps from sending to what the register says, then to the end, each with its time."""
    sent = next(t.target for t in regulation.transitions if "start_clocks" in t.effects)
    facts = {"reason_must_redirect": False, "imported": True}
    ended = past.ended_at or last
    accepted = past.accepted_at or ended
    begins = regulation.transition_times["first_accepted_at"] | regulation.transition_times["first_started_at"]
    there = path(regulation, sent, past.status or sent, ("sender", "recipient"), facts) or ()
    here = there[-1].target if there else sent
    away = path(regulation, here, closing_status(regulation), ("sender",), facts) or ()
    for transition in (*there, *away):
        yield transition, accepted if transition.verb in begins else ended
