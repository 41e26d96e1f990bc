"""Two steps that lock the same rows in another order: PostgreSQL ends one of them, and it is simply done again."""

import threading

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from referral_hub.kernel.db import db, transaction
from referral_hub.portal.pages import _again_after_deadlock


def test_the_one_that_lost_is_done_again(hub: Flask) -> None:
    """Both take two locks, each in its own order, and meet in between: one of them must lose the first time."""
    meeting = threading.Barrier(2)
    done: list[tuple[int, int]] = []

    def take_both(first: int, second: int) -> None:
        tries = 0

        def work() -> None:
            nonlocal tries
            tries += 1
            with transaction(None):
                db.session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": first})
                if tries == 1:
                    meeting.wait(timeout=20)
                db.session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": second})

        with hub.app_context():
            _again_after_deadlock(work)
        done.append((first, tries))

    both = [threading.Thread(target=take_both, args=order) for order in ((1, 2), (2, 1))]
    for one in both:
        one.start()
    for one in both:
        one.join(timeout=30)
    assert sorted(first for first, _ in done) == [1, 2]
    assert sorted(tries for _, tries in done) == [1, 2]


def test_another_fault_of_the_database_is_not_tried_again(hub: Flask) -> None:
    tries = 0

    def work() -> None:
        nonlocal tries
        tries += 1
        with transaction(None):
            db.session.execute(text("SET LOCAL statement_timeout = 20"))
            db.session.execute(text("SELECT pg_sleep(5)"))

    with pytest.raises(OperationalError):
        _again_after_deadlock(work)
    assert tries == 1
