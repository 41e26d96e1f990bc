"""A session ends for good: by signing out, by the end of the shift, by closing the account."""

import psycopg
import pytest
from flask import Flask

from tests.portal.browsing import Browser, text_of
from tests.portal.conftest import SignedIn
from tests.portal.world import recorded
from tests.story import Told


def copy_of(browser: Browser, portal: Flask) -> Browser:
    """Another browser that got hold of the cookie."""
    thief = Browser(portal)
    thief.client.set_cookie("rh", browser.cookie().value, domain="localhost")
    return thief


def test_a_copied_cookie_is_worth_nothing_after_signing_out(signed_in: SignedIn, portal: Flask) -> None:
    lan = signed_in("lan@anh-duong")
    thief = copy_of(lan, portal)
    assert thief.get("/inbox").status_code == 200
    assert lan.post("/sign-out").status_code == 303
    assert thief.get("/inbox").status_code == 302
    assert lan.get("/inbox").status_code == 302


def test_signing_out_keeps_the_language_of_the_desk_and_nothing_else(signed_in: SignedIn) -> None:
    lan = signed_in("lan@anh-duong")
    lan.get("/inbox?lang=en")
    lan.post("/sign-out")
    with lan.client.session_transaction(base_url=lan.base_url) as session:
        assert set(session) <= {"lang"}


def test_signing_out_by_a_link_is_not_possible(signed_in: SignedIn) -> None:
    lan = signed_in("lan@anh-duong")
    assert lan.get("/sign-out").status_code == 405
    assert lan.get("/inbox").status_code == 200


def test_signing_out_elsewhere_leaves_the_other_sessions_alone(signed_in: SignedIn) -> None:
    desk, telephone = signed_in("lan@anh-duong"), signed_in("lan@anh-duong")
    desk.post("/sign-out")
    assert telephone.get("/inbox").status_code == 200


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE sign_in_session SET expires_at = now() - interval '1 second'",
        "UPDATE account SET active = false WHERE email = 'lan@anh-duong.example'",
        "UPDATE agency SET closed_at = now() WHERE code = 'anh-duong'",
    ],
    ids=["the shift is over", "the account was closed", "the agency was closed"],
)
def test_a_session_that_has_ended_leads_to_the_sign_in_page_and_back(
    ending: str, signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    lan = signed_in("lan@anh-duong")
    admin_connection.execute("SET session_replication_role = replica")  # nobody asks for the entry of this
    admin_connection.execute(ending.encode())
    answer = lan.get("/inbox?tab=active")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")
    page = lan.follow()
    assert page.status_code == 200, "the two halves of the session send each other round"
    assert 'name="password"' in page.get_data(as_text=True)


def test_a_session_lasts_one_long_shift(signed_in: SignedIn, admin_connection: psycopg.Connection) -> None:
    signed_in("lan@anh-duong")
    row = admin_connection.execute(
        "SELECT expires_at - started_at <= interval '10 hours' FROM sign_in_session"
    ).fetchone()
    assert row == (True,)


def test_a_form_without_its_token_is_refused_and_nothing_is_recorded(
    signed_in: SignedIn, sent: Told, admin_connection: psycopg.Connection
) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    before = recorded(admin_connection)
    for form in ({}, {"csrf_token": "wrong"}, {"csrf_token": ""}):
        answer = cuong.client.post(f"/referrals/{sent.referral}/accept", data=form)
        assert answer.status_code == 400
        assert "Biểu mẫu này đã hết hạn và chưa ghi gì" in text_of(answer)
    assert recorded(admin_connection) == before


def test_the_token_of_another_browser_does_not_fit(signed_in: SignedIn, sent: Told) -> None:
    cuong, huyen = signed_in("cuong@cong-an-tinh"), signed_in("huyen@cong-an-tinh")
    path = f"/referrals/{sent.referral}/acknowledge"
    assert cuong.client.post(path, data={"csrf_token": huyen.token()}).status_code == 400


def test_signing_in_without_the_token_of_the_page_is_refused(browser: Browser) -> None:
    form = {"email": "lan@anh-duong.example", "password": "x"}
    answer = browser.client.post("/sign-in", data=form)
    assert answer.status_code == 400
    assert 'lang="vi"' in answer.get_data(as_text=True)


def test_signing_out_without_the_token_leaves_the_session_as_it_was(signed_in: SignedIn) -> None:
    lan = signed_in("lan@anh-duong")
    assert lan.client.post("/sign-out").status_code == 400
    assert lan.get("/inbox").status_code == 200


def test_a_cookie_that_was_tampered_with_signs_nobody_in(signed_in: SignedIn, portal: Flask) -> None:
    value = signed_in("lan@anh-duong").cookie().value
    for forged in (value[:-2], value[1:], "x", "", "." * 300):
        thief = Browser(portal)
        thief.client.set_cookie("rh", forged, domain="localhost")
        assert thief.get("/inbox").status_code == 302


def test_a_form_token_planted_before_sign_in_is_worth_nothing_afterwards(portal: Flask) -> None:
    lan = Browser(portal)
    lan.get("/sign-in")
    planted = lan.token()
    lan.sign_in("lan@anh-duong")
    lan.last = None
    assert lan.token() != planted
    assert lan.client.post("/sign-out", data={"csrf_token": planted}, base_url=lan.base_url).status_code == 400
    assert lan.get("/inbox").status_code == 200
