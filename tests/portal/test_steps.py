"""Each step of the transition table as people take it on the pages."""

import re
from typing import Any

import pytest

from referral_hub.referrals.rules import outcomes as offered
from referral_hub.regulation.loader import shipped
from tests.builders import SERVICE, a_case, a_consent, a_sent_referral, take
from tests.portal.browsing import Browser, part, text_of, title_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries, recorded, status_of
from tests.story import Told

SENDER, RECIPIENT, COORDINATOR = "lan@anh-duong", "cuong@cong-an-tinh", "ha@trung-tam-tgxh"

#: verb, who, what is typed, steps of the recipient that lead there, status afterwards
STEPS = [
    ("acknowledge", RECIPIENT, {}, (), "acknowledged"),
    ("ask", RECIPIENT, {"question": "Cần thêm địa chỉ"}, (), "info_requested"),
    ("answer", SENDER, {"answer": "Đã bổ sung"}, ("ask",), "acknowledged"),
    ("accept", RECIPIENT, {}, (), "accepted"),
    ("decline", RECIPIENT, {"reason": "no_capacity"}, (), "declined"),
    ("start", RECIPIENT, {}, ("accept",), "in_service"),
    ("hold", RECIPIENT, {"reason": "waiting_papers"}, ("accept", "start"), "on_hold"),
    ("resume", RECIPIENT, {}, ("accept", "start", "hold"), "in_service"),
    ("complete", RECIPIENT, {"outcome": "provided"}, ("accept", "start"), "completed"),
    ("not_complete", RECIPIENT, {"reason": "no_show"}, ("accept",), "not_completed"),
    ("cancel", SENDER, {"reason": "duplicate"}, (), "cancelled"),
    ("withdraw", SENDER, {"her_wish": "Dừng lại"}, ("accept",), "withdrawn"),
    ("withdraw", RECIPIENT, {"her_wish": "Dừng lại"}, ("accept",), "withdrawn"),
    ("close", SENDER, {}, ("accept", "start", "complete"), "closed"),
    ("close", COORDINATOR, {"reason": "no_other_provider"}, ("decline",), "closed"),
    ("void", SENDER, {"reason": "practice"}, (), "void"),
]
SAID: dict[str, dict[str, Any]] = {
    "ask": {"notes": {"question": "Cần thêm địa chỉ"}},
    "decline": {"reason": "no_capacity"},
    "hold": {"reason": "waiting_papers"},
    "complete": {"outcome": "provided"},
}


@pytest.fixture
def outcomes() -> list[str]:
    """What the regulation lets the recipient report for the service of the tests."""
    regulation = shipped()
    transition = next(t for t in regulation.transitions if t.verb == "complete")
    return list(offered(regulation, transition, SERVICE))


def lead(acting: Any, told: Told, verbs: tuple[str, ...], outcome: str = "") -> None:
    for verb in verbs:
        with acting(RECIPIENT) as actor:
            said = dict(SAID.get(verb, {}))
            if "outcome" in said:
                said["outcome"] = outcome
            take(actor, told.referral, verb, **said)


@pytest.mark.parametrize(("verb", "who", "typed", "before", "after"), STEPS)
def test_a_step_is_taken_on_the_pages(
    verb: str,
    who: str,
    typed: dict[str, str],
    before: tuple[str, ...],
    after: str,
    acting: Any,
    signed_in: SignedIn,
    sent: Told,
    outcomes: list[str],
    admin_connection: Any,
) -> None:
    lead(acting, sent, before, outcomes[0])
    someone = signed_in(who)
    page = someone.get(f"/referrals/{sent.referral}")
    target = f"/referrals/{sent.referral}/{verb}"
    assert target in page.get_data(as_text=True), "the page offers the step"
    form = {**typed, **({"outcome": outcomes[0]} if "outcome" in typed else {})}
    answer = someone.post(target, {**form, "version": shown_version(someone, target)})
    assert answer.status_code == 303
    assert status_of(admin_connection, sent.referral) == after
    assert part(someone.follow(), "history") is not None
    stepped = entries(admin_connection, "referrals:referral:stepped")[-1]
    assert (stepped["via"], stepped["obj"]) == ("portal", str(sent.case))


