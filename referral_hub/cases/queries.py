"""Reading cases. Everything passes the gate; sections pass the door's function and leave their entry."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import NO_SUBJECT, Refused, require
from referral_hub.cases.facts import CaseHeader, Section, TeamMember
from referral_hub.cases.models import CaseFile, CaseTeam
from referral_hub.cases.sections import read_sections
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import NotFound
from referral_hub.liaisons.models import Account
from schemas import sections as schemas


def find_by_code(actor: Actor, code: str) -> UUID:
    """The id of the case with exactly this code in the actor's agency.

    :raises Refused: no such case, or another agency's; the two look alike.
    """
    found = db.session.scalar(
        select(CaseFile.id).where(CaseFile.code == code.strip().upper(), CaseFile.owner_id == actor.agency_id)
    )
    if found is None:
        raise Refused(Action.CASE_READ, NO_SUBJECT, NotFound())
    return found


def header(actor: Actor, case_id: UUID) -> CaseHeader:
    """The header of a case one holds.

    :raises Refused: not found for a stranger, forbidden for a colleague who does not hold it.
    """
    require(actor, Action.CASE_READ, subject=case_id)
    row = db.session.execute(select(CaseFile.__table__).where(CaseFile.id == case_id)).one()
    return CaseHeader(**row._mapping)


def sections(actor: Actor, case_id: UUID, *, only: Iterable[str] | None = None, now: datetime) -> dict[str, Section]:
    """The sections of a case one holds, opened: all, or the categories in ``only``."""
    require(actor, Action.CASE_READ, subject=case_id)
    return read_sections(actor, case_id, schemas.SCHEMAS if only is None else only, why="own-case", now=now)


def team(actor: Actor, case_id: UUID, *, now: datetime) -> list[TeamMember]:
    """Who holds the case now."""
    require(actor, Action.CASE_READ, subject=case_id)
    rows = db.session.execute(
        select(CaseTeam.account_id, Account.name, CaseTeam.duty, CaseTeam.since)
        .join(Account, Account.id == CaseTeam.account_id)
        .where(CaseTeam.subject == case_id, (CaseTeam.until.is_(None)) | (CaseTeam.until > now))
        .order_by(CaseTeam.since)
    )
    return [TeamMember(**row._mapping) for row in rows]
