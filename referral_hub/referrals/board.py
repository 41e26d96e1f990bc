"""The coordinator's board: open referrals of all agencies by stage, what is overdue, how fast agencies answer.

Codes, agencies and times. Who reads is asked in the database too: the view shows anything to coordinators alone, and
nothing of a case that she kept from this reader.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    MetaData,
    Row,
    Table,
    Text,
    Uuid,
    and_,
    func,
    or_,
    select,
)

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.referrals.clocks import ACKNOWLEDGE, ACT, ended
from referral_hub.referrals.facts import Clock
from referral_hub.referrals.queries import due_now
from referral_hub.referrals.rules import Turns, turns
from referral_hub.regulation import store
from referral_hub.regulation.deadlines import deadlines
from referral_hub.regulation.model import Regulation

MOST = 100  # overdue referrals that are named one by one; all of them are counted

# Made by the migrations' SQL, no table of the hub.
_VIEW = Table(
    "board_referral",
    MetaData(),
    *(Column(name, Uuid) for name in ("id", "sender_id", "recipient_id", "regulation_id")),
    *(Column(name, Text) for name in ("code", "service", "urgency", "status")),
    *(Column(name, DateTime(timezone=True)) for name in ("sent_at", "acknowledged_at", "act_met_at", "ended_at")),
    *(Column(name, DateTime(timezone=True)) for name in ("acknowledge_due", "act_due")),
    Column("imported", Boolean),
)
_R = _VIEW.c


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """What one receiving agency has: open referrals by whose turn it is, those past their deadline.

    ``median`` and ``slow`` (90th percentile): from sending to acknowledging, of the ``acknowledged`` sent in the
    period; None where there is none.
    """

    agency: str
    waiting: int
    running: int
    returned: int
    overdue: int
    acknowledged: int
    median: timedelta | None
    slow: timedelta | None

    @property
    def open(self) -> int:
        """All that is not over."""
        return self.waiting + self.running + self.returned


@dataclass(frozen=True, slots=True)
class Overdue:
    """A referral past the deadline that runs: its code, never whose it is."""

    id: UUID
    code: str
    service: str
    urgency: str
    status: str
    sender: str
    recipient: str
    clock: Clock
    regulation: Regulation


@dataclass(frozen=True, slots=True)
class Breach:
    """How often one deadline of the regulation was missed by referrals sent in the period.

    ``clock`` is ``acknowledge`` or ``act``; ``source`` the place in the regulation that set it.
    """

    regulation: Regulation
    clock: str
    source: str
    times: int
    agencies: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Board:
    """``stages``: status -> open referrals, in the order of the regulation. Agencies with most overdue first."""

    stages: Mapping[str, int]
    agencies: tuple[AgencyLine, ...]
    overdue: tuple[Overdue, ...]
    breaches: tuple[Breach, ...]
    regulation: Regulation

    @property
    def open(self) -> int:
        """All that is under way now."""
        return sum(self.stages.values())

    @property
    def late(self) -> int:
        """Those past the deadline that runs."""
        return sum(line.overdue for line in self.agencies)


def board(actor: Actor, start: datetime, end: datetime, *, now: datetime) -> Board:
    """What is open now, and how referrals sent from ``start`` to before ``end`` were answered. The reading is an entry.

    Referrals out of paper registers are counted as open; no deadline of theirs ever ran here.

    :raises Refused: no coordinator.
    """
    return _read(actor, start, end, Act.BOARD_READ, now)


def taken_away(actor: Actor, start: datetime, end: datetime, *, now: datetime) -> Board:
    """The same, to be taken away as a file, which its entry says.

    :raises Refused: no coordinator.
    """
    return _read(actor, start, end, Act.BOARD_TAKEN, now)


def _read(actor: Actor, start: datetime, end: datetime, act: Act, now: datetime) -> Board:
    require(actor, Action.BOARD_READ)
    _, regulation = store.in_force(now)
    turn = turns(regulation)
    counts = _open(regulation, turn, now)
    times = {row.recipient_id: row for row in _times(start, end)}
    late = _overdue(regulation, turn, now)
    missed = _missed(start, end, now)
    names = _agencies(actor)
    statuses = Counter[str]()
    for row in counts:
        statuses[row.status] += row.many
    ids = {row.recipient_id for row in counts} | set(times)
    lines = (_line(names[one][0], [r for r in counts if r.recipient_id == one], times.get(one), turn) for one in ids)
    record(actor, Entry(act, actor.agency_id, count=sum(statuses.values())), now=now)
    return Board(
        stages={code: statuses[code] for code in regulation.codes("referral_statuses") if statuses[code]},
        agencies=tuple(sorted(lines, key=lambda line: (-line.overdue, -line.open, line.agency))),
        overdue=tuple(_named(row, names) for row in late),
        breaches=_breaches(missed, names),
        regulation=regulation,
    )


def _open(regulation: Regulation, turn: Turns, now: datetime) -> Sequence[Row[Any]]:
    late = and_(~_R.imported, due_now(regulation, _R) < now)
    return db.session.execute(
        select(_R.recipient_id, _R.status, func.count().label("many"), func.count().filter(late).label("late"))
        .where(_R.status.not_in(sorted(turn.over)))
        .group_by(_R.recipient_id, _R.status)
    ).all()


def _overdue(regulation: Regulation, turn: Turns, now: datetime) -> Sequence[Any]:
    due = due_now(regulation, _R)
    late = (_R.status.not_in(sorted(turn.over)), ~_R.imported, due < now)
    return db.session.execute(select(*_R, due.label("due")).where(*late).order_by(due, _R.id).limit(MOST)).all()


def _times(start: datetime, end: datetime) -> Sequence[Row[Any]]:
    took = _R.acknowledged_at - _R.sent_at
    return db.session.execute(
        select(
            _R.recipient_id,
            func.count().label("many"),
            func.percentile_cont(0.5).within_group(took).label("median"),
            func.percentile_cont(0.9).within_group(took).label("slow"),
        )
        .where(_R.sent_at >= start, _R.sent_at < end, _R.acknowledged_at.is_not(None), ~_R.imported)
        .group_by(_R.recipient_id)
    ).all()


def _late_by(clock: str, now: datetime) -> ColumnElement[bool]:
    due, met = (_R.acknowledge_due, _R.acknowledged_at) if clock == ACKNOWLEDGE else (_R.act_due, _R.act_met_at)
    # what ended before its deadline missed none
    return func.coalesce(met, _R.ended_at, now) > due


def _missed(start: datetime, end: datetime, now: datetime) -> Sequence[Any]:
    flags = {clock: _late_by(clock, now) for clock in (ACKNOWLEDGE, ACT)}
    return db.session.execute(
        select(
            *(_R[name] for name in ("service", "urgency", "status", "recipient_id", "sent_at", "regulation_id")),
            *(func.coalesce(flag, False).label(clock) for clock, flag in flags.items()),
            _R.act_met_at,
        ).where(_R.sent_at >= start, _R.sent_at < end, ~_R.imported, or_(*flags.values()))
    ).all()


def _agencies(actor: Actor) -> dict[UUID, tuple[str, str]]:
    name = Agency.name_en if actor.locale == "en" else Agency.name_vi
    return {
        row.id: (row.name, row.type) for row in db.session.execute(select(Agency.id, name.label("name"), Agency.type))
    }


def _line(agency: str, rows: Sequence[Row[Any]], times: Row[Any] | None, turn: Turns) -> AgencyLine:
    found = Counter[str]()
    for row in rows:
        found[
            "running" if row.status in turn.running else "waiting" if row.status in turn.recipient else "returned"
        ] += row.many
        found["overdue"] += row.late
    return AgencyLine(
        agency,
        found["waiting"],
        found["running"],
        found["returned"],
        found["overdue"],
        times.many if times else 0,
        times.median if times else None,
        times.slow if times else None,
    )


def _named(row: Row[Any], names: Mapping[UUID, tuple[str, str]]) -> Overdue:
    clock = Clock(
        ACKNOWLEDGE if row.acknowledged_at is None and row.acknowledge_due else ACT, row.sent_at, row.due, False
    )
    return Overdue(
        row.id,
        row.code,
        row.service,
        row.urgency,
        row.status,
        names[row.sender_id][0],
        names[row.recipient_id][0],
        clock,
        store.version(row.regulation_id),
    )


def _breaches(rows: Sequence[Row[Any]], names: Mapping[UUID, tuple[str, str]]) -> tuple[Breach, ...]:
    """Which rule set each missed deadline: worked out again from the regulation the referral was written under."""
    found: dict[tuple[UUID, str, str], Counter[str]] = {}
    for row in rows:
        regulation = store.version(row.regulation_id)
        agency, kind = names[row.recipient_id]
        due = deadlines(regulation, row.service, kind, row.urgency, {}, row.sent_at)
        over = row.status in ended(regulation) and row.act_met_at is None
        missed = ((ACKNOWLEDGE, due.acknowledge_source, row.acknowledge), (ACT, due.act_source, row.act and not over))
        for clock, source, late in missed:
            if late and source:
                found.setdefault((row.regulation_id, clock, source), Counter())[agency] += 1
    breaches = (
        Breach(store.version(version), clock, source, sum(by.values()), tuple(by.most_common()))
        for (version, clock, source), by in found.items()
    )
    return tuple(sorted(breaches, key=lambda one: (-one.times, one.clock, one.source)))
