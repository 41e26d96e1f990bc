"""Tasks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class Task(Base):
    """Something one agency still has to do about a case. Class: routing: codes and times, no fact about a person.

    ``agency_id``: who has to do it; another agency than the owner only about a referral that it received. ``role``:
    seen and done by people of this role alone; None: whoever holds the case, or answers for the agency that was asked.
    ``kind``: a code of ``tasks.rules.KINDS``. ``kept``: categories that the agency has to keep by law, as it said when
    it was done. Opened by the door's ``open_tasks`` alone, each kind once at a time.
    """

    __tablename__ = "task"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("agency_id = owner_id OR referral_id IS NOT NULL", name="another_agency_by_referral"),
        CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name="done_whole"),
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_by_somebody"),
        CheckConstraint("kept IS NULL OR done_at IS NOT NULL", name="kept_when_done"),
        Index("ix_task_open", "agency_id", postgresql_where=text("done_at IS NULL")),
        Index(
            "ix_task_once_referral",
            *("referral_id", "agency_id", "kind"),
            unique=True,
            postgresql_where=text("done_at IS NULL AND referral_id IS NOT NULL"),
        ),
        Index(
            "ix_task_once_case",
            *("subject", "agency_id", "kind"),
            unique=True,
            postgresql_where=text("done_at IS NULL AND referral_id IS NULL"),
        ),
        Index("ix_task_subject", "subject"),
        Index("ix_task_referral", "referral_id"),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    role: Mapped[str | None]
    kind: Mapped[str]
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"))
    due: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    outcome: Mapped[str | None]
    kept: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
