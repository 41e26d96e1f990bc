"""Reading referrals: the inbox of an agency, and one referral as one reader may see it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, false, func, or_, select, tuple_

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.decision import Reason, Withheld
from referral_hub.access.gate import NO_SUBJECT, Refused, require
from referral_hub.access.models import AccessGrant
from referral_hub.audit.acts import Act
from referral_hub.audit.proving import Evidence, evidence_of
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.facts import Section
from referral_hub.cases.sections import read_sections
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid, NotFound
from referral_hub.referrals import notes
from referral_hub.referrals.facts import (
    Clock,
    HistoryLine,
    Inbox,
    ListedReferral,
    ReferralDetail,
    SharedLine,
    WithheldLine,
)
from referral_hub.referrals.models import Referral, ReferralEvent
from referral_hub.referrals.rules import Turns, possible, turns
from referral_hub.referrals.sharing import decision_for
from referral_hub.referrals.stepping import condition_facts, is_withdrawal, relation, sides
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation

TABS = ("todo", "waiting", "active", "overdue", "closed")
PAGE_SIZE = 20
CONTACT = "contact"  # the contact rule stands first on every page about a case


class _Content(NamedTuple):
    shared: tuple[SharedLine, ...]
    withheld: tuple[WithheldLine, ...]
    contact: Section | None


def inbox(actor: Actor, tab: str, *, page: int = 1, now: datetime) -> Inbox:
    """One page of one tab of the agency's referrals, the nearest deadline first.

    :raises Invalid: no such tab.
    """
    require(actor, Action.INBOX_READ)
    if tab not in TABS:
        raise Invalid("tab", "Không có mục này.", "There is no such tab.")
    _, regulation = store.in_force(now)
    turn = turns(regulation)
    incoming = Referral.recipient_id == actor.agency_id
    outgoing = Referral.sender_id == actor.agency_id
    mine = or_(and_(incoming, Referral.sent_at.is_not(None)), outgoing)
    due = due_now(regulation)
    filters = {name: _in_tab(name, turn, incoming, due, now) for name in TABS}
    counted = [name for name in TABS if name != "closed"]
    counts = db.session.execute(
        select(*(func.count().filter(filters[name]).label(name) for name in counted)).where(
            mine, Referral.status.not_in(sorted(turn.over))
        )
    ).one()
    name = Agency.name_en if actor.locale == "en" else Agency.name_vi
    ordering: tuple[ColumnElement[Any], ...] = (due.asc().nulls_last(), Referral.id.desc())
    if tab == "closed":
        ordering = (Referral.id.desc(),)
    rows = db.session.execute(
        select(*_columns(), incoming.label("incoming"), name.label("other_agency"))
        .join(Agency, Agency.id == case((incoming, Referral.sender_id), else_=Referral.recipient_id))
        .where(mine, filters[tab])
        .order_by(*ordering)
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    listed = tuple(_listed(row, regulation) for row in rows[:PAGE_SIZE])
    if listed:
        record(actor, Entry(Act.REFERRALS_LISTED, actor.agency_id, count=len(listed)), now=now)
    return Inbox(tab, listed, dict(counts._mapping), page, len(rows) > PAGE_SIZE)


def of_case(actor: Actor, case_id: UUID) -> list[ListedReferral]:
    """The referrals of a case one holds, newest first."""
    require(actor, Action.CASE_READ, subject=case_id)
    name = Agency.name_en if actor.locale == "en" else Agency.name_vi
    rows = db.session.execute(
        select(*_columns(), false().label("incoming"), name.label("other_agency"))
        .join(Agency, Agency.id == Referral.recipient_id)
        .where(Referral.case_id == case_id)
        .order_by(Referral.id.desc())
    )
    return [_listed(row, store.version(row.regulation_id)) for row in rows]


def find_by_code(actor: Actor, code: str) -> UUID:
    """The id of the referral with exactly this code that the actor's agency is a party of.

    :raises Refused: none; a stranger's looks the same.
    """
    found = db.session.scalar(select(Referral.id).where(Referral.code == code.strip().upper()))
    if found is None:
        raise Refused(Action.REFERRAL_READ, NO_SUBJECT, NotFound())
    return found


def detail(actor: Actor, referral_id: UUID, *, now: datetime) -> ReferralDetail:
    """One referral as this reader may see it; what it opens of the case is written into the log first.

    :raises Refused: not a party (not found), or a colleague who does not hold the case (forbidden).
    """
    row = db.session.execute(select(*Referral.__table__.columns).where(Referral.id == referral_id)).first()
    if row is None:
        raise Refused(Action.REFERRAL_READ, referral_id, NotFound())
    stands = relation(actor, row)
    require(actor, Action.REFERRAL_READ, subject=row.case_id, relation=stands)
    regulation = store.version(row.regulation_id)
    facts = condition_facts(actor, row, regulation)
    incoming = row.recipient_id == actor.agency_id
    names = _agency_names(actor, row)
    content = _content(actor, row, regulation, stands.holds, incoming, now)
    steps = possible(regulation, row.status, sides(actor, row), facts)
    if stands.owns and not stands.holds:  # a colleague may record that she said stop, nothing else
        steps = tuple(t for t in steps if is_withdrawal(t))
    return ReferralDetail(
        id=row.id,
        code=row.code,
        case_id=row.case_id,
        case_code=row.case_code,
        service=row.service,
        purpose=row.purpose,
        urgency=row.urgency,
        status=row.status,
        version=row.version,
        reason=row.reason,
        outcome=row.outcome,
        sender=names[row.sender_id],
        recipient=names[row.recipient_id],
        incoming=incoming,
        owns=stands.owns,
        holds=stands.holds,
        sent_at=row.sent_at,
        access_ended_at=row.access_ended_at,
        acknowledge=_acknowledge_clock(row),
        act=_act_clock(row, regulation),
        preview=incoming and row.first_accepted_at is None,
        steps=steps,
        facts=facts,
        shared=content.shared,
        withheld=content.withheld,
        contact=content.contact,
        history=_history(actor, row, incoming or stands.holds, now),
        evidence=_evidence(row, regulation),
        regulation_id=row.regulation_id,
        regulation=regulation,
        imported=row.imported,
    )


def _content(
    actor: Actor, row: Row[Any], regulation: Regulation, holds: bool, incoming: bool, now: datetime
) -> _Content:
    """What is shared now, opened; for who holds the case also what is not, and why. The two sides see one rendering."""
    if not incoming and not holds:
        _viewed(actor, row, now)
        return _Content((), (), None)
    live = (
        AccessGrant.referral_id == row.id,
        AccessGrant.revoked_at.is_(None),
        or_(AccessGrant.valid_until.is_(None), AccessGrant.valid_until > now),
    )
    grants = {
        grant.category: grant
        for grant in db.session.execute(
            select(AccessGrant.category, AccessGrant.valid_until, AccessGrant.basis).where(*live)
        )
    }
    withheld = () if incoming else _withheld(row, regulation, grants, now)
    wanted = set(grants) if incoming else {*grants, CONTACT}
    if not wanted:
        _viewed(actor, row, now)
    opened = read_sections(actor, row.case_id, wanted, why=row.purpose, referral=row.id, now=now)
    kept = {line.category for line in withheld}
    # for a recipient only what the door opened: an empty line would tell her No
    order = [c for c in regulation.codes("data_categories") if c in grants and c not in kept]
    shared = tuple(
        SharedLine(c, grants[c].valid_until, opened.get(c), grants[c].basis)
        for c in order
        if not incoming or c in opened
    )
    return _Content(shared, withheld, opened.get(CONTACT))


def _viewed(actor: Actor, row: Row[Any], now: datetime) -> None:
    """Status and times were seen, no section was opened."""
    record(actor, Entry(Act.REFERRAL_VIEWED, row.case_id, why=row.purpose, basis=row.id), now=now)


def _withheld(
    row: Row[Any], regulation: Regulation, granted: Collection[str], now: datetime
) -> tuple[WithheldLine, ...]:
    """What is not shared, and why; a denial and a hold stand above a grant that is still open."""
    decision = decision_for(regulation, row.case_id, row.recipient_id, row.service, row.desk_id, None, now, row.id)
    covered = Reason.NOT_ATTACHED if row.access_ended_at is None else Reason.ACCESS_ENDED
    reasons = {v.category: v.reason if isinstance(v, Withheld) else covered for v in decision.verdicts}
    return tuple(
        WithheldLine(category, str(reason))
        for category, reason in reasons.items()
        if category not in granted or reason in (Reason.DENIED, Reason.ON_HOLD)
    )


def _history(actor: Actor, row: Row[Any], may_read_notes: bool, now: datetime) -> tuple[HistoryLine, ...]:
    name = Agency.name_en if actor.locale == "en" else Agency.name_vi
    events = db.session.execute(
        select(*ReferralEvent.__table__.columns, name.label("agency"))
        .join(Agency, Agency.id == ReferralEvent.agency_id)
        .where(ReferralEvent.referral_id == row.id)
        .order_by(ReferralEvent.id)
    ).all()
    written: dict[UUID, dict[str, str]] = {}
    if may_read_notes and any(e.noted for e in events):
        entry = Entry(
            Act.SECTIONS_READ, row.case_id, {"categories": ["_note"], "referral": str(row.id)}, why=row.purpose
        )
        record(actor, entry, now=now)
        written = notes.read(row.id, row.case_id)
    return tuple(
        HistoryLine(
            e.verb,
            e.to_status,
            e.occurred_at,
            e.agency,
            e.actor_name,
            e.reason,
            e.outcome,
            written.get(e.id, {}),
            e.imported,
        )
        for e in events
    )


def _evidence(row: Row[Any], regulation: Regulation) -> tuple[Evidence, ...]:
    """What proves that it was sent and accepted, and the consents it rests on."""
    if row.sent_at is None:
        return ()
    telling = {t.verb for t in regulation.transitions if {"start_clocks", "open_grants"} & set(t.effects)}
    return tuple(one for one in evidence_of(row.id) if one.verb is None or one.verb in telling)


def _columns() -> list[ColumnElement[Any]]:
    return list(Referral.__table__.columns)


def _agency_names(actor: Actor, row: Row[Any]) -> dict[UUID, str]:
    name = Agency.name_en if actor.locale == "en" else Agency.name_vi
    found = db.session.execute(
        select(Agency.id, name.label("name")).where(Agency.id.in_((row.sender_id, row.recipient_id)))
    )
    return {agency.id: agency.name for agency in found}


def _listed(row: Any, regulation: Regulation) -> ListedReferral:
    return ListedReferral(
        id=row.id,
        code=row.code,
        case_id=row.case_id,
        case_code=row.case_code,
        service=row.service,
        urgency=row.urgency,
        status=row.status,
        incoming=row.incoming,
        other_agency=row.other_agency,
        clock=_acknowledge_clock(row) or _act_clock(row, regulation),
        regulation_id=row.regulation_id,
        imported=row.imported,
    )


def _acknowledge_clock(row: Row[Any]) -> Clock | None:
    if row.acknowledge_due is None or row.acknowledged_at is not None or row.ended_at is not None:
        return None
    return Clock("acknowledge", row.sent_at, row.acknowledge_due, False)


def _act_clock(row: Row[Any], regulation: Regulation) -> Clock | None:
    if row.act_due is None or row.act_met_at is not None or row.ended_at is not None:
        return None
    return Clock("act", row.sent_at, row.act_due, (row.status, row.urgency) in _stopped(regulation))


def _stopped(regulation: Regulation) -> list[tuple[str, str]]:
    """(status, urgency) pairs in which the clock to act stands still."""
    return [
        (stop.status, urgency)
        for stop in regulation.deadline_rules.stops
        for urgency in regulation.codes("urgency_levels")
        if "act" in stop.clocks and (stop.when is None or stop.when.holds({"urgency": urgency}))
    ]


def due_now(regulation: Regulation, of: Any = Referral) -> ColumnElement[Any]:
    """The deadline that runs now, in SQL; NULL when none does. ``of``: what has the columns of a referral."""
    standing = tuple_(of.status, of.urgency).in_(_stopped(regulation))
    return case(
        (of.ended_at.is_not(None), None),
        (and_(of.acknowledged_at.is_(None), of.acknowledge_due.is_not(None)), of.acknowledge_due),
        (or_(of.act_met_at.is_not(None), standing), None),
        else_=of.act_due,
    )


def _in_tab(
    tab: str, turn: Turns, incoming: ColumnElement[bool], due: ColumnElement[Any], now: datetime
) -> ColumnElement[bool]:
    my_turn = or_(
        and_(incoming, Referral.status.in_(sorted(turn.recipient))),
        and_(~incoming, Referral.status.in_(sorted(turn.sender))),
    )
    their_turn = or_(
        and_(incoming, Referral.status.in_(sorted(turn.sender))),
        and_(~incoming, Referral.status.in_(sorted(turn.recipient))),
    )
    return {
        "todo": my_turn,
        "waiting": their_turn,
        "active": Referral.status.in_(sorted(turn.running)),
        "overdue": due < now,
        "closed": Referral.status.in_(sorted(turn.over)),
    }[tab]
