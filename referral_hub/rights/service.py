"""Recording a request, the list of what is open, and answering."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, insert, select, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, relation_to, require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.models import CaseFile
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid, NotFound
from referral_hub.kernel.events import publish
from referral_hub.kernel.ids import new_code, new_id
from referral_hub.regulation import store
from referral_hub.rights.events import RightAsked
from referral_hub.rights.models import RightsRequest
from referral_hub.rights.rules import ANSWERS, ASKERS, DONE, ERASURE, KINDS, LETTER, PARTLY, due


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What was asked. ``case_code``: her case, when she asks herself; nobody else names one."""

    asker: str
    kind: str
    channel: str
    received_at: datetime
    case_code: str = ""


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as the desk reads it. ``subject``: her record, None for anybody else."""

    id: UUID
    code: str
    subject: UUID | None
    asker: str
    kind: str
    channel: str
    received_at: datetime
    recorded_by: str
    first_due: datetime
    due: datetime
    confirmed_at: datetime | None
    answered_at: datetime | None
    answer: str | None

    @property
    def next_due(self) -> datetime | None:
        """Until when the next thing has to be done: the first answer, then the whole; None when it is over."""
        if self.answered_at is not None:
            return None
        return self.due if self.confirmed_at is not None else self.first_due


def ask(actor: Actor, new: NewRequest, *, now: datetime) -> UUID:
    """Record a request; the clocks run from ``received_at``.

    :raises Refused: nobody who takes requests.
    :raises Invalid: a code that there is not, a time to come, or no case with this code that the actor holds.
    """
    require(actor, Action.RIGHTS_RECORD)
    version, regulation = store.in_force(now)
    if new.asker not in ASKERS:
        raise Invalid("asker", "Hãy chọn ai yêu cầu.", "Choose who asks.")
    if new.kind not in KINDS:
        raise Invalid("kind", "Hãy chọn loại yêu cầu.", "Choose what is asked.")
    if new.channel not in regulation.codes("intake_channels"):
        raise Invalid("channel", "Hãy chọn cách yêu cầu được gửi đến.", "Choose how it came.")
    if new.received_at > now:
        raise Invalid("received_at", "Thời điểm này chưa đến.", "This moment is still to come.")
    case_id = _her_case(actor, new.case_code) if new.asker == "herself" else None
    made, clocks = new_id(), due(regulation, new.kind, new.received_at)
    entries = [Entry(Act.RIGHTS_ASKED, made)]
    if case_id is not None:
        entries.append(Entry(Act.RIGHTS_ASKED, case_id, {"request": str(made)}, why=new.kind))
    record(actor, *entries, now=now)
    db.session.execute(
        insert(RightsRequest).values(
            id=made,
            owner_id=actor.agency_id,
            subject=case_id,
            code=new_code("YC"),
            asker=new.asker,
            kind=new.kind,
            channel=new.channel,
            received_at=new.received_at,
            first_due=clocks.first,
            due=clocks.final,
            regulation_id=version,
            recorded_at=now,
            recorded_by=actor.person,
        )
    )
    publish(RightAsked(made, actor.agency_id, clocks.first, clocks.final))
    return made


def requests(actor: Actor, *, most: int = 200) -> list[RequestView]:
    """What this person sees: open ones first, the nearest deadline at the top, so what is overdue leads."""
    require(actor, Action.RIGHTS_READ)
    next_due = case((RightsRequest.confirmed_at.is_(None), RightsRequest.first_due), else_=RightsRequest.due)
    rows = db.session.scalars(
        select(RightsRequest)
        .order_by(RightsRequest.answered_at.desc().nulls_first(), next_due, RightsRequest.id)
        .limit(most)
    )
    return [_view(row) for row in rows]


def one(actor: Actor, request_id: UUID, *, now: datetime) -> RequestView:
    """One request, with the entry of the look.

    :raises Refused: none that this person sees; it looks like one that does not exist.
    """
    require(actor, Action.RIGHTS_READ)
    row = db.session.scalars(select(RightsRequest).where(RightsRequest.id == request_id)).first()
    if row is None:
        raise Refused(Action.RIGHTS_READ, request_id, NotFound())
    db.session.refresh(row)
    record(actor, Entry(Act.RIGHTS_LOOKED, request_id), now=now)
    return _view(row)


def confirm(actor: Actor, request_id: UUID, *, now: datetime) -> RequestView:
    """She was told that her request was received, what happens next and until when: the first answer of the law.

    :raises Refused: not this person's to see; for a request of anyone else, which has the letter alone.
    :raises Conflict: she was told before, or it was answered already.
    """
    found = one(actor, request_id, now=now)
    require(actor, Action.RIGHTS_ANSWER)
    if found.subject is None:
        raise Refused(Action.RIGHTS_ANSWER, request_id, NotFound())
    if found.confirmed_at is not None or found.answered_at is not None:
        raise Conflict("Việc này đã được ghi nhận.", "This was recorded already.")
    said = {"request": str(request_id)}
    record(actor, Entry(Act.RIGHTS_CONFIRMED, request_id), Entry(Act.RIGHTS_CONFIRMED, found.subject, said), now=now)
    db.session.execute(
        update(RightsRequest).where(RightsRequest.id == request_id).values(confirmed_at=now, confirmed_by=actor.person)
    )
    return one(actor, request_id, now=now)


def answer(actor: Actor, request_id: UUID, outcome: str, *, erased: bool = False, now: datetime) -> RequestView:
    """Answer a request. For anyone but her the data-protection officer decides, and the one answer is the letter.

    :param erased: parts of her record were erased in this transaction; an erasure that was not done is not called so.
    :raises Refused: not this person's to see or to decide.
    :raises Invalid: no such answer to this one.
    :raises Conflict: answered already.
    """
    found = one(actor, request_id, now=now)
    if found.subject is None:
        require(actor, Action.RIGHTS_DECIDE)
    else:
        require(actor, Action.RIGHTS_ANSWER)
    if outcome not in (ANSWERS if found.subject is not None else (LETTER,)):
        raise Invalid("answer", "Hãy chọn câu trả lời.", "Choose the answer.")
    if found.kind == ERASURE and outcome in (DONE, PARTLY) and not erased:
        raise Invalid("answer", "Việc xóa chưa được thực hiện.", "Nothing has been erased yet.")
    entries = [Entry(Act.RIGHTS_ANSWERED, request_id)]
    if found.subject is not None:
        entries.append(Entry(Act.RIGHTS_ANSWERED, found.subject, {"request": str(request_id), "outcome": outcome}))
    record(actor, *entries, now=now)
    done = db.session.execute(
        update(RightsRequest)
        .where(RightsRequest.id == request_id, RightsRequest.answered_at.is_(None))
        .values(answered_at=now, answered_by=actor.person, answer=outcome)
        .returning(RightsRequest.id)
    ).first()
    if done is None:
        raise Conflict("Yêu cầu này đã được trả lời.", "This request was answered already.")
    return one(actor, request_id, now=now)


def _her_case(actor: Actor, code: str) -> UUID:
    """Her case if the actor holds it; a colleague's and one that does not exist are the same."""
    found = db.session.scalar(
        select(CaseFile.id).where(CaseFile.code == code.strip().upper()[:40], CaseFile.owner_id == actor.agency_id)
    )
    if found is None or not relation_to(actor, found).holds:
        raise Invalid("case_code", "Bạn không giữ trường hợp nào có mã này.", "You hold no case with this code.")
    return found


def _view(row: RightsRequest) -> RequestView:
    return RequestView(
        row.id,
        row.code,
        row.subject,
        row.asker,
        row.kind,
        row.channel,
        row.received_at,
        row.recorded_by,
        row.first_due,
        row.due,
        row.confirmed_at,
        row.answered_at,
        row.answer,
    )
