"""What follows from the rows of a register: instants, facts, episodes, referrals, sections. Pure; nothing is stored.

What a column or a word stands for, and where the times of an imported row come from, is data of the regulation
(`import_means`, `statistics.imported_times`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from referral_hub.intake.register import layout
from referral_hub.intake.register.model import Moment, Row, Value
from referral_hub.regulation.importing import Meaning, columns, imported_times, meanings
from referral_hub.regulation.model import Regulation

EPISODE, REFERRAL = "service_episode", "referral"


@dataclass(frozen=True, slots=True)
class Episode:
    """A service that began: at the house, or with an accepted referral. Instants in UTC."""

    service: str
    provider_type: str
    on_site: bool
    started_at: dt.datetime
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class PastReferral:
    """A referral that the register tells of, with the consent noted beside it. Instants in UTC."""

    file_code: str
    service: str
    recipient_type: str
    categories: tuple[str, ...]
    consent_method: str | None
    status: str | None
    sent_at: dt.datetime
    accepted_at: dt.datetime | None
    ended_at: dt.datetime | None


def instants(row: Row, regulation: Regulation) -> Mapping[str, dt.datetime]:
    """The times of `imported_times` that the row gives, by their names, in UTC.

    A day without time counts from its local midnight; inside one day what stands in a later column is not earlier.
    """
    at: dict[str, dt.datetime] = {}
    latest: dt.datetime | None = None
    for column in columns(regulation)[row.sheet]:
        value = row.values[column]
        if isinstance(value, Moment):
            instant = instant_of(value, regulation)
            latest = instant if latest is None else max(latest, instant)
            at[column] = latest
    named = imported_times(regulation, row.sheet)
    return {name: at[column] for name, column in named.items() if column in at}


def instant_of(moment: Moment, regulation: Regulation) -> dt.datetime:
    """The instant (UTC) of a local moment in the zone of the regulation; a day counts from midnight."""
    local = dt.datetime.combine(moment.date, moment.time or dt.time.min, ZoneInfo(regulation.time_zone))
    return local.astimezone(dt.UTC)


def facts(row: Row, regulation: Regulation) -> Mapping[str, Any]:
    """The facts of the regulation that the row states, `imported` and the age in years among them.

    The age is the difference of the years: registers know the year of birth alone.
    """
    stated: dict[str, Any] = {"imported": True}
    by_list = _facts_by_list(regulation)
    lists = regulation.raw["import_lists"]
    for column, kind in columns(regulation)[row.sheet].items():
        value = row.values[column]
        fact = by_list.get(lists.get(kind, ""))
        if fact is not None and isinstance(value, str):
            stated[fact] = value
    for meaning in _meanings(row.sheet, regulation):
        if meaning.fact is not None:
            stated[meaning.fact] = meaning.if_yes if row.values[meaning.column] else meaning.if_no
    age = age_in_years(row)
    return stated if age is None else {**stated, "age": age}


def age_in_years(row: Row) -> int | None:
    """Years between the year of birth and the first moment of the row; None where either is missing or they clash."""
    born = row.values.get(layout.BIRTH_YEAR)
    happened = next((value for value in row.values.values() if isinstance(value, Moment)), None)
    if not isinstance(born, int) or happened is None or happened.date.year < born:
        return None
    return happened.date.year - born


def episodes(row: Row, regulation: Regulation) -> tuple[Episode, ...]:
    """The services that the row says began; none for a referral that nobody accepted."""
    times = instants(row, regulation)
    started = times.get("first_started_at")
    if started is None:
        return ()
    return tuple(
        Episode(service, provider, on_site, started, times.get("ended_at"))
        for meaning in _meanings(row.sheet, regulation)
        if EPISODE in meaning.makes
        for provider, on_site in _provider(meaning, row)
        for service in _each(row.values[meaning.column])
    )


def past_referral(row: Row, regulation: Regulation) -> PastReferral | None:
    """The referral that the row stands for; None for rows that make none."""
    if not any(REFERRAL in meaning.makes for meaning in _meanings(row.sheet, regulation)):
        return None
    values, times = row.values, instants(row, regulation)
    return PastReferral(
        file_code=str(values[layout.FILE_CODE]),
        service=str(values[layout.SERVICE]),
        recipient_type=str(values[layout.RECIPIENT]),
        categories=tuple(_each(values[layout.AGREED_CATEGORIES])),
        consent_method=_code(values[layout.CONSENT_METHOD]),
        status=_code(values[layout.RESULT]),
        sent_at=times["sent_at"],
        accepted_at=times.get("first_accepted_at"),
        ended_at=times.get("ended_at"),
    )


def sections(row: Row, regulation: Regulation) -> Mapping[str, dict[str, Any]]:
    """The sections that the row fills, as `schemas.sections.load` takes them; empty for rows about nobody."""
    values = row.values
    if row.sheet == layout.PERPETRATORS:
        return {"perpetrator": {"name": values[layout.NAME]}}
    if row.sheet != layout.FILES:
        return {}
    age, born, children = age_in_years(row), values[layout.BIRTH_YEAR], values[layout.CHILDREN]
    filled: dict[str, dict[str, Any]] = {
        "demographics_min": {
            "age_band": regulation.age_band(age) if age is not None else None,
            "sex": values[layout.SEX],
        },
        "identity": {"full_name": values[layout.NAME], "date_of_birth": str(born) if born is not None else None},
        "contact": {"safe_phone": values[layout.SAFE_PHONE], "safe_times": values[layout.SAFE_TIMES]},
        "residence": {"commune_code": values[layout.AREA]},
        "incident_summary": {"gbv_type": values[layout.GBV_TYPE], "relationship": values[layout.RELATIONSHIP]},
        "risk": {"risk_level": values[layout.RISK]},
        # the register counts children and says no more about them; 0 is kept as "none"
        "child": {"children": [{} for _ in range(children)] if isinstance(children, int) else None},
    }
    said = {name: {key: one for key, one in part.items() if one is not None} for name, part in filled.items()}
    return {name: part for name, part in said.items() if part}


def _meanings(sheet: str, regulation: Regulation) -> Iterator[Meaning]:
    return (meaning for meaning in meanings(regulation) if meaning.sheet == sheet)


def _provider(meaning: Meaning, row: Row) -> Iterator[tuple[str, bool]]:
    provider = meaning.provider_type or _code(row.values.get(layout.RECIPIENT))
    if provider is not None:
        on_site = provider == meaning.on_site_if_provider if meaning.on_site is None else meaning.on_site
        yield provider, on_site


def _each(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        yield from value


def _code(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _facts_by_list(regulation: Regulation) -> Mapping[str, str]:
    """Which fact takes its codes from which list, where exactly one single-valued fact does."""
    found: dict[str, list[str]] = {}
    for fact in regulation.raw["facts"]:
        lists = fact.get("of", ())
        for path in (lists,) if isinstance(lists, str) else lists:
            if fact["type"] == "code":
                found.setdefault(path, []).append(fact["code"])
    return {path: names[0] for path, names in found.items() if len(names) == 1}
