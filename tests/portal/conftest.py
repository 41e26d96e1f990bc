"""The portal on the working database, and browsers that people use it with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from referral_hub.app import create_app
from referral_hub.config import Settings
from referral_hub.hub import STATISTICS
from referral_hub.kernel.db import db
from referral_hub.kernel.server import Server
from tests.portal.browsing import Browser
from tests.story import Told, accepted_by, sent_to
from tests.trial import Trial

SignedIn = Callable[..., Browser]


def pytest_configure(config: pytest.Config) -> None:
    """Tests with a real browser are told apart: they need chromium."""
    config.addinivalue_line("markers", "browser: needs chromium and a served portal")


@pytest.fixture(scope="session")
def _portal(installation: Trial, settings: Settings) -> Iterator[Flask]:
    app = create_app(settings, installation.server())
    # as cheap as the hashes of the tests' people, or each first sign-in would write a dearer one into the account
    app.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=8, argon2__parallelism=1)
    app.config["SECOND_FACTOR_REQUIRED"] = False  # or every test would type a code; test_second_factor.py asks for it
    yield app
    app.extensions[STATISTICS].dispose()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def portal(server: Server, _portal: Flask) -> Flask:
    """The application as it is served, on the working database."""
    return _portal


@pytest.fixture
def demanding(portal: Flask) -> Iterator[Flask]:
    """The portal of a home that is no demo."""
    portal.config["SECOND_FACTOR_REQUIRED"] = True
    yield portal
    portal.config["SECOND_FACTOR_REQUIRED"] = False


@pytest.fixture
def browser(portal: Flask) -> Browser:
    """A browser in which nobody has signed in."""
    return Browser(portal)


@pytest.fixture
def signed_in(portal: Flask) -> SignedIn:
    """`signed_in("lan@anh-duong")` is her browser after the sign-in page."""

    def enter(who: str) -> Browser:
        browser = Browser(portal)
        answer = browser.sign_in(who)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        browser.last = None
        return browser

    return enter


@pytest.fixture
def statements(portal: Flask) -> Callable[[], Any]:
    """`with statements() as sent:` every statement that a page sends to the database."""

    @contextmanager
    def watch() -> Iterator[list[str]]:
        sent: list[str] = []
        with portal.app_context():
            engine = db.engine

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            sent.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return watch


@pytest.fixture
def sent(acting: Any) -> Told:
    """Lan has sent a referral to the province's police."""
    return sent_to(acting)


@pytest.fixture
def accepted(acting: Any) -> Told:
    """The police have accepted it."""
    return accepted_by(acting)
