"""The page that asks her: one service, one agency, nothing ticked beforehand, and what was typed stays."""

import re
from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.consent import queries
from referral_hub.kernel.ids import new_id
from tests.builders import a_case
from tests.conftest import Directory
from tests.portal.browsing import Browser, text_of
from tests.portal.conftest import SignedIn
from tests.portal.test_strangers import essence
from tests.portal.world import entries

PAPER = {"explained": "yes", "method": "paper_signed", "evidence-scan_hash": "3b1e"}


@pytest.fixture
def case(acting: Any) -> UUID:
    with acting("lan@anh-duong") as lan:
        return a_case(lan)


def ask(case: UUID, directory: Directory, service: str = "J2", to: str = "cong-an-tinh") -> str:
    return f"/cases/{case}/consents/new?service={service}&recipient={directory.agencies[to]}"


def given(acting: Any, case: UUID) -> list[queries.ConsentView]:
    with acting("lan@anh-duong") as lan:
        return queries.of_case(lan, case)


def test_service_then_agency_then_what_exactly(case: UUID, signed_in: SignedIn, directory: Directory) -> None:
    lan = signed_in("lan@anh-duong")
    assert f"/cases/{case}/consents/new" in lan.get(f"/cases/{case}").get_data(as_text=True)
    first = lan.get(f"/cases/{case}/consents/new")
    assert 'value="J2"' in first.get_data(as_text=True)
    second = lan.get(f"/cases/{case}/consents/new?service=J2").get_data(as_text=True)
    assert str(directory.agencies["cong-an-tinh"]) in second
    assert str(directory.agencies["tro-giup-phap-ly"]) not in second, "legal aid is no recipient of police protection"
    assert lan.get(ask(case, directory)).status_code == 200


def test_nothing_is_ticked_beforehand(case: UUID, signed_in: SignedIn, directory: Directory) -> None:
    page = signed_in("lan@anh-duong").get(ask(case, directory)).get_data(as_text=True)
    assert 'name="categories"' in page and 'name="named-location"' in page
    assert not re.search(r"<input[^>]*\bchecked\b", page)


def test_it_is_read_out_in_both_languages(case: UUID, signed_in: SignedIn, directory: Directory) -> None:
    said = text_of(signed_in("lan@anh-duong").get(ask(case, directory)))
    assert "chị vẫn được hỗ trợ như vậy" in said and "you are helped all the same" in said
    assert "dữ liệu cá nhân nhạy cảm" in said and "điều họ đã đọc thì không lấy lại được" in said


