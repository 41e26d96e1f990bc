"""Tables of the door: whose a record is, which agency may see which category of it, who may not at all."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class Subject(Base):
    """What sections, grants, keys and audit entries belong to: a case, a contact or a perpetrator record.

    Class: routing. Written by ``open_subject`` alone.
    """

    __tablename__ = "subject"
    __table_args__ = (
        UniqueConstraint("id", "owner_id"),
        CheckConstraint("kind IN ('case', 'contact', 'perpetrator')", name="kind"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))


class AccessGrant(Base):
    """A live grant lets one agency see one category of one subject. Class: routing; written by the door alone.

    ``category`` ``*`` is the owner's own access. ``preview_from``: the parts shown before acceptance;
    ``active_from``: the whole category. ``basis`` names what it rests on: ``owner``, ``consent``, ``exception`` (sent
    in an emergency without her consent), ``opening`` (pulled in an emergency by one person, ``account_id``, for a short
    time). ``regulation_id``: the version that decided it (none for the owner's own access).
    """

    __tablename__ = "access_grant"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("category <> '*' OR (agency_id = owner_id AND basis = 'owner')", name="wildcard_is_owner"),
        CheckConstraint("basis IN ('owner', 'consent', 'exception', 'opening')", name="basis"),
        CheckConstraint("(basis = 'opening') = (account_id IS NOT NULL)", name="an_opening_is_one_persons"),
        Index("ix_access_grant_live", "subject", "agency_id", postgresql_where=text("revoked_at IS NULL")),
        Index("ix_access_grant_referral", "referral_id"),
        Index("ix_access_grant_basis", "basis_id", postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"))
    category: Mapped[str]
    basis: Mapped[str]
    basis_id: Mapped[UUID]
    regulation_id: Mapped[UUID | None] = mapped_column(ForeignKey("regulation_version.id"))
    preview_from: Mapped[datetime | None]
    active_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AccessDenial(Base):
    """She said: not them. Stops a unit, one desk or one account, for one category or all (None); ``with_units``: the
    agency and every unit under it.

    Class: routing, seen by who keeps the case. Wins over every grant.
    ``entry_uid``: the entry of the log that recorded it.
    """

    __tablename__ = "access_denial"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("num_nonnulls(agency_id, desk_id, account_id) = 1", name="one_target"),
        Index("ix_access_denial_subject", "subject"),
        Index("ix_access_denial_entry", "entry_uid"),
        Index("ix_access_denial_agency", "agency_id", postgresql_where=text("lifted_at IS NULL")),
        Index("ix_access_denial_desk", "desk_id", postgresql_where=text("lifted_at IS NULL")),
        Index("ix_access_denial_account", "account_id", postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    category: Mapped[str | None]
    with_units: Mapped[bool] = mapped_column(server_default=text("false"))
    denied_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    entry_uid: Mapped[UUID | None]


class AccessConflict(Base):
    """Somebody who must not work on a case, or was checked. Class: routing, seen by who keeps the case.

    ``cause`` ``declared``: said so without opening it. ``not-him``: has the name of a person described for this case,
    and was found to be another. ``ended_at``: it no longer counts; the row stays.
    """

    __tablename__ = "access_conflict"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("cause IN ('declared', 'not-him')", name="cause"),
        Index("ix_access_conflict_subject", "subject"),
        Index("ix_access_conflict_account", "account_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    cause: Mapped[str]
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DescribedPerson(Base):
    """A person she fears, or the one said to have used violence, by a keyed hash of the name: who carries this name
    in any agency is kept out. Class: routing, seen by who keeps the case.

    ``source``: ``denial`` (she said: not this person) or ``section`` (the section about the person who used violence).
    """

    __tablename__ = "described_person"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        CheckConstraint("source IN ('denial', 'section')", name="source"),
        Index("ix_described_person_subject", "subject"),
        Index("ix_described_person_digest", "digest", postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[Id]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
    source: Mapped[str]
    digest: Mapped[bytes]
    recorded_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


class AccountMark(Base):
    """The keyed hash of an account's name, to be met with ``described_person``. Class: plumbing, ``hub_door`` alone."""

    __tablename__ = "account_mark"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)


class DoorKey(Base):
    """Inner and outer pad of the key that seals the actor (RFC 2104). Class: plumbing, read by ``hub_door`` alone."""

    __tablename__ = "door_key"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    inner_pad: Mapped[bytes]
    outer_pad: Mapped[bytes]


class OperatorCredential(Base):
    """SHA-256 of the secret that this machine's operator holds in a file. Class: plumbing, ``hub_door`` alone."""

    __tablename__ = "operator_credential"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class SpokenCode(Base):
    """Code of a case or a referral -> the case: for whoever was told it. Class: routing, ``hub_door`` alone."""

    __tablename__ = "spoken_code"
    __table_args__ = (
        ForeignKeyConstraint(["subject", "owner_id"], ["subject.id", "subject.owner_id"]),
        Index("ix_spoken_code_code", "code"),
    )

    id: Mapped[Id]
    code: Mapped[str]
    subject: Mapped[UUID]
    owner_id: Mapped[UUID]
