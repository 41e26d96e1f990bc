"""The kinds of tasks and how each can end. Pure."""

from collections.abc import Mapping
from typing import Literal

Kind = Literal["confirm-stopped", "safe-call-back", "maybe-coerced", "check-representative"]

#: kind -> the outcomes with which it is done. Codes: what they mean in words stands in ``portal.tasks``.
KINDS: Mapping[str, tuple[str, ...]] = {
    # a recipient says that it stopped using what it was given, and what it has to keep by law
    "confirm-stopped": ("stopped", "kept-by-law"),
    # somebody called who could not show that it was she: call her back in her safe window
    "safe-call-back": ("she-stops", "she-goes-on"),
    # she said stop, and somebody may have made her say it
    "maybe-coerced": ("spoke-freely", "under-pressure"),
    # somebody acts for her: nothing happens before he was checked
    "check-representative": ("may-act", "may-not-act"),
}
