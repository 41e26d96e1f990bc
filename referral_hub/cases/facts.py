"""Frozen views of a case that cross the package's border."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Coded facts for counting and for the regulation's conditions. Codes of the regulation; None: not known.

    ``received_at``: when she was first heard of. ``statistics_consent``: ``given``, ``refused``, ``not_asked``.
    """

    received_at: datetime
    channel: str | None = None
    sex: str | None = None
    birth_year: int | None = None
    age_band: str | None = None
    area: str | None = None
    gbv_type: str | None = None
    relationship: str | None = None
    risk_level: str | None = None
    statistics_consent: str = "not_asked"


@dataclass(frozen=True, slots=True)
class CaseHeader:
    """What a list shows of a case: no fact about a person."""

    id: UUID
    code: str
    owner_id: UUID
    opened_at: datetime
    recorded_at: datetime
    closed_at: datetime | None
    closure_reason: str | None
    regulation_id: UUID
    imported: bool


@dataclass(frozen=True, slots=True)
class Section:
    """An opened section: the fields of one data category that this reader may see."""

    category: str
    fields: Mapping[str, Any]
    schema_version: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody who holds the case, since when."""

    account_id: UUID
    name: str
    duty: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ServiceGiven:
    """A service the owner gave itself. ``outcome``: a code of ``service_outcomes``."""

    service: str
    first_started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None
    on_site: bool = True
