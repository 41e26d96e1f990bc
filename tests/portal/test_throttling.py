"""Guessing at the sign-in page gets slow, tells nothing about who exists, and stops nobody for good."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from referral_hub.app import create_app
from referral_hub.config import Settings
from referral_hub.hub import SIGN_IN, STATISTICS
from referral_hub.kernel import clock
from referral_hub.kernel.server import Server
from referral_hub.liaisons.throttling import ACCOUNT, ADDRESS
from tests.people import PASSWORD
from tests.portal.browsing import Browser, text_of
from tests.portal.conftest import SignedIn
from tests.portal.test_emergency_pages import REASON
from tests.portal.test_sign_in import neutral
from tests.portal.world import entries
from tests.trial import Trial

HOLD = "Đã thử quá nhiều lần"
FAR = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``later(30)``: the clock of the hub goes on by so many seconds."""
    real = clock.now

    def move(seconds: float) -> None:
        def moved() -> datetime:
            return real() + timedelta(seconds=seconds)

        monkeypatch.setattr(clock, "now", moved)

    yield move


def guess(portal: Flask, who: str, times: int) -> Browser:
    browser = Browser(portal)
    for _ in range(times):
        browser.sign_in(who, "sai")
    return browser


def test_after_many_wrong_passwords_the_next_try_waits_and_is_not_looked_at(
    portal: Flask, admin_connection: psycopg.Connection
) -> None:
    guess(portal, "lan@anh-duong", ACCOUNT.free)
    before = len(entries(admin_connection))
    answer = Browser(portal).sign_in("lan@anh-duong", PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 30
    assert HOLD in text_of(answer)
    assert len(entries(admin_connection)) == before, "who floods the page does not flood the log"


def test_waiting_says_nothing_about_who_exists(portal: Flask) -> None:
    guess(portal, "lan@anh-duong", ACCOUNT.free)
    guess(portal, "nobody@anh-duong", ACCOUNT.free)
    one, other = (Browser(portal).sign_in(who, "sai") for who in ("lan@anh-duong", "nobody@anh-duong"))
    assert one.status_code == other.status_code == 429

    def page(answer: Any) -> str:
        return neutral(answer).replace(answer.headers["Retry-After"], "N")

    assert page(one) == page(other)
    assert [name for name, _ in one.headers] == [name for name, _ in other.headers]


def test_who_waits_as_told_gets_in(portal: Flask, later: Any) -> None:
    browser = guess(portal, "lan@anh-duong", ACCOUNT.free + 1)
    assert browser.last is not None
    later(int(browser.last.headers["Retry-After"]))
    assert browser.sign_in("lan@anh-duong").status_code == 302


def test_a_colleague_at_the_same_desk_does_not_wait(portal: Flask) -> None:
    browser = guess(portal, "lan@anh-duong", ACCOUNT.free + 1)
    assert browser.sign_in("thao@anh-duong").status_code == 302


def test_a_right_password_forgets_the_wrong_ones_before(portal: Flask) -> None:
    for _ in range(2):
        browser = guess(portal, "lan@anh-duong", ACCOUNT.free - 1)
        assert browser.sign_in("lan@anh-duong").status_code == 302


def test_many_accounts_tried_from_one_address_get_slow_too(portal: Flask) -> None:
    browser = Browser(portal)
    browser.get("/sign-in")
    form = {"password": "sai"}
    for number in range(ADDRESS.free):
        browser.post("/sign-in", form | {"email": f"who{number}@anh-duong.example"}, environ_base=FAR)
    answer = browser.post("/sign-in", {"email": "lan@anh-duong.example", "password": PASSWORD}, environ_base=FAR)
    assert answer.status_code == 429
    near = browser.post("/sign-in", {"email": "lan@anh-duong.example", "password": PASSWORD})
    assert near.status_code == 302, "from elsewhere nobody waits"


def test_a_whole_office_signs_in_from_one_address(portal: Flask, admin_connection: psycopg.Connection) -> None:
    for _ in range(3):
        browser = Browser(portal)
        browser.get("/sign-in")
        form = {"email": "lan@anh-duong.example", "password": PASSWORD}
        assert browser.post("/sign-in", form, environ_base=FAR).status_code == 302
    assert admin_connection.execute("SELECT count(*) FROM sign_in_try").fetchone() == (0,)


def test_tries_at_the_same_moment_are_all_counted(portal: Flask) -> None:
    def one(_number: int) -> int:
        return Browser(portal).sign_in("lan@anh-duong", "sai").status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(one, range(ACCOUNT.free + 9)))
    assert statuses.count(200) == ACCOUNT.free
    assert statuses.count(429) == 9


def test_the_password_of_an_emergency_cannot_be_guessed_quickly_either(signed_in: SignedIn) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    form = {"code": "AD-000000", "ground": "imminent_danger", "reason": REASON, "password": "sai"}
    for _ in range(ACCOUNT.free):
        assert "Mật khẩu chưa đúng" in text_of(cuong.post("/emergency/open", form))
    assert HOLD in text_of(cuong.post("/emergency/open", form))


def test_who_guesses_from_outside_slows_down_no_emergency(portal: Flask, signed_in: SignedIn) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    guess(portal, "cuong@cong-an-tinh", ACCOUNT.free + 1)
    form = {"code": "AD-000000", "ground": "imminent_danger", "reason": REASON, "password": PASSWORD}
    page = text_of(cuong.post("/emergency/open", form))
    assert HOLD not in page and "Mật khẩu chưa đúng" not in page


def test_behind_a_proxy_the_address_it_names_is_counted(
    settings: Settings, installation: Trial, server: Server
) -> None:
    behind = create_app(replace(settings, proxies=1), installation.server())
    with behind.test_request_context(headers={"X-Forwarded-For": "198.51.100.4, 203.0.113.7"}) as context:
        seen: list[str] = []
        behind.wsgi_app.app = lambda environ, _start: seen.append(environ["REMOTE_ADDR"]) or []  # type: ignore[attr-defined, func-returns-value]
        behind.wsgi_app(context.request.environ, lambda *_: None)  # type: ignore[arg-type, return-value]
    assert seen == ["203.0.113.7"], "what the client wrote before the proxy's own word is not believed"
    for engine in (STATISTICS, SIGN_IN):
        behind.extensions[engine].dispose()


@pytest.mark.parametrize("right", ["SELECT * FROM", "DELETE FROM"])
def test_the_portals_own_role_sees_and_changes_no_count(right: str, acting_in_sql: Any) -> None:
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"{right} sign_in_try".encode())
