"""The checkpoint as one printed line for the minutes of a meeting: ``origin size root check``. Pure.

Whoever keeps the line can show years later that nothing before it was changed or removed
(``referral-hub-verify since``). The check code tells a typing error; it protects nothing.
"""

from dataclasses import dataclass
from hashlib import sha256

from referral_hub.audit.checkpoints import Checkpoint
from referral_hub.audit.notes import encode64

CHECK_LETTERS = 8
GROUP = 4


@dataclass(frozen=True, slots=True)
class Milestone:
    """What is printed of a checkpoint."""

    origin: str
    size: int
    root: str
    check: str

    @property
    def line(self) -> str:
        """The whole line, joined by single spaces; what the QR code holds."""
        return f"{self.origin} {self.size} {self.root} {self.check}"

    def groups(self) -> tuple[str, ...]:
        """The root in groups of four, for eyes and fingers; blanks do not count when it is typed in."""
        return tuple(self.root[i : i + GROUP] for i in range(0, len(self.root), GROUP))


def milestone_of(checkpoint: Checkpoint) -> Milestone:
    """The milestone of a checkpoint."""
    root = encode64(checkpoint.root)
    bare = f"{checkpoint.origin} {checkpoint.size} {root}"
    return Milestone(checkpoint.origin, checkpoint.size, root, sha256(bare.encode()).hexdigest()[:CHECK_LETTERS])