def shown_version(browser: Browser, target: str) -> str:
    """The version that the page of the step, or the button on the referral's page, was made for."""
    page = browser.get(target)
    if page.status_code == 303:
        page = browser.follow()
    found = re.search(r'name="version" value="(\d+)"', page.get_data(as_text=True))
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("verb", "who", "before", "field"),
    [
        ("decline", RECIPIENT, (), "reason"),
        ("ask", RECIPIENT, (), "question"),
        ("cancel", SENDER, (), "reason"),
        ("withdraw", SENDER, (), "her_wish"),
        ("hold", RECIPIENT, ("accept", "start"), "reason"),
        ("complete", RECIPIENT, ("accept", "start"), "outcome"),
    ],
)
def test_what_is_missing_is_said_beside_its_field_and_nothing_is_recorded(
    verb: str,
    who: str,
    before: tuple[str, ...],
    field: str,
    acting: Any,
    signed_in: SignedIn,
    sent: Told,
    admin_connection: Any,
) -> None:
    lead(acting, sent, before)
    someone, steps = signed_in(who), recorded(admin_connection)["referral_event"]
    for value in ("", "   ", "khong-co-trong-danh-sach") if field in ("reason", "outcome") else ("", "   "):
        answer = someone.post(f"/referrals/{sent.referral}/{verb}", {field: value})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert title_of(answer).startswith("Lỗi: ")
        assert f'href="#{field}"' in page, "the summary leads to the field"
        assert re.search(rf'id="{field}(-error)?"', page)
        assert "govuk-error-message" in page
    assert recorded(admin_connection)["referral_event"] == steps


def test_what_was_typed_is_kept_when_something_else_is_missing(signed_in: SignedIn, sent: Told) -> None:
    cuong = signed_in(RECIPIENT)
    answer = cuong.post(f"/referrals/{sent.referral}/ask", {"question": "Cần thêm gì đó <b>đậm</b> " + "x" * 600})
    assert answer.status_code == 422
    assert "Cần thêm gì đó &lt;b&gt;đậm&lt;/b&gt;" in answer.get_data(as_text=True)
    assert "500" in text_of(answer)


def test_an_acknowledgement_by_telephone_needs_who_answered(signed_in: SignedIn, acting: Any) -> None:
    with acting(SENDER) as lan:
        case = a_case(lan)
        a_consent(lan, case)
        referral = a_sent_referral(lan, case, urgency="emergency")
    page = signed_in(SENDER).post(f"/referrals/{referral}/record_phone_acknowledgement", {"person_and_number": ""})
    assert page.status_code == 422
    assert 'href="#person_and_number"' in page.get_data(as_text=True)


def test_who_came_second_reads_who_was_faster_and_when(signed_in: SignedIn, sent: Told, admin_connection: Any) -> None:
    cuong, huyen = signed_in(RECIPIENT), signed_in("huyen@cong-an-tinh")
    target = f"/referrals/{sent.referral}/decline"
    seen = shown_version(huyen, target)
    cuong.post(f"/referrals/{sent.referral}/accept", {"version": seen})
    answer = huyen.post(target, {"reason": "no_capacity", "version": seen})
    shown = text_of(huyen.follow() if answer.status_code == 303 else answer)
    assert "Ngô Mạnh Cường" in shown and "đã làm trước bạn" in shown
    assert re.search(r"\d\d/\d\d/\d{4} \d\d:\d\d: Nhận hỗ trợ", shown)
    assert status_of(admin_connection, sent.referral) == "accepted"


