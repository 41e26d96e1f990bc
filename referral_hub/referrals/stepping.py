"""Taking a step of the transition table: checked, recorded, with its effects, in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, relation_to, require
from referral_hub.access.policy import Relation
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.service import conditions_facts
from referral_hub.consent import service as consents
from referral_hub.consent.events import ConsentsEnded
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid, NotFound
from referral_hub.kernel.events import publish
from referral_hub.kernel.ids import new_id
from referral_hub.referrals import clocks, notes
from referral_hub.referrals.errors import AnsweredAlready, StepNotAllowed
from referral_hub.referrals.events import Stepped
from referral_hub.referrals.lowering import urgency_at_sending
from referral_hub.referrals.models import Referral, ReferralEvent
from referral_hub.referrals.rules import (
    WRITTEN_NEEDS,
    Step,
    choose,
    needs_redirect,
    outcomes,
    possible,
    reasons,
    times_set,
)
from referral_hub.referrals.sharing import cover_categories, stage
from referral_hub.referrals.watching import watch
from referral_hub.regulation import store
from referral_hub.regulation.deadlines import Deadlines, deadlines
from referral_hub.regulation.model import Regulation, Transition

_OPEN = text("SELECT open_grants(:referral, :at)")
_END = text("SELECT end_grants(:referral, :at)")
_CONSENTS = text("SELECT referral_consents(:referral)")
TIMES = ("sent_at", "acknowledged_at", "first_accepted_at", "first_started_at", "ended_at")


def step(actor: Actor, referral_id: UUID, wanted: Step, *, occurred: datetime | None = None, now: datetime) -> str:
    """Take ``wanted`` on a referral; returns the status it is in afterwards.

    :param occurred: when it happened, for what comes from paper; ``now`` when not given.
    :raises Refused: not a party (not found), or a colleague without the right.
    :raises AnsweredAlready: somebody took a step since this person looked.
    :raises StepNotAllowed: the table has no such step here for this side.
    :raises Invalid: a reason, outcome or note is missing or not in the regulation's list.
    """
    row = _locked(actor, referral_id)
    regulation = store.version(row.regulation_id)
    require(actor, _action(regulation, wanted.verb), subject=row.case_id, relation=relation(actor, row))
    facts = condition_facts(actor, row, regulation)
    if wanted.version is not None and wanted.version != row.version:
        raise _answered_already(row, regulation)
    transition = choose(regulation, wanted.verb, row.status, sides(actor, row), facts)
    if transition is None:
        raise _not_allowed(regulation, wanted.verb, row, actor, facts)
    _check_input(regulation, transition, row, wanted, facts)
    if "start_clocks" in transition.effects and not row.imported:
        row = _with_urgency_of_today(row, regulation)
    if "start_clocks" in transition.effects and store.in_force_id(occurred or now) != row.regulation_id:
        raise Conflict(
            "Bản nháp này viết theo quy chế trước đây: hãy viết lại chuyển gửi.",
            "This draft was written under an earlier regulation: write the referral anew.",
        )
    _apply(actor, row, regulation, transition, wanted, occurred or now, now)
    return transition.target


def sides(actor: Actor, row: Row[Any]) -> frozenset[str]:
    """The sides on which ``actor`` stands to a referral. The import of an old register speaks for both."""
    if actor.is_system:
        return frozenset({"sender", "recipient"}) if row.imported and row.owner_id == actor.agency_id else frozenset()
    found = set()
    if actor.agency_id == row.sender_id:
        found.add("sender")
    if actor.agency_id == row.recipient_id:
        found.add("recipient")
    if "coordinator" in actor.roles:
        found.add("coordinator")
    if "hotline_worker" in actor.roles and actor.agency_id == row.owner_id:
        found.add("hotline")
    return frozenset(found)


def steps_for(actor: Actor, row: Row[Any], regulation: Regulation) -> tuple[Transition, ...]:
    """The steps this actor may take now, in the table's order."""
    return possible(regulation, row.status, sides(actor, row), condition_facts(actor, row, regulation))


