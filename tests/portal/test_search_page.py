"""The page of search: finds for who may open, reads the same for whoever may not, puts no word into an address."""

from typing import Any
from uuid import UUID

import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.cases.queries import header
from referral_hub.kernel import clock
from tests.builders import a_case
from tests.conftest import Directory
from tests.portal.browsing import text_of
from tests.portal.conftest import SignedIn


@pytest.fixture
def case(acting: Any) -> UUID:
    with acting("lan@anh-duong") as lan:
        return a_case(lan)


def test_her_case_is_found_by_her_name_and_the_name_stands_in_no_link(case: UUID, signed_in: SignedIn) -> None:
    lan = signed_in("lan@anh-duong")
    page = lan.post("/search", {"name": "nguyen thi hoa"})
    assert f'href="/cases/{case}"' in page.get_data(as_text=True)
    assert "?name" not in page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"


def test_a_stranger_a_blocked_person_and_nobody_at_all_read_the_same(
    case: UUID, acting: Any, signed_in: SignedIn, directory: Directory
) -> None:
    with acting("lan@anh-duong") as lan:
        code = header(lan, case).code
        deny(lan, case, DenialFact(None, account=directory.accounts["hanh@anh-duong"]), now=clock.now())
    for who in ("hanh@anh-duong", "cuong@cong-an-tinh"):
        browser = signed_in(who)
        kept, missing = browser.post("/search", {"code": code}), browser.post("/search", {"code": "HS-0000-0000"})
        assert kept.status_code == missing.status_code == 200
        typed = [text_of(page).replace(code, "HS-0000-0000") for page in (kept, missing)]
        assert typed[0] == typed[1]
        assert kept.get_data(as_text=True).count("data-code") == 0
        assert f"/cases/{case}" not in kept.get_data(as_text=True)


def test_the_thirty_first_search_is_told_to_wait(case: UUID, signed_in: SignedIn) -> None:
    lan = signed_in("lan@anh-duong")
    for _turn in range(30):
        assert lan.post("/search", {"code": "HS-0000-0000"}).status_code == 200
    answer = lan.post("/search", {"code": "HS-0000-0000"})
    assert answer.status_code == 409
    assert "năm phút" in text_of(answer)


def test_an_empty_search_says_what_to_type(signed_in: SignedIn) -> None:
    assert signed_in("lan@anh-duong").post("/search", {"name": " "}).status_code == 422
