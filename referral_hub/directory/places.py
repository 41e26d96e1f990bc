"""Free beds and slots of a service: said by the agency that gives it, with the time at which it said so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.policy import Relation
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.directory.models import AgencyService, FreePlace
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id

MOST = 999
#: After this a figure is shown as old. A mark for the reader, no rule of the regulation: nothing is refused by it.
FRESH = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Places:
    """``free`` beds or slots, as the agency said at ``set_at``."""

    free: int
    set_at: datetime

    def old(self, now: datetime) -> bool:
        """Whether one had better ask first."""
        return now - self.set_at > FRESH


def set_free(actor: Actor, service: str, free: int, *, now: datetime) -> UUID:
    """So many are free now; what was said before stays.

    :raises Refused: somebody who does not answer for the agency.
    :raises Invalid: the agency does not give this service, or no such number.
    """
    require(actor, Action.PLACES_SET, relation=Relation(owns=True))
    if service not in own_services(actor):
        raise Invalid("service", "Đơn vị không có dịch vụ này.", "The agency does not give this service.")
    if not 0 <= free <= MOST:
        raise Invalid(service, f"Hãy ghi số từ 0 đến {MOST}.", f"Write a number from 0 to {MOST}.")
    place = new_id()
    record(actor, Entry(Act.PLACES_SET, place), now=now)
    db.session.execute(
        insert(FreePlace).values(
            id=place, agency_id=actor.agency_id, service=service, free=free, set_at=now, set_by=actor.person
        )
    )
    return place


def free_places(actor: Actor) -> Mapping[tuple[UUID, str], Places]:
    """(agency, service) -> what the agency said last; agencies that said nothing are not in it.

    :raises Refused: somebody who neither refers nor answers.
    """
    require(actor, Action.PLACES_READ)
    rows = db.session.execute(
        select(FreePlace.agency_id, FreePlace.service, FreePlace.free, FreePlace.set_at)
        .ext(distinct_on(FreePlace.agency_id, FreePlace.service))
        .order_by(FreePlace.agency_id, FreePlace.service, FreePlace.set_at.desc(), FreePlace.id.desc())
    )
    return {(one.agency_id, one.service): Places(one.free, one.set_at) for one in rows}


def own_services(actor: Actor) -> list[str]:
    """The services of the actor's agency, by code."""
    rows = select(AgencyService.service).where(AgencyService.agency_id == actor.agency_id)
    return list(db.session.scalars(rows.order_by(AgencyService.service)))
