"""Whoever is no party learns nothing, and nothing that anybody types breaks a page."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from referral_hub.kernel.ids import new_id
from referral_hub.referrals.drafting import NewReferral, draft
from tests.builders import a_case, agency_id
from tests.portal.browsing import Browser, text_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries, recorded
from tests.story import Told

STRANGERS = ("minh@tro-giup-phap-ly", "helen@koica", "thu@benh-vien-tinh", "tam@so-y-te")
NASTY = {
    "long": "x" * 100_000,
    "zero byte": "a\x00b",
    "half of a pair": "\ud800",
    "markup": "<script>alert(1)</script>{{ 7*7 }}",
    "quotation": "'; DROP TABLE referral; --",
    "right to left": "\u202etxt.exe",
    "number": "99999999999999999999999",
    "blank": " \t\r\n\u00a0",
}
ADDRESSES = (
    "/referrals/x",
    "/referrals/%00",
    "/referrals/00000000-0000-0000-0000-000000000000",
    "/referrals/../../etc/passwd",
    "/referrals/" + "9" * 2000,
    "/cases/x/consents/y/withdraw",
    "/cases/%F0%9F%98%80",
    "/%00",
    "/inbox/",
    "/INBOX",
    "//inbox",
    "/static/../app.py",
    "/static/%2e%2e/%2e%2e/config.py",
    "/static/",
    "/referrals/{id}/no-such-verb",
    "/referrals/{id}/%00",
    "/referrals/{id}/" + "v" * 3000,
    "/referrals/{id}/send",
    "/referrals/{id}/ACCEPT",
    "/referrals/{id}/accept/",
    "/cases/{case}?lang=%00",
    "/reports?from-day=99&from-month=x&from-year=-1",
    "/reports?from-day=1&from-month=1&from-year=99999999999999999999",
    "/reports?from-day=%00&from-month=%00&from-year=%00",
    "/reports?from-day=1&from-month=1&from-year=1&to-day=31&to-month=12&to-year=9999",
    "/reports?from-day=2&from-month=1&from-year=2026&to-day=1&to-month=1&to-year=2026",
    "/reports?audience=%00",
    "/reports?audience=" + "a" * 3000,
    "/sign-in?next=%00",
    "/sign-in?next=" + "n" * 3000,
)


def essence(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Status, body and headers, without the token and the request's number, which differ on every page by right."""
    own = {"Content-Length", "X-Request-Id"}
    return answer.status_code, _without_token(answer.get_data()), [(k, v) for k, v in answer.headers if k not in own]


def _without_token(body: bytes) -> bytes:
    return re.sub(rb'name="csrf_token" value="[^"]+"', b"", body)


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_cannot_tell_anothers_referral_from_none(who: str, signed_in: SignedIn, accepted: Told) -> None:
    browser = signed_in(who)
    browser.get("/inbox")
    for there, nowhere in (
        (f"/referrals/{accepted.referral}", f"/referrals/{new_id()}"),
        (f"/referrals/{accepted.referral}/accept", f"/referrals/{new_id()}/accept"),
        (f"/cases/{accepted.case}", f"/cases/{new_id()}"),
        (
            f"/cases/{accepted.case}/consents/{accepted.consent}/withdraw",
            f"/cases/{new_id()}/consents/{uuid4()}/withdraw",
        ),
    ):
        found = essence(browser.get(there))
        assert found[0] == 404
        assert found == essence(browser.get(nowhere)), there


def test_a_stranger_cannot_tell_them_apart_by_posting_either(signed_in: SignedIn, sent: Told) -> None:
    minh = signed_in("minh@tro-giup-phap-ly")
    for verb in ("accept", "withdraw", "cancel", "close"):
        found = essence(minh.post(f"/referrals/{sent.referral}/{verb}", {"reason": "other", "her_wish": "x"}))
        assert found[0] == 404
        assert found == essence(minh.post(f"/referrals/{new_id()}/{verb}", {"reason": "other", "her_wish": "x"}))


def test_the_recipient_of_a_referral_is_a_stranger_to_its_case(signed_in: SignedIn, accepted: Told) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    cuong.get("/inbox")
    assert essence(cuong.get(f"/cases/{accepted.case}")) == essence(cuong.get(f"/cases/{new_id()}"))


