"""The difference of two regulation files as structure: every leaf that was added, removed, changed or moved.

Lists whose entries have a name are compared by name, so that one new entry is one change and not fifty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["added", "removed", "changed", "moved"]
PAIR = " > "


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `path` names sections, codes and fields; `old` or `new` is None where nothing stood or stands."""

    kind: Kind
    path: tuple[str, ...]
    old: Any
    new: Any


class _Named(dict[str, Any]):
    """A list whose entries have names; its order can change."""


_NAMES: Mapping[str, Callable[[Any], str]] = {
    "transitions": lambda step: str(step["verb"]),
    "service_overrides": lambda one: f"{one['service']}{PAIR}{', '.join(one['to'])}",
    "calendar.holidays": lambda span: str(span["from"]),
    "calendar.working_saturdays": lambda swap: str(swap["day"]),
    "import_means": lambda one: f"{one['sheet']}, {one['column']}",
    "next_unit_up": lambda step: str(step["from"]),
    "former_names": lambda one: str(one["old_en"]),
    "glossary": lambda row: str(row[0]),
    "glossary_style": lambda one: str(one["avoid"]),
    "dv_act_scope": lambda one: str(one["relationship"]),
    "deadline_rules.stops": lambda one: str(one["status"]),
}


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """All differences of two files, in the order of the old one, new parts after their neighbours' section."""
    return list(_compare(_tree(_exploded(old), ""), _tree(_exploded(new), ""), ()))


def is_condition(raw: Any) -> bool:
    """Whether this mapping is a condition, which is told as one sentence and not leaf by leaf."""
    return isinstance(raw, Mapping) and bool(raw) and set(raw) & {"fact", "all", "any"} != set() and "sheet" not in raw


def _exploded(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Rows that speak of several recipients at once become one entry per recipient: that is what they mean."""
    rows = raw["need_to_know"]
    matrix = _Named()
    for row in rows:
        for to in row["to"]:
            matrix[f"{row['service']}{PAIR}{to}"] = {k: v for k, v in row.items() if k not in ("service", "to")}
    grounds = [_per_recipient(ground) for ground in raw["consent_exceptions"]]
    return {**raw, "need_to_know": matrix, "consent_exceptions": grounds}


def _per_recipient(ground: Mapping[str, Any]) -> Mapping[str, Any]:
    if "max" not in ground:
        return ground
    return {**ground, "max": {to: group["categories"] for group in ground["max"] for to in group["to"]}}


def _tree(raw: Any, path: str) -> Any:
    if is_condition(raw):
        return raw
    if isinstance(raw, Mapping):
        named = type(raw) if isinstance(raw, _Named) else dict
        return named({key: _tree(value, f"{path}.{key}" if path else str(key)) for key, value in raw.items()})
    if isinstance(raw, list | tuple):
        if not any(isinstance(one, Mapping | list | tuple) for one in raw):
            return tuple(raw)
        return _Named(zip(_names(raw, path), (_tree(one, f"{path}[]") for one in raw), strict=True))
    return raw


def _names(entries: Any, path: str) -> list[str]:
    name = _NAMES.get(path)
    counted: Counter[str] = Counter()
    names = []
    for i, entry in enumerate(entries):
        if name is not None:
            found = name(entry)
        elif isinstance(entry, Mapping) and "code" in entry:
            found = str(entry["code"])
        else:
            found = str(i + 1)
        counted[found] += 1
        names.append(found if counted[found] == 1 else f"{found} ({counted[found]})")
    return names


def _compare(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Change]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new or type(old) is not type(new):
            yield Change("changed", path, old, new)
        return
    for key in old:
        if key in new:
            yield from _compare(old[key], new[key], (*path, key))
        else:
            yield Change("removed", (*path, key), old[key], None)
    for key in new:
        if key not in old:
            yield Change("added", (*path, key), None, new[key])
    before = [key for key in old if key in new]
    after = [key for key in new if key in old]
    if isinstance(old, _Named) and before != after:
        yield Change("moved", path, tuple(before), tuple(after))
