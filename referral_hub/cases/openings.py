"""What a liaison sees who opened a case in an emergency: the categories of the ground, while the opening stands."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.cases.facts import Section
from referral_hub.cases.sections import read_sections
from referral_hub.consent import reviews
from referral_hub.consent.reviews import ActView
from referral_hub.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """The opening, and what it shows now, by category."""

    act: ActView
    sections: dict[str, Section]


def opened(actor: Actor, act_id: UUID, *, now: datetime) -> OpenedCase:
    """Read what an opening of this very person shows; every reading leaves its entry.

    :raises Refused: another person's opening, one that is over, or none: the three look alike.
    """
    require(actor, Action.EMERGENCY_OPEN)
    standing = next((act for act in reviews.openings(actor, now=now) if act.id == act_id), None)
    if standing is None:
        raise Refused(Action.EMERGENCY_OPEN, act_id, NotFound())
    sections = read_sections(actor, standing.case, standing.categories, why=standing.ground, basis=standing.id, now=now)
    return OpenedCase(standing, {c: sections[c] for c in standing.categories if c in sections})