def test_a_referral_is_unknown_to_its_recipient_until_it_is_sent(signed_in: SignedIn, acting: Any, now: Any) -> None:
    with acting("lan@anh-duong") as lan:
        waiting = draft(lan, NewReferral(a_case(lan), agency_id("cong-an-tinh"), "J2"), now=now)
    cuong = signed_in("cuong@cong-an-tinh")
    cuong.get("/inbox")
    assert essence(cuong.get(f"/referrals/{waiting}")) == essence(cuong.get(f"/referrals/{new_id()}"))


@pytest.mark.parametrize("who", ["hanh@anh-duong", None])
def test_no_address_breaks_a_page(who: str | None, signed_in: SignedIn, browser: Browser, sent: Told) -> None:
    someone = browser if who is None else signed_in(who)
    broken = []
    for address in ADDRESSES:
        answer = someone.get(address.replace("{id}", str(sent.referral)).replace("{case}", str(sent.case)))
        page = answer.get_data(as_text=True)
        in_words = answer.status_code < 400 or ('lang="vi"' in page and "Traceback" not in page)
        if answer.status_code >= 500 or not in_words:
            broken.append((address[:80], answer.status_code))
    assert broken == []


def _forms(referral: UUID, case: UUID, consent: UUID) -> Iterator[tuple[str, str]]:
    yield f"/referrals/{referral}/ask", "question"
    yield f"/referrals/{referral}/decline", "reason"
    yield f"/referrals/{referral}/accept", "version"
    yield f"/referrals/{referral}/withdraw", "her_wish"
    yield f"/cases/{case}/consents/{consent}/withdraw", "her_wish"
    yield "/sign-in", "email"


@pytest.mark.parametrize("what", NASTY)
def test_nothing_that_is_typed_breaks_a_form(what: str, signed_in: SignedIn, sent: Told) -> None:
    cuong, lan = signed_in("cuong@cong-an-tinh"), signed_in("lan@anh-duong")
    for path, field in _forms(sent.referral, sent.case, sent.consent):
        someone = lan if path.startswith("/cases") else cuong
        answer = someone.post(path, {field: NASTY[what].encode("utf-8", "surrogatepass")})
        assert answer.status_code < 500, (path, what)
        assert "<script>alert(1)" not in answer.get_data(as_text=True)


def test_a_form_as_large_as_a_film_is_refused_in_words(signed_in: SignedIn, sent: Told) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    answer = cuong.post(f"/referrals/{sent.referral}/ask", {"question": "x" * 2_000_000})
    assert answer.status_code == 413
    assert "quá nhiều" in text_of(answer) or "quá lớn" in text_of(answer)


def test_other_methods_break_nothing(signed_in: SignedIn, sent: Told, admin_connection: Any) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    before = recorded(admin_connection)["referral_event"]
    for path in ("/inbox", f"/referrals/{sent.referral}", f"/referrals/{sent.referral}/accept", "/sign-out"):
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"):
            assert cuong.client.open(path, method=method).status_code < 500, (method, path)
    assert recorded(admin_connection)["referral_event"] == before


def test_a_refused_look_is_in_the_log_although_nothing_else_was_kept(
    signed_in: SignedIn, sent: Told, admin_connection: Any
) -> None:
    signed_in("minh@tro-giup-phap-ly").get(f"/referrals/{sent.referral}")
    signed_in("thao@anh-duong").post(f"/referrals/{sent.referral}/cancel", {"reason": "duplicate"})
    refused = entries(admin_connection, "access:step:refused")
    assert [(one["org"], one["why"], one["out"], one["via"]) for one in refused] == [
        ("tro-giup-phap-ly", "referral:read", "denied", "portal"),
        ("anh-duong", "referral:step", "denied", "portal"),
    ]
    assert [one["obj"] for one in refused] == [str(sent.referral), str(sent.case)]


def test_a_look_at_what_is_not_there_is_logged_like_one_at_anothers(
    signed_in: SignedIn, sent: Told, admin_connection: Any
) -> None:
    minh = signed_in("minh@tro-giup-phap-ly")
    for one in (sent.referral, new_id()):
        minh.get(f"/referrals/{one}")
    first, second = entries(admin_connection, "access:step:refused")
    assert {k: v for k, v in first.items() if k not in ("id", "at", "obj", "pc")} == {
        k: v for k, v in second.items() if k not in ("id", "at", "obj", "pc")
    }
