"""People who act for an agency, their roles, and their signed-in sessions. Class: plumbing."""

from datetime import datetime
from uuid import UUID

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from referral_hub.kernel.db import Base, Id

account_role = Table(
    "account_role",
    Base.metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("role", ForeignKey("role.name"), primary_key=True),
)


class Role(Base, RoleMixin):
    """A role of the regulation file; ``name`` is its code."""

    __tablename__ = "role"

    name: Mapped[str] = mapped_column(primary_key=True)


class Account(Base, UserMixin):
    """One person. ``fs_uniquifier`` belongs to Flask-Security; ``locale`` is ``vi`` or ``en``."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("locale IN ('vi', 'en')", name="locale"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    id: Mapped[Id]  # type: ignore[assignment]  # Flask-Security's mixin thinks of int keys
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password: Mapped[str]
    active: Mapped[bool]
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id"))
    locale: Mapped[str]
    roles: Mapped[list[Role]] = relationship(secondary=account_role)  # type: ignore[assignment]  # invariant list there


class SignInSession(Base):
    """A signed-in browser: the hash of the token in its cookie. ``door_enter`` looks it up on every request."""

    __tablename__ = "sign_in_session"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AccountCover(Base):
    """For these days somebody else answers for an account. Class: plumbing, public within the hub.

    What was called off before it began ends when it begins.
    """

    __tablename__ = "account_cover"
    __table_args__ = (
        CheckConstraint("account_id <> cover_id AND until >= since", name="somebody_else_for_a_while"),
        Index("ix_account_cover_account", "account_id"),
    )

    id: Mapped[Id]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    cover_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]


class DeskDuty(Base):
    """Who is on call at a desk, from when to when. Class: plumbing, public within the hub.

    ``phone``: the number of this shift, as digits to dial; None: the agency's own.
    """

    __tablename__ = "desk_duty"
    __table_args__ = (CheckConstraint("until >= since", name="for_a_while"), Index("ix_desk_duty_desk", "desk_id"))

    id: Mapped[Id]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    desk_id: Mapped[UUID] = mapped_column(ForeignKey("desk.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    phone: Mapped[str | None]
