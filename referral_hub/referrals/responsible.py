"""Who must act next on a referral, by when, and who hears of it otherwise. Pure; the portal and the API ask here."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from referral_hub.referrals.clocks import ESCALATION, LadderStep, Rung
from referral_hub.referrals.rules import Turns, possible, turns
from referral_hub.regulation.model import Regulation

SIDES = ("sender", "recipient", "coordinator")  # the hotline may record her wish, it never owes a step


@dataclass(frozen=True, slots=True)
class TakenStep:
    """A rung that was taken, and whom it named in the end (after those who may not be told were passed over)."""

    rung: Rung
    at: datetime
    side: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Who is told when nothing has happened by then."""

    side: str
    role: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NextActor:
    """``role`` None: whoever holds it on that side (the desk, the case's team). ``account``: took it, or was given it.

    ``by`` and ``clock`` are of the deadline that runs; None where the regulation sets none.
    """

    side: str
    role: str | None
    account: UUID | None
    by: datetime | None
    clock: str | None
    escalated: bool
    otherwise: Otherwise | None


def next_actor(
    regulation: Regulation,
    status: str,
    facts: Mapping[str, Any],
    *,
    clocks: Collection[str] = (),
    dues: Mapping[str, datetime | None] | None = None,
    steps: Iterable[LadderStep] = (),
    taken: Collection[TakenStep] = (),
    holders: Mapping[str, UUID] | None = None,
) -> NextActor | None:
    """The one who must act; None for a final status alone.

    :param clocks: those that run, the nearer first. :param dues: clock -> deadline. :param steps: the ladder.
    :param taken: its rungs so far. :param holders: side -> account that took it over or was given it.
    """
    if regulation.codes("referral_statuses")[status].raw.get("final"):
        return None
    side, role = base_side(regulation, status, facts), None
    raised = [one for one in taken if one.rung[0] in clocks and one.rung[1] == ESCALATION]
    if raised:
        last = max(raised, key=lambda one: (one.at, one.rung))
        side, role = last.side, last.role
    clock = next(iter(clocks), None)
    passed = {one.rung for one in taken}
    ahead = [s for s in steps if s.clock in clocks and s.kind == ESCALATION and s.rung not in passed]
    following = min(ahead, key=lambda step: step.at, default=None)
    return NextActor(
        side=side,
        role=role,
        account=(holders or {}).get(side),
        by=(dues or {}).get(clock) if clock else None,
        clock=clock,
        escalated=bool(raised),
        otherwise=Otherwise(following.side, following.role, following.at) if following else None,
    )


def base_side(regulation: Regulation, status: str, facts: Mapping[str, Any]) -> str:
    """Whose step follows by the table alone, before any deadline is missed."""
    turn = turns(regulation)
    wanted = _turn_side(turn, status)
    order = [wanted, *(side for side in SIDES if side != wanted)]
    return next((side for side in order if possible(regulation, status, {side}, facts)), wanted)


def _turn_side(turn: Turns, status: str) -> str:
    return "recipient" if status in turn.recipient | turn.running else "sender"
