"""The demo directory: a YAML file of agencies, read against the regulation it has to fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from referral_hub.directory.seed_faults import check_directory
from referral_hub.regulation.faults import Fault, RegulationFaults
from referral_hub.regulation.labels import Label
from referral_hub.regulation.loader import read_yaml
from referral_hub.regulation.model import Regulation
from schemas.telephone import dialled

_SHIPPED = "quang_ninh.yaml"


class DirectoryFaults(Exception):
    """The directory cannot be used. `faults` lists everything that was found, never empty."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(fault.text("en") for fault in self.faults))


@dataclass(frozen=True, slots=True)
class FormerName:
    """What an agency was called before `until` (None: the day is not known)."""

    label: Label
    until: dt.date | None


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Open on `days` (mon..sun) between two local times of day, "07:30" to "16:30"."""

    days: tuple[str, ...]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody is there: words for people, and the week for a program."""

    text: Label
    open24: bool
    weekly: tuple[OpenHours, ...]


@dataclass(frozen=True, slots=True)
class DeskSeed:
    """Where referrals arrive."""

    code: str
    label: Label
    on_call: bool


@dataclass(frozen=True, slots=True)
class PersonSeed:
    """An invented person with an account; `key` is the local part of the address, `desk` a code of the same agency."""

    key: str
    name: str
    roles: tuple[str, ...]
    desk: str | None


@dataclass(frozen=True, slots=True)
class AgencySeed:
    """An agency; `areas` empty = the whole province, `phone` as digits to dial."""

    code: str
    type: str
    label: Label
    parent: str | None
    former: tuple[FormerName, ...]
    areas: tuple[str, ...]
    services: tuple[str, ...]
    hours: Hours
    phone: str | None
    desks: tuple[DeskSeed, ...]
    people: tuple[PersonSeed, ...]

    def hours_document(self) -> dict[str, Any]:
        """The hours as JSON holds them, in the shape of the file."""
        weekly = [{"days": list(one.days), "from": one.opens, "to": one.closes} for one in self.hours.weekly]
        text = {"vi": self.hours.text.vi, "en": self.hours.text.en}
        return {"text": text, "open24": self.hours.open24, "weekly": weekly}


@dataclass(frozen=True, slots=True)
class DirectorySeed:
    """All agencies, parents before the agencies under them."""

    agencies: tuple[AgencySeed, ...]

    def agency(self, code: str) -> AgencySeed:
        """The agency of this code; KeyError if there is none."""
        for agency in self.agencies:
            if agency.code == code:
                return agency
        raise KeyError(code)


def load_directory(text: str | bytes, regulation: Regulation, name: str = "directory") -> DirectorySeed:
    """The directory that `text` holds. Raises DirectoryFaults with everything that does not fit `regulation`."""
    try:
        raw = read_yaml(text.encode() if isinstance(text, str) else text, name)
    except RegulationFaults as unreadable:
        raise DirectoryFaults(unreadable.faults) from unreadable
    if faults := check_directory(raw, regulation, name):
        raise DirectoryFaults(faults)
    return DirectorySeed(_parents_first([_agency(entry) for entry in raw["agencies"]]))


def shipped_directory(regulation: Regulation) -> DirectorySeed:
    """The directory that the hub ships for its demo."""
    return load_directory(resources.files(__package__).joinpath("data", _SHIPPED).read_bytes(), regulation, _SHIPPED)


def _parents_first(agencies: Sequence[AgencySeed]) -> tuple[AgencySeed, ...]:
    ordered: dict[str, AgencySeed] = {}
    waiting = list(agencies)
    while waiting:  # the check has refused cycles and unknown parents, so each round places at least one
        placed = [agency for agency in waiting if agency.parent is None or agency.parent in ordered]
        ordered.update((agency.code, agency) for agency in placed)
        waiting = [agency for agency in waiting if agency.code not in ordered]
    return tuple(ordered.values())


def _agency(entry: Mapping[str, Any]) -> AgencySeed:
    return AgencySeed(
        code=entry["code"],
        type=entry["type"],
        label=_label(entry),
        parent=entry.get("parent"),
        former=tuple(FormerName(_label(one), one.get("until")) for one in entry.get("former", ())),
        areas=tuple(entry.get("areas", ())),
        services=tuple(entry.get("services", ())),
        hours=_hours(entry["hours"]),
        phone=dialled(entry["phone"]) if entry.get("phone") else None,
        desks=tuple(DeskSeed(one["code"], _label(one), one["on_call"]) for one in entry.get("desks", ())),
        people=tuple(
            PersonSeed(one["key"], one["name"], tuple(one["roles"]), one.get("desk")) for one in entry.get("people", ())
        ),
    )


def _hours(entry: Mapping[str, Any]) -> Hours:
    weekly = tuple(OpenHours(tuple(one["days"]), one["from"], one["to"]) for one in entry["weekly"])
    return Hours(_label(entry["text"]), entry["open24"], weekly)


def _label(entry: Mapping[str, Any]) -> Label:
    return Label(entry["vi"], entry["en"])
