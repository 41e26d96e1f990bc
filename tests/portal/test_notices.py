"""The bell, who must act next, and taking or giving a referral, as people see them on the pages."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from referral_hub.kernel import clock
from tests.conftest import Acting, Directory
from tests.portal.browsing import Browser, text_of
from tests.story import Told, sent_to
from tests.working import Worker

SignedIn = Callable[[str], Browser]


@pytest.fixture
def told(acting: Acting, admin_connection: psycopg.Connection) -> Told:
    """Sent, and the worker has told the police."""
    story = sent_to(acting)
    Worker(acting, admin_connection, clock.now()).work(only="notices:tell")
    return story


def bell(page: Any) -> bool:
    return "rh-count" in page.get_data(as_text=True)


def test_the_bell_counts_what_was_not_seen_and_opening_the_referral_sees_it(signed_in: SignedIn, told: Told) -> None:
    browser = signed_in("cuong@cong-an-tinh")
    assert bell(browser.get("/inbox"))
    assert "Có chuyển gửi mới" in text_of(browser.get("/notices"))
    browser.get(f"/referrals/{told.referral}")
    assert not bell(browser.get("/inbox"))


def test_all_of_it_can_be_seen_at_once(signed_in: SignedIn, told: Told) -> None:
    browser = signed_in("cuong@cong-an-tinh")
    browser.get("/notices")
    assert browser.post("/notices").status_code == 303
    assert not bell(browser.get("/notices"))


def test_nobody_hears_another_ones_bell(signed_in: SignedIn, told: Told) -> None:
    page = text_of(signed_in("huyen@cong-an-tinh").get("/notices"))
    assert "Chưa có thông báo nào" in page


def test_the_page_says_who_must_act_next_by_when_and_who_hears_of_it_otherwise(signed_in: SignedIn, told: Told) -> None:
    for who in ("lan@anh-duong", "cuong@cong-an-tinh"):
        page = text_of(signed_in(who).get(f"/referrals/{told.referral}"))
        assert "Người phải xử lý tiếp" in page and "Công an tỉnh Quảng Ninh" in page
        assert "Chậm nhất" in page and "báo Người giám sát chuyên môn (Bên nhận)" in page


def test_whoever_takes_it_is_named_to_colleagues_and_to_nobody_else(signed_in: SignedIn, told: Told) -> None:
    browser = signed_in("cuong@cong-an-tinh")
    page = browser.get(f"/referrals/{told.referral}")
    assert "Tôi nhận việc này" in text_of(page)
    assert browser.post(f"/referrals/{told.referral}/take-over").status_code == 303
    assert "Tôi nhận việc này" not in text_of(browser.get(f"/referrals/{told.referral}"))
    named = "Quảng Ninh · Ngô Mạnh Cường"
    assert named in text_of(signed_in("huyen@cong-an-tinh").get(f"/referrals/{told.referral}"))
    assert named not in text_of(signed_in("lan@anh-duong").get(f"/referrals/{told.referral}"))


def test_a_supervisor_gives_it_to_a_colleague(signed_in: SignedIn, told: Told, directory: Directory) -> None:
    browser = signed_in("huyen@cong-an-tinh")
    here = f"/referrals/{told.referral}/assign"
    assert browser.get(here).status_code == 200
    assert browser.post(here, {"account": ""}).status_code == 422
    assert browser.post(here, {"account": str(directory.accounts["lan@anh-duong"])}).status_code == 422
    assert browser.post(here, {"account": str(directory.accounts["cuong@cong-an-tinh"])}).status_code == 303


def test_a_liaison_gives_it_to_nobody_and_a_stranger_finds_nothing(signed_in: SignedIn, told: Told) -> None:
    here = f"/referrals/{told.referral}"
    assert signed_in("cuong@cong-an-tinh").get(f"{here}/assign").status_code == 403
    stranger = signed_in("minh@tro-giup-phap-ly")
    assert stranger.get(f"{here}/assign").status_code == 404
    stranger.get("/inbox")
    assert stranger.post(f"{here}/take-over").status_code == 404


def test_one_chooses_how_to_be_told(signed_in: SignedIn) -> None:
    browser = signed_in("cuong@cong-an-tinh")
    browser.get("/notices/settings")
    assert browser.post("/notices/settings", {"sms": "yes", "phone": ""}).status_code == 422
    form = {"sms": "yes", "phone": "0203 000 999", "quiet_from": "22", "quiet_until": "6"}
    assert browser.post("/notices/settings", form).status_code == 303
    page = browser.get("/notices/settings").get_data(as_text=True)
    assert 'value="0203000999"' in page
    assert '<option value="22" selected>' in page
