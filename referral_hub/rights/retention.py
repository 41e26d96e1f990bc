"""Keeping no longer than the regulation says: what ends when, and the worker's task that ends it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import NO_SUBJECT, require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.emptying import empty, kept, take_out_names
from referral_hub.directory.models import Agency
from referral_hub.intake.models import Contact
from referral_hub.kernel.db import db
from referral_hub.kernel.jobs import Work
from referral_hub.referrals.models import Referral
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation
from referral_hub.rights.keeping import CASE, CONTACT, DRAFT, Record, ends, rule_of

KEEP, TASK = "retention:keep", "retention"
_OWNERS = text("SELECT retention_owners()")
_STATE = text("SELECT * FROM retention_state()")
_DRAFTS = text("SELECT * FROM retention_drafts()")
_ERASE_DRAFT = text("SELECT erase_draft(:referral)")


@dataclass(frozen=True, slots=True)
class Ending:
    """A record whose time of keeping ends; ``subject`` of a draft: the referral. ``rule``: its code in the regulation;
    ``then``: ``erase`` or ``de_identify``; ``code``: of a case or a draft, None for a first contact; ``at``: in UTC."""

    subject: UUID
    kind: str
    code: str | None
    rule: str
    then: str
    at: datetime


def preview(actor: Actor, until: datetime, *, now: datetime) -> tuple[Ending, ...]:
    """What the periods of the regulation in force end until a moment, the earliest first; nothing is changed.

    :raises Refused: neither in charge of data protection nor head of the agency.
    """
    require(actor, Action.RETENTION_READ)
    record(actor, Entry(Act.RETENTION_LOOKED, NO_SUBJECT), now=now)
    return _endings(until, now)


def keep(work: Work) -> None:
    """End what is over, in every agency; each record in a transaction of its own."""
    with work.reading():
        anybody = db.session.scalar(
            select(Agency.code).where(Agency.closed_at.is_(None)).order_by(Agency.code).limit(1)
        )
    if anybody is None:
        return
    with work.acting(f"system:{TASK}:{anybody}"):
        offices = list(db.session.scalars(_OWNERS))
    for office in offices:
        with work.acting(f"system:{TASK}:{office}"):
            over = _endings(work.now, work.now)
        for one in over:
            with work.acting(f"system:{TASK}:{office}") as actor:
                end(actor, one, now=work.now)


def end(actor: Actor, one: Ending, *, now: datetime) -> None:
    """End one record as a task of its agency: its parts go, of its facts the bands stay, its first contacts with it."""
    if one.kind == DRAFT:
        _end_draft(actor, one.subject, now=now)
        return
    contacts = select(Contact.id).where(Contact.case_id == one.subject) if one.kind == CASE else None
    related = list(db.session.scalars(contacts)) if contacts is not None else []
    for subject, kind in ((one.subject, one.kind), *((found, CONTACT) for found in related)):
        empty(actor, subject, dict.fromkeys(kept(subject)), one.rule, now=now)
        take_out_names(actor, subject, kind, now=now)


def _end_draft(actor: Actor, referral: UUID, *, now: datetime) -> None:
    case = db.session.scalar(select(Referral.case_id).where(Referral.id == referral))
    if case is not None:
        record(actor, Entry(Act.DRAFT_ERASED, case, {"referral": str(referral)}), now=now)
        db.session.execute(_ERASE_DRAFT, {"referral": referral})


def _endings(until: datetime, now: datetime) -> tuple[Ending, ...]:
    _id, regulation = store.in_force(now)
    rows = db.session.execute(_STATE).all()
    found = [
        _ending(regulation, row.subject, row.code, Record(row.kind, row.since, row.imported_at, row.birth_year))
        for row in rows
    ]
    found += [
        _ending(regulation, row.referral, row.code, Record(DRAFT, row.since, None, None))
        for row in db.session.execute(_DRAFTS)
    ]
    return tuple(sorted((one for one in found if one is not None and one.at <= until), key=lambda one: one.at))


def _ending(regulation: Regulation, subject: UUID, code: str | None, of: Record) -> Ending | None:
    rule = rule_of(regulation, of)
    if rule is None:
        return None
    return Ending(subject, of.kind, code, rule.code, rule.then, ends(regulation, rule, of))
