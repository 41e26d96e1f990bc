"""A long book costs few statements: calls pass in batches, never one by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from referral_hub.kernel.db import db
from tests.intake.conftest import Import
from tests.intake.workbooks import CALLS, Book, shipped_book

#: What one more call may cost, in statements: nothing but its share of a batch.
MOST_PER_CALL = 0.05


def calls_only(n: int) -> Book:
    """A book of so many calls and one file."""
    book = shipped_book()
    heading, *calls = book[CALLS]
    unlinked = [row for row in calls if row[-1] is None]
    first = datetime(2020, 4, 16, 8, 0)
    long = [[i + 1, first + timedelta(minutes=7 * i), *unlinked[i % len(unlinked)][2:]] for i in range(n)]
    return {sheet: [heading, *long] if sheet == CALLS else rows[:1] for sheet, rows in book.items()}


@contextmanager
def counted() -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def cost(hub: Flask, imported: Import) -> Any:
    def of(book: Book) -> int:
        with counted() as sent:
            imported(book)
        return len(sent)

    return of


def test_calls_cost_statements_by_the_batch_and_not_by_the_row(cost: Any, installation: Any) -> None:
    few = cost(calls_only(50))
    installation.clean()
    many = cost(calls_only(650))
    assert many - few <= 600 * MOST_PER_CALL, (few, many)


def test_a_book_that_was_imported_before_costs_a_look_and_nothing_more(cost: Any) -> None:
    first = cost(calls_only(300))
    again = cost(calls_only(300))
    assert again < first
    assert again <= 15
