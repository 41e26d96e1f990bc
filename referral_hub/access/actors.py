"""Who acts. Built once at the edge from what the door said, passed to every service as its first argument."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row

from referral_hub.access.marks import mark


@dataclass(frozen=True, slots=True)
class Actor:
    """A liaison of an agency, or a named system task of it. ``person`` is the account id or ``system:<task>``.

    ``suspended``: an emergency act of this person waits too long for its review, so all but emergencies rests.
    """

    kind: Literal["liaison", "system"]
    person: str
    account_id: UUID | None
    name: str
    agency_id: UUID
    agency_code: str
    agency_type: str
    desk_id: UUID | None
    roles: frozenset[str]
    locale: str
    channel: str
    suspended: bool = False

    @property
    def is_system(self) -> bool:
        """A task such as the register import: acts for an agency, never in an officer's name."""
        return self.kind == "system"


def actor_from_door(row: Row[Any], channel: str) -> Actor:
    """The actor described by a row of ``door_enter``. ``channel``: ``portal``, ``cli``, ``api``, ``job``.

    A person seen for the first time is marked, so that a name described for a case keeps that person out of it.
    """
    if row.account_id is not None:
        mark(row.account_id, row.name, known=row.marks)
    return Actor(
        kind=row.kind,
        person=row.person,
        account_id=row.account_id,
        name=row.name,
        agency_id=row.agency_id,
        agency_code=row.agency_code,
        agency_type=row.agency_type,
        desk_id=row.desk_id,
        roles=frozenset(row.roles),
        locale=row.locale,
        channel=channel,
        suspended=row.suspended,
    )
