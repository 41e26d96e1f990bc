"""Who reads the log: the gate, the entry of the reading itself, then the reading."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import NO_SUBJECT, require
from referral_hub.audit import reading, watching
from referral_hub.audit.acts import Act
from referral_hub.audit.confirming import Confirmation, confirm
from referral_hub.audit.reading import CaseReader, LogLine, Wanted
from referral_hub.audit.recording import Entry, record
from referral_hub.audit.roster import Roster
from referral_hub.audit.watching import Hint, Pattern

PAGE_SIZE = 50
OWN_CASE = "own-case"


@dataclass(frozen=True, slots=True)
class CaseLog:
    """One page of the entries of a case, how many there are in all, and who opened the case how often."""

    lines: tuple[LogLine, ...]
    total: int
    readers: tuple[CaseReader, ...]


def case_log(actor: Actor, case_id: UUID, wanted: Wanted, *, page: int = 1, now: datetime) -> CaseLog:
    """The access log of a case one holds, newest first; that it was read is an entry too.

    :param wanted: chooses among the entries, not among the readers.

    :raises Refused: not found for a stranger, forbidden for a colleague who does not hold the case.
    """
    require(actor, Action.CASE_LOG_READ, subject=case_id)
    record(actor, Entry(Act.LOG_CASE_READ, case_id, why=OWN_CASE), now=now)
    found = reading.entries_of_case(case_id, wanted, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    return CaseLog(found.lines, found.total, reading.readers_of_case(case_id))


def check_case(actor: Actor, case_id: UUID, vkey: str | None, roster: Roster, *, now: datetime) -> Confirmation:
    """Whether the entries of a case one holds are intact and under the log's newest signed head.

    :param vkey: the log's key as the log publishes it; None when the log has not run yet.
    :raises Refused: as :func:`case_log`.
    """
    require(actor, Action.CASE_LOG_READ, subject=case_id)
    record(actor, Entry(Act.LOG_CASE_CHECKED, case_id, why=OWN_CASE), now=now)
    return confirm(reading.entries_of_case(case_id, Wanted()).lines, case_id, vkey, roster)


def log_entries(actor: Actor, wanted: Wanted, *, page: int = 1, now: datetime) -> tuple[tuple[LogLine, ...], bool]:
    """One page of envelopes for an auditor, newest first, and whether there are more.

    :param wanted: ``since`` and ``until`` bound the search and are needed.
    :raises Refused: not an auditor.
    """
    require(actor, Action.LOG_ENTRIES_READ)
    record(actor, Entry(Act.LOG_READ, NO_SUBJECT), now=now)
    found = reading.envelopes(wanted, limit=PAGE_SIZE + 1, offset=(page - 1) * PAGE_SIZE)
    return found[:PAGE_SIZE], len(found) > PAGE_SIZE


def unusual(actor: Actor, span: timedelta, *, now: datetime) -> tuple[tuple[Pattern, tuple[Hint, ...]], ...]:
    """Who stands out in the last ``span``, for an auditor.

    :raises Refused: not an auditor.
    """
    require(actor, Action.LOG_ENTRIES_READ)
    record(actor, Entry(Act.LOG_READ, NO_SUBJECT), now=now)
    return watching.unusual(watching.patterns(now - span, now))


def volume(actor: Actor, edges: tuple[datetime, ...]) -> tuple[tuple[datetime, int], ...]:
    """How many entries were written between moments.

    :raises Refused: not somebody who watches over the log.
    """
    require(actor, Action.LOG_READ)
    return reading.volume(edges)