def condition_facts(actor: Actor, row: Row[Any], regulation: Regulation) -> dict[str, Any]:
    """What the conditions of the table may ask about a referral (the case's own facts for its owner alone)."""
    parties = select(Agency.id, Agency.type).where(Agency.id.in_((row.sender_id, row.recipient_id)))
    types = {party.id: party.type for party in db.session.execute(parties)}
    recipient_type = types[row.recipient_id]
    own = conditions_facts(row.case_id) if actor.agency_id == row.owner_id else {}
    return own | {
        "service": row.service,
        "urgency": row.urgency,
        "status": row.status,
        "sender_type": types[row.sender_id],
        "recipient_type": recipient_type,
        "recipient_sector": regulation.codes("agency_types")[recipient_type].raw["sector"],
        "reason_must_redirect": needs_redirect(regulation, row.reason),
        "imported": row.imported,
    }


def on_consents_ended(event: ConsentsEnded) -> None:
    """Consents ended: the referrals that nothing covers any more become withdrawn, where the table allows it."""
    for referral_id in event.referrals:
        row = db.session.execute(
            select(*Referral.__table__.columns).where(Referral.id == referral_id).with_for_update()
        ).first()
        if row is None:
            continue
        regulation = store.version(row.regulation_id)
        withdraw = next((t for t in regulation.transitions if is_withdrawal(t) and row.status in t.sources), None)
        if withdraw is not None:
            wish = {"her_wish": event.wish} if event.wish else {}
            wanted = Step(withdraw.verb, notes=wish)
            _apply(event.actor, row, regulation, withdraw, wanted, event.occurred_at, event.now)


def is_withdrawal(transition: Transition) -> bool:
    """She said stop: the step that ends her consents."""
    return "end_consents" in transition.effects


def _locked(actor: Actor, referral_id: UUID) -> Row[Any]:
    row = db.session.execute(
        select(*Referral.__table__.columns).where(Referral.id == referral_id).with_for_update()
    ).first()
    if row is None:
        raise Refused(Action.REFERRAL_STEP, referral_id, NotFound())
    return row


def relation(actor: Actor, row: Row[Any]) -> Relation:
    """How the actor stands to a referral it can see: the owner's side holds the case or not, the recipient is party."""
    own = relation_to(actor, row.case_id) if actor.agency_id == row.owner_id else Relation()
    levels = store.version(row.regulation_id).urgency_levels
    urgent = row.urgency == max(levels, key=lambda level: level.order).code
    return Relation(own.owns, own.holds, party=actor.agency_id == row.recipient_id, urgent=urgent)


def _action(regulation: Regulation, verb: str) -> Action:
    """Ending her consent is open to whoever she told; every other step to who holds or received the referral."""
    ends = any(is_withdrawal(t) for t in regulation.transitions if t.verb == verb)
    return Action.CONSENT_WITHDRAW if ends else Action.REFERRAL_STEP


def _check_input(
    regulation: Regulation, transition: Transition, row: Row[Any], wanted: Step, facts: Mapping[str, Any]
) -> None:
    unsaid = row.imported and wanted.reason is None and wanted.outcome is None  # paper often does not say
    if unsaid:
        return
    if transition.reason_list is not None and wanted.reason not in reasons(regulation, transition, facts):
        raise Invalid("reason", "Hãy chọn một lý do trong danh sách của quy chế.", "Choose a reason of the regulation.")
    if transition.outcome_list is not None and wanted.outcome not in outcomes(regulation, transition, row.service):
        raise Invalid("outcome", "Hãy chọn một kết quả của dịch vụ này.", "Choose an outcome of this service.")
    for need in transition.needs:
        if need in WRITTEN_NEEDS and not wanted.notes.get(need, "").strip():
            label = regulation.codes("transition_needs")[need].label
            raise Invalid(need, f"Cần ghi: {label.vi}.", f"Needed: {label.en}.")
    for need, note in wanted.notes.items():
        if len(note) > notes.LONGEST:
            raise Invalid(need, f"Tối đa {notes.LONGEST} ký tự.", f"At most {notes.LONGEST} characters.")


