"""Records to count, and the role that counts them."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
import yaml
from sqlalchemy import Connection, create_engine

from referral_hub.kernel.server import Server
from referral_hub.regulation.loader import load_text, read_yaml, shipped, shipped_source
from referral_hub.regulation.model import Regulation
from referral_hub.reports.model import Period, Report
from referral_hub.reports.queries import report
from tests.conftest import Directory
from tests.reports.rows import Book

PERIOD = Period(date(2020, 4, 16), date(2020, 10, 22))


class _Plain(yaml.SafeDumper):
    """Writes everything out where it stands; the regulation allows no references."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@pytest.fixture(scope="session")
def regulation() -> Regulation:
    return shipped()


@pytest.fixture(scope="session")
def with_indicators() -> Callable[..., Regulation]:
    """The shipped regulation with these indicators in place of its own."""

    def make(*indicators: dict[str, Any], **statistics: Any) -> Regulation:
        raw = read_yaml(shipped_source(), "shipped")
        raw["statistics"] |= statistics
        raw["statistics"]["indicators"] = [
            {"vi": one["code"], "en": one["code"], "unit": "count", "imported": True, **one} for one in indicators
        ]
        raw["statistics"]["seed_fixture"]["values"] = {}
        return load_text(yaml.dump(raw, Dumper=_Plain, allow_unicode=True, sort_keys=False), "edited.yaml")

    return make


@pytest.fixture
def book(admin_connection: psycopg.Connection, directory: Directory) -> Book:
    row = admin_connection.execute("SELECT id FROM regulation_version").fetchone()
    assert row is not None
    return Book(directory.agencies, row[0])


@pytest.fixture
def stat(server: Server) -> Iterator[Connection]:
    """A connection of the role `stat`, as the edges make it."""
    engine = create_engine(server.url("stat").replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def counted(stat: Connection, book: Book, admin_connection: psycopg.Connection, regulation: Regulation) -> Any:
    """Writes the book, then makes the report; by default the shipped regulation for the agency's own eyes."""

    def make(audience: str = "operational", rules: Regulation = regulation, **more: Any) -> Report:
        book.write(admin_connection)
        return report(stat, rules, more.pop("period", PERIOD), audience, **more)

    return make


def values(made: Report) -> dict[str, int | float | None]:
    """Value by indicator."""
    return {one.code: one.value for one in made.indicators}
