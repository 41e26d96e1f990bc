"""She says stop on the telephone, or somebody says it for her; and what every ending of a consent asks of others.

Ending always succeeds. Who calls is told the same whatever the checks found: nothing is shared any more. What they
found decides behind it: the consents end, or nothing goes out until she was called back (interop rule 5). It may be
forced: then the supervisor on duty has a task that nobody else sees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import or_, select, text, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.marks import folded
from referral_hub.access.models import AccessGrant
from referral_hub.access.policy import Relation
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.models import CaseFile
from referral_hub.cases.sections import read_sections
from referral_hub.cases.service import conditions_facts
from referral_hub.consent import service as consents
from referral_hub.consent.events import ConsentsEnded
from referral_hub.consent.models import CaseHold, Consent
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.referrals.models import Referral
from referral_hub.regulation import store
from referral_hub.regulation.conditions import parse_condition
from referral_hub.regulation.durations import parse_duration
from referral_hub.regulation.model import Regulation
from referral_hub.tasks.events import TaskDone
from referral_hub.tasks.rules import Kind
from referral_hub.tasks.service import NewTask, open_tasks

CHECK = "contact_check"
OWN_CASE = "own-case"
_HOLD = text("SELECT hold_case(:id, :subject, :at)")


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody said on the telephone.

    ``code``: a code of her case or of a referral, read out. ``answers``: to the check questions, in their order.
    ``word``: an agreed word that fell. ``wish``: what she wants, in her words.
    """

    by: Literal["herself", "somebody-else"]
    code: str = ""
    answers: tuple[str, ...] = ()
    word: str = ""
    wish: str | None = None


def case_of_code(actor: Actor, code: str) -> UUID:
    """The case of the own agency that a code read out leads to; a referral's code leads to its case.

    :raises Invalid: no case of the own agency has this code.
    """
    require(actor, Action.STOP_HEAR, relation=Relation(owns=True))
    said = code.strip().upper()[:40]
    found = db.session.scalar(select(CaseFile.id).where(CaseFile.code == said, CaseFile.owner_id == actor.agency_id))
    if found is None:
        found = db.session.scalar(
            select(Referral.case_id).where(Referral.code == said, Referral.owner_id == actor.agency_id)
        )
    if found is None:
        raise Invalid(
            "code",
            "Không có trường hợp nào của đơn vị bạn có mã này. Hãy nghe lại mã.",
            "No case of your agency has this code. Listen to it once more.",
        )
    return found


def questions(actor: Actor, case_id: UUID, *, now: datetime) -> tuple[str, ...]:
    """The check questions to ask her, without their answers; none when too few were agreed on, or not a holder's."""
    if not require(actor, Action.STOP_HEAR, subject=case_id).holds:
        return ()
    return tuple(one["question"] for one in _agreed(actor, case_id, now)[1])


def stop(actor: Actor, case_id: UUID, heard: Heard, *, now: datetime) -> None:
    """Somebody said stop. Says nothing of what the checks found, so that nobody can be made to pass it on.

    :raises Refused: not a case of the actor's agency.
    """
    relation = require(actor, Action.STOP_HEAR, subject=case_id)
    record(actor, Entry(Act.STOP_HEARD, case_id, {"by": heard.by}), now=now)
    _id, regulation = store.in_force(now)
    rule = regulation.raw["consent"]["withdrawal"]
    if heard.by != "herself":
        _ask(actor, case_id, "check-representative", rule["representative_needs"], now)
        return
    word, agreed = _agreed(actor, case_id, now) if relation.holds else (None, ())
    duress = bool(word and folded(heard.word) == folded(word))
    if _has_code(actor, case_id, heard.code) or _answered(agreed, heard.answers):
        _end_all(actor, case_id, heard.wish, now, duress=duress)
        return
    record(actor, Entry(Act.HOLD_PLACED, case_id), now=now)
    db.session.execute(_HOLD, {"id": new_id(), "subject": case_id, "at": now})
    within = parse_duration(rule["otherwise_hold"]["safe_call_back_within"])
    call = NewTask("safe-call-back", actor.agency_id, within.due(now, regulation.calendar), urgent=True)
    open_tasks(actor, case_id, [call], now=now)
    if duress or _may_be_forced(case_id, regulation, ()):
        _ask(actor, case_id, "maybe-coerced", rule["maybe_coerced"]["task_for"], now)


def is_held(case_id: UUID) -> bool:
    """Whether the case waits for a call back (the caller has passed the gate)."""
    return bool(db.session.scalar(select(CaseHold.id).where(CaseHold.subject == case_id, CaseHold.lifted_at.is_(None))))


def on_consents_ended(event: ConsentsEnded) -> None:
    """Consents ended: who was given something confirms that it stopped, and somebody looks whether it was forced.

    Runs before the referrals change, in the same transaction.
    """
    _id, regulation = store.in_force(event.now)
    rule = next(r for r in regulation.raw["hub_stricter_defaults"] if r["code"] == "withdraw_recipient_confirm")
    due = parse_duration(rule["value"]).due(event.now, regulation.calendar)
    asked = [NewTask("confirm-stopped", agency, due, referral_id=referral) for referral, agency in _given(event)]
    open_tasks(event.actor, event.case_id, asked, now=event.now)
    if event.duress or _may_be_forced(event.case_id, regulation, event.touched):
        role = regulation.raw["consent"]["withdrawal"]["maybe_coerced"]["task_for"]
        _ask(event.actor, event.case_id, "maybe-coerced", role, event.now, owner=_owner(event))


