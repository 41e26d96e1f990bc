"""Reading people: who may approve for somebody, who can be asked."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from referral_hub.access.actors import Actor
from referral_hub.directory.queries import parents
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.models import Account, account_role
from referral_hub.liaisons.rules import Colleague, approvers, chain
from referral_hub.regulation import store

Barring = Callable[[Sequence[UUID]], Collection[UUID]]


def approvers_for(
    actor: Actor, role: str, *, of: UUID | None = None, barred: Barring | None = None, now: datetime
) -> tuple[Colleague, ...]:
    """Who approves what ``role`` decides, for this actor: in the agency, else its parents, else the coordinator.

    Nobody approves himself or herself. Empty only when nobody at all is left.

    :param of: the agency where the chain starts; the actor's own when None.
    :param barred: which of these accounts must hear nothing of the matter (a denial, a conflict); they are passed over.
    """
    office = of or actor.agency_id
    _id, regulation = store.in_force(now)
    roles = func.array_agg(account_role.c.role)
    rows = db.session.execute(
        select(Account.id, Account.name, Account.agency_id, roles.label("roles"))
        .join(account_role, account_role.c.account_id == Account.id)
        .where(Account.active)
        .group_by(Account.id)
        .order_by(Account.name)
    )
    people = [Colleague(row.id, row.name, row.agency_id, frozenset(row.roles)) for row in rows]
    if barred is not None:
        silent = barred([one.account_id for one in people])
        people = [one for one in people if one.account_id not in silent]
    steps = chain(regulation.raw["approver_chain"], role)
    return approvers(
        steps,
        people,
        asking=actor.account_id or UUID(int=0),
        own_agency=office,
        parents=parents(office),
    )


def account_by_email(email: str) -> UUID:
    """The account of this address, in any agency.

    :raises Invalid: there is none.
    """
    found = db.session.scalar(select(Account.id).where(Account.email == email.strip().lower()[:200]))
    if found is None:
        raise Invalid("account", "Không có tài khoản này.", "There is no such account.")
    return found


def account_names(accounts: Collection[UUID]) -> dict[UUID, str]:
    """Names by account."""
    if not accounts:
        return {}
    rows = db.session.execute(select(Account.id, Account.name).where(Account.id.in_(list(accounts))))
    return {row.id: row.name for row in rows}


def people_of(agency_id: UUID) -> list[tuple[UUID, str]]:
    """The active people of an agency, by name."""
    rows = select(Account.id, Account.name).where(Account.agency_id == agency_id, Account.active).order_by(Account.name)
    return [(row.id, row.name) for row in db.session.execute(rows)]