def test_a_step_that_is_not_possible_any_more_says_so(signed_in: SignedIn, sent: Told, admin_connection: Any) -> None:
    cuong = signed_in(RECIPIENT)
    cuong.post(f"/referrals/{sent.referral}/accept")
    answer = cuong.post(f"/referrals/{sent.referral}/acknowledge")
    assert answer.status_code in (303, 409)
    shown = text_of(cuong.follow() if answer.status_code == 303 else answer)
    assert "Đã nhận hỗ trợ" in shown and "Không làm được bước" in shown
    assert status_of(admin_connection, sent.referral) == "accepted"


def test_a_button_pressed_twice_is_one_step(signed_in: SignedIn, sent: Told, admin_connection: Any) -> None:
    cuong = signed_in(RECIPIENT)
    version = shown_version(cuong, f"/referrals/{sent.referral}/decline")
    for _ in range(2):
        answer = cuong.post(f"/referrals/{sent.referral}/accept", {"version": version})
        assert answer.status_code == 303
    rows = admin_connection.execute("SELECT verb FROM referral_event ORDER BY id").fetchall()
    assert [row[0] for row in rows] == ["send", "accept"]
    assert len(entries(admin_connection, "access:grant:opened")) == 1


def test_a_verb_of_the_other_side_is_not_possible(signed_in: SignedIn, sent: Told, admin_connection: Any) -> None:
    for who, verb in ((SENDER, "accept"), (RECIPIENT, "cancel"), (RECIPIENT, "close"), (SENDER, "complete")):
        someone = signed_in(who)
        answer = someone.post(f"/referrals/{sent.referral}/{verb}", {"reason": "duplicate", "outcome": "provided"})
        assert answer.status_code in (303, 403, 409), (who, verb)
        assert status_of(admin_connection, sent.referral) == "sent"


def test_the_page_of_a_step_says_what_will_happen_before_the_button(signed_in: SignedIn, sent: Told) -> None:
    cuong = signed_in(RECIPIENT)
    accept = part(cuong.get(f"/referrals/{sent.referral}/accept"), "check") or ""
    assert "Mỗi lần xem đều được ghi" in text(accept) or "được ghi lại" in text(accept)
    decline = part(cuong.get(f"/referrals/{sent.referral}/decline"), "check") or ""
    assert "kết thúc ngay" in text(decline) or "chấm dứt ngay" in text(decline)


def text(markup: str) -> str:
    return re.sub(r"<[^>]+>", " ", markup)


def test_declining_an_emergency_offers_a_social_provider_force_majeure_alone(signed_in: SignedIn, acting: Any) -> None:
    with acting(SENDER) as lan:
        case = a_case(lan, risk_level="extreme")
        a_consent(lan, case, to="trung-tam-tgxh", service="S4")
        referral = a_sent_referral(lan, case, to="trung-tam-tgxh", service="S4", urgency="emergency")
    page = signed_in("son@trung-tam-tgxh").get(f"/referrals/{referral}/decline").get_data(as_text=True)
    assert re.findall(r'name="reason"[^>]*value="([^"]+)"', page) == ["force_majeure"]


def test_redirecting_names_the_new_referral_of_the_same_case(
    signed_in: SignedIn, acting: Any, sent: Told, admin_connection: Any
) -> None:
    lead(acting, sent, ("decline",))
    lan = signed_in(SENDER)
    target = f"/referrals/{sent.referral}/redirect"
    wrong = lan.post(target, {"new_referral": "CG-XXXX-XXXX"})
    assert wrong.status_code == 422 and 'value="CG-XXXX-XXXX"' in wrong.get_data(as_text=True)
    with acting(SENDER) as actor:
        a_consent(actor, sent.case, to="tro-giup-phap-ly", service="S7")
        successor = a_sent_referral(actor, sent.case, to="tro-giup-phap-ly", service="S7")
    row = admin_connection.execute("SELECT code FROM referral WHERE id = %s", [successor]).fetchone()
    assert lan.post(target, {"new_referral": f" {row[0].lower()} "}).status_code == 303
    assert status_of(admin_connection, sent.referral) == "redirected"
