"""Reading consents: for the owner's pages and for the decision."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.decision import ConflictFact, ConsentFact, DenialFact, ExceptionFact
from referral_hub.access.gate import require
from referral_hub.access.models import AccessDenial
from referral_hub.consent.models import Consent, ConsentCategory, EmergencyAct
from referral_hub.kernel.db import db


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent as its owner sees it."""

    fact: ConsentFact
    method: str
    recorded_at: datetime
    regulation_id: UUID
    imported: bool
    replaced: bool = False


def of_case(actor: Actor, case_id: UUID) -> list[ConsentView]:
    """All consents of a case one holds, newest first."""
    require(actor, Action.CASE_READ, subject=case_id)
    return _load(case_id)


def facts_of_case(case_id: UUID) -> list[ConsentFact]:
    """The consents of a case as the decision takes them (the caller has passed the gate)."""
    return [view.fact for view in _load(case_id)]


def denials_of_case(case_id: UUID) -> list[DenialFact]:
    """What she forbade, as the decision takes it (the caller has passed the gate)."""
    row = AccessDenial
    rows = db.session.execute(
        select(row.category, row.agency_id, row.desk_id, row.account_id, row.with_units).where(
            row.subject == case_id, row.lifted_at.is_(None)
        )
    )
    return [DenialFact(r.category, r.agency_id, r.desk_id, r.account_id, r.with_units) for r in rows]


def conflicts_of_case(case_id: UUID) -> list[ConflictFact]:
    """Who must not see the case, declared or met by name (the caller has passed the gate)."""
    found = db.session.scalars(text("SELECT door_conflicted(:subject)"), {"subject": case_id})
    return [ConflictFact(account) for account in found]


def on_hold(case_id: UUID) -> bool:
    """Whether nothing goes out on her consent until she was called back (the caller has passed the gate)."""
    return bool(db.session.scalar(text("SELECT door_held(:subject)"), {"subject": case_id}))


def exceptions_of_case(case_id: UUID) -> list[ExceptionFact]:
    """What was sent or opened without consent, as the decision takes it (the caller has passed the gate)."""
    rows = db.session.scalars(select(EmergencyAct).where(EmergencyAct.subject == case_id))
    return [
        ExceptionFact(
            act.id,
            act.ground,
            act.recipient_id,
            frozenset(act.categories),
            act.at,
            act.until,
            act.referral_id,
            act.account_id if act.kind == "opening" else None,
        )
        for act in rows
    ]


def _load(case_id: UUID) -> list[ConsentView]:
    covered = func.array_agg(ConsentCategory.category)
    rows = db.session.execute(
        select(
            *Consent.__table__.columns,
            covered.label("categories"),
            covered.filter(ConsentCategory.named).label("named"),
        )
        .join(ConsentCategory, ConsentCategory.consent_id == Consent.id)
        .where(Consent.case_id == case_id)
        .group_by(Consent.id)
        .order_by(Consent.given_at.desc(), Consent.id.desc())
    )
    return [
        ConsentView(
            ConsentFact(
                r.id,
                r.purpose,
                r.service,
                r.recipient_id,
                frozenset(r.categories),
                frozenset(r.named or ()),
                r.given_at,
                r.valid_until,
                r.withdrawn_at,
            ),
            r.method,
            r.recorded_at,
            r.regulation_id,
            r.imported,
            r.replaced_by is not None,
        )
        for r in rows
    ]
