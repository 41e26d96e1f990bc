"""What others may want to hear of from the rights desk."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RightAsked:
    """A request was recorded. ``first_due``, ``due``: its clocks, in UTC."""

    request_id: UUID
    owner_id: UUID
    first_due: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class BreachFound:
    """An incident was recorded. ``due``: until when the authority is told, in UTC; None: no harm can come of it."""

    breach_id: UUID
    owner_id: UUID
    due: datetime | None
