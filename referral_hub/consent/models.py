"""What the survivor allowed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class Consent(Base):
    """One consent: one purpose, one service, one recipient (PDPL2025 Art. 9: per purpose, never bundled).

    Class: routing, seen by the owner alone: its rows would tell a recipient what she refused.
    Ended by the door functions alone.
    """

    __tablename__ = "consent"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "owner_id"], ["subject.id", "subject.owner_id"]),
        UniqueConstraint("id", "case_id"),
        CheckConstraint("valid_until > given_at", name="ends_after_start"),
        CheckConstraint("withdrawn_at IS NULL OR withdrawn_at >= given_at", name="withdrawn_after_given"),
        Index("ix_consent_case", "case_id"),
    )

    id: Mapped[Id]
    case_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    purpose: Mapped[str]
    service: Mapped[str]
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    method: Mapped[str]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    explained_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    given_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    valid_until: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    regulation_id: Mapped[UUID] = mapped_column(ForeignKey("regulation_version.id"))
    imported: Mapped[bool]


class ConsentCategory(Base):
    """A data category the consent covers. ``named``: asked for by name, on its own (the matrix's ``ask``).

    Class: routing, seen by the owner alone.
    """

    __tablename__ = "consent_category"
    __table_args__ = (ForeignKeyConstraint(["consent_id", "case_id"], ["consent.id", "consent.case_id"]),)

    consent_id: Mapped[UUID] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    named: Mapped[bool]
