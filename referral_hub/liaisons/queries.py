"""Reading people: who may approve for somebody, who can be asked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from referral_hub.access.actors import Actor
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.liaisons.models import Account, account_role
from referral_hub.liaisons.rules import Colleague, approvers, chain
from referral_hub.regulation import store


def approvers_for(actor: Actor, role: str, *, now: datetime) -> tuple[Colleague, ...]:
    """Who approves what ``role`` decides, for this actor: in the agency, else its parents, else the coordinator.

    Nobody approves himself or herself. Empty only when nobody at all is left.
    """
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
    steps = chain(regulation.raw["approver_chain"], role)
    return approvers(
        steps,
        people,
        asking=actor.account_id or UUID(int=0),
        own_agency=actor.agency_id,
        parents=_parents(actor.agency_id),
    )


def _parents(agency_id: UUID) -> list[UUID]:
    """The agency's parents, the nearest first (the directory has no cycles)."""
    above = {row.id: row.parent_id for row in db.session.execute(select(Agency.id, Agency.parent_id))}
    found: list[UUID] = []
    here = above.get(agency_id)
    while here is not None and here not in found:
        found.append(here)
        here = above.get(here)
    return found
