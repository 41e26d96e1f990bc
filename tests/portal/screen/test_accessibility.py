"""Every page for everybody: no violation that axe can see, no sideways scroll, targets that a thumb can hit."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from referral_hub.demo.morning import CASEWORKER, POLICE, SUPERVISOR
from tests.portal.screen.conftest import Screen

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WIDTHS = (1280, 360)
LEAST_TARGET = 24
SMALL_TARGETS = """(least) => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]')].filter(e => {
  const box = e.getBoundingClientRect();
  if (!box.width || !box.height || getComputedStyle(e).visibility === 'hidden') return false;
  const clipped = box.width <= 1 || box.height <= 1 || box.bottom < 0;  // the skip link until it has the focus
  const inSentence = e.tagName === 'A' && getComputedStyle(e).display === 'inline'
    && e.parentNode.textContent.trim() !== e.textContent.trim();  // its height is that of the line
  return !clipped && !inSentence && (box.width < least || box.height < least);
}).map(e => e.outerHTML.slice(0, 120) + ' ' + JSON.stringify(e.getBoundingClientRect()))"""
#: WCAG 1.4.12: text must stay readable when people set it apart.
APART = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"


def sign_in_page(page: Page, _: UUID) -> None:
    page.goto("/sign-in")


def sign_in_with_a_fault(page: Page, _: UUID) -> None:
    page.goto("/sign-in")
    page.fill("#email", "nobody@anh-duong.example")
    page.fill("#password", "x")
    page.click("form button[name=submit]")


def inbox(page: Page, _: UUID) -> None:
    page.goto("/inbox?tab=waiting")


def referral(page: Page, waiting: UUID) -> None:
    page.goto(f"/referrals/{waiting}")


def step_with_an_error(page: Page, waiting: UUID) -> None:
    page.goto(f"/referrals/{waiting}/decline")
    page.click("main form button[type=submit]")


def case(page: Page, waiting: UUID) -> None:
    page.goto(f"/referrals/{waiting}")
    page.locator('[data-rh-part="ask"] a[href^="/cases/"]').click()


def report(page: Page, _: UUID) -> None:
    page.goto("/reports")


def my_account(page: Page, _: UUID) -> None:
    page.goto("/account")


def setting_up_an_app(page: Page, _: UUID) -> None:
    page.goto("/account/app")
    page.click("main form button[type=submit] >> nth=-1")


def people_of_the_agency(page: Page, _: UUID) -> None:
    page.goto("/people")


def a_colleague(page: Page, _: UUID) -> None:
    page.goto("/people")
    page.locator("main tbody a").first.click()


def not_found(page: Page, _: UUID) -> None:
    page.goto("/no-such-page")


PAGES: dict[Callable[[Page, UUID], None], str | None] = {
    sign_in_page: None,
    sign_in_with_a_fault: None,
    inbox: CASEWORKER,
    referral: CASEWORKER,
    step_with_an_error: POLICE,
    case: CASEWORKER,
    report: SUPERVISOR,
    not_found: CASEWORKER,
    my_account: CASEWORKER,
    setting_up_an_app: CASEWORKER,
    people_of_the_agency: SUPERVISOR,
    a_colleague: SUPERVISOR,
}


@pytest.mark.parametrize("show", PAGES, ids=lambda show: show.__name__.replace("_", " "))
def test_a_page_is_for_everybody(
    show: Callable[[Page, UUID], None], open_screen: Callable[..., Screen], waiting: UUID
) -> None:
    screen = open_screen(PAGES[show], viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = screen.page
    for language in ("vi", "en"):
        page.goto(f"/sign-in?lang={language}" if PAGES[show] is None else f"/inbox?lang={language}")
        show(page, waiting)
        assert page.locator("html").get_attribute("lang") == language
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert violations(page) == [], (language, width)
            assert page.evaluate(SMALL_TARGETS, LEAST_TARGET) == [], (language, width)
        page.set_viewport_size({"width": 320, "height": 900})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, language
        page.set_viewport_size({"width": 1280, "height": 900})
    assert screen.complaints == []


def violations(page: Page) -> list[dict[str, Any]]:
    """Rule and places of each violation, short enough to read in a failed test."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [{"rule": one["id"], "where": [node["target"] for node in one["nodes"]][:3]} for one in found]


@pytest.mark.parametrize("show", [inbox, referral], ids=lambda show: show.__name__)
def test_text_set_apart_stays_on_a_narrow_screen(
    show: Callable[[Page, UUID], None], open_screen: Callable[..., Screen], waiting: UUID
) -> None:
    page = open_screen(CASEWORKER, viewport={"width": 320, "height": 900}).page
    show(page, waiting)
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet] }",
        APART,
    )
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320


def test_the_first_key_leads_past_the_frame(open_screen: Callable[..., Screen]) -> None:
    page = open_screen(CASEWORKER).page
    page.goto("/inbox")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("() => location.hash") == "#main"


def test_a_fault_takes_the_focus_so_that_it_is_read_out(open_screen: Callable[..., Screen], waiting: UUID) -> None:
    page = open_screen(POLICE).page
    step_with_an_error(page, waiting)
    page.wait_for_function("() => document.activeElement.classList.contains('govuk-error-summary')")
    page.click(".govuk-error-summary a")
    assert page.evaluate("() => document.activeElement.name") == "reason"


def test_a_script_from_elsewhere_is_refused_by_the_page_itself(
    open_screen: Callable[..., Screen],
) -> None:
    page = open_screen().page
    page.goto("/sign-in")
    with pytest.raises(Exception, match="Content Security Policy|violates|blocked"):
        page.add_script_tag(content="window.x = 1")
