"""A case: its header, its sealed sections, its facts for counting, its team, the services given at the house."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class CaseFile(Base):
    """The header of a case; nothing about a person. Class: routing, seen by its owner alone."""

    __tablename__ = "case_file"
    __table_args__ = (
        ForeignKeyConstraint(["id", "owner_id"], ["subject.id", "subject.owner_id"]),
        UniqueConstraint("owner_id", "code"),
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="closed_after_opened"),
    )

    id: Mapped[Id]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    code: Mapped[str]
    opened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closure_reason: Mapped[str | None]
    regulation_id: Mapped[UUID] = mapped_column(ForeignKey("regulation_version.id"))
    imported: Mapped[bool]


class CaseSection(Base):
    """One data category of one subject, sealed. ``part`` ``preview`` holds the fields shown before acceptance.

    Class: sections. The application role has no right on it; ``read_sections`` and ``write_section`` do.
    """

    __tablename__ = "case_section"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        UniqueConstraint("subject", "category", "part"),
        CheckConstraint("part IN ('preview', 'full')", name="part"),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    category: Mapped[str]
    part: Mapped[str]
    schema_version: Mapped[int]
    revision: Mapped[int]
    ciphertext: Mapped[bytes]
    written_at: Mapped[datetime]
    written_by: Mapped[str]


class CaseSectionHistory(Base):
    """Earlier revisions of a section, sealed with the same key. Class: sections."""

    __tablename__ = "case_section_history"

    section_id: Mapped[UUID] = mapped_column(ForeignKey("case_section.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[UUID]
    category: Mapped[str]
    schema_version: Mapped[int]
    ciphertext: Mapped[bytes]
    written_at: Mapped[datetime]
    written_by: Mapped[str]


class CaseFact(Base):
    """Coded facts of a case, for counting. Class: facts: the owner and the statistics role.

    ``survivor`` is random: erasing a case detaches the row from it (``case_id`` NULL) and reports stay true.
    """

    __tablename__ = "case_fact"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("statistics_consent IN ('given', 'refused', 'not_asked')", name="statistics_consent"),
    )

    survivor: Mapped[Id]
    case_id: Mapped[UUID | None] = mapped_column(unique=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    received_at: Mapped[datetime]
    channel: Mapped[str | None]
    sex: Mapped[str | None]
    birth_year: Mapped[int | None]
    age_band: Mapped[str | None]
    area: Mapped[str | None] = mapped_column(ForeignKey("area.code"))
    gbv_type: Mapped[str | None]
    relationship: Mapped[str | None]
    risk_level: Mapped[str | None]
    statistics_consent: Mapped[str]
    imported: Mapped[bool]


class CaseTeam(Base):
    """Who inside the owner holds a case (or a contact, or a perpetrator record). Class: routing, owner alone."""

    __tablename__ = "case_team"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("duty IN ('worker', 'cover')", name="duty"),
        Index("ix_case_team_account", "account_id"),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    duty: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class ServiceEpisode(Base):
    """A service the owner gave itself (counselling, shelter, work with a person who used violence).

    ``subject``: the case, or the perpetrator record. Class: facts.
    """

    __tablename__ = "service_episode"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("ended_at IS NULL OR ended_at >= first_started_at", name="ends_after_start"),
        Index("ix_service_episode_subject", "subject"),
        Index("ix_service_episode_started", "first_started_at"),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    service: Mapped[str]
    on_site: Mapped[bool]
    first_started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    recorded_at: Mapped[datetime]
    regulation_id: Mapped[UUID] = mapped_column(ForeignKey("regulation_version.id"))
    imported: Mapped[bool]


class SearchMark(Base):
    """By what a case is found in its own agency: keyed hashes of name and telephone, never the words themselves.

    Written with the section it comes from, gone with it. Class: plumbing, ``hub_door`` alone.
    """

    __tablename__ = "search_mark"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        Index("ix_search_mark_digest", "owner_id", "digest"),
    )

    subject: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    category: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)


class SearchMade(Base):
    """That somebody searched, for the pace; for what is kept nowhere. Class: plumbing, ``hub_door`` alone."""

    __tablename__ = "search_made"
    __table_args__ = (Index("ix_search_made_account", "account_id", "at"),)

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


class CaseLink(Base):
    """Two cases of one household or of one incident. Class: routing, seen by who holds both cases.

    ``method`` and ``other_method``: how each of the two agreed. ``ended_at``: one of them no longer wants it.
    """

    __tablename__ = "case_link"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        ForeignKeyConstraint(["other", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("kind IN ('household', 'same-incident')", name="kind"),
        CheckConstraint("subject <> other", name="two_cases"),
        Index("ix_case_link_subject", "subject"),
        Index("ix_case_link_other", "other"),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    other: Mapped[UUID]
    owner_id: Mapped[UUID]
    kind: Mapped[str]
    method: Mapped[str]
    other_method: Mapped[str]
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
