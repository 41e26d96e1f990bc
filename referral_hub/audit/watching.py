"""What in the log deserves a second look: at night, one's own commune, many cases, refused attempts.

A hint is no accusation: whoever reads it asks, and finds most often that it was work. Numbers only; which case or which
commune it was never leaves the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text

from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.db import db

#: Night work is from 22 to 6 o'clock: Labour Code 2019, Art. 106. The regulation file names no other hours.
NIGHT = (22, 6)
#: A caseworker carries about twenty cases at a time; who opens more in one day looks through them.
MANY_CASES = 20
#: One wrong link is a slip of the hand; from the third on it may be a search.
REFUSALS = 3
#: The commune is small and people know one another: once is enough to ask.
NEAR = 1


class Hint(StrEnum):
    """Why somebody is in the list."""

    NIGHT = "night"
    NEAR = "near"
    MANY = "many"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one person did in a period. ``on_duty``: the agency, or the person's desk, answers at night."""

    who: str
    org: str
    on_duty: bool
    openings: int
    at_night: int
    most_cases: int
    own_area: int
    refused: int


_PATTERNS = text("SELECT * FROM log_patterns(:since, :until, :zone, :night_from, :night_until)")


def hints(pattern: Pattern) -> tuple[Hint, ...]:
    """What stands out. At night only for who is not on duty then. Pure."""
    found = {
        Hint.REFUSED: pattern.refused >= REFUSALS,
        Hint.MANY: pattern.most_cases > MANY_CASES,
        Hint.NEAR: pattern.own_area >= NEAR,
        Hint.NIGHT: pattern.at_night > 0 and not pattern.on_duty,
    }
    return tuple(hint for hint, stands_out in found.items() if stands_out)


def unusual(patterns: Iterable[Pattern]) -> tuple[tuple[Pattern, tuple[Hint, ...]], ...]:
    """Who stands out and why, the most reasons first. Pure."""
    found = [(pattern, hints(pattern)) for pattern in patterns]
    listed = [one for one in found if one[1]]
    return tuple(sorted(listed, key=lambda one: (-len(one[1]), -one[0].refused, -one[0].openings, one[0].who)))


def patterns(since: datetime, until: datetime) -> tuple[Pattern, ...]:
    """What each person did from ``since`` until before ``until``; for auditors, whose own entry comes first."""
    values = {
        "since": since,
        "until": until,
        "zone": LOCAL.key,
        "night_from": NIGHT[0],
        "night_until": NIGHT[1],
    }
    return tuple(Pattern(**row._mapping) for row in db.session.execute(_PATTERNS, values))
