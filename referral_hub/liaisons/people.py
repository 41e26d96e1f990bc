"""Joiners, movers and leavers of an agency, by its supervisor; letting in who is locked out.

Each asks for the password again: the database refuses whoever has not signed in within the last minutes.
"""

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import normalize
from uuid import UUID

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import ProgrammingError

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.policy import ROLES_OF_CASE_WORK
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, Operator, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.liaisons.factors import digest_of, fresh_code
from referral_hub.liaisons.models import Account, account_role
from referral_hub.liaisons.passwords import check_password, hashed

LINK_LASTS = timedelta(days=7)
LET_IN_LASTS = timedelta(minutes=30)
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague, as the supervisor sees them. ``managed``: their roles are those that a supervisor gives."""

    id: UUID
    name: str
    email: str
    desk_id: UUID | None
    roles: tuple[str, ...]
    active: bool

    @property
    def managed(self) -> bool:
        """Every role is one of case work."""
        return set(self.roles) <= ROLES_OF_CASE_WORK


def colleagues(actor: Actor) -> list[Person]:
    """Everybody of the acting person's agency by given name, who left last."""
    require(actor, Action.PERSON_LET_IN)
    roles = func.array_remove(func.array_agg(account_role.c.role), None)
    rows = db.session.execute(
        select(Account.id, Account.name, Account.email, Account.desk_id, Account.active, roles.label("roles"))
        .outerjoin(account_role, account_role.c.account_id == Account.id)
        .where(Account.agency_id == actor.agency_id)
        .group_by(Account.id)
    )
    found = [Person(r.id, r.name, r.email, r.desk_id, tuple(sorted(r.roles)), r.active) for r in rows]
    return sorted(found, key=lambda one: (not one.active, by_given_name(one.name)))


def by_given_name(name: str) -> tuple[str, ...]:
    """How Vietnamese lists sort a full name: by its last word, then from the front; letters before their marks."""
    words = name.split()
    ordered = " ".join(words[-1:] + words[:-1]).casefold().replace("đ", "d\uffff")
    return tuple(re.sub(r"[\u0300-\u036f]", "", normalize("NFD", ordered)).split()) + (normalize("NFD", ordered),)


def colleague(actor: Actor, account_id: UUID) -> Person:
    """One of them, never oneself.

    :raises Invalid: somebody of another agency, or the acting person.
    """
    found = next((one for one in colleagues(actor) if one.id == account_id and one.id != actor.account_id), None)
    if found is None:
        raise Invalid("person", "Không có người này trong đơn vị.", "There is no such person in the agency.")
    return found


def join(
    actor: Actor, email: str, name: str, desk_id: UUID | None, roles: Collection[str], *, locale: str, now: datetime
) -> str:
    """A new colleague; returns the token of the link that is handed over.

    :raises Invalid: no usable e-mail, one that has an account, no name, no role.
    """
    require(actor, Action.PEOPLE_MANAGE)
    email, name = email.strip().lower(), " ".join(name.split())
    if not EMAIL.fullmatch(email) or len(email) > 200:
        raise Invalid("email", "Hãy nhập một địa chỉ email.", "Enter an e-mail address.")
    if db.session.scalar(select(Account.id).where(Account.email == email)) is not None:
        raise Invalid("email", "Email này đã có tài khoản.", "There is an account with this e-mail.")
    if not 2 <= len(name) <= 100:
        raise Invalid("name", "Hãy nhập họ và tên.", "Enter the full name.")
    _check_roles(roles)
    account_id = new_id()
    record(actor, Entry(Act.ACCOUNT_MADE, account_id), now=now)
    db.session.execute(
        text("SELECT make_person(:id, :email, :name, :hash, :mark, :locale)"),
        {
            **{"id": account_id, "email": email, "name": name, "locale": locale},
            **{"hash": hashed(secrets.token_urlsafe(32)), "mark": secrets.token_hex(32)},
        },
    )
    _place(account_id, desk_id, roles)
    return invite(actor, account_id, now=now)


def move(actor: Actor, account_id: UUID, desk_id: UUID | None, roles: Collection[str], *, now: datetime) -> None:
    """Another desk, other roles; from the next page on.

    :raises Invalid: not a colleague whom the acting person manages, no role.
    """
    person = _managed(actor, account_id)
    if not set(person.roles) - ROLES_OF_CASE_WORK:
        _check_roles(roles)
    record(actor, Entry(Act.ACCOUNT_PLACED, account_id), now=now)
    _place(account_id, desk_id, roles)


