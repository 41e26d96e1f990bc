"""Telling people that a consent runs out, in time to ask her again; each person once for each reminder."""

from uuid import UUID, uuid5

from sqlalchemy import or_, select, text

from referral_hub.cases.models import CaseFile, CaseTeam
from referral_hub.consent.ending import horizon, reminders_due
from referral_hub.consent.models import Consent
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.kernel.jobs import Work
from referral_hub.liaisons.models import Account, account_role
from referral_hub.notifications.delivering import TASK
from referral_hub.notifications.models import Notice
from referral_hub.notifications.telling import ToTell, write_notices
from referral_hub.referrals.people import ABOVE, tellable, with_role
from referral_hub.regulation import store

REMIND = "consents:remind"
CONSENT_ENDS = "consent:ends"
_OWNERS = text("SELECT owner_code FROM consents_ending(:now, :until)")


def remind(work: Work) -> None:
    """Look through every agency that keeps consents which run out soon."""
    with work.reading():
        anybody = db.session.scalar(
            select(Agency.code).where(Agency.closed_at.is_(None)).order_by(Agency.code).limit(1)
        )
    if anybody is None:
        return
    with work.acting(f"system:{TASK}:{anybody}"):
        _id, regulation = store.in_force(work.now)
        until = horizon(regulation, now=work.now)
        owners = list(db.session.scalars(_OWNERS, {"now": work.now, "until": until}))
    for owner in owners:
        with work.acting(f"system:{TASK}:{owner}"):
            rows = db.session.execute(
                select(Consent.id, Consent.case_id, Consent.owner_id, Consent.given_at, Consent.valid_until,
                       Consent.regulation_id)
                .join(CaseFile, CaseFile.id == Consent.case_id)
                .where(Consent.withdrawn_at.is_(None), Consent.valid_until > work.now, Consent.valid_until <= until,
                       CaseFile.closed_at.is_(None))
                .order_by(Consent.valid_until, Consent.id)
            ).all()  # fmt: skip
            for row in rows:
                found = reminders_due(store.version(row.regulation_id), row.given_at, row.valid_until, now=work.now)
                for one in found:
                    _tell(work, row.case_id, row.owner_id, one.role, uuid5(row.id, one.before))


def _tell(work: Work, case_id: UUID, owner_id: UUID, role: str, source: UUID) -> None:
    told = db.session.scalar(select(Notice.id).where(Notice.source_id == source).limit(1)) is not None
    people = [] if told else _asked(work, case_id, owner_id, role)
    if people:
        write_notices(None, ToTell(CONSENT_ENDS, people), source, False, work)


def _asked(work: Work, case_id: UUID, owner_id: UUID, role: str) -> list[UUID]:
    """Who of the team has the role; a supervisor need not be on it; when there is nobody, whoever is above."""
    team = (
        select(CaseTeam.account_id)
        .join(Account, Account.id == CaseTeam.account_id)
        .join(account_role, account_role.c.account_id == Account.id)
        .where(
            CaseTeam.subject == case_id,
            Account.active,
            account_role.c.role == role,
            or_(CaseTeam.until.is_(None), CaseTeam.until > work.now),
        )
        .order_by(CaseTeam.since)
    )
    people = tellable(case_id, list(db.session.scalars(team)))
    if people:
        return people
    for above in (role, *ABOVE) if role in ABOVE else ABOVE:
        people = people or tellable(case_id, with_role(above, owner_id))
    return people