def on_task_done(event: TaskDone) -> None:
    """She was called back, or who acts for her was checked."""
    if event.kind == "safe-call-back":
        if event.outcome == "she-stops":
            _end_all(event.actor, event.case_id, None, event.now)
        require(event.actor, Action.HOLD_LIFT, subject=event.case_id)
        record(event.actor, Entry(Act.HOLD_LIFTED, event.case_id, {"outcome": event.outcome}), now=event.now)
        db.session.execute(
            update(CaseHold)
            .where(CaseHold.subject == event.case_id, CaseHold.lifted_at.is_(None))
            .values(lifted_at=event.now, lifted_by=event.actor.person)
        )
    elif event.kind == "check-representative" and event.outcome == "may-act":
        _end_all(event.actor, event.case_id, None, event.now)


def _end_all(actor: Actor, case_id: UUID, wish: str | None, now: datetime, *, duress: bool = False) -> None:
    live = db.session.scalars(
        select(Consent.id).where(Consent.case_id == case_id, Consent.withdrawn_at.is_(None)).order_by(Consent.id)
    )
    consents.end(actor, case_id, tuple(live), wish=wish, occurred=now, now=now, duress=duress)


def _ask(actor: Actor, case_id: UUID, kind: Kind, role: str, now: datetime, *, owner: UUID | None = None) -> None:
    """One role of the agency that keeps the case, at once."""
    open_tasks(actor, case_id, [NewTask(kind, owner or actor.agency_id, None, role=role, urgent=True)], now=now)


def _agreed(actor: Actor, case_id: UUID, now: datetime) -> tuple[str | None, tuple[Mapping[str, str], ...]]:
    """The duress word, and the check questions with their answers if enough were agreed on."""
    section = read_sections(actor, case_id, [CHECK], why=OWN_CASE, now=now).get(CHECK)
    fields: Mapping[str, Any] = section.fields if section else {}
    wanted = store.in_force(now)[1].raw["consent"]["withdrawal"]["check_questions"]
    asked = tuple(fields.get("check_questions") or ())[:wanted]
    return fields.get("duress_word"), asked if len(asked) == wanted else ()


def _answered(agreed: Sequence[Mapping[str, str]], answers: Sequence[str]) -> bool:
    """Every question right; accents and capitals do not count on the telephone."""
    return (
        bool(agreed)
        and len(answers) >= len(agreed)
        and all(folded(one["answer"]) == folded(said) for one, said in zip(agreed, answers, strict=False))
    )


def _has_code(actor: Actor, case_id: UUID, code: str) -> bool:
    said = code.strip().upper()[:40]
    if not said:
        return False
    of_case = select(CaseFile.id).where(CaseFile.id == case_id, CaseFile.code == said)
    of_referral = select(Referral.id).where(
        Referral.case_id == case_id, Referral.code == said, Referral.owner_id == actor.agency_id
    )
    return any(db.session.execute(one).first() is not None for one in (of_case, of_referral))


def _given(event: ConsentsEnded) -> list[tuple[UUID, UUID]]:
    """(referral, recipient) of those that were shown anything on these consents."""
    grant = AccessGrant
    rows = db.session.execute(
        select(Referral.id, Referral.recipient_id)
        .join(grant, grant.referral_id == Referral.id)
        .where(
            Referral.id.in_(event.touched),
            Referral.imported.is_(False),
            Referral.sent_at.is_not(None),
            grant.basis == "consent",
            grant.basis_id.in_(event.consents),
            or_(grant.active_from.is_not(None), grant.preview_from.is_not(None)),
        )
        .distinct()
        .order_by(Referral.id)
    )
    return [(row.id, row.recipient_id) for row in rows]


def _owner(event: ConsentsEnded) -> UUID:
    """The agency that keeps the case, also where another party heard her."""
    found = db.session.scalar(select(Referral.owner_id).where(Referral.case_id == event.case_id).limit(1))
    return found or event.actor.agency_id


def _may_be_forced(case_id: UUID, regulation: Regulation, touched: Sequence[UUID]) -> bool:
    """The regulation's rule on what is known of the case. Who heard her without holding the case sees none of its
    facts: then somebody looks in any case."""
    facts = conditions_facts(case_id)
    if not facts:
        return True
    most = max(regulation.urgency_levels, key=lambda level: level.order).code
    urgent = select(Referral.id).where(
        Referral.case_id == case_id,
        Referral.urgency == most,
        Referral.sent_at.is_not(None),
        or_(Referral.ended_at.is_(None), Referral.id.in_(touched)),
    )
    facts["emergency_open"] = db.session.execute(urgent.limit(1)).first() is not None
    when = regulation.raw["consent"]["withdrawal"]["maybe_coerced"]["when"]
    return parse_condition(when, regulation.facts).holds(facts)