def _apply(
    actor: Actor,
    row: Row[Any],
    regulation: Regulation,
    transition: Transition,
    wanted: Step,
    at: datetime,
    now: datetime,
) -> None:
    values: dict[str, Any] = {"status": transition.target, "version": row.version + 1}
    values |= times_set(regulation, transition.verb, {name: getattr(row, name) for name in TIMES}, at)
    if transition.reason_list is not None:
        values["reason"] = wanted.reason
    if transition.outcome_list is not None:
        values["outcome"] = wanted.outcome
    if "new_referral" in transition.needs:
        values["successor_id"] = _successor(row, wanted)
    values |= _clock_values(actor, row, regulation, transition, wanted.outcome, at)
    covered = (
        cover_categories(row, regulation, at) if "decision_allows" in transition.needs and row.sent_at is None else ()
    )
    payload = {"referral": str(row.id), "verb": transition.verb, "from": row.status, "to": transition.target}
    payload |= {k: v for k, v in (("reason", wanted.reason), ("outcome", wanted.outcome)) if v}
    (entry,) = record(actor, Entry(Act.REFERRAL_STEPPED, row.case_id, payload, why=row.purpose), now=now)
    event_id = new_id()
    db.session.execute(update(Referral).where(Referral.id == row.id).values(**values))
    db.session.execute(
        insert(ReferralEvent).values(
            id=event_id,
            referral_id=row.id,
            case_id=row.case_id,
            verb=transition.verb,
            from_status=row.status,
            to_status=transition.target,
            occurred_at=at,
            recorded_at=now,
            agency_id=actor.agency_id,
            actor=actor.person,
            actor_name=actor.name,
            reason=wanted.reason if transition.reason_list else None,
            outcome=wanted.outcome if transition.outcome_list else None,
            noted=any(note.strip() for note in wanted.notes.values()),
            imported=row.imported,
            entry_uid=entry,
        )
    )
    notes.write(row.id, row.case_id, event_id, wanted.notes)
    _take_effect(actor, row, regulation, transition, covered, at, now, wanted)
    _look_at_clocks(actor, row, regulation, transition, values, at)
    if not row.imported:
        publish(Stepped(row.id, row.owner_id, event_id, _told(row, transition)))


def _with_urgency_of_today(row: Row[Any], regulation: Regulation) -> Row[Any]:
    """The facts may have become worse since the draft was written: it goes as urgently as they are now."""
    urgency = urgency_at_sending(row, regulation)
    if urgency == row.urgency:
        return row
    db.session.execute(update(Referral).where(Referral.id == row.id).values(urgency=urgency))
    return db.session.execute(select(*Referral.__table__.columns).where(Referral.id == row.id)).one()


def _told(row: Row[Any], transition: Transition) -> tuple[str, ...]:
    """The sides that hear of a step; the recipient only of what was ever sent to it."""
    sides = {"tell_sender": "sender", "tell_recipient": "recipient"}
    found = (sides[effect] for effect in transition.effects if effect in sides)
    known = row.sent_at is not None or "start_clocks" in transition.effects
    return tuple(side for side in found if side == "sender" or known)


def _look_at_clocks(
    actor: Actor,
    row: Row[Any],
    regulation: Regulation,
    transition: Transition,
    values: Mapping[str, Any],
    at: datetime,
) -> None:
    """The worker is to look when the first step of a ladder falls due, and at once when a clock goes on."""
    if row.imported:
        return
    if "start_clocks" in transition.effects:
        facts = condition_facts(actor, row, regulation)
        steps = clocks.ladder(_deadlines(row, regulation, facts, at), values["act_due"])
        watch(row.id, row.owner_id, clocks.next_look(steps, (clocks.ACKNOWLEDGE, clocks.ACT), ()))
    elif "act_due" in values:
        watch(row.id, row.owner_id, at)


def _deadlines(row: Row[Any], regulation: Regulation, facts: Mapping[str, Any], sent_at: datetime) -> Deadlines:
    return deadlines(regulation, row.service, facts["recipient_type"], row.urgency, facts, sent_at)


