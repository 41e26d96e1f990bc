"""Deep freezing of the plain data a YAML file holds, and the walk that finds its code lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any


def frozen(raw: Any) -> Any:
    """The same data with read-only mappings and with tuples for lists."""
    if isinstance(raw, Mapping):
        return MappingProxyType({key: frozen(value) for key, value in raw.items()})
    if isinstance(raw, list | tuple):
        return tuple(frozen(value) for value in raw)
    return raw


def thawed(raw: Any) -> Any:
    """The same data as plain dicts and lists, for a writer such as `json` or `yaml`."""
    if isinstance(raw, Mapping):
        return {key: thawed(value) for key, value in raw.items()}
    if isinstance(raw, list | tuple):
        return [thawed(value) for value in raw]
    return raw


def code_lists(raw: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Sequence[Any]]]:
    """Every list whose entries carry a `code`, with its dotted path; lists inside list entries are none."""
    for key, value in raw.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from code_lists(value, f"{path}.")
        elif isinstance(value, list | tuple) and any(isinstance(entry, Mapping) and "code" in entry for entry in value):
            yield path, value


def at_path(raw: Any, path: str) -> Any:
    """What stands at a dotted path of mappings; None where the path leads nowhere."""
    for step in path.split("."):
        raw = raw.get(step) if isinstance(raw, Mapping) else None
    return raw
