"""Frozen views of referrals that cross the package's border."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from referral_hub.audit.proving import Evidence
from referral_hub.cases.facts import Section
from referral_hub.regulation.model import Regulation, Transition


@dataclass(frozen=True, slots=True)
class Clock:
    """The deadline that runs now: which (``acknowledge`` or ``act``), since when, when it is due, whether it stands."""

    name: str
    since: datetime
    due: datetime
    stopped: bool


@dataclass(frozen=True, slots=True)
class ListedReferral:
    """A row of a list: codes and times, no fact about a person. ``incoming``: the reader's agency receives it."""

    id: UUID
    code: str
    case_id: UUID
    case_code: str
    service: str
    urgency: str
    status: str
    incoming: bool
    other_agency: str
    clock: Clock | None
    regulation_id: UUID
    imported: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """One page of one tab. ``counts``: tab -> how many (no count for what is over)."""

    tab: str
    rows: tuple[ListedReferral, ...]
    counts: Mapping[str, int]
    page: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A step that was taken, with what was written to it if the reader may see that."""

    verb: str
    to_status: str
    occurred_at: datetime
    agency: str
    actor_name: str
    reason: str | None
    outcome: str | None
    notes: Mapping[str, str]
    imported: bool


@dataclass(frozen=True, slots=True)
class SharedLine:
    """A category the recipient may see, until when, its opened fields (None: nothing is recorded), and what it rests
    on: ``consent`` or ``exception``."""

    category: str
    until: datetime | None
    section: Section | None
    basis: str


@dataclass(frozen=True, slots=True)
class WithheldLine:
    """For the owner alone: a category that is not shared, and why (a code of ``access.decision.Reason``)."""

    category: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReferralDetail:
    """Everything one reader may see of one referral."""

    id: UUID
    code: str
    case_id: UUID
    case_code: str
    service: str
    purpose: str
    urgency: str
    status: str
    version: int
    reason: str | None
    outcome: str | None
    sender: str
    recipient: str
    incoming: bool
    owns: bool
    holds: bool
    sent_at: datetime | None
    access_ended_at: datetime | None
    acknowledge: Clock | None
    act: Clock | None
    preview: bool
    steps: tuple[Transition, ...]
    facts: Mapping[str, Any]
    shared: tuple[SharedLine, ...]
    withheld: tuple[WithheldLine, ...]
    contact: Section | None
    history: tuple[HistoryLine, ...]
    evidence: tuple[Evidence, ...]
    regulation_id: UUID
    regulation: Regulation
    imported: bool
