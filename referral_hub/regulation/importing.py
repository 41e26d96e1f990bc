"""What the regulation says about reading old registers: how cells are folded, looked up and understood.

A value that no label and no alias knows is unknown (None); whoever imports reports it and never guesses.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from .model import Regulation

FOLD_STEPS = ("nfc", "trim", "single_spaces", "casefold")
SEPARATOR = ";"

_indexes: WeakKeyDictionary[Regulation, Mapping[str, Mapping[str, str]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column of a sheet, or a yes or no in it, stands for. Exactly the fields the file states are filled."""

    sheet: str
    column: str
    fact: str | None
    if_yes: Any
    if_no: Any
    makes: tuple[str, ...]
    provider_type: str | None
    on_site: bool | None
    on_site_if_provider: str | None


def fold(text: str) -> str:
    """The text as it is compared: NFC, trimmed, single spaces, case folded. Folding twice changes nothing."""
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    return unicodedata.normalize("NFC", spaced.casefold())


def lookup(regulation: Regulation, key_or_list: str, text: str) -> str | None:
    """The code that a cell means, by label vi, label en or alias; None when nothing knows it.

    `key_or_list` is a key of `import_lists` (`services`) or the path of a code list (`essential_services`).
    KeyError for anything else.
    """
    path = regulation.raw["import_lists"].get(key_or_list, key_or_list)
    return _index(regulation)[path].get(fold(text))


def split(cell: str) -> tuple[str, ...]:
    """The single values of a cell that names several, such as `Nhân thân; Liên hệ an toàn`; empty ones fall away."""
    return tuple(part for part in (piece.strip() for piece in cell.split(SEPARATOR)) if part)


def yes_or_no(regulation: Regulation, text: str) -> bool | None:
    """What a Có/Không cell says; an empty cell is what the file makes of it; None for a word it does not know."""
    words, folded = regulation.raw["import_words"], fold(text)
    if folded in map(fold, words["yes_words"]):
        return True
    return False if folded in map(fold, words["no_words"]) else None


def columns(regulation: Regulation) -> Mapping[str, Mapping[str, str]]:
    """Per sheet, in the order of the file, what each column holds: a key of `import_lists` or a kind of value
    (words, time, day_or_time, year, number, text, file_code)."""
    sheets: Mapping[str, Mapping[str, str]] = regulation.raw["import_columns"]
    return sheets


def imported_times(regulation: Regulation, sheet: str) -> Mapping[str, str]:
    """Which column gives an imported row of this sheet which time; empty where the file names none."""
    times: Mapping[str, str] = regulation.raw["statistics"]["imported_times"].get(sheet, MappingProxyType({}))
    return times


def meanings(regulation: Regulation) -> tuple[Meaning, ...]:
    """All entries of `import_means`."""
    return tuple(_meaning(raw) for raw in regulation.raw["import_means"])


def _meaning(raw: Mapping[str, Any]) -> Meaning:
    makes = raw.get("makes", ())
    return Meaning(
        sheet=raw["sheet"],
        column=raw["column"],
        fact=raw.get("fact"),
        if_yes=raw.get("if_yes"),
        if_no=raw.get("if_no"),
        makes=(makes,) if isinstance(makes, str) else makes,
        provider_type=raw.get("provider_type"),
        on_site=raw.get("on_site"),
        on_site_if_provider=raw.get("on_site_if_provider"),
    )


def _index(regulation: Regulation) -> Mapping[str, Mapping[str, str]]:
    if regulation not in _indexes:
        _indexes[regulation] = _build_index(regulation)
    return _indexes[regulation]


def _build_index(regulation: Regulation) -> Mapping[str, Mapping[str, str]]:
    # Registers keep old names, so retired codes are found as well.
    index = {
        path: {fold(words): entry.code for entry in entries.values() for words in (entry.label.en, entry.label.vi)}
        for path, entries in regulation.lists.items()
    }
    for key, aliases in regulation.raw["import_aliases"].items():
        index[regulation.raw["import_lists"][key]].update({fold(alias): code for alias, code in aliases.items()})
    return MappingProxyType(index)
