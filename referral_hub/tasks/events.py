"""What tasks tell the layers above."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from referral_hub.access.actors import Actor


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """Somebody has something to do, until ``due``; told in this transaction to whoever tells people."""

    task_id: UUID
    owner_id: UUID
    due: datetime | None
    urgent: bool


@dataclass(frozen=True, slots=True)
class TaskDone:
    """A task ended with one of its outcomes; what follows from that happens in this transaction."""

    actor: Actor
    task_id: UUID
    case_id: UUID
    kind: str
    outcome: str
    now: datetime
