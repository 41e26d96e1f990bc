"""What a lower layer tells a higher one. Handlers run at once, in the event's transaction; ``hub.py`` wires them."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E")

_handlers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event_type: type[E], handler: Callable[[E], None]) -> None:
    """``handler`` is called for every event of this type from now on; wiring twice changes nothing."""
    if handler not in _handlers[event_type]:
        _handlers[event_type].append(handler)


def publish(event: object) -> None:
    """Call the handlers of the event's type, in the order they were wired."""
    for handler in _handlers[type(event)]:
        handler(event)
