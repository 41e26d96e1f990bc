"""The lock in a real browser: its button, Escape three times, the clock with its warning, all windows together."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from referral_hub.demo.morning import CASEWORKER
from tests.portal.screen.conftest import Screen, Served, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def her(open_screen: Callable[..., Screen], served: Served) -> Screen:
    """Signed in on a session of her own, which the lock will end; the clock of the window can be moved."""
    screen = open_screen()
    screen.page.clock.install()
    sign_in(screen.page, CASEWORKER, served.password)
    return screen


def test_escape_three_times_locks_and_the_password_leads_back(her: Screen, served: Served) -> None:
    her.page.goto("/tasks")
    for _ in range(3):
        her.page.keyboard.press("Escape")
    her.page.wait_for_url("**/locked**")
    her.page.go_back()
    expect(her.page.locator("#password")).to_be_visible()
    her.page.fill("#password", served.password)
    her.page.click("main form button[type=submit] >> nth=0")
    her.page.wait_for_url(f"{served.url}/tasks")
    assert her.complaints == []


def test_a_window_left_alone_warns_and_then_locks(her: Screen) -> None:
    warning = her.page.locator("[data-rh-idle]")
    expect(warning).to_be_hidden()
    her.page.clock.fast_forward("13:20")
    expect(warning).to_be_visible()
    warning.locator("button").click()
    expect(warning).to_be_hidden()
    her.page.clock.fast_forward("14:00")
    expect(warning).to_be_visible()
    her.page.clock.fast_forward("01:30")
    her.page.wait_for_url("**/locked**")
