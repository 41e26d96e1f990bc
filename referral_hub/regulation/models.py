"""Adopted versions of the regulation. A row is never changed; which one is in force follows from the dates."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from referral_hub.kernel.db import Base, Id


class RegulationVersion(Base):
    """One version as text, word for word. Class: plumbing (public within the hub)."""

    __tablename__ = "regulation_version"
    __table_args__ = (UniqueConstraint("document", "version"), UniqueConstraint("effective_from"))

    id: Mapped[Id]
    document: Mapped[str]
    version: Mapped[str]
    digest: Mapped[str]
    source: Mapped[str]
    effective_from: Mapped[date]
    adopted_at: Mapped[datetime]
    adopted_by: Mapped[UUID | None]
