"""The rights desk on its pages: overdue first, answering her, and one letter for everybody else."""

import re
from uuid import UUID

import psycopg
import pytest
from werkzeug.test import TestResponse

from referral_hub.cases.queries import header
from referral_hub.rights.letter import LETTERS
from tests.builders import a_case
from tests.conftest import Acting
from tests.portal.browsing import Browser, text_of, title_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries

LAN, THAO, YEN, SON, CUONG = (
    *("lan@anh-duong", "thao@anh-duong", "yen@anh-duong"),
    *("son@trung-tam-tgxh", "cuong@cong-an-tinh"),
)


def typed(asker: str, year: str = "2026", **more: str) -> dict[str, str]:
    received = {"received_at-day": "2", "received_at-month": "3", "received_at-year": year}
    return {"asker": asker, "kind": "access", "channel": "letter", **received, **more}


@pytest.fixture
def case(acting: Acting) -> tuple[UUID, str]:
    with acting(LAN) as lan:
        made = a_case(lan)
        return made, header(lan, made).code


def recorded(browser: Browser, form: dict[str, str]) -> str:
    answer = browser.post("/rights/new", form)
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["Location"])


def bytes_of(answer: TestResponse, path: str) -> str:
    """Headers and body, without what every answer has anew: the token of forms and the request's own number."""
    number = path.rsplit("/", 1)[1]
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.get_data(as_text=True)).replace(number, "N")
    headers = sorted((k, v) for k, v in answer.headers if k not in ("Set-Cookie", "Content-Length", "Date", "X-Request-Id"))
    return f"{answer.status_code} {headers} {body}"


def test_she_is_told_first_and_then_answered(case: tuple[UUID, str], signed_in: SignedIn) -> None:
    lan = signed_in(LAN)
    path = recorded(lan, typed("herself", case_code=case[1]))
    assert "Lần trả lời đầu tiên" in text_of(lan.get(path)) or "First answer" in text_of(lan.get(path))
    assert lan.post(path, {"step": "confirm"}).status_code == 303
    assert 'name="step" value="confirm"' not in lan.get(path).get_data(as_text=True)
    assert lan.post(path, {"answer": ""}).status_code == 422
    assert lan.post(path, {"answer": "done"}).status_code == 303
    assert 'name="answer"' not in lan.get(path).get_data(as_text=True)


def test_from_her_case_the_form_already_names_it(case: tuple[UUID, str], signed_in: SignedIn) -> None:
    lan = signed_in(LAN)
    assert f"/rights/new?case={case[1]}" in lan.get(f"/cases/{case[0]}").get_data(as_text=True)
    form = lan.get(f"/rights/new?case={case[1]}").get_data(as_text=True)
    assert f'value="{case[1]}"' in form
    assert re.search(r'value="herself"[^>]*checked', form)


def test_what_is_overdue_leads_the_list(signed_in: SignedIn) -> None:
    yen = signed_in(YEN)
    later = recorded(yen, typed("other", year="2026", kind="erasure"))
    sooner = recorded(yen, typed("other", year="2024", kind="correction"))
    page = yen.get("/rights").get_data(as_text=True)
    assert page.index(sooner) < page.index(later)


def test_the_letter_is_the_same_byte_for_byte_whether_there_is_a_record_or_not(
    case: tuple[UUID, str], signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    yen = signed_in(YEN)
    about_her = recorded(yen, typed("other", case_code=case[1]))
    yen.post(about_her, {"answer": "letter"})
    with_record = bytes_of(yen.get(f"{about_her}/letter"), about_her)
    about_nobody = recorded(yen, typed("representative", year="2025", case_code="AD-0000-0000"))
    yen.post(about_nobody, {"answer": "letter"})
    without = bytes_of(yen.get(f"{about_nobody}/letter"), about_nobody)
    assert with_record == without
    assert LETTERS["vi"].paragraphs[-1] in with_record
    rows = admin_connection.execute("SELECT count(*) FROM rights_request WHERE subject IS NOT NULL").fetchone()
    assert rows == (0,)


def test_a_wrong_code_typed_by_anyone_but_her_is_not_even_looked_up(
    case: tuple[UUID, str], signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    yen = signed_in(YEN)
    recorded(yen, typed("other", case_code=case[1]))
    left = entries(admin_connection, "rights:request:recorded")
    assert str(case[0]) not in str(left)


def test_there_is_no_letter_before_the_decision_and_only_the_officer_decides(signed_in: SignedIn) -> None:
    lan = signed_in(LAN)
    path = recorded(lan, typed("other"))
    assert lan.get(f"{path}/letter").status_code == 303
    assert 'value="letter"' not in lan.get(path).get_data(as_text=True)
    assert lan.post(path, {"answer": "letter"}).status_code == 403
    yen = signed_in(YEN)
    assert yen.post(path, {"answer": "letter"}).status_code == 303
    assert title_of(lan.get(f"{path}/letter")).startswith(LETTERS["vi"].title)


def test_another_agency_finds_no_request_and_no_letter(signed_in: SignedIn) -> None:
    path = recorded(signed_in(YEN), typed("other"))
    son = signed_in(SON)
    assert son.get(path).status_code == 404
    assert son.get(f"{path}/letter").status_code == 404
    assert signed_in(CUONG).get("/rights").status_code == 403


def test_each_look_at_a_request_and_each_letter_leaves_its_entry(
    signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    yen = signed_in(YEN)
    path = recorded(yen, typed("other"))
    for page in (path, f"{path}/letter"):
        before = len(entries(admin_connection))
        yen.get(page)
        assert [one["act"] for one in entries(admin_connection)[before:]] == ["rights:request:read"]
    yen.post(path, {"answer": "letter"})
    assert entries(admin_connection, "rights:request:answered")


def test_a_day_to_come_and_no_day_are_said_so(signed_in: SignedIn) -> None:
    yen = signed_in(YEN)
    assert yen.post("/rights/new", typed("other", year="2999")).status_code == 422
    assert yen.post("/rights/new", typed("other", year="x")).status_code == 422
