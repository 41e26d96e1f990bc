"""Whether the hub works, for whoever watches it; nothing about anybody."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from referral_hub.kernel.db import db
from tests.portal.browsing import Browser, text_of


def test_health_is_told_to_anybody_in_the_form_that_is_fixed(browser: Browser) -> None:
    answer = browser.get("/health")
    assert answer.status_code == 200
    assert set(answer.get_json()) == {"status", "database", "worker_lag_s", "log_lag_s", "unsealed_s"}
    assert (answer.get_json()["status"], answer.get_json()["database"]) == ("ok", "ok")
    assert "Set-Cookie" not in answer.headers


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("SELECT 1", {}, Exception("postgresql://hub_app:secret@host is away"))

    monkeypatch.setattr(db.session, "execute", refuse)
    monkeypatch.setattr(db.session, "scalars", refuse)


@pytest.mark.usefixtures("no_database")
def test_a_database_that_is_away_is_said_and_its_address_is_not(browser: Browser) -> None:
    answer = browser.get("/health")
    assert answer.status_code == 503
    assert answer.get_json()["database"] == "unreachable"
    assert b"secret" not in answer.get_data()


def test_a_page_without_a_database_is_a_page_with_the_telephone_numbers_it_knows(
    portal: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in("lan@anh-duong")
    with monkeypatch.context() as patched:
        patched.setattr(db.session, "execute", _away)
        patched.setattr(db.session, "scalars", _away)
        answer = browser.get("/inbox")
    assert answer.status_code in (500, 503)
    page = text_of(answer)
    assert 'lang="vi"' in answer.get_data(as_text=True)
    assert "secret" not in page and "Traceback" not in page and "SELECT" not in page
    assert browser.get("/inbox").status_code == 200


def _away(*_: Any, **__: Any) -> None:
    raise OperationalError("SELECT 1", {}, Exception("secret"))
