"""A referral and what happened to it. Class: routing, except notes (sections): no fact about a person in a header."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class Referral(Base):
    """One service asked of one agency for one case. The parties are fixed when it is made."""

    __tablename__ = "referral"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "owner_id"], ["subject.id", "subject.owner_id"]),
        UniqueConstraint("owner_id", "code"),
        CheckConstraint("sender_id <> recipient_id", name="two_parties"),
        Index("ix_referral_sender", "sender_id", "id"),
        Index("ix_referral_recipient", "recipient_id", "id", postgresql_where=text("sent_at IS NOT NULL")),
        Index("ix_referral_case", "case_id"),
        Index("ix_referral_code", "code"),
    )

    id: Mapped[Id]
    code: Mapped[str]
    case_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    case_code: Mapped[str]
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    desk_id: Mapped[UUID] = mapped_column(ForeignKey("desk.id"))
    service: Mapped[str]
    purpose: Mapped[str]
    urgency: Mapped[str]
    status: Mapped[str]
    version: Mapped[int]
    reason: Mapped[str | None]
    outcome: Mapped[str | None]
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    first_accepted_at: Mapped[datetime | None]
    first_started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    acknowledge_due: Mapped[datetime | None]
    act_due: Mapped[datetime | None]
    act_met_at: Mapped[datetime | None]
    access_ended_at: Mapped[datetime | None]
    regulation_id: Mapped[UUID] = mapped_column(ForeignKey("regulation_version.id"))
    imported: Mapped[bool]


class ReferralCategory(Base):
    """A category the sender attached; from sending on with the consent, or the emergency act, that it rests on.

    Seen by the owner alone.
    """

    __tablename__ = "referral_category"

    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    consent_id: Mapped[UUID | None] = mapped_column(ForeignKey("consent.id"))
    exception_id: Mapped[UUID | None] = mapped_column(ForeignKey("emergency_act.id"))


class ReferralEvent(Base):
    """A step of the transition table: when it happened, when it was written down, who took it.

    ``entry_uid``: the entry of the log that recorded it.
    """

    __tablename__ = "referral_event"
    __table_args__ = (
        Index("ix_referral_event_referral", "referral_id", "id"),
        Index("ix_referral_event_entry", "entry_uid"),
    )

    id: Mapped[Id]
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"))
    case_id: Mapped[UUID]
    verb: Mapped[str]
    from_status: Mapped[str]
    to_status: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    actor: Mapped[str]
    actor_name: Mapped[str]
    reason: Mapped[str | None]
    outcome: Mapped[str | None]
    noted: Mapped[bool]
    imported: Mapped[bool]
    entry_uid: Mapped[UUID | None]


class ReferralNote(Base):
    """A question, an answer, her wish in her words, who answered the telephone: sealed. Class: sections."""

    __tablename__ = "referral_note"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("referral_event.id"), primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    subject: Mapped[UUID]
    need: Mapped[str]
    ciphertext: Mapped[bytes]


class ReferralWatch(Base):
    """When the worker looks at the clocks of a referral next. Class: plumbing: a timer, the ladder is derived."""

    __tablename__ = "referral_watch"
    __table_args__ = (Index("ix_referral_watch_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),)

    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    look_at: Mapped[datetime | None]


class DeadlineStep(Base):
    """A reminder that was due, or an escalation: whom it named in the end. Written by ``fire_step`` alone, once.

    ``agency_id`` is where that role is; ``role`` None is a reminder to whoever holds the referral there.
    """

    __tablename__ = "deadline_step"
    __table_args__ = (
        UniqueConstraint("referral_id", "clock", "kind", "position"),
        CheckConstraint("clock IN ('acknowledge', 'act') AND kind IN ('reminder', 'escalation')", name="rung"),
    )

    id: Mapped[Id]
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"))
    case_id: Mapped[UUID]
    clock: Mapped[str]
    kind: Mapped[str]
    position: Mapped[int]
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime]
    side: Mapped[str]
    role: Mapped[str | None]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))


class ReferralAssignment(Base):
    """Who of a party looks after a referral: given (``assigned``) or taken over (``taken``). Seen by that party."""

    __tablename__ = "referral_assignment"
    __table_args__ = (
        CheckConstraint("how IN ('assigned', 'taken')", name="how"),
        Index(
            "uq_referral_assignment_now",
            "referral_id",
            "agency_id",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_referral_assignment_account", "account_id", postgresql_where=text("until IS NULL")),
    )

    id: Mapped[Id]
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"))
    case_id: Mapped[UUID]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    how: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    given_by: Mapped[str]


class UrgencyLowering(Base):
    """A supervisor let a referral go with less urgency than the facts imply (``least``). Class: sections: sealed."""

    __tablename__ = "urgency_lowering"

    id: Mapped[Id]
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    case_id: Mapped[UUID]
    least: Mapped[str]
    urgency: Mapped[str]
    reason: Mapped[bytes]
    lowered_at: Mapped[datetime]
    lowered_by: Mapped[str]
