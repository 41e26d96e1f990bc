"""Passkeys in a real browser with an authenticator that chromium plays: set up, used, copied, removed."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from referral_hub.demo.morning import CASEWORKER, POLICE
from tests.portal.screen.conftest import Screen, Served, sign_in
from tests.portal.world import entries
from tests.trial import Trial

pytestmark = pytest.mark.browser
DEVICE = {
    **{"protocol": "ctap2", "transport": "internal", "hasResidentKey": True},
    **{"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True},
}


class Device:
    """A telephone that unlocks itself, in one window."""

    def __init__(self, page: Page) -> None:
        self.line = page.context.new_cdp_session(page)
        self.line.send("WebAuthn.enable")
        self.id = self.line.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    def locked(self) -> None:
        """From now on its person does not unlock it."""
        self.line.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": False})

    def keys(self) -> list[dict[str, Any]]:
        """What it holds."""
        return list(self.line.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"])

    def take(self, key: dict[str, Any]) -> None:
        """A copy of another device's key."""
        self.line.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": key})


@pytest.fixture
def admin(installation: Trial, served: Served) -> Iterator[psycopg.Connection]:
    with installation.admin(f"{installation.name}_demo") as connection:
        yield connection


def set_up(screen: Screen, served: Served, who: str = CASEWORKER, name: str = "Điện thoại") -> Device:
    """Signed in with the password, a passkey made."""
    device = Device(screen.page)
    sign_in(screen.page, who, served.password)
    screen.page.goto("/account/passkeys")
    screen.page.fill("#name", name)
    screen.page.fill("#password", served.password)
    screen.page.click("main form button[type=submit]")
    screen.page.click("[data-rh-passkey-make] button")
    screen.page.wait_for_url("**/account")
    expect(screen.page.locator("[data-rh-part=passkeys]")).to_contain_text(name)
    return device


def leave(screen: Screen) -> None:
    screen.page.click('form[action="/sign-out"] button')
    screen.page.wait_for_url("**/sign-in")


def ask(screen: Screen) -> None:
    screen.page.goto("/sign-in?next=/tasks")
    screen.page.click("[data-rh-passkey-ask] button")


def ask_in_vain(screen: Screen) -> None:
    """The device answers, the hub refuses and says so."""
    screen.page.goto("/sign-in?next=/tasks")
    with screen.page.expect_navigation():
        screen.page.click("[data-rh-passkey-ask] button")
    expect(screen.page.locator(".rh-notice").first).to_contain_text("thử lại")
    screen.page.goto("/inbox")
    assert "/sign-in" in screen.page.url


def test_unlocking_the_device_signs_in(
    open_screen: Callable[..., Screen], served: Served, admin: psycopg.Connection
) -> None:
    screen = open_screen()
    set_up(screen, served)
    leave(screen)
    before = len(entries(admin))
    ask(screen)
    screen.page.wait_for_url(f"{served.url}/tasks")
    assert [one["act"] for one in entries(admin)[before:]] == ["accounts:session:started"]
    screen.page.goto("/account")
    assert screen.complaints == []


def test_a_device_that_nobody_unlocks_signs_nobody_in(open_screen: Callable[..., Screen], served: Served) -> None:
    screen = open_screen()
    device = set_up(screen, served)
    leave(screen)
    device.locked()
    ask(screen)
    expect(screen.page.locator("[data-rh-passkey-failed]")).to_be_visible()
    screen.page.goto("/inbox")
    assert "/sign-in" in screen.page.url


def test_a_device_that_nobody_knows_signs_nobody_in(
    open_screen: Callable[..., Screen], served: Served, admin: psycopg.Connection
) -> None:
    screen = open_screen()
    set_up(screen, served)
    admin.execute("SET session_replication_role = replica")
    admin.execute("UPDATE passkey SET ended_at = now()")
    leave(screen)
    before = len(entries(admin))
    ask_in_vain(screen)
    assert [one["act"] for one in entries(admin)[before:]] == ["accounts:session:refused"]


def test_a_copy_of_a_key_is_noticed_once_the_original_went_on(
    open_screen: Callable[..., Screen], served: Served
) -> None:
    screen = open_screen()
    device = set_up(screen, served)
    copied = device.keys()[0]
    leave(screen)
    ask(screen)
    screen.page.wait_for_url(f"{served.url}/tasks")
    thief = open_screen()
    Device(thief.page).take({**copied, "signCount": 0})
    ask_in_vain(thief)


def test_an_answer_works_once(open_screen: Callable[..., Screen], served: Served) -> None:
    screen = open_screen()
    set_up(screen, served)
    leave(screen)
    screen.page.goto("/sign-in")
    cookies = screen.context.cookies()
    with screen.page.expect_request(lambda one: one.method == "POST" and "/passkey" in one.url) as sent:
        screen.page.click("[data-rh-passkey-ask] button")
    cookies = [one for one in sent.value.all_headers()["cookie"].split("; ") if one.startswith("rh=")]
    screen.page.wait_for_url("**/inbox")
    thief = open_screen()
    answer = thief.context.request.post(
        "/sign-in/passkey",
        data=sent.value.post_data,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies[0]},
        max_redirects=0,
    )
    assert "/sign-in" in answer.headers["location"]


def test_a_key_is_worth_nothing_at_another_address(open_screen: Callable[..., Screen], served: Served) -> None:
    screen = open_screen()
    set_up(screen, served, POLICE)
    leave(screen)
    before = served.app.config["PUBLIC_URL"]
    try:
        served.app.config["PUBLIC_URL"] = "https://hub.example"
        ask(screen)
        expect(screen.page.locator("[data-rh-passkey-failed]")).to_be_visible()
    finally:
        served.app.config["PUBLIC_URL"] = before


def test_a_removed_passkey_signs_nobody_in(
    open_screen: Callable[..., Screen], served: Served, admin: psycopg.Connection
) -> None:
    screen = open_screen()
    set_up(screen, served, POLICE, "Máy trực")
    screen.page.locator("[data-rh-part=passkeys] .rh-session", has_text="Máy trực").locator("button").click()
    screen.page.wait_for_url("**/account")
    assert entries(admin)[-1]["act"] == "accounts:passkey:ended"
    leave(screen)
    ask_in_vain(screen)


def test_a_passkey_is_set_up_with_the_password_alone(open_screen: Callable[..., Screen], served: Served) -> None:
    screen = open_screen(CASEWORKER)
    screen.page.goto("/account/passkeys")
    screen.page.fill("#password", "sai")
    screen.page.click("main form button[type=submit]")
    assert screen.page.locator("[data-rh-passkey-make]").count() == 0
