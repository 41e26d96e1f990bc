"""The page of denials names one desk and one account besides an agency."""

from typing import Any

from tests.builders import a_case
from tests.conftest import Directory
from tests.portal.browsing import text_of
from tests.portal.conftest import SignedIn


def test_a_desk_and_an_account_are_denied_by_name(acting: Any, signed_in: SignedIn, directory: Directory) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    browser = signed_in("lan@anh-duong")
    desk = str(directory.desks["duty@cong-an-tinh"])
    typed = {"desk": desk, "account": "hanh@anh-duong.example"}
    assert browser.post(f"/cases/{case}/denials", typed).status_code == 303
    assert "Trần Bích Hạnh" in text_of(browser.follow())
    assert signed_in("hanh@anh-duong").get(f"/cases/{case}").status_code == 404
    assert signed_in("thao@anh-duong").get(f"/cases/{case}").status_code == 403


def test_an_address_that_nobody_has_is_said_so(acting: Any, signed_in: SignedIn) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    answer = signed_in("lan@anh-duong").post(f"/cases/{case}/denials", {"account": "ai@dau.example"})
    assert answer.status_code == 422 and "Không có tài khoản này." in text_of(answer)
