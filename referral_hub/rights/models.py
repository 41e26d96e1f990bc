"""Requests about personal data, and incidents with it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class RightsRequest(Base):
    """Something that was asked about personal data. Class: routing: codes and times, no name and no word of anybody.

    ``subject``: her record, where she asks herself. A request by anyone else never leads to a record, so nobody can
    learn from it whether there is one; its only answer is the fixed letter. ``confirmed_at``: when she was told that it
    was received and what happens next.
    """

    __tablename__ = "rights_request"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("asker IN ('herself', 'representative', 'other')", name="asker"),
        CheckConstraint("(subject IS NOT NULL) = (asker = 'herself')", name="nobody_else_leads_to_a_record"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed_by_somebody"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered_whole"),
        CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answered_by_somebody"),
        CheckConstraint(
            "answer IS NULL OR (asker <> 'herself') = (answer = 'letter')", name="one_letter_for_all_others"
        ),
    )

    id: Mapped[Id]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    subject: Mapped[UUID | None]
    code: Mapped[str] = mapped_column(unique=True)
    asker: Mapped[str]
    kind: Mapped[str]
    channel: Mapped[str]
    received_at: Mapped[datetime]
    first_due: Mapped[datetime]
    due: Mapped[datetime]
    regulation_id: Mapped[UUID] = mapped_column(ForeignKey("regulation_version.id"))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answer: Mapped[str | None]


class Breach(Base):
    """An incident with personal data. Class: routing: codes, numbers and times, no word about anybody.

    ``due``: until when the authority is told, where ``harm`` can come of it; ``persons``: about how many people.
    """

    __tablename__ = "breach"
    __table_args__ = (
        UniqueConstraint("id", "owner_id"),
        CheckConstraint("persons IS NULL OR persons >= 0", name="persons"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by_somebody"),
    )

    id: Mapped[Id]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    harm: Mapped[bool]
    persons: Mapped[int | None]
    categories: Mapped[list[str]] = mapped_column(JSONB(none_as_null=True))
    found_at: Mapped[datetime]
    due: Mapped[datetime]
    regulation_id: Mapped[UUID] = mapped_column(ForeignKey("regulation_version.id"))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]


class BreachNotice(Base):
    """That somebody was told of an incident. Class: routing. ``reference``: number of the letter."""

    __tablename__ = "breach_notice"
    __table_args__ = (
        ForeignKeyConstraint(["breach_id", "owner_id"], ["breach.id", "breach.owner_id"]),
        CheckConstraint("char_length(reference) <= 40", name="a_number_no_words"),
    )

    id: Mapped[Id]
    breach_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    whom: Mapped[str]
    told_at: Mapped[datetime]
    reference: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class ErasurePart(Base):
    """What is decided about one part of a record whose erasure she asked for. Class: routing: codes and times.

    ``category``: a data category, ``_note`` or ``_audit``. ``stays_because``: a law makes the agency keep it; NULL: it
    goes. ``approval``: the entry of the head's approval.
    """

    __tablename__ = "erasure_part"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        UniqueConstraint("request_id", "category"),
        CheckConstraint("(approval IS NULL) = (approved_by IS NULL)", name="approved_by_somebody"),
        CheckConstraint("(approval IS NULL) = (approved_at IS NULL)", name="approved_whole"),
        CheckConstraint("approval IS NULL OR stays_because IS NULL", name="what_stays_needs_no_approval"),
        CheckConstraint("erased_at IS NULL OR approval IS NOT NULL", name="erased_when_approved"),
        CheckConstraint("approved_by <> proposed_by", name="two_people"),
    )

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("rights_request.id"))
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    category: Mapped[str]
    stays_because: Mapped[str | None]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    approval: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    erased_at: Mapped[datetime | None]
