"""Work with persons who used violence: a compartment of its own. The link to a case is seen by neither side's page."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class PerpetratorRecord(Base):
    """One record of work with one man or woman. Class: routing, seen by the owner's workers of this kind.

    ``person`` is equal for records known to be of one person; statistics count it once.
    """

    __tablename__ = "perpetrator_record"
    __table_args__ = (
        ForeignKeyConstraint(["id", "owner_id"], ["subject.id", "subject.owner_id"]),
        UniqueConstraint("owner_id", "code"),
    )

    id: Mapped[Id]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    code: Mapped[str]
    person: Mapped[UUID]
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"))
    opened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    imported: Mapped[bool]
