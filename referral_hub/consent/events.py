"""What consent tells the layers above."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from referral_hub.access.actors import Actor


@dataclass(frozen=True, slots=True)
class ConsentsEnded:
    """Consents of one case ended; the grants that rested on them are gone already.

    ``referrals``: those that nothing covers any more. ``touched``: all that rested on them. ``wish``: what she said, if
    told. ``duress``: she said the word that means somebody stands beside her.
    """

    actor: Actor
    case_id: UUID
    consents: tuple[UUID, ...]
    referrals: tuple[UUID, ...]
    touched: tuple[UUID, ...]
    wish: str | None
    occurred_at: datetime
    now: datetime
    duress: bool = False


@dataclass(frozen=True, slots=True)
class EmergencyActed:
    """Somebody used a ground without her consent; in this transaction, for whoever tells people.

    ``told``: accounts that have to hear of it at once, denials and conflicts left out. ``kind``: ``disclosure`` or
    ``opening``.
    """

    actor: Actor
    act_id: UUID
    case_id: UUID
    kind: str
    ground: str
    told: tuple[UUID, ...]
    now: datetime
