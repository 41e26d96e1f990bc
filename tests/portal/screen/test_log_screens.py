"""The pages of the log on a desk, on a telephone and on paper."""

import re
import shutil
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Page

from referral_hub.audit.folder import Folder
from referral_hub.demo.morning import CASEWORKER
from tests.audit.small_log import SmallLog
from tests.portal.screen.conftest import Screen, Served
from tests.portal.screen.test_accessibility import LEAST_TARGET, SMALL_TARGETS, WIDTHS, violations
from tests.trial import Trial

pytestmark = pytest.mark.browser
AUDITOR = "trung.lam@so-y-te.example"


@pytest.fixture
def log_of_the_demo(served: Served, installation: Trial) -> Iterator[SmallLog]:
    """The demo's log, sequenced and signed."""
    folder = Folder(served.home / "audit")
    log = SmallLog(installation.server(f"{installation.name}_demo"), folder, "http://localhost:8000")
    log.advance()
    yield log
    shutil.rmtree(folder.root, ignore_errors=True)
    with installation.admin(f"{installation.name}_demo") as connection:  # without its key it is another log's past
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE audit_head DISABLE TRIGGER undeleted")
        connection.execute("DELETE FROM audit_head")
        connection.execute("ALTER TABLE audit_head ENABLE ALWAYS TRIGGER undeleted")


def access_log(page: Page, waiting: UUID) -> None:
    page.goto(f"/referrals/{waiting}")
    page.locator('[data-rh-part="ask"] a[href^="/cases/"]').click()
    page.locator('a[href$="/access-log"]').click()


def filtered(page: Page, waiting: UUID) -> None:
    access_log(page, waiting)
    page.goto(f"{page.url}?from-day=31&from-month=2&from-year=2026&kind=consent")


def checked(page: Page, waiting: UUID) -> None:
    access_log(page, waiting)
    page.locator(".rh-beside button").click()
    page.locator('[data-rh-part="checked"]').wait_for()


def auditor(page: Page, _: UUID) -> None:
    page.goto("/log")


def entries(page: Page, _: UUID) -> None:
    page.goto("/log/entries?kind=read")


def milestone(page: Page, _: UUID) -> None:
    page.goto("/log/milestone")


PAGES = {
    access_log: CASEWORKER,
    filtered: CASEWORKER,
    checked: CASEWORKER,
    auditor: AUDITOR,
    entries: AUDITOR,
    milestone: AUDITOR,
}


@pytest.mark.parametrize("show", PAGES, ids=lambda show: show.__name__.replace("_", " "))
def test_a_page_of_the_log_is_for_everybody(
    show: Callable[[Page, UUID], None], open_screen: Callable[..., Screen], waiting: UUID, log_of_the_demo: SmallLog
) -> None:
    screen = open_screen(PAGES[show], viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = screen.page
    for language in ("vi", "en"):
        page.goto(f"/inbox?lang={language}")
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


def test_the_check_answers_in_words_without_scripts_too(
    open_screen: Callable[..., Screen], waiting: UUID, log_of_the_demo: SmallLog
) -> None:
    page = open_screen(CASEWORKER, java_script_enabled=False).page
    checked(page, waiting)
    assert "tất cả nguyên vẹn" in page.locator('[data-rh-part="checked"]').inner_text()


def test_the_milestone_is_one_sheet_of_paper(
    open_screen: Callable[..., Screen], waiting: UUID, log_of_the_demo: SmallLog
) -> None:
    page = open_screen(AUDITOR, viewport={"width": 794, "height": 1123}).page  # A4 at 96 dots
    milestone(page, waiting)
    page.emulate_media(media="print")
    assert page.locator(".rh-milestone__qr svg").is_visible()
    assert page.locator(".rh-signatures__place").count() == 2
    assert not page.locator("header").is_visible()
    assert not page.locator("[data-rh-print]").is_visible()
    sheets = page.pdf(format="A4", margin={side: "15mm" for side in ("top", "right", "bottom", "left")})
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", sheets)) == 1
