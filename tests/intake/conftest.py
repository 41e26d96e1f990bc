"""Importing registers with committed transactions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from referral_hub.intake.importing import Imported, import_register
from referral_hub.intake.register import Register
from tests.intake.workbooks import TASK, Book, register

Import = Callable[[Book | Register], Imported]


@pytest.fixture
def imported(acting: Any, now: datetime) -> Import:
    """`imported(book)` takes a book in for the house."""

    def take(source: Book | Register) -> Imported:
        book = source if isinstance(source, Register) else register(source)
        assert book.faults == ()
        with acting(TASK) as actor:
            return import_register(actor, book, now=now)

    return take
