"""What goes over the wire beside the page: the policy against injected code, caches, cookies, addresses and titles."""

import re
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any

import pytest
from flask import Flask

from referral_hub.app import create_app
from referral_hub.config import Settings
from referral_hub.hub import STATISTICS
from referral_hub.kernel.db import db
from tests.builders import SECTIONS
from tests.portal.browsing import Browser, title_of
from tests.portal.conftest import SignedIn
from tests.story import Told
from tests.trial import Trial

PUBLIC = ("/sign-in", "/health", "/no-such-page", "/inbox")
WORDS_ABOUT_HER = ("Nguyễn Thị Hoa", "Hoa", "0912345678", "bầm tím", "mất ngủ", "sau 20 giờ")


@pytest.mark.parametrize("path", PUBLIC)
def test_every_answer_forbids_injected_code_framing_and_caching(path: str, browser: Browser) -> None:
    headers = browser.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("what", ["referral", "case", "step", "report", "400", "405", "POST"])
def test_pages_for_signed_in_people_are_kept_by_no_cache(what: str, signed_in: SignedIn, sent: Told) -> None:
    son, cuong = signed_in("hanh@anh-duong"), signed_in("cuong@cong-an-tinh")
    answer = {
        "referral": lambda: cuong.get(f"/referrals/{sent.referral}"),
        "case": lambda: son.get(f"/cases/{sent.case}"),
        "step": lambda: cuong.get(f"/referrals/{sent.referral}/decline"),
        "report": lambda: son.get("/reports"),
        "400": lambda: cuong.client.post(f"/referrals/{sent.referral}/accept"),
        "405": lambda: cuong.client.delete(f"/referrals/{sent.referral}"),
        "POST": lambda: cuong.post(f"/referrals/{sent.referral}/acknowledge"),
    }[what]()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in answer.headers


def test_files_that_never_change_may_be_kept(browser: Browser) -> None:
    answer = browser.get("/static/vendor/govuk-6.3.0/portal.css")
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


def _cookie(answer: Any) -> Any:
    (line,) = [value for name, value in answer.headers if name == "Set-Cookie"]
    return SimpleCookie(line)["rh"]


def test_the_session_cookie_is_for_this_site_and_not_for_scripts(browser: Browser) -> None:
    cookie = _cookie(browser.sign_in("lan@anh-duong"))
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["domain"] == ""
    assert cookie["expires"] == cookie["max-age"] == "", "it must go when the browser is closed"
    assert "Lan" not in cookie.value


@pytest.fixture
def over_tls(portal: Flask, settings: Settings, installation: Trial) -> Any:
    app = create_app(replace(settings, public_url="https://hub.example"), installation.server())
    yield app
    app.extensions[STATISTICS].dispose()
    with app.app_context():
        db.engine.dispose()


def test_behind_https_the_cookie_never_travels_in_the_clear(over_tls: Flask) -> None:
    browser = Browser(over_tls, "https://hub.example")
    browser.get("/sign-in")
    answer = browser.client.get("/inbox?lang=en", base_url=browser.base_url)
    assert _cookie(answer)["secure"] is True
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_behind_https_a_form_from_elsewhere_is_refused(over_tls: Flask) -> None:
    browser = Browser(over_tls, "https://hub.example")
    browser.get("/sign-in")
    form = {"email": "lan@anh-duong.example", "password": "x", "csrf_token": browser.token()}
    answer = browser.client.post(
        "/sign-in", data=form, base_url=browser.base_url, headers={"Referer": "https://evil.example/form"}
    )
    assert answer.status_code == 400


def test_titles_and_addresses_hold_nothing_about_her(signed_in: SignedIn, accepted: Told) -> None:
    lan, cuong = signed_in("lan@anh-duong"), signed_in("cuong@cong-an-tinh")
    seen = []
    for browser, path in (
        (lan, f"/cases/{accepted.case}"),
        (lan, f"/cases/{accepted.case}/consents/{accepted.consent}/withdraw"),
        (lan, f"/referrals/{accepted.referral}"),
        (lan, f"/referrals/{accepted.referral}/cancel"),
        (cuong, f"/referrals/{accepted.referral}"),
        (cuong, f"/referrals/{accepted.referral}/not_complete"),
        (cuong, "/inbox?tab=active"),
    ):
        page = browser.get(path)
        assert page.status_code == 200, path
        seen += [title_of(page), *re.findall(r'(?:href|action|src)="([^"]*)"', page.get_data(as_text=True))]
    told = " ".join(one for one in seen if not one.startswith("#"))
    assert "CG-" in told
    assert not [word for word in WORDS_ABOUT_HER if word in told]


def test_what_she_said_is_really_on_the_page_of_who_was_granted_it(signed_in: SignedIn, accepted: Told) -> None:
    page = signed_in("cuong@cong-an-tinh").get(f"/referrals/{accepted.referral}").get_data(as_text=True)
    assert SECTIONS["identity"]["full_name"] in page
    assert SECTIONS["contact"]["safe_phone"] in page


def test_the_browser_of_a_reader_stores_no_word_about_her(signed_in: SignedIn, accepted: Told) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    cuong.get(f"/referrals/{accepted.referral}")
    with cuong.client.session_transaction(base_url=cuong.base_url) as session:
        kept = repr(dict(session))
    assert not [word for word in WORDS_ABOUT_HER if word in kept]
