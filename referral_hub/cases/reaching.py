"""Reaching her: the one door for whatever is said or sent to her, open in her safe times; else it tells why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.contactplan import WHY, Answer, Way, may_contact, plan_of
from referral_hub.cases.sections import read_earlier, read_sections
from referral_hub.kernel.errors import Conflict
from referral_hub.regulation.model import Regulation

CONTACT = "contact"
OWN_CASE = "own-case"


class NotSafeNow(Conflict):
    """She must not be reached now; ``answer`` says why, and when that changes."""

    code = "not-safe-now"

    def __init__(self, answer: Answer, zone: ZoneInfo) -> None:
        why = WHY[answer.why]
        until = answer.until.astimezone(zone).strftime("%d/%m/%Y %H:%M") if answer.until else None
        vi = f" Sớm nhất: {until}." if until else ""
        en = f" At the earliest: {until}." if until else ""
        super().__init__(
            f"Bây giờ không an toàn để liên hệ. {why.vi}{vi}", f"It is not safe to reach her now. {why.en}{en}"
        )
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Reach:
    """How she is reached now: the number, who to say is calling, whether a message may be left, until when."""

    phone: str
    pretext: str | None
    message: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class EarlierPlan:
    """What the contact rule said before: since when, and whose account wrote it (``account`` of the log)."""

    written_at: datetime
    written_by: str
    fields: Mapping[str, Any]


def state(fields: Mapping[str, Any] | None, way: Way, regulation: Regulation, *, now: datetime) -> Answer:
    """Whether the contact rule in ``fields`` lets her be reached now, in the regulation's time zone."""
    return may_contact(plan_of(fields), way, now, ZoneInfo(regulation.time_zone))


def reach(actor: Actor, case_id: UUID, way: Way, regulation: Regulation, *, now: datetime) -> Reach:
    """What somebody who calls or writes to her needs, in her safe times alone; the log says who asked.

    :raises NotSafeNow: outside them, or nothing is known. The attempt stays in the log if the caller commits.
    :raises Refused: another agency's case, or a colleague's.
    """
    require(actor, Action.CASE_READ, subject=case_id)
    section = read_sections(actor, case_id, [CONTACT], why=OWN_CASE, now=now).get(CONTACT)
    fields = section.fields if section else {}
    answer = state(fields, way, regulation, now=now)
    outcome = "ok" if answer.safe else "denied"
    record(actor, Entry(Act.SURVIVOR_REACHED, case_id, {"way": way}, outcome=outcome), now=now)
    if not answer.safe:
        raise NotSafeNow(answer, ZoneInfo(regulation.time_zone))
    plan = plan_of(fields)
    assert plan.phone is not None  # without a number nothing is safe
    return Reach(plan.phone, fields.get("pretext"), plan.message, answer.until)


def earlier_plans(actor: Actor, case_id: UUID, *, now: datetime) -> list[EarlierPlan]:
    """What the contact rule said before, newest first.

    :raises Refused: another agency's case, or a colleague's.
    """
    require(actor, Action.CASE_READ, subject=case_id)
    return [EarlierPlan(*one) for one in read_earlier(actor, case_id, CONTACT, why=OWN_CASE, now=now)]
