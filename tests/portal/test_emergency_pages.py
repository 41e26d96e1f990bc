"""The pages of emergencies, denials and conflicts: numbers first, one answer for strangers, nothing to carry away."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.conflicts import describe
from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.cases.queries import header
from referral_hub.kernel import clock
from referral_hub.kernel.ids import new_id
from tests.builders import a_case, agency_id
from tests.people import PASSWORD
from tests.portal.browsing import part, text_of
from tests.portal.conftest import SignedIn
from tests.portal.test_strangers import essence
from tests.portal.world import entries
from tests.story import Told

REASON = "Anh ta cầm dao đứng trước cửa, chị ấy đang ở trong nhà."


@pytest.fixture
def case(acting: Any) -> UUID:
    with acting("lan@anh-duong") as lan:
        return a_case(lan)


def code_of(acting: Any, case: UUID) -> str:
    with acting("lan@anh-duong") as lan:
        return header(lan, case).code


def typed(code: str, **more: str) -> dict[str, str]:
    return {"code": code, "ground": "imminent_danger", "reason": REASON, "password": PASSWORD, **more}


@pytest.mark.parametrize("path", ["/emergency", "/emergency/open", "/cases/{case}/emergency"])
def test_the_numbers_stand_first_as_links_on_every_page_about_an_emergency(
    path: str, case: UUID, signed_in: SignedIn
) -> None:
    answer = signed_in("lan@anh-duong").get(path.replace("{case}", str(case)))
    first = part(answer, "numbers") or ""
    assert 'href="tel:113"' in first and 'href="tel:115"' in first
    main = answer.get_data(as_text=True).partition('id="main"')[2]
    assert "<form" not in main.partition("tel:113")[0]


def test_a_liaison_opens_a_case_with_code_ground_reason_and_password(
    case: UUID, acting: Any, signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    before = cuong.cookie()
    assert cuong.post("/emergency/open", typed(code_of(acting, case))).status_code == 303
    page = cuong.follow()
    assert "Nguyễn Thị Hoa" in text_of(page) and "mất ngủ" not in text_of(page)
    assert cuong.cookie() != before
    assert "printed" not in page.get_data(as_text=True)
    opened = [one for one in entries(admin_connection, "emergency:case:opened") if one["obj"] == str(case)]
    assert len(opened) == 1 and opened[0]["why"] == "imminent_danger"
    huyen = signed_in("huyen@cong-an-tinh")
    huyen.get("/inbox")
    there = essence(huyen.get(page.request.path))
    assert there[0] == 404
    assert there == essence(huyen.get(f"/emergency/openings/{new_id()}"))


def test_a_wrong_password_opens_nothing_and_leaves_its_entry(
    case: UUID, acting: Any, signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    answer = cuong.post("/emergency/open", typed(code_of(acting, case), password="sai"))
    assert answer.status_code == 422 and "Mật khẩu chưa đúng" in text_of(answer)
    assert admin_connection.execute("SELECT count(*) FROM emergency_act").fetchone() == (0,)
    assert entries(admin_connection, "accounts:session:refused")


def test_a_wrong_code_and_a_case_he_may_not_open_give_the_same_page(
    case: UUID, acting: Any, signed_in: SignedIn, directory: Any, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, case, DenialFact(None, account=directory.accounts["cuong@cong-an-tinh"]), now=clock.now())
    code = code_of(acting, case)
    cuong = signed_in("cuong@cong-an-tinh")
    answers = []
    for said in (code, "HS-AAAA-AAAA"):
        cuong.get("/emergency")
        answer = cuong.post("/emergency/open", typed(said))
        status, body, headers = essence(answer)
        answers.append((status, body.replace(said.encode(), b""), [h for h in headers if h[0] != "Set-Cookie"]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    refused = entries(admin_connection, "access:step:refused")
    assert [one["why"] for one in refused] == ["emergency:open"] * 2
    assert len({one["obj"] for one in refused}) == 1


def test_the_house_sends_in_an_emergency_and_the_supervisor_reads_of_it(case: UUID, signed_in: SignedIn) -> None:
    lan = signed_in("lan@anh-duong")
    lan.get(f"/cases/{case}/emergency")
    page = lan.last.get_data(as_text=True)  # type: ignore[union-attr]
    police = page.split("Công an tỉnh Quảng Ninh")[0].rsplit('value="', 1)[1].split('"')[0]
    said = {"ground": "imminent_danger", "reason": REASON, "inform": "raises_danger", "recipient": police}
    missing = lan.post(f"/cases/{case}/emergency", said | {"reason": "ngắn"})
    assert missing.status_code == 422 and "ít nhất 20" in text_of(missing)
    assert lan.post(f"/cases/{case}/emergency", said).status_code == 303
    assert "khẩn cấp, không qua đồng ý" in text_of(lan.follow())
    assert "Gửi khẩn cấp" in text_of(lan.get(f"/cases/{case}"))
    hung = signed_in("hung@anh-duong")
    todo = hung.get("/emergency")
    assert "Báo để biết" in text_of(todo)
    href = todo.get_data(as_text=True).split("/emergency/acts/")[1].split('"')[0]
    act = hung.get(f"/emergency/acts/{href}")
    assert REASON in text_of(act)
    task = act.get_data(as_text=True).split('name="task" value="')[1].split('"')[0]
    assert hung.post(f"/emergency/acts/{href}", {"task": task, "outcome": "noted"}).status_code == 303
    assert "Báo để biết" not in text_of(hung.get("/emergency"))
    minh = signed_in("minh@tro-giup-phap-ly")
    minh.get("/inbox")
    assert essence(minh.get(f"/emergency/acts/{href}")) == essence(minh.get(f"/emergency/acts/{new_id()}"))


def test_with_every_unit_denied_the_page_ends_with_numbers_to_call(
    case: UUID, acting: Any, signed_in: SignedIn
) -> None:
    with acting("lan@anh-duong") as lan:
        police, ward = agency_id("cong-an-tinh"), agency_id("cong-an-hong-gai")
        deny(lan, case, DenialFact(None, agency=police, with_units=True), now=clock.now())
    browser = signed_in("lan@anh-duong")
    said = {"ground": "imminent_danger", "reason": REASON, "inform": "raises_danger", "recipient": str(ward)}
    answer = browser.post(f"/cases/{case}/emergency", said)
    assert 'href="tel:113"' in (part(answer, "numbers") or "")
    assert "hãy gọi điện ngay" in text_of(answer)


@pytest.mark.parametrize("kind", ["agency", "units", "desk", "account", "declared", "described"])
def test_who_is_kept_out_gets_what_a_stranger_gets(
    kind: str, acting: Any, signed_in: SignedIn, accepted: Told, directory: Any
) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    assert cuong.get(f"/referrals/{accepted.referral}").status_code == 200
    police = directory.agencies["cong-an-tinh"]
    targets = {
        "agency": DenialFact(None, agency=police),
        "units": DenialFact(None, agency=police, with_units=True),
        "desk": DenialFact(None, desk=directory.desks["duty@cong-an-tinh"]),
        "account": DenialFact(None, account=directory.accounts["cuong@cong-an-tinh"]),
    }
    if kind == "declared":
        assert cuong.post("/conflict", {"code": code_of(acting, accepted.case)}).status_code == 303
    else:
        with acting("lan@anh-duong") as lan:
            if kind == "described":
                describe(lan, accepted.case, "ngo manh  CƯỜNG", now=clock.now())
            else:
                deny(lan, accepted.case, targets[kind], now=clock.now())
    cuong.get("/inbox")
    nowhere = new_id()
    for path in ("/referrals/{}", "/referrals/{}/accept", "/referrals/{}/withdraw"):
        there = essence(cuong.get(path.format(accepted.referral)))
        assert there[0] == 404
        assert there == essence(cuong.get(path.format(nowhere))), path
        posted = essence(cuong.post(path.format(accepted.referral), {"her_wish": "x"}))
        assert posted[1:] == essence(cuong.post(path.format(nowhere), {"her_wish": "x"}))[1:], path
    for tab in ("todo", "waiting", "active", "overdue", "closed"):
        assert str(accepted.referral) not in cuong.get(f"/inbox?tab={tab}").get_data(as_text=True)


def test_a_declaration_says_the_same_whether_there_is_such_a_case_or_not(
    acting: Any, case: UUID, signed_in: SignedIn
) -> None:
    minh = signed_in("minh@tro-giup-phap-ly")
    answers = set()
    for code in (code_of(acting, case), "HS-AAAA-AAAA", ""):
        minh.post("/conflict", {"code": code})
        answers.add(text_of(minh.follow()))
    assert len(answers) == 1


def test_the_holder_records_and_lifts_whom_she_shuts_out(
    case: UUID, signed_in: SignedIn, directory: Any, admin_connection: psycopg.Connection
) -> None:
    lan = signed_in("lan@anh-duong")
    here = f"/cases/{case}/denials"
    assert lan.post(here, {"agency": str(directory.agencies["cong-an-tinh"]), "units": "with"}).status_code == 303
    page = lan.get(here)
    assert "Công an tỉnh Quảng Ninh và các đơn vị trực thuộc" in text_of(page)
    assert lan.post(here, {"agency": str(directory.agencies["anh-duong"])}).status_code == 422
    assert lan.post(here, {"name": "Cường"}).status_code == 422
    lift = page.get_data(as_text=True).split('name="lift" value="')[1].split('"')[0]
    assert lan.post(here, {"lift": lift}).status_code == 303
    assert "Công an tỉnh Quảng Ninh và" not in text_of(lan.get(here))
    assert lan.post(here, {"name": "Ngô Mạnh Cường"}).status_code == 303
    assert admin_connection.execute("SELECT count(*) FROM described_person").fetchone() == (1,)
    minh = signed_in("minh@tro-giup-phap-ly")
    minh.get("/inbox")
    assert essence(minh.get(here)) == essence(minh.get(f"/cases/{new_id()}/denials"))
