"""One referral as each reader may see it: the owner with reasons, the recipient with what was granted, others not."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.builders import SECTIONS, a_case, a_consent, a_sent_referral, take
from tests.people import HOUSE, POLICE
from tests.portal.browsing import part, text_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries
from tests.story import Told, accepted_by, sent_to

SENTENCE = "Chỉ những thông tin người được hỗ trợ đồng ý chia sẻ được hiển thị."
NAME, PHONE = str(SECTIONS["identity"]["full_name"]), str(SECTIONS["contact"]["safe_phone"])
INJURY, NEED = str(SECTIONS["medical"]["injuries"]), str(SECTIONS["psychosocial"]["needs_summary"])
#: What the case of the tests holds and the police may not see, by the labels of the regulation.
OTHER_LABELS = ("Kết quả khám sức khỏe, thương tích", "Y tế", "Tâm lý", "tâm lý", "Mức độ nguy cơ", "Nơi ở", "Tài liệu")
#: Statements that the pages took when this was written; more means that something reads row by row.
STATEMENTS = {"lan@anh-duong": 27, "cuong@cong-an-tinh": 20, "thao@anh-duong": 18}


@pytest.fixture
def withdrawn(acting: Any, accepted: Told) -> Told:
    """She said stop after the police had accepted."""
    with acting("cuong@cong-an-tinh") as cuong:
        take(cuong, accepted.referral, "start")
    with acting("lan@anh-duong") as lan:
        take(lan, accepted.referral, "withdraw", notes={"her_wish": "Chị muốn dừng lại"})
    return accepted


def test_its_owner_sees_what_is_shared_and_why_the_rest_is_not(signed_in: SignedIn, accepted: Told) -> None:
    page = signed_in("lan@anh-duong").get(f"/referrals/{accepted.referral}")
    withheld = part(page, "withheld")
    assert withheld is not None
    assert "Quy chế không cho" in withheld  # never for this recipient
    assert "Người được hỗ trợ chưa đồng ý" in withheld or "chưa đồng ý" in withheld
    assert "Nhân thân" in (part(page, "shared") or "")
    assert SENTENCE not in text_of(page)


def test_both_sides_see_one_rendering_of_what_is_shared(signed_in: SignedIn, accepted: Told) -> None:
    def said(who: str) -> list[str]:
        shared = part(signed_in(who).get(f"/referrals/{accepted.referral}"), "shared") or ""
        return re.findall(r"<(?:h3|dt|dd)[^>]*>(.*?)</", shared)

    assert NAME in said("lan@anh-duong")
    assert said("lan@anh-duong") == said("cuong@cong-an-tinh")


def test_its_owner_is_led_to_the_case_and_to_the_safe_way_to_call(signed_in: SignedIn, sent: Told) -> None:
    page = signed_in("lan@anh-duong").get(f"/referrals/{sent.referral}")
    assert f'href="/cases/{sent.case}"' in page.get_data(as_text=True)
    assert "sau 20 giờ" in (part(page, "safe-contact") or "")


@pytest.mark.parametrize("who", ["thao@anh-duong", "mai@anh-duong", "dung@anh-duong"])
def test_a_colleague_who_does_not_hold_the_case_reads_nothing_of_it(
    who: str, signed_in: SignedIn, accepted: Told
) -> None:
    browser = signed_in(who)
    page = browser.get(f"/referrals/{accepted.referral}")
    assert page.status_code == 200
    shown = text_of(page)
    assert not [word for word in (NAME, PHONE, "sau 20 giờ", SENTENCE) if word in shown]
    assert part(page, "withheld") is None
    assert part(page, "safe-contact") is None
    assert f"/cases/{accepted.case}" not in page.get_data(as_text=True)
    assert browser.get(f"/cases/{accepted.case}").status_code == 403


@pytest.mark.parametrize("who", ["thao@anh-duong", "mai@anh-duong", "dung@anh-duong"])
def test_a_colleague_is_offered_no_step_but_her_withdrawal(who: str, signed_in: SignedIn, accepted: Told) -> None:
    page = signed_in(who).get(f"/referrals/{accepted.referral}").get_data(as_text=True)
    assert f"/referrals/{accepted.referral}/withdraw" in page
    for verb in ("cancel", "close", "redirect", "void"):
        assert f"/referrals/{accepted.referral}/{verb}" not in page, verb


def test_before_accepting_the_recipient_sees_the_preview_and_one_fixed_sentence(
    signed_in: SignedIn, sent: Told
) -> None:
    page = signed_in("cuong@cong-an-tinh").get(f"/referrals/{sent.referral}")
    shared, shown = part(page, "shared") or "", text_of(page)
    assert SENTENCE in shared
    assert "25-39" in shared and "sau 20 giờ" in shared and "Hội Phụ nữ" in shared
    assert not [word for word in (NAME, PHONE, "Bạo lực thể chất", INJURY, NEED) if word in shown]
    assert "Nhân thân" not in shared, "a recipient learns of a category when it opens"


def test_after_accepting_the_recipient_sees_what_she_agreed_to(signed_in: SignedIn, accepted: Told) -> None:
    shared = part(signed_in("cuong@cong-an-tinh").get(f"/referrals/{accepted.referral}"), "shared") or ""
    assert NAME in shared and PHONE in shared and "Bạo lực thể chất" in shared
    assert SENTENCE in shared


@pytest.mark.parametrize("moment", ["sent", "accepted", "withdrawn"])
def test_a_recipient_never_learns_which_other_categories_there_are(
    moment: str, signed_in: SignedIn, request: pytest.FixtureRequest
) -> None:
    told: Told = request.getfixturevalue(moment)
    page = signed_in("cuong@cong-an-tinh").get(f"/referrals/{told.referral}")
    assert part(page, "withheld") is None
    whole = page.get_data(as_text=True)
    assert not [word for word in (INJURY, NEED, "rh-withheld", *OTHER_LABELS) if word in whole]


def test_pages_of_a_recipient_are_the_same_whatever_was_held_back(signed_in: SignedIn, acting: Any) -> None:
    """Two cases that differ only in what the police may not see give pages of equal words."""
    few = {c: SECTIONS[c] for c in ("identity", "contact", "demographics_min", "incident_summary")}
    told = [accepted_by(acting, sections=few), accepted_by(acting)]
    cuong = signed_in("cuong@cong-an-tinh")
    parts = [part(cuong.get(f"/referrals/{one.referral}"), "shared") for one in told]
    assert parts[0] == parts[1]


def test_after_she_withdrew_the_recipient_keeps_status_and_times_only(signed_in: SignedIn, withdrawn: Told) -> None:
    page = signed_in("cuong@cong-an-tinh").get(f"/referrals/{withdrawn.referral}")
    assert page.status_code == 200
    assert part(page, "gone") is not None
    assert part(page, "shared") is None and part(page, "safe-contact") is None
    shown = text_of(page)
    assert not [word for word in (NAME, PHONE, "25-39", "sau 20 giờ", "Nhân thân", SENTENCE) if word in shown]
    assert "Gửi lúc" in shown and "Nhận hỗ trợ" in (part(page, "history") or "")


def test_her_words_are_gone_with_the_access(signed_in: SignedIn, withdrawn: Told) -> None:
    assert "Chị muốn dừng lại" not in text_of(signed_in("cuong@cong-an-tinh").get(f"/referrals/{withdrawn.referral}"))
    assert "Chị muốn dừng lại" in text_of(signed_in("lan@anh-duong").get(f"/referrals/{withdrawn.referral}"))


def test_a_referral_that_was_declined_shows_its_recipient_nothing_any_more(
    signed_in: SignedIn, acting: Any, sent: Told
) -> None:
    with acting("cuong@cong-an-tinh") as cuong:
        take(cuong, sent.referral, "decline", reason="no_capacity")
    page = signed_in("cuong@cong-an-tinh").get(f"/referrals/{sent.referral}")
    assert part(page, "gone") is not None
    assert not [word for word in ("25-39", "sau 20 giờ", "Hội Phụ nữ") if word in text_of(page)]


def test_a_person_of_the_recipient_without_the_role_to_answer_is_told_to_ask(
    signed_in: SignedIn, sent: Told, admin_connection: Any
) -> None:
    admin_connection.execute("SET session_replication_role = replica")  # nobody asks for the entry of this
    admin_connection.execute(
        "UPDATE account_role SET role = 'statistics_viewer' WHERE account_id ="
        " (SELECT id FROM account WHERE email = 'cuong@cong-an-tinh.example')"
    )
    answer = signed_in("cuong@cong-an-tinh").get(f"/referrals/{sent.referral}")
    assert answer.status_code == 403
    assert not [word for word in (NAME, PHONE, "25-39") if word in text_of(answer)]


@pytest.mark.parametrize("who", STATEMENTS)
def test_a_page_of_a_referral_takes_few_statements(
    who: str, signed_in: SignedIn, accepted: Told, statements: Any
) -> None:
    browser = signed_in(who)
    browser.get(f"/referrals/{accepted.referral}")
    with statements() as sent:
        assert browser.get(f"/referrals/{accepted.referral}").status_code == 200
    assert len(sent) <= STATEMENTS[who], (len(sent), sent)


def test_reading_by_the_recipient_is_in_the_log_and_reading_an_inbox_is_not(
    signed_in: SignedIn, accepted: Told, admin_connection: Any
) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    before = len(entries(admin_connection, "cases:sections:read"))
    cuong.get("/inbox")
    assert len(entries(admin_connection, "cases:sections:read")) == before
    cuong.get(f"/referrals/{accepted.referral}")
    read = entries(admin_connection, "cases:sections:read")[before:]
    assert [(one["org"], one["obj"], one["via"]) for one in read] == [(POLICE, str(accepted.case), "portal")]


def test_times_stand_day_first_and_in_the_provinces_zone_in_both_languages(signed_in: SignedIn, acting: Any) -> None:
    at = datetime(2026, 11, 2, 18, 30, tzinfo=UTC)
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, now=at)
        a_consent(lan, case, now=at)
        referral = a_sent_referral(lan, case, now=at)
    browser = signed_in("lan@anh-duong")
    for language in ("vi", "en"):
        assert "03/11/2026 01:30" in text_of(browser.get(f"/referrals/{referral}?lang={language}"))


def test_the_page_of_the_sender_names_both_agencies(signed_in: SignedIn, acting: Any) -> None:
    told = sent_to(acting)
    shown = text_of(signed_in("lan@anh-duong").get(f"/referrals/{told.referral}"))
    assert "Ngôi nhà Ánh Dương Quảng Ninh" in shown and "Công an tỉnh Quảng Ninh" in shown
    assert HOUSE not in shown, "agencies are called by their names"
