"""New versions of the shipped regulation, adopted over live grants."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from referral_hub.kernel.clock import LOCAL
from referral_hub.regulation.loader import read_yaml, shipped_source
from tests.cli.conftest import cli as cli
from tests.regulation.editing import Edit, put

Version = Callable[..., Path]
Grants = Callable[[], dict[str, datetime]]


@pytest.fixture
def version(tmp_path: Path) -> Version:
    """`version(edit, ..., number="9.0.0")`: a file with these edits of the shipped regulation."""

    def write(*edits: Edit, number: str = "9.0.0") -> Path:
        raw = read_yaml(shipped_source(), "shipped")
        for edit in (put("meta.version", number), *edits):
            edit(raw)
        path = tmp_path / f"{number}.yaml"
        path.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), "utf-8")
        return path

    return write


def moved(category: str, to: str | None, *, service: str = "J2", recipient: str = "police_province") -> Edit:
    """Takes a category out of a row of the matrix and puts it into column `to` (or nowhere)."""

    def edit(raw: Any) -> None:
        row = _row(raw, service, recipient)
        for column in ("min", "ask", "deny"):
            row[column] = [one for one in row[column] if one != category]
        if to:
            row[to].append(category)

    return edit


def for_purpose(purpose: str, *, service: str = "J2", recipient: str = "police_province") -> Edit:
    """Gives a row of the matrix another purpose."""

    def edit(raw: Any) -> None:
        _row(raw, service, recipient)["purpose"] = purpose

    return edit


def _row(raw: Any, service: str, recipient: str) -> Any:
    (row,) = (one for one in raw["need_to_know"] if one["service"] == service and recipient in one["to"])
    return row


@pytest.fixture
def today(now: datetime) -> date:
    """Today in the province."""
    return now.astimezone(LOCAL).date()


@pytest.fixture
def next_month(today: date) -> date:
    """A day before her consent ends."""
    return today + timedelta(days=30)


def start_of(day: date) -> datetime:
    """The first instant of a day in the province."""
    return datetime.combine(day, time.min, LOCAL)


@pytest.fixture
def ends(admin_connection: psycopg.Connection) -> Grants:
    """When each shared category ends, as the database holds it; only grants that nobody revoked."""

    def read() -> dict[str, datetime]:
        return dict(
            admin_connection.execute(
                "SELECT category, valid_until FROM access_grant WHERE basis = 'consent' AND revoked_at IS NULL"
            ).fetchall()
        )

    return read
