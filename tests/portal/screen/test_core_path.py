"""The way from the waiting referral to what she agreed to share, and back to nothing when she says stop."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from referral_hub.demo.morning import CASEWORKER, POLICE
from tests.builders import SECTIONS
from tests.portal.screen.conftest import Screen, Served, sign_in

pytestmark = pytest.mark.browser
NAME, PHONE = str(SECTIONS["identity"]["full_name"]), str(SECTIONS["contact"]["safe_phone"])


def press(page: Page, verb: str) -> None:
    """Press the button of a step on the referral's page, be it a link or a form."""
    page.locator(f'a[href$="/{verb}"], form[action$="/{verb}"] button').first.click()


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_the_core_path_by_mouse(
    javascript: bool, open_screen: Callable[..., Screen], served: Served, waiting: UUID
) -> None:
    options: dict[str, Any] = {"java_script_enabled": javascript, "viewport": {"width": 1280, "height": 900}}
    screen = open_screen(**options)
    police = screen.page
    sign_in(police, POLICE, served.password)
    police.click(f'a[href="/referrals/{waiting}"]')
    expect(police.locator("main")).to_contain_text("25-39")
    assert NAME not in police.content()
    press(police, "acknowledge")
    expect(police.locator("[role=status]")).to_be_visible()
    press(police, "accept")
    police.click("main form button[type=submit]")
    expect(police.locator("[data-rh-part=shared]")).to_contain_text(NAME)
    expect(police.locator("[data-rh-part=safe-contact]")).to_contain_text(PHONE)

    other = open_screen(**options)
    house = other.page
    sign_in(house, CASEWORKER, served.password)
    house.goto(f"/referrals/{waiting}")
    house.locator('[data-rh-part="ask"] a[href^="/cases/"]').click()
    house.locator('a[href$="/withdraw"]').click()
    house.click("main form button[type=submit]")
    expect(house.locator(".rh-share--ended")).to_be_visible()

    police.reload()
    expect(police.locator("[data-rh-part=gone]")).to_be_visible()
    assert NAME not in police.content() and PHONE not in police.content()
    assert police.locator("[data-rh-part=shared]").count() == 0
    assert screen.complaints == other.complaints == []


def test_going_back_after_signing_out_shows_nothing(
    open_screen: Callable[..., Screen], served: Served, waiting: UUID
) -> None:
    page = open_screen().page
    sign_in(page, CASEWORKER, served.password)
    page.goto(f"/referrals/{waiting}")
    expect(page.locator("main")).to_contain_text(NAME)
    page.click('form[action="/sign-out"] button')
    page.wait_for_url("**/sign-in**")
    page.go_back()
    page.wait_for_url("**/sign-in**")
    assert NAME not in page.content()


def test_a_double_click_takes_one_step(open_screen: Callable[..., Screen], waiting: UUID) -> None:
    page = open_screen(POLICE).page
    page.goto(f"/referrals/{waiting}")
    page.locator('form[action$="/acknowledge"] button').first.dblclick()
    page.wait_for_load_state()
    expect(page.locator("[data-rh-part=history] li")).to_have_count(2)


def test_the_browser_keeps_nothing_but_its_session(open_screen: Callable[..., Screen], waiting: UUID) -> None:
    screen = open_screen(CASEWORKER)
    screen.page.goto(f"/referrals/{waiting}")
    kept = screen.page.evaluate("() => [localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]
    assert {cookie["name"] for cookie in screen.context.cookies()} == {"rh"}
