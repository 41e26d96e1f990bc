"""First contacts, and what an imported register row became."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class Contact(Base):
    """A call, a walk-in, a message. Coded facts only; names and numbers are sealed sections. Class: facts."""

    __tablename__ = "contact"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "agency_id"], ["subject.id", "subject.owner_id"]),
        Index("ix_contact_received", "received_at"),
    )

    id: Mapped[Id]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    case_id: Mapped[UUID | None]
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    channel: Mapped[str]
    caller_kind: Mapped[str | None]
    related_to_gender: Mapped[bool]
    triage: Mapped[str]
    outcome: Mapped[str | None]
    sex: Mapped[str | None]
    birth_year: Mapped[int | None]
    age_band: Mapped[str | None]
    area: Mapped[str | None] = mapped_column(ForeignKey("area.code"))
    gbv_type: Mapped[str | None]
    relationship: Mapped[str | None]
    outreach_channel: Mapped[str | None]
    regulation_id: Mapped[UUID] = mapped_column(ForeignKey("regulation_version.id"))
    imported: Mapped[bool]


class RegisterRow(Base):
    """A register row that was imported: its identity in the book, and the digest of what it said. Class: facts."""

    __tablename__ = "register_row"
    __table_args__ = (UniqueConstraint("agency_id", "sheet", "key"),)

    id: Mapped[Id]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    sheet: Mapped[str]
    key: Mapped[str]
    digest: Mapped[str]
    subject: Mapped[UUID]
    imported_at: Mapped[datetime]
