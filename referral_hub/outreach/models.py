"""How people hear of the house."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class OutreachActivity(Base):
    """A broadcast, a leaflet round, a meeting. Class: facts (no person in it)."""

    __tablename__ = "outreach_activity"
    __table_args__ = (CheckConstraint("people_reached >= 0", name="people_reached"),)

    id: Mapped[Id]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    held_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    channel: Mapped[str]
    content: Mapped[str]
    people_reached: Mapped[int | None]
    imported: Mapped[bool]
