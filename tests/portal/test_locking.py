"""A screen that was left shows nothing, whoever presses what; the password opens it where it was."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from referral_hub.kernel import clock
from tests.people import PASSWORD
from tests.portal.browsing import Browser, text_of, title_of
from tests.portal.conftest import SignedIn
from tests.story import Told

LAN = "lan@anh-duong"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``later(20)``: so many minutes go by."""
    real, gone = clock.now, [0.0]

    def moved() -> datetime:
        return real() + timedelta(minutes=gone[0])

    def move(minutes: float) -> None:
        gone[0] += minutes
        monkeypatch.setattr(clock, "now", moved)

    return move


@pytest.fixture
def left(signed_in: SignedIn) -> Browser:
    """Her screen, locked."""
    lan = signed_in(LAN)
    lan.get("/inbox")
    assert lan.post("/lock?next=/inbox").status_code == 303
    return lan


def test_a_locked_screen_shows_nothing_of_what_lies_behind(left: Browser, sent: Told) -> None:
    for path in ("/inbox", f"/referrals/{sent.referral}", f"/cases/{sent.case}", "/account", "/emergency"):
        answer = left.get(path)
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/locked")
    page = left.follow()
    assert "Hộp thư" not in text_of(page) and "/inbox" not in page.get_data(as_text=True).partition('id="main"')[2]
    assert sent.case.hex not in title_of(page)


def test_nothing_is_done_from_a_locked_screen(left: Browser, sent: Told) -> None:
    left.get("/locked")
    answer = left.post(f"/referrals/{sent.referral}/cancel", {"reason": "duplicate"})
    assert answer.headers["Location"].startswith("/locked")


def test_the_password_opens_it_where_it_was_and_the_cookie_of_before_is_dead(left: Browser, portal: object) -> None:
    before = left.cookie().value
    left.get("/locked?next=/tasks")
    assert left.post("/locked?next=/tasks", {"password": "sai"}).status_code == 422
    assert left.post("/locked?next=/tasks", {"password": PASSWORD}).headers["Location"] == "/tasks"
    assert left.follow().status_code == 200
    thief = Browser(portal)  # type: ignore[arg-type]
    thief.client.set_cookie("rh", before, domain="localhost")
    assert thief.get("/locked").headers["Location"].startswith("/sign-in")


def test_a_locked_screen_can_be_left_to_a_colleague(left: Browser) -> None:
    left.get("/locked")
    assert left.post("/sign-out").headers["Location"] == "/sign-in"
    assert left.sign_in("thao@anh-duong").status_code == 302
    assert left.get("/inbox").status_code == 200


def test_after_a_quarter_of_an_hour_the_screen_is_locked(signed_in: SignedIn, later: Callable[[float], None]) -> None:
    lan = signed_in(LAN)
    assert lan.get("/inbox").status_code == 200
    later(14)
    assert lan.get("/inbox").status_code == 200
    later(16)
    assert lan.get("/tasks").headers["Location"].startswith("/locked?next=/tasks")


def test_what_somebody_typed_for_twenty_minutes_is_not_lost(
    signed_in: SignedIn, later: Callable[[float], None]
) -> None:
    lan = signed_in(LAN)
    lan.get("/cases/new")
    later(20)
    answer = lan.post("/cases/new", {"channel": "walk_in"})
    assert answer.status_code == 303 and "/cases/" in answer.headers["Location"]
    assert lan.follow().headers["Location"].startswith("/locked"), "but what comes next asks who is there"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example"])
def test_unlocking_leads_to_no_other_site(left: Browser, elsewhere: str) -> None:
    left.get("/locked")
    answer = left.post("/locked", {"password": PASSWORD}, query_string={"next": elsewhere})
    assert answer.headers["Location"] == "/inbox"
