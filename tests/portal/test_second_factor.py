"""A password alone opens nothing: the code of the app or one on paper comes second, and each works once."""

import base64
import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pyotp
import pytest
from flask import Flask

from referral_hub.kernel import clock
from referral_hub.liaisons.throttling import CODE
from tests.people import PASSWORD
from tests.portal.browsing import Browser, text_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries

LAN = "lan@anh-duong"


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``moment(30)``: half a minute goes by."""
    real, gone = clock.now, [0.0]

    def moved() -> datetime:
        return real() + timedelta(seconds=gone[0])

    def move(seconds: float) -> None:
        gone[0] += seconds
        monkeypatch.setattr(clock, "now", moved)

    return move


def secret_on(page: Any) -> str:
    found = re.search(r'data-rh-part="secret">([^<]+)<', page.get_data(as_text=True))
    assert found is not None, text_of(page)
    return html.unescape(found[1]).replace(" ", "")


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def enrolled(app: Flask, who: str = LAN) -> tuple[str, list[str], Browser]:
    """Somebody who set up an app: its secret, the codes on paper, the browser."""
    browser = Browser(app)
    browser.sign_in(who)
    browser.follow()
    browser.follow()
    page = browser.follow()
    secret = secret_on(page)
    answer = browser.post("/sign-in/set-up", {"code": code_of(secret)})
    assert answer.status_code == 200, text_of(answer)
    codes = re.findall(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b", text_of(answer))
    return secret, codes, browser


def half(app: Flask, who: str = LAN) -> Browser:
    """A browser in which the password was right."""
    browser = Browser(app)
    assert browser.sign_in(who).status_code == 302
    return browser


def prove(browser: Browser, code: str) -> int:
    browser.get("/sign-in/code")
    return browser.post("/sign-in/code", {"code": code}).status_code


def test_outside_the_demo_nobody_gets_in_with_a_password_alone(
    demanding: Flask, admin_connection: psycopg.Connection
) -> None:
    browser = half(demanding)
    for path in ("/inbox", "/log", "/account", "/reports"):
        assert browser.get(path).status_code in (302, 404)
    assert admin_connection.execute("SELECT count(*) FROM sign_in_session").fetchone() == (0,)


def test_the_first_time_an_app_is_set_up_and_ten_codes_are_shown_once(
    demanding: Flask, admin_connection: psycopg.Connection
) -> None:
    secret, codes, browser = enrolled(demanding)
    assert len(set(codes)) == 10
    assert browser.get("/inbox").status_code == 200
    acts = [entry["act"] for entry in entries(admin_connection)]
    assert acts == ["accounts:factor:set", "accounts:codes:made", "accounts:session:started"]
    again = browser.post("/sign-in/set-up", {"code": code_of(secret)})
    assert again.status_code == 302 and codes[0] not in text_of(again)


def test_the_code_of_the_app_lets_in_and_leads_where_the_link_led(
    demanding: Flask, moment: Callable[[float], None]
) -> None:
    secret, _, _ = enrolled(demanding)
    moment(60)
    browser = Browser(demanding)
    browser.get("/inbox?tab=waiting")
    browser.follow()
    assert browser.last is not None
    browser.post(browser.last.request.full_path, {"email": "lan@anh-duong.example", "password": PASSWORD})
    browser.follow()
    page = browser.follow()
    assert "Bước thứ hai" in text_of(page) or "Second step" in text_of(page)
    answer = browser.post(page.request.full_path, {"code": code_of(secret)})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/inbox?tab=waiting")
    assert browser.follow().status_code == 200


def test_a_code_that_was_seen_over_the_shoulder_does_not_work_again(
    demanding: Flask, moment: Callable[[float], None]
) -> None:
    secret, _, _ = enrolled(demanding)
    code = code_of(secret)
    assert prove(half(demanding), code) == 422, "the code that set the app up is used up as well"
    moment(30)
    code = code_of(secret)
    assert prove(half(demanding), code) == 303
    assert prove(half(demanding), code) == 422


def test_an_earlier_code_does_not_work_after_a_later_one(demanding: Flask, moment: Callable[[float], None]) -> None:
    secret, _, _ = enrolled(demanding)
    moment(60)
    earlier = code_of(secret)
    moment(30)
    assert prove(half(demanding), code_of(secret)) == 303
    assert prove(half(demanding), earlier) == 422


def test_a_code_of_two_minutes_ago_does_not_work(demanding: Flask, moment: Callable[[float], None]) -> None:
    secret, _, _ = enrolled(demanding)
    moment(60)
    old = code_of(secret)
    moment(120)
    assert prove(half(demanding), old) == 422


def test_a_code_on_paper_works_once(demanding: Flask, admin_connection: psycopg.Connection) -> None:
    _, codes, _ = enrolled(demanding)
    assert prove(half(demanding), f" {codes[3].lower()} ") == 303
    assert [e["act"] for e in entries(admin_connection)][-2:] == ["accounts:code:used", "accounts:session:started"]
    assert prove(half(demanding), codes[3]) == 422
    assert prove(half(demanding), codes[4]) == 303


def test_codes_belong_to_one_person(demanding: Flask, moment: Callable[[float], None]) -> None:
    secret, codes, _ = enrolled(demanding)
    enrolled(demanding, "thao@anh-duong")
    moment(60)
    assert prove(half(demanding, "thao@anh-duong"), codes[0]) == 422
    assert prove(half(demanding, "thao@anh-duong"), code_of(secret)) == 422


def test_a_stolen_password_cannot_set_up_another_app(demanding: Flask) -> None:
    enrolled(demanding)
    thief = half(demanding)
    assert thief.get("/sign-in/set-up").status_code == 302
    thief.follow()
    assert thief.post("/sign-in/set-up", {"code": "123456"}).status_code == 302
    assert thief.get("/inbox").status_code == 302


def test_wrong_codes_leave_their_entry_and_get_slow(
    demanding: Flask, admin_connection: psycopg.Connection, moment: Callable[[float], None]
) -> None:
    secret, _, _ = enrolled(demanding)
    moment(60)
    browser = half(demanding)
    for _ in range(CODE.free):
        assert prove(browser, "000000") == 422
    refused = [e for e in entries(admin_connection, "accounts:session:refused")]
    assert len(refused) == CODE.free
    assert prove(browser, code_of(secret)) == 429
    moment(30)
    assert prove(browser, code_of(secret)) == 303


def test_the_password_counts_for_ten_minutes(demanding: Flask, moment: Callable[[float], None]) -> None:
    secret, _, _ = enrolled(demanding)
    browser = half(demanding)
    moment(601)
    browser.get("/sign-in")
    assert browser.client.post("/sign-in/code", data={"code": code_of(secret)}).status_code in (302, 400)
    assert browser.get("/inbox").headers["Location"].startswith("/sign-in")


def test_who_typed_the_wrong_e_mail_starts_over(demanding: Flask) -> None:
    browser = half(demanding)
    assert browser.get("/sign-in/code?over=1").status_code == 302
    assert 'name="password"' in browser.follow().get_data(as_text=True)


@pytest.mark.parametrize("elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x"])
def test_after_the_code_nobody_is_sent_to_another_site(demanding: Flask, elsewhere: str) -> None:
    _, codes, _ = enrolled(demanding)
    browser = half(demanding)
    browser.get("/sign-in/code", query_string={"next": elsewhere})
    answer = browser.post("/sign-in/code", {"code": codes[0]}, query_string={"next": elsewhere})
    assert answer.headers["Location"] == "/inbox"


def test_in_the_demo_who_set_up_an_app_is_asked_for_it_and_others_are_not(portal: Flask, demanding: Flask) -> None:
    enrolled(demanding)
    portal.config["SECOND_FACTOR_REQUIRED"] = False
    assert half(portal).get("/inbox").status_code == 302
    assert half(portal, "thao@anh-duong").get("/inbox").status_code == 200


def test_secret_and_codes_lie_sealed_and_hashed(demanding: Flask, admin_connection: psycopg.Connection) -> None:
    secret, codes, browser = enrolled(demanding)
    raw = base64.b32decode(secret)
    kept = admin_connection.execute("SELECT sealed FROM totp_secret").fetchone()
    assert kept is not None and raw not in kept[0]
    rows = admin_connection.execute("SELECT r::text FROM recovery_code r").fetchall()
    assert not any(code.replace("-", "").lower() in row[0].lower() for code in codes for row in rows)
    with browser.client.session_transaction(base_url=browser.base_url) as session:
        assert secret not in str(dict(session)) and "setup" not in session


@pytest.mark.parametrize("table", ["totp_secret", "recovery_code"])
def test_the_portals_own_role_reads_and_writes_no_second_factor(table: str, acting_in_sql: Any) -> None:
    for statement in (f"SELECT * FROM {table}", f"UPDATE {table} SET ended_at = now()", f"DELETE FROM {table}"):
        with acting_in_sql(LAN) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_a_factor_does_not_change_without_its_entry(demanding: Flask, admin_connection: psycopg.Connection) -> None:
    enrolled(demanding)
    with pytest.raises(psycopg.errors.IntegrityError) as refused:
        admin_connection.execute("UPDATE recovery_code SET ended_at = now()")
    assert refused.value.sqlstate == "23H01"


def test_signing_in_again_before_an_emergency_asks_for_the_password(signed_in: SignedIn) -> None:
    assert 'name="password"' in signed_in(LAN).get("/emergency/open").get_data(as_text=True)
