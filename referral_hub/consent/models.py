"""What the survivor allowed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class Consent(Base):
    """One consent: one purpose, one service, one recipient (PDPL2025 Art. 9: per purpose, never bundled).

    Class: routing, seen by the owner alone: its rows would tell a recipient what she refused.
    Ended by the door functions alone. ``entry_uid``: the entry of the log that recorded it.
    """

    __tablename__ = "consent"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "owner_id"], ["subject.id", "subject.owner_id"]),
        UniqueConstraint("id", "case_id"),
        CheckConstraint("valid_until > given_at", name="ends_after_start"),
        CheckConstraint("withdrawn_at IS NULL OR withdrawn_at >= given_at", name="withdrawn_after_given"),
        CheckConstraint(
            "capacity ->> 'adult' IS NULL OR NOT coalesce((capacity ->> 'guardian_is_alleged')::boolean, false)",
            name="never_by_the_alleged",
        ),
        CheckConstraint("replaced_by IS NULL OR withdrawn_at IS NOT NULL", name="replaced_is_ended"),
        Index("ix_consent_case", "case_id"),
        Index("ix_consent_entry", "entry_uid"),
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
    #: she was asked again, and said this instead; such an end is not counted as a withdrawal
    replaced_by: Mapped[UUID | None] = mapped_column(ForeignKey("consent.id"))
    regulation_id: Mapped[UUID] = mapped_column(ForeignKey("regulation_version.id"))
    imported: Mapped[bool]
    entry_uid: Mapped[UUID | None]
    #: who decided where it was not she alone, under which age and certainty (CHILD2016, PDPL2025 Art. 24)
    capacity: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


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


class EmergencyAct(Base):
    """One use of a ground without consent. Class: routing, seen by the owner and the agency that acted.

    ``kind`` ``disclosure``: the holder sent (``recipient_id``, ``referral_id``); ``opening``: a liaison of
    ``agency_id`` opened the case until ``until``. ``inform``: ``told``, why telling her may wait
    (``inform_unless`` of the regulation), or ``not-yet``; ``told_at``: when she was told. ``reason`` is sealed. Written
    by the door alone.
    """

    __tablename__ = "emergency_act"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("kind IN ('disclosure', 'opening')", name="kind"),
        CheckConstraint("(kind = 'disclosure') = (referral_id IS NOT NULL)", name="a_disclosure_is_a_referral"),
        CheckConstraint("(kind = 'opening') = (until IS NOT NULL)", name="an_opening_ends"),
        Index("ix_emergency_act_subject", "subject"),
        Index("ix_emergency_act_agency", "agency_id", "at"),
        Index("ix_emergency_act_referral", "referral_id"),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    kind: Mapped[str]
    ground: Mapped[str]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"))
    categories: Mapped[list[str]] = mapped_column(JSONB)
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    inform: Mapped[str]
    told_at: Mapped[datetime | None]
    reason: Mapped[bytes | None]
    regulation_id: Mapped[UUID] = mapped_column(ForeignKey("regulation_version.id"))


class EmergencyTask(Base):
    """Who is told of an emergency act, and who reviews it until when. Class: routing, like the act.

    ``agency_id`` and ``role``: who is asked; ``by_agency_id`` and ``account_id``: who acted, and never reviews it.
    ``suspends_at``: from then on an open review takes away the actor's non-emergency work, until somebody with
    ``gives_back`` returns it. Written by the door alone.
    """

    __tablename__ = "emergency_task"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("kind IN ('told', 'review', 'second-review')", name="kind"),
        CheckConstraint("(kind = 'told') = (due IS NULL)", name="a_review_is_due"),
        CheckConstraint("(kind = 'told') = (suspends_at IS NULL)", name="a_review_has_weight"),
        CheckConstraint("outcome IN ('justified', 'unjustified')", name="outcome"),
        CheckConstraint("(outcome IS NOT NULL) = (kind <> 'told' AND done_at IS NOT NULL)", name="a_review_says_what"),
        Index("ix_emergency_task_act", "act_id"),
        Index("ix_emergency_task_asked", "agency_id", postgresql_where=text("done_at IS NULL")),
        Index(
            "ix_emergency_task_weight",
            "account_id",
            postgresql_where=text("done_at IS NULL AND suspends_at IS NOT NULL AND given_back_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    act_id: Mapped[UUID] = mapped_column(ForeignKey("emergency_act.id"))
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    by_agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[str]
    role: Mapped[str]
    gives_back: Mapped[str]
    due: Mapped[datetime | None]
    suspends_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    outcome: Mapped[str | None]
    given_back_at: Mapped[datetime | None]
    given_back_by: Mapped[str | None]


class ConsentImport(Base):
    """A consent that was written elsewhere and taken in: what it came to, and the SHA-256 of the document, which is not
    kept. Never a grant. Class: routing, seen by who keeps the case.

    ``denies`` False: it waits until a person has asked her (``settled_at``, ``settlement``).
    """

    __tablename__ = "consent_import"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        UniqueConstraint("subject", "digest"),
        CheckConstraint("settlement IN ('confirmed', 'refused')", name="settlement"),
        CheckConstraint("(settlement IS NULL) = (settled_at IS NULL)", name="settled_whole"),
        CheckConstraint("NOT (denies AND settled_at IS NOT NULL)", name="a_denial_waits_for_nobody"),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    format: Mapped[str]
    digest: Mapped[bytes]
    denies: Mapped[bool]
    why: Mapped[str]
    imported_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    settlement: Mapped[str | None]


class CaseHold(Base):
    """Somebody called and said stop, and could not show that it was she: until she was called back, nothing new goes
    out and nobody of another agency reads what rests on her consent. Class: routing, seen by who holds the case.

    Emergencies go on. Placed by the door's ``hold_case``; one at a time stands.
    """

    __tablename__ = "case_hold"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
        Index("ix_case_hold_standing", "subject", unique=True, postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    since: Mapped[datetime]
    placed_by: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
