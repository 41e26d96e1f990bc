"""How long a record is kept. Pure; lengths, ages and what begins them stand in the regulation (``retention``)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from referral_hub.kernel.clock import LOCAL
from referral_hub.regulation.durations import Duration, parse_duration
from referral_hub.regulation.model import Regulation

#: Kind of record -> what begins its period, as the regulation calls it.
BEGINS = {"case": "case_closed", "contact": "received_at", "draft": "last_change"}
CASE, CONTACT, DRAFT = "case", "contact", "draft"


@dataclass(frozen=True, slots=True)
class Rule:
    """One period of keeping. ``until_age``: for who was a child, not before the end of the year of this age."""

    code: str
    start: str
    keep: Duration
    until_age: int | None
    then: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a period runs for. ``since``: closed, received, changed. ``imported_at``: when an old register came in."""

    kind: str
    since: datetime
    imported_at: datetime | None
    birth_year: int | None


def rules(regulation: Regulation) -> tuple[Rule, ...]:
    """All periods of the regulation."""
    return tuple(
        Rule(
            code,
            one.raw["from"],
            parse_duration(one.raw["keep"]),
            one.raw.get("until_age"),
            one.raw["then"],
        )
        for code, one in regulation.codes("retention").items()
    )


def rule_of(regulation: Regulation, record: Record) -> Rule | None:
    """The period of a record; None where the regulation has none. Who may have been a child is kept as a child."""
    found = [rule for rule in rules(regulation) if rule.start == BEGINS[record.kind]]
    child = _may_have_been_a_child(regulation, record)
    fitting = [rule for rule in found if (rule.until_age is not None) == child]
    return next(iter(fitting or found), None)


def ends(regulation: Regulation, rule: Rule, record: Record) -> datetime:
    """When the period of a record is over, in UTC. An imported one counts from the day of the import, where the
    regulation says so (``retention_skips``)."""
    starts = [record.since]
    if record.imported_at is not None and "imported" in regulation.raw.get("retention_skips", ()):
        starts.append(record.imported_at)
    end = rule.keep.due(max(starts), regulation.calendar)
    if rule.until_age is None or record.birth_year is None:
        return end
    return max(end, datetime(record.birth_year + rule.until_age + 1, 1, 1, tzinfo=LOCAL))


def _may_have_been_a_child(regulation: Regulation, record: Record) -> bool:
    """The year of birth says no day: on the safe side."""
    if record.birth_year is None:
        return False
    below: Any = regulation.raw["minors"]["protocol_child_under"]
    return record.since.astimezone(LOCAL).year - record.birth_year <= int(below)