def test_what_she_agreed_to_stands_and_nothing_else(
    case: UUID, signed_in: SignedIn, directory: Directory, acting: Any
) -> None:
    lan = signed_in("lan@anh-duong")
    typed = {**PAPER, "categories": ["identity", "contact"], "named-location": "yes", "named-reporter": "no"}
    assert lan.post(ask(case, directory), typed).status_code == 303
    (view,) = given(acting, case)
    assert view.fact.categories == {"identity", "contact", "location"} and view.fact.named == {"location"}
    assert (view.fact.purpose, view.fact.recipient) == ("legal_protection", directory.agencies["cong-an-tinh"])


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"explained": ""}, "explained", "Hãy đọc cho chị ấy nghe"),
        ({"categories": ["psychosocial"]}, "categories", "không cho chia sẻ"),
        ({"categories": ["identity", "location"]}, "categories", "hỏi riêng"),
        ({"method": ""}, "method", "Hãy chọn cách"),
        ({"method": "sms_syntax", "evidence-message_id": "1"}, "method", "Hãy chọn cách"),
        ({"evidence-scan_hash": ""}, "evidence-scan_hash", "cần mục này"),
        ({"method": "verbal_witnessed"}, "evidence-witness_user_id", "cần mục này"),
        ({"method": "verbal_witnessed", "evidence-witness_user_id": "x"}, "evidence-witness_user_id", "người khác"),
        (
            {"valid_until-day": "31", "valid_until-month": "2", "valid_until-year": "2030"},
            "valid_until-day",
            "không có",
        ),
        ({"valid_until-day": "1", "valid_until-month": "2", "valid_until-year": "2020"}, "valid_until-day", "đã qua"),
        ({"capacity": "cannot"}, "capacity", "không tự quyết định được"),
    ],
)
def test_what_does_not_stand_names_its_field_and_keeps_what_was_typed(
    changed: dict[str, Any],
    field: str,
    sentence: str,
    case: UUID,
    signed_in: SignedIn,
    directory: Directory,
    acting: Any,
) -> None:
    lan = signed_in("lan@anh-duong")
    typed = {**PAPER, "categories": ["identity"], "named-incident_detail": "yes", **changed}
    answer = lan.post(ask(case, directory), typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and sentence in text_of(answer)
    assert f'href="#{field}"' in page and f'id="{field}"' in page, "the summary leads to the field"
    assert re.search(r'name="named-incident_detail"[^>]*value="yes"[^>]*checked', page)
    assert given(acting, case) == []


def test_the_witness_is_a_colleague(case: UUID, signed_in: SignedIn, directory: Directory, acting: Any) -> None:
    lan = signed_in("lan@anh-duong")
    said = {"method": "verbal_witnessed", "categories": ["identity"]}
    itself = PAPER | said | {"evidence-witness_user_id": str(directory.accounts["lan@anh-duong"])}
    assert lan.post(ask(case, directory), itself).status_code == 422
    there = PAPER | said | {"evidence-witness_user_id": str(directory.accounts["thao@anh-duong"])}
    assert lan.post(ask(case, directory), there).status_code == 303
    assert given(acting, case)[0].method == "verbal_witnessed"


def test_for_a_child_the_child_and_a_safe_adult_are_asked(
    signed_in: SignedIn, directory: Directory, acting: Any
) -> None:
    with acting("lan@anh-duong") as lan:
        child = a_case(lan, birth_year=2012, age_band=None)
    browser = signed_in("lan@anh-duong")
    assert 'name="child"' in browser.get(ask(child, directory)).get_data(as_text=True)
    typed: dict[str, Any] = {**PAPER, "categories": ["identity"]}
    assert 'href="#child"' in browser.post(ask(child, directory), typed).get_data(as_text=True)
    typed |= {"child": "written_consent"}
    assert 'href="#adult"' in browser.post(ask(child, directory), typed).get_data(as_text=True)
    typed |= {"adult": "caregiver_if_safe"}
    barred = browser.post(ask(child, directory), typed | {"guardian": "alleged"})
    assert barred.status_code == 422 and "không quyết định thay trẻ" in text_of(barred)
    assert browser.post(ask(child, directory), typed).status_code == 303


def test_a_grown_womans_page_asks_for_no_guardian(case: UUID, signed_in: SignedIn, directory: Directory) -> None:
    page = signed_in("lan@anh-duong").get(ask(case, directory)).get_data(as_text=True)
    assert 'name="child"' not in page and 'name="guardian"' not in page


def test_statistics_are_a_question_of_their_own(
    case: UUID, signed_in: SignedIn, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    lan = signed_in("lan@anh-duong")
    stands = "SELECT statistics_consent FROM case_fact WHERE case_id = %s"
    lan.post(ask(case, directory), {**PAPER, "categories": ["identity"], "answer": "given"})
    assert admin_connection.execute(stands, [case]).fetchone() == ("not_asked",)
    here = f"/cases/{case}/statistics"
    assert "checked" not in lan.get(here).get_data(as_text=True)
    assert lan.post(here, {}).status_code == 422
    for answer in ("given", "refused"):
        assert lan.post(here, {"answer": answer}).status_code == 303
        assert admin_connection.execute(stands, [case]).fetchone() == (answer,)
    assert len(entries(admin_connection, "cases:facts:changed")) == 2


@pytest.mark.parametrize("path", ["consents/new", "statistics"])
def test_strangers_get_what_does_not_exist(path: str, case: UUID, signed_in: SignedIn) -> None:
    def answers(browser: Browser) -> Any:
        browser.get("/inbox")
        return [essence(browser.get(f"/cases/{one}/{path}")) for one in (case, new_id())]

    there, nowhere = answers(signed_in("cuong@cong-an-tinh"))
    assert there == nowhere and there[0] == 404
    assert signed_in("thao@anh-duong").get(f"/cases/{case}/{path}").status_code == 403


def test_an_agency_that_is_no_recipient_of_the_service_cannot_be_asked_about(
    case: UUID, signed_in: SignedIn, directory: Directory, acting: Any
) -> None:
    lan = signed_in("lan@anh-duong")
    forged = ask(case, directory, to="tro-giup-phap-ly")
    assert lan.get(forged).status_code == 422
    assert lan.post(forged, {**PAPER, "categories": ["identity"]}).status_code == 422
    assert given(acting, case) == []


def test_with_nothing_ticked_there_is_no_consent(case: UUID, signed_in: SignedIn, directory: Directory) -> None:
    answer = signed_in("lan@anh-duong").post(ask(case, directory), PAPER)
    assert answer.status_code == 422 and "ít nhất một nhóm" in text_of(answer)


def test_asked_again_she_leaves_something_out(
    case: UUID, signed_in: SignedIn, directory: Directory, acting: Any
) -> None:
    lan = signed_in("lan@anh-duong")
    lan.post(ask(case, directory), {**PAPER, "categories": ["identity", "contact"]})
    (old,) = given(acting, case)
    again = f"{ask(case, directory)}&replaces={old.fact.id}"
    assert again.replace("&", "&amp;") in lan.get(f"/cases/{case}").get_data(as_text=True)
    page = lan.get(again)
    assert "Trước đây chị ấy đồng ý: Nhân thân; Cách liên hệ an toàn" in text_of(page)
    assert not re.search(r"<input[^>]*\bchecked\b", page.get_data(as_text=True)), "asked again, not assumed"
    assert lan.post(again, {**PAPER, "categories": ["identity"]}).status_code == 303
    newest, first = given(acting, case)
    assert newest.fact.categories == {"identity"} and newest.fact.withdrawn_at is None
    assert first.replaced and "Đã hỏi lại" in text_of(lan.get(f"/cases/{case}"))


def test_one_that_was_replaced_meanwhile_leaves_one_consent(
    case: UUID, signed_in: SignedIn, directory: Directory, acting: Any
) -> None:
    lan = signed_in("lan@anh-duong")
    lan.post(ask(case, directory), {**PAPER, "categories": ["identity"]})
    (old,) = given(acting, case)
    again = f"{ask(case, directory)}&replaces={old.fact.id}"
    lan.post(again, {**PAPER, "categories": ["identity"]})
    lan.post(again, {**PAPER, "categories": ["identity", "contact"]})
    live = [one for one in given(acting, case) if one.fact.withdrawn_at is None]
    assert len(live) == 1, "a form sent twice must not widen behind what she said last"
