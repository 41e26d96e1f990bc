"""Small edits of a regulation file, by path, for tests that break or change one place."""

import re
from collections.abc import Callable
from typing import Any

Edit = Callable[[Any], None]


def put(path: str, value: Any) -> Edit:
    """Writes a value at a path such as `need_to_know[3].min[2]`."""

    def edit(raw: Any) -> None:
        parent, key = _parent(raw, path)
        parent[key] = value

    return edit


def drop(path: str) -> Edit:
    """Deletes what stands at a path."""

    def edit(raw: Any) -> None:
        parent, key = _parent(raw, path)
        del parent[key]

    return edit


def add(path: str, value: Any) -> Edit:
    """Appends a value to the list at a path."""

    def edit(raw: Any) -> None:
        parent, key = _parent(raw, path)
        parent[key].append(value)

    return edit


def insert(path: str, at: int, value: Any) -> Edit:
    """Inserts a value into the list at a path."""

    def edit(raw: Any) -> None:
        parent, key = _parent(raw, path)
        parent[key].insert(at, value)

    return edit


def repeat(path: str) -> Edit:
    """Appends to a list a copy of one of its entries."""

    def edit(raw: Any) -> None:
        parent, key = _parent(raw, path)
        parent.append(dict(parent[key]) if isinstance(parent[key], dict) else list(parent[key]))

    return edit


def _parent(raw: Any, path: str) -> tuple[Any, Any]:
    steps: list[Any] = [int(i) if i else name for name, i in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)]
    for step in steps[:-1]:
        raw = raw[step]
    return raw, steps[-1]
