"""What SQL counts is what the grammar of conditions counts, record by record."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import Connection

from referral_hub.kernel.server import Server
from referral_hub.regulation.conditions import parse_condition
from referral_hub.regulation.model import Regulation
from referral_hub.reports.queries import report
from tests.reports.conftest import PERIOD, values
from tests.reports.rows import Book, Chance, fill

TIMES = {"referral": "sent_at", "service_episode": "first_started_at", "consent": "given_at", "contact": "received_at"}

#: every operator, facts that other facts imply, facts that no record has, and both ways of counting persons
WHERE: Mapping[str, tuple[str, Any]] = {
    "sector": ("referral", {"fact": "recipient_sector", "is": "policing"}),
    "other_sector": ("referral", {"fact": "recipient_sector", "not": "policing"}),
    "must_redirect": ("referral", {"fact": "reason_must_redirect", "is": True}),
    "need_not_redirect": ("referral", {"fact": "reason_must_redirect", "not": True}),
    "no_reason": ("referral", {"fact": "reason_must_redirect", "known": False}),
    "pressing": ("referral", {"fact": "urgency", "at_least": "urgent"}),
    "lower_risk": ("referral", {"fact": "risk_level", "below": "high"}),
    "risk_unknown": ("service_episode", {"fact": "risk_level", "known": False}),
    "never_anywhere": ("referral", {"fact": "ever", "known": False}),
    "declined": ("referral", {"fact": "ever", "has": "declined"}),
    "some_service": ("service_episode", {"fact": "service", "in": ["S4", "S7"]}),
    "not_this_service": ("service_episode", {"fact": "service", "not": "S4"}),
    "not_late": ("referral", {"fact": "acknowledged_in_time", "not": False}),
    "fact_of_no_record": ("contact", {"fact": "age", "at_least": 16}),
    "fact_never_known": ("contact", {"fact": "age", "known": False}),
    "mixed": (
        "referral",
        {
            "any": [
                {"all": [{"fact": "ever", "has": "accepted"}, {"fact": "imported", "is": False}]},
                {"all": [{"fact": "risk_level", "at_least": "high"}, {"fact": "gbv_type", "not": "rape"}]},
            ]
        },
    ),
}


def _indicators() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for code, (of, where) in WHERE.items():
        count = {"of": of, "at": TIMES[of], "where": where}
        made.append({"code": code, "count": count, "imported": len(made) % 2 == 0})
        if of == "contact":
            continue
        made.append({"code": f"{code}_persons", "unit": "person", "count": {**count, "distinct": "survivor"}})
        ratio = {"of": of, "at": TIMES[of], "part": where, "whole": {"fact": "service", "not": "S4"}}
        made.append({"code": f"{code}_share", "unit": "percent", "ratio": ratio})
        made.append({"code": f"{code}_share_of_persons", "unit": "percent", "ratio": {**ratio, "distinct": "survivor"}})
    first = {"of": "referral", "at": "first_accepted_at", "distinct": "survivor"}
    made.append({"code": "first_accepted", "unit": "person", "count": first})
    men = {"of": "service_episode", "at": "first_started_at", "distinct": "perpetrator"}
    made.append({"code": "men", "unit": "person", "count": men, "imported": False})
    return made


@pytest.fixture(scope="session")
def many(with_indicators: Callable[..., Regulation]) -> Regulation:
    return with_indicators(*_indicators())


@pytest.mark.parametrize("seed", range(4))
def test_sql_counts_what_the_conditions_hold_for(
    seed: int,
    server: Server,
    stat: Connection,
    admin_connection: psycopg.Connection,
    book: Book,
    regulation: Regulation,
    many: Regulation,
) -> None:
    edges = PERIOD.instants(regulation)
    fill(book, Chance(random.Random(seed), regulation, edges), size=8 if seed == 0 else 70)
    house = book.agencies["anh-duong"]
    book.write(admin_connection)
    with psycopg.connect(server.require_admin_url(), row_factory=dict_row) as admin:
        records = {of: admin.execute(f"SELECT * FROM stat_{of}".encode()).fetchall() for of in TIMES}
    for rules in (regulation, many):
        for agency_id in (None, house):
            kept = {
                of: [row for row in rows if agency_id in (None, *row["agency_ids"])] for of, rows in records.items()
            }
            for audience in ("steering", "donor"):
                bare = _without_suppression(rules)
                found = values(report(stat, bare, PERIOD, audience, agency_id))
                assert found == {code: _by_hand(rules, audience, code, kept, edges) for code in found}


def _without_suppression(rules: Regulation) -> Regulation:
    """The same rules, showing small numbers to everybody: whether numbers are right is the question here."""
    from dataclasses import replace
    from types import MappingProxyType

    statistics = dict(rules.raw["statistics"])
    statistics["release"] = tuple({**one, "small_cells": "exact"} for one in statistics["release"])
    return replace(rules, raw=MappingProxyType({**rules.raw, "statistics": statistics}))


def _by_hand(
    rules: Regulation, audience: str, code: str, records: Mapping[str, list[Any]], edges: tuple[datetime, datetime]
) -> int | float | None:
    raw = next(one for one in rules.raw["statistics"]["indicators"] if one["code"] == code)
    formula = raw.get("count") or raw["ratio"]
    rows = [_facts(rules, row) for row in records.get(formula["of"], ())]  # no emergency in this book
    if not raw["imported"]:
        rows = [row for row in rows if not row["imported"]]
    if raw["unit"] == "person" and audience == "donor":
        rows = [row for row in rows if row["imported"] or row["statistics_consent"] == "given"]
    if "count" in raw:
        return _number(rules, formula, formula.get("where"), rows, edges)
    of_whole = [row for row in rows if parse_condition(formula["whole"], rules.facts).holds(row)]
    whole = _number(rules, formula, None, of_whole, edges)
    part = _number(rules, formula, formula["part"], of_whole, edges)
    return round(100 * part / whole, 1) if whole else None


def _number(rules: Regulation, formula: Any, where: Any, rows: list[Any], edges: tuple[datetime, datetime]) -> int:
    at, person, (start, end) = formula["at"], formula.get("distinct"), edges
    matching = [r for r in rows if r[at] and (where is None or parse_condition(where, rules.facts).holds(r))]
    if person is None:
        return sum(start <= row[at] < end for row in matching)
    times: dict[Any, list[datetime]] = {}
    for row in matching:
        if row[person]:
            times.setdefault(row[person], []).append(row[at])
    if at.startswith("first_"):
        return sum(start <= min(known) < end for known in times.values())
    return sum(any(start <= time < end for time in known) for known in times.values())


def _facts(rules: Regulation, row: Mapping[str, Any]) -> dict[str, Any]:
    facts = dict(row)
    if "recipient_type" in facts:
        facts["recipient_sector"] = rules.codes("agency_types")[facts["recipient_type"]].raw["sector"]
        reason = rules.codes("decline_reasons").get(facts["decline_reason"] or "")
        facts["reason_must_redirect"] = reason.raw["must_redirect"] if reason else None
    return facts
