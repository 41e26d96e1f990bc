"""What a person is told, and how that person wants to be told. No fact about a survivor. Class: plumbing."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class Notice(Base):
    """One thing one person should look at. ``source_id``: the step or deadline it tells of, so that it is told once.

    ``kind``: ``step:VERB``, ``reminder:CLOCK``, ``escalation:CLOCK``, ``assigned``,
    ``task:KIND``, ``overdue:KIND``, ``consent:ends``, ``right:...``, ``breach:...``. ``sent_at``: when it left the hub,
    as one of a message that says no more than that there is something to see.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("account_id", "source_id"),
        Index("ix_notice_unread", "account_id", "made_at", postgresql_where=text("read_at IS NULL")),
        Index("ix_notice_unsent", "account_id", postgresql_where=text("sent_at IS NULL")),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    source_id: Mapped[UUID]
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"))
    kind: Mapped[str]
    urgent: Mapped[bool]
    made_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class NoticePreference(Base):
    """How one person wants to be told; without a row: by mail, at once, not at night. Times are local."""

    __tablename__ = "notice_preference"
    __table_args__ = (CheckConstraint("NOT sms OR phone IS NOT NULL", name="number_for_sms"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    mail: Mapped[bool]
    sms: Mapped[bool]
    phone: Mapped[str | None]
    digest: Mapped[bool]
    quiet_from: Mapped[time]
    quiet_until: Mapped[time]
