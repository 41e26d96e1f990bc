"""Taking the log away as a file: the entries of a case for who holds it, envelopes of a time for an auditor."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import NO_SUBJECT, require
from referral_hub.audit import reading
from referral_hub.audit.acts import Act
from referral_hub.audit.fhir import audit_event
from referral_hub.audit.reading import EVERYTHING, LogLine, Wanted
from referral_hub.audit.recording import Entry, record

OWN_CASE = "own-case"


def case_entries(actor: Actor, case_id: UUID, wanted: Wanted, *, now: datetime) -> tuple[LogLine, ...]:
    """All entries of a case one holds, oldest first, with what they say; that they were taken is an entry too.

    :raises Refused: not found for a stranger, forbidden for a colleague who does not hold the case.
    """
    require(actor, Action.CASE_LOG_READ, subject=case_id)
    record(actor, Entry(Act.LOG_EXPORTED, case_id, why=OWN_CASE), now=now)
    return reading.entries_of_case(case_id, wanted).lines[::-1]


def case_openings(actor: Actor, case_id: UUID, *, now: datetime) -> tuple[LogLine, ...]:
    """Whenever somebody opened what a case one holds says, oldest first, for a list that she is given; making it is an
    entry too. What a refused person tried to open was not opened.

    :raises Refused: not found for a stranger, forbidden for a colleague who does not hold the case.
    """
    require(actor, Action.CASE_LOG_READ, subject=case_id)
    record(actor, Entry(Act.LOG_CASE_PRINTED, case_id, why=OWN_CASE), now=now)
    found = reading.entries_of_case(case_id, Wanted(kinds=("read",))).lines[::-1]
    return tuple(line for line in found if line.envelope.get("out") == "ok")


def all_entries(actor: Actor, wanted: Wanted, *, now: datetime) -> tuple[LogLine, ...]:
    """The envelopes of a time for an auditor, oldest first, at most 100,000 of the newest; taking them is an entry too.

    :param wanted: ``since`` and ``until`` are needed.
    :raises Refused: not an auditor.
    """
    require(actor, Action.LOG_ENTRIES_READ)
    record(actor, Entry(Act.LOG_EXPORTED, NO_SUBJECT), now=now)
    return reading.envelopes(wanted, limit=EVERYTHING)[::-1]


def as_fhir(lines: tuple[LogLine, ...], origin: str, *, of_case: bool) -> Iterator[dict[str, Any]]:
    """Each entry as a FHIR R4 AuditEvent.

    :param origin: the log's name.
    :param of_case: all of them are about one case.
    """
    for line in lines:
        yield audit_event(
            line.envelope,
            line.kind,
            origin=origin,
            payload=line.said,
            subject="case" if of_case else "unknown",
            index=line.seq,
        )
