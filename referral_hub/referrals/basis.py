"""On what another agency's access to a case rested at a moment: for who reads the access log of a case one holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, select

from referral_hub.access.actors import Actor
from referral_hub.access.models import AccessGrant
from referral_hub.cases.models import CaseFile
from referral_hub.consent.models import Consent
from referral_hub.kernel.db import db
from referral_hub.referrals.models import Referral

#: Machines do not agree to the second on when something opened and was read.
CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Share:
    """One category that was opened to one agency. ``basis``: ``consent``, ... ; ``given_at``: when she consented."""

    agency_id: UUID
    category: str
    basis: str
    basis_id: UUID
    given_at: datetime | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class CaseBasis:
    """Code of the case, codes of its referrals by id, and what was ever opened to others."""

    code: str
    referrals: Mapping[UUID, str]
    shares: tuple[Share, ...]


def basis_of_case(actor: Actor, case_id: UUID) -> CaseBasis:
    """What the access log of a case needs to speak of bases; row security shows it to the owner's people alone."""
    codes = (
        select(func.json_object_agg(Referral.id, Referral.code)).where(Referral.case_id == case_id).scalar_subquery()
    )
    rows = db.session.execute(
        select(
            CaseFile.code,
            codes.label("referrals"),
            AccessGrant.agency_id,
            AccessGrant.category,
            AccessGrant.basis,
            AccessGrant.basis_id,
            AccessGrant.active_from,
            AccessGrant.preview_from,
            AccessGrant.valid_until,
            AccessGrant.revoked_at,
            Consent.given_at,
        )
        .select_from(CaseFile)
        .outerjoin(AccessGrant, and_(AccessGrant.subject == CaseFile.id, AccessGrant.agency_id != CaseFile.owner_id))
        .outerjoin(Consent, Consent.id == AccessGrant.basis_id)
        .where(CaseFile.id == case_id, CaseFile.owner_id == actor.agency_id)
    ).all()
    found = rows[0].referrals if rows else None
    return CaseBasis(
        rows[0].code if rows else "",
        {UUID(id): code for id, code in (found or {}).items()},
        tuple(
            Share(
                row.agency_id,
                row.category,
                row.basis,
                row.basis_id,
                row.given_at,
                min((at for at in (row.active_from, row.preview_from) if at is not None), default=None),
                min((at for at in (row.valid_until, row.revoked_at) if at is not None), default=None),
            )
            for row in rows
            if row.agency_id is not None
        ),
    )


def rested_on(shares: Iterable[Share], agency: UUID, categories: frozenset[str], at: datetime) -> tuple[Share, ...]:
    """One share for each basis on which ``agency`` could see one of ``categories`` at ``at``. Pure.

    :param categories: none given: any.
    """
    found = {
        (share.basis, share.basis_id): share
        for share in shares
        if share.agency_id == agency
        and (not categories or share.category in categories)
        and share.since is not None
        and share.since <= at + CLOCKS_DIFFER
        and (share.until is None or at < share.until + CLOCKS_DIFFER)
    }
    return tuple(found.values())
