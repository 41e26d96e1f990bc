"""Who hears of requests about data and of incidents: who keeps privacy; when time runs out the head as well."""

from datetime import timedelta
from uuid import UUID, uuid5

from sqlalchemy import select

from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.kernel.jobs import Job, Work, enqueue
from referral_hub.notifications.delivering import TASK
from referral_hub.notifications.telling import ToTell, write_notices
from referral_hub.referrals.people import ABOVE, tellable, with_role
from referral_hub.rights.breaches import AUTHORITY
from referral_hub.rights.events import BreachFound, RightAsked
from referral_hub.rights.models import Breach, BreachNotice, RightsRequest

TELL_RIGHT, TELL_BREACH = "notices:tell-right", "notices:tell-breach"
RIGHT_NEW, RIGHT_OVERDUE = "right:new", "right:overdue"
BREACH_NEW, BREACH_SOON, BREACH_OVERDUE = "breach:new", "breach:soon", "breach:overdue"
OFFICER, HEAD = "privacy_officer", "agency_head"
NEW, FIRST, LAST, SOON = "new", "first", "last", "soon"
#: The authority is told within days: a day before the end somebody has to hear of it.
BEFORE = timedelta(hours=24)


def on_asked(event: RightAsked) -> None:
    """Handler: tell of it now, and look again when each of its clocks has run out."""
    moments = ((NEW, None), (FIRST, event.first_due), (LAST, event.due))
    about = {"request": str(event.request_id), "owner": str(event.owner_id)}
    enqueue(*(Job(TELL_RIGHT, about | {"what": what}, at=at) for what, at in moments))


def on_found(event: BreachFound) -> None:
    """Handler: tell of it now, and look again a day before its clock runs out, and then."""
    about = {"breach": str(event.breach_id), "owner": str(event.owner_id)}
    jobs = [Job(TELL_BREACH, about | {"what": NEW}, urgent=True)]
    if event.due is not None:
        later = ((SOON, event.due - BEFORE), (LAST, event.due))
        jobs += [Job(TELL_BREACH, about | {"what": what}, at=at, urgent=True) for what, at in later]
    enqueue(*jobs)


def tell_right(work: Work, request: str, owner: str, what: str) -> None:
    """Write the notices of one request, unless what was waited for has been done."""
    with work.acting(_as(work, owner)):
        row = db.session.scalars(select(RightsRequest).where(RightsRequest.id == UUID(request))).first()
        if row is None or row.answered_at is not None or (what == FIRST and row.confirmed_at is not None):
            return
        people = _people(row.owner_id, with_head=what != NEW)
        if row.subject is not None:
            people = tellable(row.subject, people)
        others = [person for person in people if what != NEW or str(person) != row.recorded_by]
        if others:
            kind = RIGHT_NEW if what == NEW else RIGHT_OVERDUE
            write_notices(None, ToTell(kind, others), uuid5(row.id, what), False, work)


def tell_breach(work: Work, breach: str, owner: str, what: str) -> None:
    """Write the notices of one incident, unless the authority was told."""
    with work.acting(_as(work, owner)):
        row = db.session.scalars(select(Breach).where(Breach.id == UUID(breach))).first()
        known = select(BreachNotice.id).where(BreachNotice.breach_id == UUID(breach), BreachNotice.whom == AUTHORITY)
        if row is None or row.closed_at is not None or (what != NEW and db.session.scalar(known.limit(1))):
            return
        people = _people(row.owner_id, with_head=True)
        others = [person for person in people if what != NEW or str(person) != row.recorded_by]
        if others:
            kind = {NEW: BREACH_NEW, SOON: BREACH_SOON}.get(what, BREACH_OVERDUE)
            write_notices(None, ToTell(kind, others), uuid5(row.id, what), True, work)


def _people(agency_id: UUID, *, with_head: bool) -> list[UUID]:
    """Who keeps privacy, with the head or, where nobody does, the head and whoever is above."""
    people = with_role(OFFICER, agency_id)
    if with_head or not people:
        people = [*people, *(one for one in with_role(HEAD, agency_id) if one not in people)]
    for role in ABOVE:
        people = people or with_role(role, agency_id)
    return people


def _as(work: Work, owner: str) -> str:
    with work.reading():
        code = db.session.scalar(select(Agency.code).where(Agency.id == UUID(owner)))
    return f"system:{TASK}:{code}"
