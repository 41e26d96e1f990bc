"""The transition table, read and nothing else: which step follows, what it needs, whose turn it is. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from referral_hub.regulation.conditions import parse_condition
from referral_hub.regulation.model import Regulation, Transition

#: What a person writes for a need of the table (the other needs are checked against the database).
WRITTEN_NEEDS = ("person_and_number", "question", "answer", "her_wish")


@dataclass(frozen=True, slots=True)
class Step:
    """A step somebody wants to take. ``notes``: need -> text. ``version``: of the referral as that person saw it."""

    verb: str
    reason: str | None = None
    outcome: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    new_referral: str | None = None
    version: int | None = None


def possible(
    regulation: Regulation, status: str, sides: Iterable[str], facts: Mapping[str, Any]
) -> tuple[Transition, ...]:
    """The steps the table allows from ``status`` to somebody on these sides, in the table's order."""
    mine = frozenset(sides)
    return tuple(
        t
        for t in regulation.transitions
        if status in t.sources and t.by & mine and (t.when is None or t.when.holds(facts))
    )


def choose(
    regulation: Regulation, verb: str, status: str, sides: Iterable[str], facts: Mapping[str, Any]
) -> Transition | None:
    """The step named ``verb``, or None when the table has none here."""
    return next((t for t in possible(regulation, status, sides, facts) if t.verb == verb), None)


def reasons(regulation: Regulation, transition: Transition, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The reasons that may be given, after the decline rules (NĐ 110/2024: no refusal in an emergency)."""
    if transition.reason_list is None:
        return ()
    codes = tuple(c for c, entry in regulation.codes(transition.reason_list).items() if entry.retired is None)
    if transition.verb != "decline":
        return codes
    for rule in regulation.raw["decline_rules"]:
        if parse_condition(rule["when"], regulation.facts).holds(facts):
            codes = tuple(c for c in codes if c in rule["only_reasons"])
    return codes


def outcomes(regulation: Regulation, transition: Transition, service: str) -> tuple[str, ...]:
    """The outcomes ``complete`` may report for a service."""
    if transition.outcome_list is None:
        return ()
    entries = regulation.codes(transition.outcome_list)
    return tuple(c for c, entry in entries.items() if {"any", service} & set(entry.raw.get("for", ("any",))))


def needs_redirect(regulation: Regulation, reason: str | None) -> bool:
    """Whether the reason given obliges to find another provider."""
    for list_name in ("decline_reasons", "not_completed_reasons"):
        entry = regulation.codes(list_name).get(reason or "")
        if entry is not None:
            return bool(entry.raw.get("must_redirect", False))
    return False


def times_set(
    regulation: Regulation, verb: str, known: Mapping[str, datetime | None], at: datetime
) -> dict[str, datetime]:
    """The times this step sets for the first time; none is ever overwritten."""
    return {
        name: at for name, verbs in regulation.transition_times.items() if verb in verbs and known.get(name) is None
    }


@dataclass(frozen=True, slots=True)
class Turns:
    """Statuses by whose turn it is, derived from the table: who can meet a clock, then who can lead on."""

    recipient: frozenset[str]
    sender: frozenset[str]
    running: frozenset[str]
    over: frozenset[str]


def turns(regulation: Regulation) -> Turns:
    """Recipient's turn: it can meet a clock from here. Sender's: it can prepare, answer, redirect or close.

    Running: the recipient serves and nobody is waited for. Over: nothing is left to do but, at most, ending it.
    """
    ending = {
        t.verb for t in regulation.transitions if "ask_what_is_kept" in t.effects or t.reason_list == "void_reasons"
    }
    meets = frozenset[str]().union(*regulation.clock_met_by.values())
    serving = {s for t in regulation.transitions if t.outcome_list for s in t.sources}
    paused = {t.target for t in regulation.transitions if t.sources & serving and t.by == {"recipient"}} & {
        s for t in regulation.transitions if t.target in serving for s in t.sources
    }
    result: dict[str, set[str]] = {"recipient": set(), "sender": set(), "running": set(), "over": set()}
    for status, entry in regulation.codes("referral_statuses").items():
        steps = [t for t in regulation.transitions if status in t.sources and t.verb not in ending]
        answered = all(t.by == {"recipient"} for t in regulation.transitions if t.target == status)
        leads = answered and any("sender" in t.by for t in steps)
        if entry.raw.get("final"):
            turn = "over"
        elif entry.raw.get("recipient_sees") == "nothing" or leads:
            turn = "sender"
        elif status in serving | paused:
            turn = "running"
        elif any("recipient" in t.by and t.verb in meets for t in steps):
            turn = "recipient"
        else:
            turn = "over"
        result[turn].add(status)
    return Turns(*(frozenset(result[name]) for name in ("recipient", "sender", "running", "over")))


def path(
    regulation: Regulation, status: str, goal: str, sides: Iterable[str], facts: Mapping[str, Any]
) -> tuple[Transition, ...] | None:
    """The shortest way through the table from ``status`` to ``goal``; of equals the one the table names first."""
    ways: dict[str, tuple[Transition, ...]] = {status: ()}
    queue = [status]
    while queue and goal not in ways:
        here = queue.pop(0)
        for step in possible(regulation, here, sides, facts):
            if step.target not in ways:
                ways[step.target] = (*ways[here], step)
                queue.append(step.target)
    return ways.get(goal)


def closing_status(regulation: Regulation) -> str:
    """The final status to which a completed service leads."""
    done = {t.target for t in regulation.transitions if t.outcome_list}
    statuses = regulation.codes("referral_statuses")
    return next(t.target for t in regulation.transitions if t.sources & done and statuses[t.target].raw.get("final"))
