"""The sign-in page says the same to everybody who is not let in, and never locks anybody out."""

import html
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.people import PASSWORD
from tests.portal.browsing import Browser, text_of, title_of
from tests.portal.conftest import SignedIn

REFUSAL = "Email hoặc mật khẩu chưa đúng"
WRONG = {
    "a wrong password": ("lan@anh-duong", "không-phải"),
    "an account that does not exist": ("nobody@anh-duong", "không-phải"),
    "an agency that does not exist": ("lan@nowhere", "không-phải"),
    "the name of a system task": ("system:register-import:anh-duong", "không-phải"),
    "a quotation mark": ("lan'--@anh-duong", "' OR 1=1 --"),
    "a very long password": ("lan@anh-duong", "x" * 4000),
    "a letter nobody types": ("lan@anh-duong", "\u0000mưa\u202e"),
    "an account spelled with a zero byte": ("lan\u0000@anh-duong", "không-phải"),
}


def neutral(response: TestResponse) -> str:
    """A page without what differs by right: the token and what was typed."""
    page = response.get_data(as_text=True)
    page = re.sub(r'(name="csrf_token"[^>]*value=)"[^"]*"', r"\1", page)
    return re.sub(r'(<input(?=[^>]*name="email")[^>]*?value=)"[^"]*"', r"\1", page, flags=re.S)


@pytest.fixture
def refused(portal: Flask) -> Callable[[str, str], TestResponse]:
    """Each attempt in a fresh browser."""

    def answer(who: str, password: str) -> TestResponse:
        return Browser(portal).sign_in(who, password)

    return answer


@pytest.mark.parametrize("what", WRONG)
def test_whoever_is_not_let_in_reads_the_same_page(what: str, refused: Callable[[str, str], TestResponse]) -> None:
    expected = refused("lan@anh-duong", "chắc-chắn-sai")
    answer = refused(*WRONG[what])
    assert answer.status_code == expected.status_code == 200
    assert neutral(answer) == neutral(expected)
    assert REFUSAL in text_of(answer)
    assert [name for name, _ in answer.headers] == [name for name, _ in expected.headers]


def test_an_account_that_was_closed_reads_like_a_wrong_password(
    refused: Callable[[str, str], TestResponse], admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("SET session_replication_role = replica")  # nobody asks for the entry of this
    admin_connection.execute("UPDATE account SET active = false WHERE email = 'lan@anh-duong.example'")
    assert neutral(refused("lan@anh-duong", PASSWORD)) == neutral(refused("nobody@anh-duong", PASSWORD))


def test_a_refused_page_keeps_the_e_mail_and_never_the_password(browser: Browser) -> None:
    page = browser.sign_in("lan@anh-duong", "bí-mật-gõ-nhầm").get_data(as_text=True)
    assert 'value="lan@anh-duong.example"' in page
    assert "bí-mật-gõ-nhầm" not in html.unescape(page)


def test_nobody_is_locked_out_by_wrong_passwords(browser: Browser) -> None:
    for _ in range(12):
        assert browser.sign_in("lan@anh-duong", "sai").status_code == 200
    assert browser.sign_in("lan@anh-duong").status_code == 302


def test_the_right_password_leads_to_the_inbox_in_the_own_language(signed_in: SignedIn) -> None:
    browser = signed_in("helen@koica")
    browser.get("/")
    page = browser.follow()
    assert page.status_code == 200
    assert 'lang="en"' in page.get_data(as_text=True)
    assert "Helen Park" in text_of(page)


@pytest.mark.parametrize("typed", ["LAN@anh-duong.example", " lan@anh-duong.example "])
def test_an_e_mail_is_found_however_it_was_typed(typed: str, browser: Browser) -> None:
    browser.get("/sign-in")
    assert browser.post("/sign-in", {"email": typed, "password": PASSWORD}).status_code == 302


def test_a_password_is_the_same_in_composed_and_in_combining_letters(browser: Browser) -> None:
    combining = unicodedata.normalize("NFD", PASSWORD)
    assert combining != PASSWORD
    assert browser.sign_in("lan@anh-duong", combining).status_code == 302


@pytest.mark.parametrize(("who", "password"), [("", ""), ("lan@anh-duong", ""), ("", PASSWORD)])
def test_a_form_half_filled_in_is_answered_in_vietnamese(who: str, password: str, browser: Browser) -> None:
    answer = browser.sign_in(who, password)
    assert answer.status_code == 200
    assert REFUSAL in text_of(answer)
    assert not re.search(r"\b(required|not provided|field|invalid)\b", text_of(answer), re.I)


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"],
)
def test_after_signing_in_nobody_is_sent_to_another_site(elsewhere: str, browser: Browser) -> None:
    browser.get("/sign-in", query_string={"next": elsewhere})
    answer = browser.post("/sign-in", {"email": "lan@anh-duong.example", "password": PASSWORD, "next": elsewhere})
    assert urlsplit(urljoin("http://localhost/", answer.headers.get("Location", ""))).hostname == "localhost"


def test_who_had_to_sign_in_first_arrives_where_the_link_led(browser: Browser) -> None:
    answer = browser.get("/inbox?tab=waiting")
    assert answer.status_code == 302
    browser.follow()
    there = browser.post(browser.last.request.full_path, {"email": "lan@anh-duong.example", "password": PASSWORD})  # type: ignore[union-attr]
    assert there.headers["Location"].endswith("/inbox?tab=waiting")


def test_the_sign_in_page_tells_nothing_about_accounts_of_a_real_hub(browser: Browser) -> None:
    page = browser.get("/sign-in")
    assert "anh-duong.example" not in page.get_data(as_text=True)
    assert title_of(page) == "Đăng nhập - Cổng chuyển gửi liên ngành"


def test_every_attempt_that_succeeds_is_in_the_log(signed_in: SignedIn, admin_connection: psycopg.Connection) -> None:
    signed_in("lan@anh-duong")
    rows = admin_connection.execute("SELECT convert_from(envelope, 'UTF8') FROM audit_entry").fetchall()
    assert sum('"accounts:session:started"' in row[0] for row in rows) == 1


def test_the_token_of_the_session_is_stored_as_a_hash_alone(
    signed_in: SignedIn, admin_connection: psycopg.Connection, portal: Flask
) -> None:
    browser = signed_in("lan@anh-duong")
    with browser.client.session_transaction(base_url=browser.base_url) as session:
        token = session["door"]
    rows = admin_connection.execute("SELECT s::text FROM sign_in_session s").fetchall()
    assert len(rows) == 1
    assert token not in rows[0][0]
