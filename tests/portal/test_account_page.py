"""My account: sessions seen and ended, the password changed, the app exchanged; never without the password."""

import re
from typing import Any

import psycopg
import pyotp
import pytest
from flask import Flask

from referral_hub.kernel import clock
from referral_hub.portal.devices import device_of
from tests.people import PASSWORD
from tests.portal.browsing import Browser, part, text_of
from tests.portal.conftest import SignedIn
from tests.portal.test_second_factor import secret_on
from tests.portal.world import entries

LAN = "lan@anh-duong"
NEW = "chiều nay biển lặng"
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"


def at(app: Flask, agent: str, who: str = LAN) -> Browser:
    """Somebody signed in with this browser."""
    browser = Browser(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = agent
    assert browser.sign_in(who).status_code == 302
    browser.last = None
    return browser


def marks(page: Any) -> list[str]:
    return re.findall(r'name="mark" value="([0-9a-f]{64})"', page.get_data(as_text=True))


def test_every_place_where_one_is_signed_in_stands_on_one_page(portal: Flask) -> None:
    at(portal, CHROME)
    at(portal, CHROME, "thao@anh-duong")
    page = at(portal, FIREFOX).get("/account")
    shown = re.sub("<[^>]+>", " ", part(page, "sessions") or "")
    assert "Firefox, Windows" in shown and "Chrome, Android" in shown
    assert len(marks(page)) == 1, "this browser has no button, a colleague's is not here"


def test_a_lost_telephone_is_signed_out_from_the_desk(portal: Flask, admin_connection: psycopg.Connection) -> None:
    telephone, desk = at(portal, CHROME), at(portal, FIREFOX)
    (mark,) = marks(desk.get("/account"))
    assert desk.post("/account", {"mark": mark}).status_code == 303
    assert telephone.get("/inbox").status_code == 302
    assert desk.get("/inbox").status_code == 200
    assert len(entries(admin_connection, "accounts:session:ended")) == 1


def test_all_others_end_at_once(portal: Flask, admin_connection: psycopg.Connection) -> None:
    others = [at(portal, CHROME) for _ in range(3)]
    desk = at(portal, FIREFOX)
    desk.get("/account")
    assert desk.post("/account").status_code == 303
    assert [one.get("/inbox").status_code for one in others] == [302] * 3
    assert desk.get("/inbox").status_code == 200
    assert len(entries(admin_connection, "accounts:session:ended")) == 3


def test_nobody_ends_a_colleagues_session(portal: Flask, admin_connection: psycopg.Connection) -> None:
    thao, lan = at(portal, CHROME, "thao@anh-duong"), at(portal, FIREFOX)
    found = admin_connection.execute(
        "SELECT encode(s.digest, 'hex') FROM sign_in_session s JOIN account a ON a.id = s.account_id"
        " WHERE a.email LIKE 'thao%'"
    ).fetchone()
    assert found is not None
    lan.get("/account")
    lan.post("/account", {"mark": found[0]})
    assert thao.get("/inbox").status_code == 200


def test_a_new_password_is_set_and_every_other_session_ends(
    portal: Flask, admin_connection: psycopg.Connection
) -> None:
    telephone, desk = at(portal, CHROME), at(portal, FIREFOX)
    desk.get("/account/password")
    assert desk.post("/account/password", {"password": PASSWORD, "new": NEW}).status_code == 303
    assert desk.follow().status_code == 200
    assert telephone.get("/inbox").status_code == 302
    assert len(entries(admin_connection, "accounts:password:set")) == 1
    assert Browser(portal).sign_in(LAN).status_code == 200
    assert Browser(portal).sign_in(LAN, NEW).status_code == 302


@pytest.mark.parametrize(
    ("password", "new", "field"),
    [
        ("sai", NEW, "password"),
        (PASSWORD, "ngắn", "new"),
        (PASSWORD, "a" * 30, "new"),
        (PASSWORD, "lan@anh-duong.vn", "new"),
        (PASSWORD, "", "new"),
        ("", NEW, "password"),
    ],
)
def test_a_password_that_cannot_be_taken_changes_nothing(
    password: str, new: str, field: str, portal: Flask, admin_connection: psycopg.Connection
) -> None:
    lan = at(portal, FIREFOX)
    lan.get("/account/password")
    answer = lan.post("/account/password", {"password": password, "new": new})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.get_data(as_text=True)
    assert entries(admin_connection, "accounts:password:set") == []
    assert Browser(portal).sign_in(LAN).status_code == 302


def test_an_app_is_set_up_by_choice_and_exchanged_later(portal: Flask, admin_connection: psycopg.Connection) -> None:
    lan = at(portal, FIREFOX)
    secret = secret_on(lan.get("/account/app"))
    code = pyotp.TOTP(secret).at(clock.now())
    sheet = lan.post("/account/app", {"password": PASSWORD, "code": code})
    assert len(re.findall(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b", text_of(sheet))) == 10
    other = secret_on(lan.get("/account/app"))
    assert other != secret
    answer = lan.post("/account/app", {"password": PASSWORD, "code": pyotp.TOTP(other).at(clock.now())})
    assert answer.status_code == 303, "the codes on paper stay"
    living = admin_connection.execute("SELECT count(*) FROM totp_secret WHERE ended_at IS NULL").fetchone()
    assert living == (1,)
    assert Browser(portal).sign_in(LAN).headers["Location"].endswith("/inbox")


@pytest.mark.parametrize("typed", [{"password": "sai", "code": "right"}, {"password": PASSWORD, "code": "000000"}])
def test_a_screen_left_alone_is_not_enough_to_set_up_an_app(
    typed: dict[str, str], portal: Flask, admin_connection: psycopg.Connection
) -> None:
    lan = at(portal, FIREFOX)
    secret = secret_on(lan.get("/account/app"))
    code = pyotp.TOTP(secret).at(clock.now()) if typed["code"] == "right" else typed["code"]
    assert lan.post("/account/app", {**typed, "code": code}).status_code == 422
    assert admin_connection.execute("SELECT count(*) FROM totp_secret").fetchone() == (0,)
    assert lan.get("/inbox").status_code == 200


def test_new_codes_on_paper_make_the_earlier_ones_worthless(
    portal: Flask, admin_connection: psycopg.Connection
) -> None:
    lan = at(portal, FIREFOX)
    for _ in range(2):
        lan.get("/account/codes")
        assert lan.post("/account/codes", {"password": PASSWORD}).status_code == 200
    living = admin_connection.execute("SELECT count(*) FROM recovery_code WHERE ended_at IS NULL").fetchone()
    assert living == (10,)
    lan.get("/account/codes")
    assert lan.post("/account/codes", {"password": "sai"}).status_code == 422


def test_in_sql_a_password_is_changed_by_its_person_freshly_signed_in_alone(acting_in_sql: Any) -> None:
    with acting_in_sql(LAN) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT set_own_password('$argon2id$x')")  # by the command line: no session, so not fresh


def test_in_sql_nobody_sees_where_others_are_signed_in(signed_in: SignedIn, acting_in_sql: Any) -> None:
    signed_in(LAN)
    with acting_in_sql("hanh@anh-duong") as connection:
        assert connection.execute("SELECT * FROM own_sessions()").fetchall() == []
    with acting_in_sql(LAN) as connection:
        assert len(connection.execute("SELECT * FROM own_sessions()").fetchall()) == 1


def test_a_browser_is_known_by_two_words() -> None:
    assert device_of(CHROME) == "Chrome, Android"
    assert device_of(FIREFOX) == "Firefox, Windows"
    assert device_of(CHROME.replace("Chrome/", "coc_coc_browser/110 Chrome/")) == "Cốc Cốc, Android"
    assert device_of("curl/8") is None
