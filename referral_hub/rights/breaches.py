"""The register of incidents with data: when one was found, until when the authority is told, who was told when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid, NotFound
from referral_hub.kernel.events import publish
from referral_hub.kernel.ids import new_code, new_id
from referral_hub.regulation import store
from referral_hub.regulation.durations import parse_duration
from referral_hub.rights.events import BreachFound
from referral_hub.rights.models import Breach, BreachNotice

#: The entry of ``statutory_deadlines``: from discovery, when life, health, honour, dignity or property may be harmed.
NOTICE = "breach_notice"
KINDS = ("lost-device", "lost-paper", "wrong-recipient", "seen-by-others", "account-misused", "attack", "other")
AUTHORITY = "authority"
WHOM = (AUTHORITY, "head", "agencies", "persons")


@dataclass(frozen=True, slots=True)
class NewBreach:
    """What was found. ``categories``: kinds of data it touched; ``persons``: about how many people, None: not known."""

    kind: str
    harm: bool
    found_at: datetime
    persons: int | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told, when, under which number of letter."""

    whom: str
    at: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class BreachView:
    """An incident with everybody who was told. ``waits_until``: the authority has to be told until then; None: it was,
    or no harm can come of it."""

    id: UUID
    code: str
    kind: str
    harm: bool
    persons: int | None
    categories: tuple[str, ...]
    found_at: datetime
    due: datetime
    told: tuple[Told, ...]
    closed_at: datetime | None

    @property
    def waits_until(self) -> datetime | None:
        """The 72 hours of the law run until the authority was told."""
        return self.due if self.harm and all(one.whom != AUTHORITY for one in self.told) else None


def found(actor: Actor, new: NewBreach, *, now: datetime) -> UUID:
    """Record an incident; the clock runs from ``found_at`` (PDPL 2025, Art. 23; the length stands in the regulation).

    :raises Refused: neither in charge of data protection nor head of the agency.
    :raises Invalid: a code that there is not, a moment to come, a number below 0.
    """
    require(actor, Action.BREACH_KEEP)
    version, regulation = store.in_force(now)
    if new.kind not in KINDS:
        raise Invalid("kind", "Hãy chọn loại sự cố.", "Choose what happened.")
    if new.found_at > now:
        raise Invalid("found_at", "Thời điểm này chưa đến.", "This moment is still to come.")
    if new.persons is not None and not 0 <= new.persons <= 10_000_000:
        raise Invalid("persons", "Hãy ghi một số.", "Write a number.")
    if any(code not in regulation.codes("data_categories") for code in new.categories):
        raise Invalid("categories", "Hãy chọn loại dữ liệu.", "Choose kinds of data.")
    length = parse_duration(regulation.codes("statutory_deadlines")[NOTICE].raw["value"])
    due, made = length.due(new.found_at, regulation.calendar), new_id()
    record(actor, Entry(Act.BREACH_RECORDED, made), now=now)
    db.session.execute(
        insert(Breach).values(
            id=made,
            owner_id=actor.agency_id,
            code=new_code("SC"),
            kind=new.kind,
            harm=new.harm,
            persons=new.persons,
            categories=list(new.categories),
            found_at=new.found_at,
            due=due,
            regulation_id=version,
            recorded_at=now,
            recorded_by=actor.person,
        )
    )
    publish(BreachFound(made, actor.agency_id, due if new.harm else None))
    return made


def told(actor: Actor, breach_id: UUID, said: Told, *, now: datetime) -> None:
    """Somebody was told of it.

    :raises Refused: not this person's to see.
    :raises Invalid: nobody of the list, a moment to come or before it was found, more than a number of a letter.
    """
    of = one(actor, breach_id, now=now)
    if said.whom not in WHOM:
        raise Invalid("whom", "Hãy chọn đã báo cho ai.", "Choose who was told.")
    if not of.found_at <= said.at <= now:
        raise Invalid("told_at", "Thời điểm báo phải từ lúc phát hiện đến nay.", "After it was found, until now.")
    if len(said.reference) > 40:
        raise Invalid("reference", "Chỉ ghi số văn bản (tối đa 40 ký tự).", "Its number alone, at most 40 signs.")
    made = new_id()
    record(actor, Entry(Act.BREACH_TOLD, made, basis=breach_id), now=now)
    db.session.execute(
        insert(BreachNotice).values(
            id=made,
            breach_id=breach_id,
            owner_id=actor.agency_id,
            whom=said.whom,
            told_at=said.at,
            reference=said.reference,
            recorded_at=now,
            recorded_by=actor.person,
        )
    )


def close(actor: Actor, breach_id: UUID, *, now: datetime) -> None:
    """Nothing more is to be done about it.

    :raises Conflict: the authority was not told yet, or it was closed before.
    """
    of = one(actor, breach_id, now=now)
    if of.waits_until is not None:
        raise Conflict("Chưa báo cho cơ quan chuyên trách.", "The authority has not been told yet.")
    if of.closed_at is not None:
        raise Conflict("Việc này đã được ghi nhận.", "This was recorded already.")
    record(actor, Entry(Act.BREACH_CLOSED, breach_id), now=now)
    db.session.execute(update(Breach).where(Breach.id == breach_id).values(closed_at=now, closed_by=actor.person))


def breaches(actor: Actor, *, most: int = 200) -> list[BreachView]:
    """The register: what waits first, the nearest deadline at the top; then what is open; what is closed last."""
    require(actor, Action.BREACH_KEEP)
    rows = db.session.scalars(
        select(Breach).order_by(Breach.closed_at.desc().nulls_first(), Breach.due, Breach.id).limit(most)
    ).all()
    views = _views(rows)
    return sorted(views, key=lambda view: (view.closed_at is not None, view.waits_until is None))


def one(actor: Actor, breach_id: UUID, *, now: datetime) -> BreachView:
    """One incident, with the entry of the look.

    :raises Refused: none that this person sees; it looks like one that does not exist.
    """
    require(actor, Action.BREACH_KEEP)
    row = db.session.scalars(select(Breach).where(Breach.id == breach_id)).first()
    if row is None:
        raise Refused(Action.BREACH_KEEP, breach_id, NotFound())
    db.session.refresh(row)
    record(actor, Entry(Act.BREACH_LOOKED, breach_id), now=now)
    return _views([row])[0]


def _views(rows: Sequence[Breach]) -> list[BreachView]:
    notices: dict[UUID, list[Told]] = {row.id: [] for row in rows}
    for note in db.session.scalars(
        select(BreachNotice).where(BreachNotice.breach_id.in_(notices)).order_by(BreachNotice.told_at, BreachNotice.id)
    ):
        notices[note.breach_id].append(Told(note.whom, note.told_at, note.reference))
    return [
        BreachView(
            row.id,
            row.code,
            row.kind,
            row.harm,
            row.persons,
            tuple(row.categories),
            row.found_at,
            row.due,
            tuple(notices[row.id]),
            row.closed_at,
        )
        for row in rows
    ]
