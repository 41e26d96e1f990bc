"""Pieces that many sections of the file share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ..faults import Fault, fault
from ..spec import Context, Day, Entry, Length, Many, Ref, Spec, Text, Word

_CODE = re.compile(r"[A-Za-z0-9_]{1,60}")


@dataclass(frozen=True, slots=True)
class CodeText(Spec):
    """A code: Latin letters without marks, digits and `_`, since it stands in URLs, on the wire and in the database."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if not isinstance(value, str) or not _CODE.fullmatch(value):
            yield fault(ctx.file, path, "bad-code", got=value)


@dataclass(frozen=True, slots=True)
class Zone(Spec):
    """The name of a time zone."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, TypeError, OSError):
            yield fault(ctx.file, path, "unknown-zone", got=value)


TEXT = Text()
LENGTH = Length()
LABEL = Entry({}, label=True)
CLOCK = Word(("wall", "calendar", "business"))
CERT = Word(("V", "P", "R", "D", "U"))
NO_TEXT = Word((None,))

SERVICE = Ref(("essential_services",))
SERVICE_OR_ANY = Ref(("essential_services",), also=("any",))
AGENCY_TYPE = Ref(("agency_types",))
CATEGORY = Ref(("data_categories",))
ROLE = Ref(("roles",))
SIDE = Ref(("sides",))
STATUS = Ref(("referral_statuses",))
VERB = Ref(("transitions",))
EXCEPTION = Ref(("consent_exceptions",))
URGENCY = Ref(("urgency_levels",))
CLOCK_NAME = Word(("acknowledge", "act"))

AGENCY_TYPES = Many(AGENCY_TYPE, least=1)
CATEGORIES = Many(CATEGORY)
VERBS = Many(VERB, least=1)

REMARKS: Mapping[str, Spec] = {"cert": CERT, "default_cert": CERT, "note": TEXT, "basis": TEXT}
WITHDRAWN: Mapping[str, Spec] = {"retired": Day()}


def coded(
    path: str, required: Mapping[str, Spec] | None = None, optional: Mapping[str, Spec] | None = None, least: int = 1
) -> Many:
    """A code list at `path`: every entry has a code and both labels, may be retired, and may replace older codes."""
    lineage = {"replaces": Many(Ref((path,)), least=1)}
    always = {"code": CodeText(), **(required or {})}
    sometimes = {**REMARKS, **WITHDRAWN, **lineage, **(optional or {})}
    return Many(Entry(always, sometimes, label=True), least)
