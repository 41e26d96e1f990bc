"""Rules on statistics and on the import of old registers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..faults import Fault, fault
from ..freezing import at_path
from ..importing import fold
from ..reading import read_facts

Raw = Mapping[str, Any]

FORMULAS = ("count", "ratio", "median")
COLUMN_KINDS = ("words", "time", "day_or_time", "year", "number", "text", "file_code")


def indicators(raw: Raw, file: str) -> Iterator[Fault]:
    """An indicator has one formula, and asks for a time that its records have."""
    times = {record["code"]: record["times"] for record in raw["statistics"]["records"]}
    every_time = {time for known in times.values() for time in known}
    for i, indicator in enumerate(raw["statistics"]["indicators"]):
        path = f"statistics.indicators[{i}]"
        formulas = [name for name in FORMULAS if name in indicator]
        if len(formulas) != 1:
            yield fault(file, path, "one-formula")
        for name in formulas:
            formula = indicator[name]
            if formula["at"] not in times.get(formula["of"], every_time):
                yield fault(file, f"{path}.{name}.at", "unknown-time", of=formula["of"], at=formula["at"])
            since = formula.get("hours_since")
            if since is not None and since not in every_time:
                yield fault(file, f"{path}.{name}.hours_since", "unknown-time", of=formula["of"], at=since)


def imported_times(raw: Raw, file: str) -> Iterator[Fault]:
    """Times of imported rows come from columns that the sheets have, and are times that some record has."""
    known = {time for record in raw["statistics"]["records"] for time in record["times"]}
    sheets = raw["import_columns"]
    for sheet, times in raw["statistics"]["imported_times"].items():
        path = f"statistics.imported_times.{sheet}"
        if sheet not in sheets:
            yield fault(file, path, "unknown-sheet", sheet=sheet)
            continue
        for time, column in times.items():
            if time not in known:
                yield fault(file, f"{path}.{time}", "unknown-time", of=sheet, at=time)
            if column not in sheets[sheet]:
                yield fault(file, f"{path}.{time}", "unknown-column", sheet=sheet, column=column)


def import_columns(raw: Raw, file: str) -> Iterator[Fault]:
    """A column holds codes of a list that import knows, or a kind of value that it knows."""
    for sheet, columns in raw["import_columns"].items():
        for column, kind in columns.items():
            if kind not in raw["import_lists"] and kind not in COLUMN_KINDS:
                yield fault(file, f"import_columns.{sheet}.{column}", "unknown-column-kind", got=kind)


def import_means(raw: Raw, file: str) -> Iterator[Fault]:
    """Meanings belong to columns that exist, and give facts values they can have."""
    facts = read_facts(raw)
    for i, meaning in enumerate(raw["import_means"]):
        path = f"import_means[{i}]"
        columns = raw["import_columns"].get(meaning["sheet"])
        if columns is None:
            yield fault(file, f"{path}.sheet", "unknown-sheet", sheet=meaning["sheet"])
        elif meaning["column"] not in columns:
            words = {"sheet": meaning["sheet"], "column": meaning["column"]}
            yield fault(file, f"{path}.column", "unknown-column", **words)
        fact = facts.get(meaning.get("fact", ""))
        for answer in ("if_yes", "if_no"):
            if fact and answer in meaning and not fact.takes(meaning[answer]):
                words = {"fact": fact.code, "got": meaning[answer]}
                yield fault(file, f"{path}.{answer}", "wrong-meaning", **words)


def aliases(raw: Raw, file: str) -> Iterator[Fault]:
    """Aliases belong to lists that import knows and stand for codes of them; no text stands for two codes."""
    for key in raw["import_aliases"]:
        if key not in raw["import_lists"]:
            yield fault(file, f"import_aliases.{key}", "unknown-import-list", key=key)
    for key, path in raw["import_lists"].items():
        entries = at_path(raw, path)
        meant: dict[str, str] = {}
        for i, entry in enumerate(entries):
            for lang in ("vi", "en"):
                yield from _meant(meant, entry[lang], entry["code"], f"{path}[{i}].{lang}", file)
        codes = {entry["code"] for entry in entries}
        for alias, code in raw["import_aliases"].get(key, {}).items():
            where = f"import_aliases.{key}.{alias}"
            if code not in codes:
                yield fault(file, where, "unknown-code", code=code, list=path)
            else:
                yield from _meant(meant, alias, code, where, file)


def _meant(meant: dict[str, str], text: str, code: str, path: str, file: str) -> Iterator[Fault]:
    known = meant.setdefault(fold(text), code)
    if known != code:
        yield fault(file, path, "alias-ambiguous", text=text, one=known, other=code)


def yes_and_no(raw: Raw, file: str) -> Iterator[Fault]:
    """No word means both yes and no."""
    words = raw["import_words"]
    yes = {fold(word) for word in words["yes_words"]}
    for i, word in enumerate(words["no_words"]):
        if fold(word) in yes:
            yield fault(file, f"import_words.no_words[{i}]", "word-ambiguous", text=word)