def invite(actor: Actor, account_id: UUID, *, now: datetime) -> str:
    """A link to choose a password; an earlier one is worth nothing any more. Returns its token.

    :raises Invalid: not managed, or let in by word of mouth these days: nobody holds both halves of a sign-in.
    """
    _managed(actor, account_id)
    token = secrets.token_urlsafe(32)
    values = {"account": account_id, "digest": _digest(token), "at": now, "until": now + LINK_LASTS}
    _unless_both_halves("SELECT invite_person(:account, :digest, :at, :until)", values)
    record(actor, Entry(Act.ACCOUNT_INVITED, account_id), now=now)
    return token


def leave(actor: Actor, account_id: UUID, *, now: datetime) -> None:
    """The account ends, with every session and link. What it did stays in the log; duties and covers count no more."""
    _managed(actor, account_id)
    record(actor, Entry(Act.ACCOUNT_LEFT, account_id), now=now)
    db.session.execute(text("SELECT leave_agency(:account, :at)"), {"account": account_id, "at": now})


def let_in(actor: Actor, account_id: UUID, *, now: datetime) -> str:
    """A code to tell by telephone; with her password it lets a colleague in once, for one shift, within half an hour.

    :raises Invalid: not an active colleague.
    """
    require(actor, Action.PERSON_LET_IN)
    if not colleague(actor, account_id).active:
        raise Invalid("person", "Tài khoản này đã kết thúc.", "This account has ended.")
    code = fresh_code()
    digest = digest_of(account_id, code)
    values = {"account": account_id, "digest": digest, "at": now, "until": now + LET_IN_LASTS}
    _unless_both_halves("SELECT let_in(:account, :digest, :at, :until)", values)
    record(actor, Entry(Act.ACCOUNT_LET_IN, account_id), now=now)
    return code


def invited(connection: Connection, token: str) -> tuple[UUID, str] | None:
    """Whose link this is (account, e-mail), while it is worth something.

    :param connection: of the role ``signin``.
    """
    row = connection.execute(text("SELECT * FROM invited(:digest)"), {"digest": _digest(token)}).one_or_none()
    return None if row is None else (row.account_id, row.email)


def accept(connection: Connection, token: str, password: str, *, now: datetime) -> bool:
    """The password of who came by the link, once.

    :param connection: of the role ``signin``.
    :raises Invalid: see :func:`referral_hub.liaisons.passwords.check_password`.
    """
    found = invited(connection, token)
    if found is None:
        return False
    account_id, email = found
    check_password(password, email=email)
    record(Operator(str(account_id), channel="portal"), Entry(Act.ACCOUNT_JOINED, account_id), now=now, on=connection)
    values = {"digest": _digest(token), "hash": hashed(password)}
    return connection.scalar(text("SELECT accept_invitation(:digest, :hash)"), values) is not None


def _managed(actor: Actor, account_id: UUID) -> Person:
    require(actor, Action.PEOPLE_MANAGE)
    person = colleague(actor, account_id)
    if not db.session.scalar(text("SELECT door_manages(:account)"), {"account": account_id}):
        raise Invalid(
            "person",
            "Chỉ thủ trưởng đơn vị quản lý được tài khoản này.",
            "Only the head of the agency manages this account.",
        )
    return person


def _unless_both_halves(statement: str, values: Mapping[str, object]) -> None:
    try:
        with db.session.begin_nested():
            db.session.execute(text(statement), values)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise Invalid(
            "person",
            "Trong tuần qua người này vừa nhận liên kết hoặc mã: việc này cần một lãnh đạo khác.",
            "This person got a link or a code within the last week: somebody else in charge has to do this.",
        ) from error


def _check_roles(roles: Collection[str]) -> None:
    if not roles or not set(roles) <= ROLES_OF_CASE_WORK:
        raise Invalid("roles", "Hãy chọn ít nhất một vai trò.", "Choose at least one role.")


def _place(account_id: UUID, desk_id: UUID | None, roles: Collection[str]) -> None:
    db.session.execute(
        text("SELECT place_person(:account, :desk, :roles)"),
        {"account": account_id, "desk": desk_id, "roles": sorted(set(roles) & ROLES_OF_CASE_WORK)},
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
