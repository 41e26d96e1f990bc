"""How she can be reached stands on top of her case; she is called in her safe times and never else."""

import re
from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.kernel.ids import new_id
from tests.builders import SECTIONS, a_case
from tests.portal.browsing import Browser, part, text_of
from tests.portal.conftest import SignedIn
from tests.portal.test_strangers import essence
from tests.portal.world import entries
from tests.story import Told

ALWAYS = {"safe_phone": "0912345678", "safe_times": "hằng ngày 0:00-24:00", "pretext": "Hội Phụ nữ"}


def case_with(acting: Any, **contact: Any) -> UUID:
    with acting("lan@anh-duong") as lan:
        return a_case(lan, sections={**SECTIONS, "contact": contact})


def seen(browser: Browser, path: str) -> str:
    return browser.get(path).get_data(as_text=True).split('name="seen" value="')[1].split('"')[0]


def test_the_case_says_first_that_she_may_be_called_now(acting: Any, signed_in: SignedIn) -> None:
    page = signed_in("lan@anh-duong").get(f"/cases/{case_with(acting, **ALWAYS)}")
    assert "Bây giờ gọi được" in (part(page, "safe-now") or "")
    whole = page.get_data(as_text=True)
    assert whole.index('data-rh-part="safe-now"') < whole.index('data-rh-part="safe-contact"')


@pytest.mark.parametrize("contact", [{}, {"safe_phone": "0912345678", "safe_times": "sau 20 giờ"}])
def test_times_that_leave_a_doubt_are_not_safe(contact: dict[str, str], acting: Any, signed_in: SignedIn) -> None:
    page = signed_in("lan@anh-duong").get(f"/cases/{case_with(acting, **contact)}")
    assert "KHÔNG gọi được" in (part(page, "safe-now") or "")


def test_outside_her_safe_times_her_number_shows_only_to_who_asks_for_it(acting: Any, signed_in: SignedIn) -> None:
    unsafe = signed_in("lan@anh-duong").get(f"/cases/{case_with(acting, **ALWAYS, do_not_contact=True)}")
    hidden = re.sub(r"<details.*?</details>", "", unsafe.get_data(as_text=True), flags=re.S)
    assert "0912345678" in unsafe.get_data(as_text=True) and "0912345678" not in hidden
    safe = signed_in("lan@anh-duong").get(f"/cases/{case_with(acting, **ALWAYS)}")
    assert part(safe, "guarded") is None and "0912345678" in text_of(safe)


def test_whoever_she_was_referred_to_reads_first_whether_she_may_be_called(
    acting: Any, accepted: Told, signed_in: SignedIn
) -> None:
    page = signed_in("cuong@cong-an-tinh").get(f"/referrals/{accepted.referral}")
    whole = page.get_data(as_text=True)
    assert "gọi được" in (part(page, "safe-now") or "")
    assert whole.index('data-rh-part="safe-now"') < whole.index('data-rh-part="actions"')