def _take_effect(
    actor: Actor,
    row: Row[Any],
    regulation: Regulation,
    transition: Transition,
    covered: tuple[str, ...],
    at: datetime,
    now: datetime,
    wanted: Step,
) -> None:
    if "start_clocks" in transition.effects:
        stage(actor, row, regulation, covered, at, now)
    if "open_grants" in transition.effects:
        record(actor, Entry(Act.ACCESS_OPENED, row.case_id, {"referral": str(row.id)}), now=now)
        db.session.execute(_OPEN, {"referral": row.id, "at": at})
    if "end_grants" in transition.effects:
        record(
            actor, Entry(Act.ACCESS_ENDED, row.case_id, {"referral": str(row.id), "cause": transition.verb}), now=now
        )
        db.session.execute(_END, {"referral": row.id, "at": at})
    if "end_consents" in transition.effects:
        resting = tuple(db.session.scalars(_CONSENTS, {"referral": row.id}))
        live = _not_yet_ended(actor, row, resting)
        consents.end(actor, row.case_id, live, wish=wanted.notes.get("her_wish"), occurred=at, now=now)


def _not_yet_ended(actor: Actor, row: Row[Any], resting: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """The owner sees which consents are ended already; another party ends them all (the door ends each only once)."""
    if actor.agency_id != row.owner_id or not resting:
        return resting
    return tuple(
        db.session.scalars(
            text("SELECT id FROM consent WHERE id = ANY (:ids) AND withdrawn_at IS NULL"), {"ids": list(resting)}
        )
    )


def _clock_values(
    actor: Actor, row: Row[Any], regulation: Regulation, transition: Transition, outcome: str | None, at: datetime
) -> dict[str, Any]:
    """Due instants at sending; what meets or moves a clock afterwards. Nothing imported ever has a clock."""
    if row.imported:
        return {}
    facts = condition_facts(actor, row, regulation)
    if "start_clocks" in transition.effects:
        due = _deadlines(row, regulation, facts, at)
        return {"acknowledge_due": due.acknowledge_due, "act_due": due.act_due}
    if row.sent_at is None:
        return {}
    due = _deadlines(row, regulation, facts, row.sent_at)
    values: dict[str, Any] = {}
    if clocks.meets(due, clocks.ACT, transition.verb, outcome) and row.act_met_at is None:
        values["act_met_at"] = at
    stands = clocks.standing(row)
    if clocks.stopped(regulation, stands, due, facts) and row.act_due is not None and transition.target != row.status:
        since = db.session.scalar(
            select(ReferralEvent.occurred_at)
            .where(ReferralEvent.referral_id == row.id, ReferralEvent.to_status == row.status)
            .order_by(ReferralEvent.id.desc())
            .limit(1)
        )
        if since is not None and at > since:
            values["act_due"] = row.act_due + (at - since)
    return values


def _successor(row: Row[Any], wanted: Step) -> UUID:
    found = db.session.scalar(
        select(Referral.id).where(
            Referral.code == (wanted.new_referral or "").strip().upper(),
            Referral.case_id == row.case_id,
            Referral.id != row.id,
            Referral.sent_at.is_not(None),
        )
    )
    if found is None:
        raise Invalid(
            "new_referral",
            "Hãy gửi chuyển gửi mới của cùng trường hợp trước, rồi nhập mã của nó.",
            "Send the new referral of the same case first, then enter its code.",
        )
    return found


def _answered_already(row: Row[Any], regulation: Regulation) -> Conflict:
    last = db.session.execute(
        select(ReferralEvent.actor_name, ReferralEvent.verb, ReferralEvent.recorded_at, Agency.name_vi, Agency.name_en)
        .join(Agency, Agency.id == ReferralEvent.agency_id)
        .where(ReferralEvent.referral_id == row.id)
        .order_by(ReferralEvent.id.desc())
        .limit(1)
    ).first()
    if last is None:  # a draft nobody has touched: the version asked for never was
        return Conflict(
            "Chuyển gửi này không còn như bạn đã thấy: hãy mở lại.",
            "This referral is not as you saw it: open it again.",
        )
    label = next(t.label for t in regulation.transitions if t.verb == last.verb)
    return AnsweredAlready(last.actor_name, last.name_vi, last.name_en, label.vi, label.en, last.recorded_at)


def _not_allowed(
    regulation: Regulation, verb: str, row: Row[Any], actor: Actor, facts: Mapping[str, Any]
) -> StepNotAllowed:
    allowed = [t.verb for t in possible(regulation, row.status, sides(actor, row), facts)]
    label = regulation.codes("referral_statuses")[row.status].label
    return StepNotAllowed(verb, label.vi, label.en, allowed)
