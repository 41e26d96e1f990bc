"""People who act for an agency, their roles, and their signed-in sessions. Class: plumbing."""

from datetime import datetime
from uuid import UUID

from flask_security.core import RoleMixin, UserMixin
from flask_security.utils import verify_password
from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, text
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

    def verify_and_update_password(self, password: str) -> bool:
        """Whether it is the password. Never "and update": the web's own role may not write a hash anew."""
        return bool(verify_password(password, self.password))


class SignInSession(Base):
    """A signed-in browser: the hash of the token in its cookie. ``door_enter`` looks it up on every request.

    ``device``: browser and system in two words, so that a person tells her sessions apart; no address, no version.
    """

    __tablename__ = "sign_in_session"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str | None]


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


class SignInTry(Base):
    """A try to sign in that was not right, or not yet: keyed hashes of what was typed and of where it came from.

    Class: plumbing; the role ``signin`` alone. Rows go after an hour.
    """

    __tablename__ = "sign_in_try"
    __table_args__ = (Index("ix_sign_in_try_key", "key"), Index("ix_sign_in_try_at", "at"))

    id: Mapped[Id]
    key: Mapped[bytes]
    at: Mapped[datetime]


class TotpSecret(Base):
    """The secret of an authenticator app (RFC 6238), sealed under the keyring; one that lives for each account.

    ``last_step``: codes up to it are used up. Class: plumbing; the role ``signin`` alone.
    """

    __tablename__ = "totp_secret"
    __table_args__ = (
        Index("ix_totp_secret_living", "account_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    sealed: Mapped[bytes]
    wrapping_key: Mapped[str]
    last_step: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that works once in place of the second factor: its keyed hash.

    Class: plumbing; the role ``signin`` alone. ``until``: it was given by a colleague for a short time.
    """

    __tablename__ = "recovery_code"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    made_at: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Passkey(Base):
    """A key pair in somebody's device (WebAuthn): its public half. ``name``: what its person calls the device.

    Class: plumbing; the role ``signin`` alone.
    """

    __tablename__ = "passkey"

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Invitation(Base):
    """A link that somebody gets by hand to choose a password: the hash of its token, worth something once.

    Class: plumbing. ``made_by`` None: whoever runs the hub.
    """

    __tablename__ = "invitation"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
