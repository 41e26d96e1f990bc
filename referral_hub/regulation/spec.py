"""The vocabulary in which the format of the regulation file is written down (see `format*.py`), and its checker.

A spec says which shape a value must have and, for a code, in which list it must stand. One pass over the file then
finds misspelt fields, missing labels, unknown codes, lengths that do not parse and conditions outside the grammar.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from .conditions import ConditionFault, Fact, parse_condition
from .durations import DurationFault, parse_duration
from .faults import Fault, fault


@dataclass(frozen=True, slots=True)
class Context:
    """What a check needs to know: the file's name, its codes by list, its facts, and the clock stated around it."""

    file: str
    codes: Mapping[str, frozenset[str]]
    facts: Mapping[str, Fact]
    clock: str | None = None


class Spec:
    """What may stand at a place."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        """Everything that is wrong with `value`, which stands at `path`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Text(Spec):
    """Words, not empty."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if not isinstance(value, str) or not value.strip():
            yield _shape(ctx, path, "chữ", "text", value)


@dataclass(frozen=True, slots=True)
class Flag(Spec):
    """true or false."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if not isinstance(value, bool):
            yield _shape(ctx, path, "true hoặc false", "true or false", value)


@dataclass(frozen=True, slots=True)
class Whole(Spec):
    """A whole number, at least `least`."""

    least: int = 0

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if isinstance(value, bool) or not isinstance(value, int) or value < self.least:
            yield _shape(ctx, path, f"số nguyên từ {self.least}", f"a whole number from {self.least}", value)


@dataclass(frozen=True, slots=True)
class Day(Spec):
    """A date without a time."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if isinstance(value, datetime) or not isinstance(value, date):
            yield _shape(ctx, path, "ngày (YYYY-MM-DD)", "a date (YYYY-MM-DD)", value)


@dataclass(frozen=True, slots=True)
class Word(Spec):
    """One of the words that the programs know; anything else would have no effect."""

    words: tuple[Any, ...]

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        # `1 == True` in Python, not in the file.
        if not any(type(value) is type(word) and value == word for word in self.words):
            yield fault(ctx.file, path, "unknown-word", got=_short(value), words=", ".join(map(_short, self.words)))


@dataclass(frozen=True, slots=True)
class Ref(Spec):
    """A code of one of these lists, or one of the words `also`."""

    lists: tuple[str, ...]
    also: tuple[str, ...] = ()

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield _shape(ctx, path, "mã", "a code", value)
        elif value not in self.also and not any(value in ctx.codes.get(one, ()) for one in self.lists):
            yield fault(ctx.file, path, "unknown-code", code=value, list=", ".join(self.lists))


@dataclass(frozen=True, slots=True)
class ListName(Spec):
    """The path of a code list of this file."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if not isinstance(value, str) or value not in ctx.codes:
            yield fault(ctx.file, path, "unknown-list", got=_short(value))


@dataclass(frozen=True, slots=True)
class Length(Spec):
    """A length of time whose unit agrees with the `clock` stated around it."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        try:
            duration = parse_duration(value)
        except DurationFault:
            yield fault(ctx.file, path, "no-duration", got=_short(value))
            return
        if ctx.clock is None:
            yield fault(ctx.file, path, "missing-clock", got=value)
        elif duration.kind != ctx.clock:
            yield fault(ctx.file, path, "wrong-clock", got=value, clock=ctx.clock)


@dataclass(frozen=True, slots=True)
class When(Spec):
    """A condition."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        try:
            parse_condition(value, ctx.facts)
        except ConditionFault as error:
            place = f"{path}.{error.at}" if error.at else path
            yield fault(ctx.file, place, error.rule, got=_short(error.got))


@dataclass(frozen=True, slots=True)
class Many(Spec):
    """A list, at least `least` long."""

    item: Spec
    least: int = 0

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if not isinstance(value, list | tuple):
            yield _shape(ctx, path, "danh sách", "a list", value)
            return
        if len(value) < self.least:
            yield fault(ctx.file, path, "empty-list")
        seen: set[str] = set()
        for i, one in enumerate(value):
            yield from self.item.faults(one, f"{path}[{i}]", ctx)
            if isinstance(self.item, Ref | Word | Text) and isinstance(one, str):
                if one in seen:
                    yield fault(ctx.file, f"{path}[{i}]", "named-twice", got=one)
                seen.add(one)


@dataclass(frozen=True, slots=True)
class Either(Spec):
    """Any of several shapes; the faults of the last one are told when none fits."""

    options: tuple[Spec, ...]

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        found: list[Fault] = []
        for option in self.options:
            found = list(option.faults(value, path, ctx))
            if not found:
                return
        yield from found


@dataclass(frozen=True, slots=True)
class Named(Spec):
    """A mapping whose keys fit `key` and whose values fit `value`."""

    key: Spec
    value: Spec

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield _shape(ctx, path, "bảng khóa - giá trị", "a mapping", value)
            return
        for key, one in value.items():
            place = join(path, str(key))
            yield from self.key.faults(key, place, ctx)
            yield from self.value.faults(one, place, ctx)


@dataclass(frozen=True, slots=True)
class Entry(Spec):
    """A mapping with these fields and no others. `label` asks for `vi` and `en` as well."""

    required: Mapping[str, Spec]
    optional: Mapping[str, Spec] = field(default_factory=dict)
    label: bool = False

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield _shape(ctx, path, "bảng khóa - giá trị", "a mapping", value)
            return
        inside = self._with_clock(value, ctx)
        for name in ("vi", "en") if self.label else ():
            if not isinstance(value.get(name), str) or not value[name].strip():
                yield fault(ctx.file, join(path, name), "missing-label", lang=name)
        for name in self.required:
            if name not in value:
                yield fault(ctx.file, join(path, name), "missing-field", field=name)
        for name, one in value.items():
            spec = self.required.get(name) or self.optional.get(name)
            if spec is not None:
                yield from spec.faults(one, join(path, name), inside)
            elif not (self.label and name in ("vi", "en")):
                yield fault(ctx.file, join(path, name), "unknown-field", field=name)

    @staticmethod
    def _with_clock(value: Mapping[str, Any], ctx: Context) -> Context:
        clock = value.get("clock")
        return replace(ctx, clock=clock) if isinstance(clock, str) else ctx


def join(path: str, step: str) -> str:
    """One step deeper into mappings."""
    return f"{path}.{step}" if path else step


def _shape(ctx: Context, path: str, vi: str, en: str, got: Any) -> Fault:
    return fault(ctx.file, path, "wrong-shape", vi=vi, en=en, got=_short(got))


def _short(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "null"
    if isinstance(value, Mapping):
        return "{...}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[...]"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