def test_in_her_safe_time_the_number_and_who_to_say_is_calling(
    acting: Any, signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    case = case_with(acting, **ALWAYS)
    answer = signed_in("lan@anh-duong").post(f"/cases/{case}/reach", {"way": "call"})
    assert answer.status_code == 200 and "0912345678" in text_of(answer) and "Hội Phụ nữ" in text_of(answer)
    assert [one["out"] for one in entries(admin_connection, "cases:survivor:reached")] == ["ok"]


@pytest.mark.parametrize(
    ("changed", "way", "reason"),
    [
        ({"safe_times": "sau 20 giờ"}, "call", "Chưa có khung giờ an toàn rõ ràng"),
        ({"do_not_contact": True}, "call", "yêu cầu không liên hệ"),
        ({}, "message", "chưa nói là nhắn tin được"),
        ({"may_leave_message": False}, "message", "chưa nói là nhắn tin được"),
    ],
)
def test_else_it_is_refused_with_the_reason_and_the_number_stays_away(
    changed: dict[str, Any],
    way: str,
    reason: str,
    acting: Any,
    signed_in: SignedIn,
    admin_connection: psycopg.Connection,
) -> None:
    case = case_with(acting, **{**ALWAYS, **changed})
    answer = signed_in("lan@anh-duong").post(f"/cases/{case}/reach", {"way": way})
    assert answer.status_code == 409 and reason in text_of(answer)
    assert "0912345678" not in text_of(answer)
    assert [one["out"] for one in entries(admin_connection, "cases:survivor:reached")] == ["denied"]


def test_a_new_rule_is_read_back_and_the_old_one_stays_in_the_history(acting: Any, signed_in: SignedIn) -> None:
    case = case_with(acting, **{**ALWAYS, "safe_times": "sau 20 giờ"})
    lan = signed_in("lan@anh-duong")
    here = f"/cases/{case}/contact-plan"
    typed: dict[str, Any] = {"safe_phone": "0987654321", "pretext": "Trạm y tế", "may_leave_message": "true"}
    typed |= {"days-0": ["t2", "t3", "cn"], "from-0": "8", "to-0": "10:30", "days-1": ["t7"], "from-1": "20h"}
    typed |= {"to-1": "22h15"}
    assert lan.post(here, typed | {"seen": seen(lan, here)}).status_code == 303
    page = lan.follow()
    assert "T2-T3, CN 08:00-10:30; T7 20:00-22:15" in text_of(page)
    before = text_of(page).partition("Trước đây ghi gì")[2]
    assert "sau 20 giờ" in before and "0912345678" in before and "Nguyễn Ngọc Lan" in before
    assert "0987654321" not in before
    again = lan.get(here).get_data(as_text=True)
    assert 'value="08:00"' in again and 'value="22:15"' in again


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"from-0": "8:00", "to-0": "9:00"}, "days-0"),
        ({"days-0": ["t2"], "from-0": "sáng", "to-0": "9:00"}, "from-0"),
        ({"days-0": ["t2"], "from-0": "10:00", "to-0": "9:00"}, "to-0"),
        ({"safe_phone": "gọi mẹ"}, "safe_phone"),
    ],
)
def test_what_is_no_time_names_its_box_and_changes_nothing(
    typed: dict[str, Any], field: str, acting: Any, signed_in: SignedIn
) -> None:
    case = case_with(acting, **ALWAYS)
    lan = signed_in("lan@anh-duong")
    here = f"/cases/{case}/contact-plan"
    answer = lan.post(here, typed | {"seen": seen(lan, here), "pretext": "Bưu điện"})
    assert answer.status_code == 422 and f'href="#{field}"' in answer.get_data(as_text=True)
    assert 'value="Bưu điện"' in answer.get_data(as_text=True), "what was typed stays"
    assert "Hội Phụ nữ" in text_of(lan.get(f"/cases/{case}"))


def test_who_writes_over_a_colleague_is_told(acting: Any, signed_in: SignedIn) -> None:
    case = case_with(acting, **ALWAYS)
    lan = signed_in("lan@anh-duong")
    here = f"/cases/{case}/contact-plan"
    lan.get(here)
    answer = lan.post(here, {"seen": "2020-01-01", "safe_phone": "0987654321"})
    assert answer.status_code == 422 and "đồng nghiệp đã lưu" in text_of(answer)


@pytest.mark.parametrize("path", ["contact-plan", "reach"])
def test_strangers_get_what_does_not_exist(path: str, acting: Any, signed_in: SignedIn) -> None:
    case = case_with(acting, **ALWAYS)
    cuong = signed_in("cuong@cong-an-tinh")
    cuong.get("/inbox")
    there, nowhere = (essence(cuong.get(f"/cases/{one}/{path}")) for one in (case, new_id()))
    assert there == nowhere and there[0] == 404
    assert signed_in("thao@anh-duong").get(f"/cases/{case}/{path}").status_code == 403


def test_the_task_to_call_her_back_leads_to_her_safe_time(acting: Any, signed_in: SignedIn) -> None:
    case = case_with(acting, **ALWAYS)
    lan = signed_in("lan@anh-duong")
    assert lan.post(f"/cases/{case}/stop", {"by": "herself"}).status_code == 303, "nothing she said was checked"
    tasks = lan.get("/tasks").get_data(as_text=True)
    (task,) = set(re.findall(r"/tasks/[0-9a-f-]{36}", tasks))
    assert f"/cases/{case}/reach" in lan.get(task).get_data(as_text=True)
