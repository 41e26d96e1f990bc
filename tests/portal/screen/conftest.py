"""The demo's morning, served on this machine, and a real browser in front of it."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import make_server

from referral_hub.access.actors import Actor, actor_from_door
from referral_hub.app import create_app
from referral_hub.config import Settings
from referral_hub.demo import morning
from referral_hub.demo.accounts import make_demo_accounts
from referral_hub.hub import STATISTICS
from referral_hub.installation import operator_secret
from referral_hub.kernel import clock
from referral_hub.kernel.db import db, transaction
from referral_hub.kernel.demohome import password
from referral_hub.kernel.roles import close_schema, open_schema
from tests.builders import a_case, a_consent, a_sent_referral
from tests.trial import PREFIX, Trial

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]
REQUIRE = "REFERRAL_HUB_REQUIRE_BROWSER"
SLOWEST = 10_000  # milliseconds that a page may take before a test gives up

Acting = Callable[[str], AbstractContextManager[Actor]]


@dataclass(slots=True)
class Served:
    """The portal of a demo home on a loopback port."""

    url: str
    password: str
    app: Flask
    acting: Acting
    home: Path
    states: dict[str, object] = field(default_factory=dict)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's chromium; without one the tests are skipped, unless the run demands it."""
    if not Path(CHROMIUM).exists():
        if os.environ.get(REQUIRE) == "1":
            pytest.fail(f"{CHROMIUM} is missing and {REQUIRE}=1")
        pytest.skip(f"no browser: {CHROMIUM} is missing")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(installation: Trial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A database of its own with the demo's people and its morning, behind a real server."""
    home = tmp_path_factory.mktemp("demo")
    shutil.copytree(installation.home / "keys", home / "keys")
    database = f"{installation.name}_demo"
    installation.create(database, installation.template)
    with installation.admin(database) as connection:
        open_schema(connection, PREFIX)
        close_schema(connection, PREFIX)
    server = installation.server(database)
    make_demo_accounts(server, home)
    app = create_app(Settings(home=home, role_prefix=PREFIX), server)
    acting = _acting(app, home)
    morning.play(acting, clock.now())
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield Served(f"http://localhost:{listening.server_port}", password(home) or "", app, acting, home)
    listening.shutdown()
    app.extensions[STATISTICS].dispose()
    with app.app_context():
        db.engine.dispose()
    installation.drop(database)


def _acting(app: Flask, home: Path) -> Acting:
    secret = operator_secret(home)

    @contextmanager
    def enter(who: str) -> Iterator[Actor]:
        with app.app_context(), transaction(f"operator:{secret}:{who}") as row:
            assert row is not None, who
            yield actor_from_door(row._mapping, "cli")

    return enter


@pytest.fixture
def waiting(served: Served) -> UUID:
    """One more referral that waits for the police."""
    with served.acting(morning.CASEWORKER) as actor:
        case = a_case(actor)
        a_consent(actor, case)
        return a_sent_referral(actor, case)


@dataclass(slots=True)
class Screen:
    """A window, and everything its console complained of."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def open_screen(chromium: Browser, served: Served) -> Iterator[Callable[..., Screen]]:
    """`open_screen(who)`: a window of somebody who has signed in (or of nobody)."""
    opened: list[BrowserContext] = []

    def make(who: str | None = None, **options: object) -> Screen:
        kept = served.states.get(who) if who else None
        context = chromium.new_context(base_url=served.url, storage_state=kept, **options)  # type: ignore[arg-type]
        opened.append(context)
        context.set_default_timeout(SLOWEST)
        screen = Screen(context.new_page(), context)

        def note(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and "status of 4" not in message.text:
                screen.complaints.append(message.text)

        screen.page.on("console", note)
        screen.page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        if who and kept is None:
            sign_in(screen.page, who, served.password)
            served.states[who] = context.storage_state()
        return screen

    yield make
    for context in opened:
        context.close()


def sign_in(page: Page, who: str, secret: str) -> None:
    """Type and click, as people do."""
    page.goto("/sign-in")
    page.fill("#email", who)
    page.fill("#password", secret)
    page.click("form button[type=submit][name=submit]")
    page.wait_for_url("**/inbox**")
