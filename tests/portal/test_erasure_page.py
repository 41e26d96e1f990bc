"""The pages of an erasure: proposed, approved, erased, by three people with three pages."""

import re

from referral_hub.cases.queries import header
from tests.builders import a_case
from tests.conftest import Acting
from tests.portal.browsing import Browser, text_of
from tests.portal.conftest import SignedIn

RECEIVED = {"received_at-day": "2", "received_at-month": "3", "received_at-year": "2026"}


def requested(acting: Acting, browser: Browser) -> tuple[str, str]:
    """Lan took her request: its address, and that of the case."""
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        code = header(lan, case).code
    form = {"asker": "herself", "case_code": code, "kind": "erasure", "channel": "walk_in", **RECEIVED}
    answer = browser.post("/rights/new", form)
    assert answer.status_code == 303
    return f"{answer.headers['Location']}/erasure", f"/cases/{case}"


def test_three_people_take_an_erasure_from_the_request_to_its_end(acting: Acting, signed_in: SignedIn) -> None:
    lan, yen, dung = (signed_in(who) for who in ("lan@anh-duong", "yen@anh-duong", "dung@anh-duong"))
    path, case = requested(acting, lan)
    assert "<select" not in lan.get(path).get_data(as_text=True)
    assert lan.post(path, {"step": "erase"}).status_code == 403
    form = yen.get(path).get_data(as_text=True)
    parts = re.findall(r'<select[^>]*name="([a-z_]+)"', form)
    assert {"identity", "contact", "_audit"} <= set(parts)
    assert yen.post(path, dict.fromkeys(parts[1:], "erase")).status_code == 422, "nothing is chosen for anybody"
    chosen = dict.fromkeys(parts, "erase") | {"_audit": "proceedings"}
    assert yen.post(path, chosen).status_code == 303
    assert 'value="erase"><button' not in yen.get(path).get_data(as_text=True)
    assert dung.post(path, {"step": "approve"}).status_code == 303
    assert yen.post(path, {"step": "erase"}).status_code == 303
    assert "Nguyễn Thị Hoa" not in text_of(lan.get(case))
    assert lan.get(path.removesuffix("/erasure")).status_code == 200


def test_another_agency_finds_no_erasure_and_what_he_asks_has_none(acting: Acting, signed_in: SignedIn) -> None:
    path, _case = requested(acting, signed_in("lan@anh-duong"))
    assert signed_in("son@trung-tam-tgxh").get(path).status_code == 404
    yen = signed_in("yen@anh-duong")
    form = {"asker": "other", "kind": "erasure", "channel": "letter", **RECEIVED}
    his = yen.post("/rights/new", form).headers["Location"]
    assert yen.get(f"{his}/erasure").status_code == 404
