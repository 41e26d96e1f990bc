"""What the referral loop tells the layers above. Ids and codes: whoever listens looks up the rest for itself."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step was taken. ``told``: the sides that are to hear of it (``sender``, ``recipient``)."""

    referral_id: UUID
    owner_id: UUID
    event_id: UUID
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """A reminder was due, or an escalation named somebody."""

    referral_id: UUID
    owner_id: UUID
    step_id: UUID


@dataclass(frozen=True, slots=True)
class Assigned:
    """A referral was given to somebody."""

    referral_id: UUID
    owner_id: UUID
    assignment_id: UUID
