"""Accounts of people, made by the operator with the administrator's rights; roles come from the regulation."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, Operator, record
from referral_hub.directory.models import Agency, Desk
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.liaisons.models import Account, Invitation, Role, account_role


@dataclass(frozen=True, slots=True)
class NewAccount:
    """One person: e-mail (signs in with it), name, agency and desk by code, roles of the regulation."""

    email: str
    name: str
    agency: str
    roles: tuple[str, ...]
    desk: str | None = None
    locale: str = "vi"


def make_accounts(session: Session, people: Sequence[NewAccount], password_hash: str, *, now: datetime) -> list[UUID]:
    """Make those that do not exist yet (by e-mail), all with this password hash; ids of the new ones.

    Each account and each role it gets has an entry; the operator makes them.

    :raises Invalid: an unknown agency, desk or role.
    """
    agencies = {row.code: row.id for row in session.execute(select(Agency.code, Agency.id))}
    desks = {(row.agency_id, row.code): row.id for row in session.execute(select(Desk.agency_id, Desk.code, Desk.id))}
    taken = set(session.scalars(select(Account.email)))
    made = []
    for person in people:
        email = person.email.strip().lower()
        if email in taken:
            continue
        agency_id = agencies.get(person.agency)
        if agency_id is None:
            raise Invalid("agency", f"Không có đơn vị “{person.agency}”.", f"There is no agency “{person.agency}”.")
        if person.desk is not None and (agency_id, person.desk) not in desks:
            raise Invalid("desk", f"Không có bàn “{person.desk}”.", f"There is no desk “{person.desk}”.")
        account_id = new_id()
        session.execute(
            insert(Account).values(
                id=account_id,
                email=email,
                name=person.name,
                password=password_hash,
                active=True,
                fs_uniquifier=secrets.token_hex(32),
                agency_id=agency_id,
                desk_id=desks.get((agency_id, person.desk)) if person.desk else None,
                locale=person.locale,
            )
        )
        session.execute(insert(account_role), [{"account_id": account_id, "role": role} for role in person.roles])
        given = [Entry(Act.ACCOUNT_ROLE_GIVEN, account_id, why=role) for role in person.roles]
        record(Operator(), Entry(Act.ACCOUNT_MADE, account_id), *given, now=now, on=session.connection())
        made.append(account_id)
    return made


LINK_LASTS = timedelta(days=7)


def invite_by_operator(session: Session, email: str, person: NewAccount | None, unusable: str, *, now: datetime) -> str:
    """The token of a link to choose a password; an earlier link is worth nothing any more.

    :param person: whom to make first, where there is no such account yet.
    :param unusable: the hash of a password that nobody knows.
    :raises Invalid: no such account and nobody to make, or an unknown agency, desk or role.
    """
    known = set(session.scalars(select(Role.name)))
    if person is not None:
        if not person.roles or not set(person.roles) <= known:
            names = ", ".join(sorted(known))
            raise Invalid("role", f"Hãy chọn vai trò trong: {names}.", f"Choose roles among: {names}.")
        make_accounts(session, [person], unusable, now=now)
    account_id = session.scalar(select(Account.id).where(Account.email == email.strip().lower(), Account.active))
    if account_id is None:
        raise Invalid(
            "email",
            "Chưa có tài khoản này: hãy thêm --name, --agency và --role.",
            "There is no such account: add --name, --agency and --role.",
        )
    token = secrets.token_urlsafe(32)
    record(Operator(), Entry(Act.ACCOUNT_INVITED, account_id), now=now, on=session.connection())
    living = Invitation.account_id == account_id, Invitation.ended_at.is_(None)
    session.execute(update(Invitation).where(*living).values(ended_at=now))
    digest = hashlib.sha256(token.encode()).digest()
    session.execute(
        insert(Invitation).values(digest=digest, account_id=account_id, made_at=now, until=now + LINK_LASTS)
    )
    return token
