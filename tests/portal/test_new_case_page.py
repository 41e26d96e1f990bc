"""From the first call to the referral: opening a case, writing its parts, seeing what whoever is asked will see."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.cases import queries as cases
from referral_hub.kernel import clock
from tests.builders import COVERED, SERVICE, a_case, a_consent
from tests.conftest import Acting, Directory
from tests.people import POLICE
from tests.portal.browsing import text_of
from tests.portal.conftest import SignedIn
from tests.story import sent_to

LAN = "lan@anh-duong"


def fields_of(acting: Acting, case: UUID, category: str) -> Any:
    with acting(LAN) as lan:
        found = cases.sections(lan, case, only=[category], now=clock.now()).get(category)
        return None if found is None else dict(found.fields)


def opened(signed_in: SignedIn, **facts: str) -> tuple[Any, UUID]:
    lan = signed_in(LAN)
    done = lan.post("/cases/new", facts)
    assert done.status_code == 303
    return lan, UUID(done.headers["Location"].split("/")[2])


def test_a_case_is_opened_without_answering_anything(signed_in: SignedIn, admin_connection: psycopg.Connection) -> None:
    _lan, case = opened(signed_in)
    row = admin_connection.execute("SELECT risk_level, statistics_consent FROM case_fact WHERE case_id = %s", [case])
    assert row.fetchone() == (None, "not_asked")


def test_after_opening_comes_the_safe_way_to_reach_her(signed_in: SignedIn) -> None:
    lan = signed_in(LAN)
    done = lan.post("/cases/new", {"channel": "hotline_call", "risk_level": "high"})
    assert done.headers["Location"].endswith("/contact-plan")


@pytest.mark.parametrize("wrong", [{"channel": "telepathy"}, {"statistics_consent": "maybe"}])
def test_what_the_regulation_does_not_know_is_refused_and_what_was_typed_stays(
    signed_in: SignedIn, wrong: dict[str, str]
) -> None:
    page = signed_in(LAN).post("/cases/new", {"risk_level": "high"} | wrong)
    assert page.status_code == 422
    assert 'value="high" selected' in page.get_data(as_text=True)


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "yen@anh-duong", "phuc@anh-duong", "helen@koica"])
def test_who_keeps_no_cases_opens_none(signed_in: SignedIn, admin_connection: psycopg.Connection, who: str) -> None:
    assert signed_in(who).post("/cases/new", {"channel": "walk_in"}).status_code == 403
    assert admin_connection.execute("SELECT count(*) FROM case_file").fetchone() == (0,)


def test_a_part_is_written_changed_and_emptied(acting: Acting, signed_in: SignedIn) -> None:
    lan, case = opened(signed_in)
    path = f"/cases/{case}/sections/identity"
    lan.get(path)
    assert lan.post(path, {"full_name": " Nguyễn  Thị Hoa ", "date_of_birth": "05/1991"}).status_code == 303
    assert fields_of(acting, case, "identity") == {"full_name": "Nguyễn Thị Hoa", "date_of_birth": "1991-05"}
    page = lan.get(path)
    assert 'value="05/1991"' in page.get_data(as_text=True)
    seen = page.get_data(as_text=True).split('name="seen" value="')[1].split('"')[0]
    assert lan.post(path, {"full_name": "", "preferred_name": "Hoa", "seen": seen}).status_code == 303
    assert fields_of(acting, case, "identity") == {"preferred_name": "Hoa"}


def test_every_part_can_be_opened_and_saved_empty(signed_in: SignedIn) -> None:
    lan, case = opened(signed_in)
    page = lan.get(f"/cases/{case}").get_data(as_text=True)
    parts = {piece.split('"')[0] for piece in page.split("/sections/")[1:]}
    assert len(parts) > 15
    for part in sorted(parts):
        assert lan.get(f"/cases/{case}/sections/{part}").status_code == 200, part
        assert lan.post(f"/cases/{case}/sections/{part}", {}).status_code == 303, part


def test_lists_of_children_flags_and_codes_are_kept_as_they_were_typed(acting: Acting, signed_in: SignedIn) -> None:
    lan, case = opened(signed_in)
    lan.get(f"/cases/{case}/sections/child")
    typed = {"children-0-name": "Bé An", "children-0-date_of_birth": "2019", "children-1-sex": "female"}
    assert lan.post(f"/cases/{case}/sections/child", typed).status_code == 303
    assert fields_of(acting, case, "child") == {
        "children": [{"name": "Bé An", "date_of_birth": "2019"}, {"sex": "female"}]
    }
    assert lan.post(f"/cases/{case}/sections/risk", {"risk_level": "high", "weapon": "false"}).status_code == 303
    assert fields_of(acting, case, "risk") == {"risk_level": "high", "weapon": False}
    page = lan.get(f"/cases/{case}/sections/child").get_data(as_text=True)
    assert 'value="Bé An"' in page


def test_a_written_risk_counts_for_the_urgency_of_the_next_referral(
    signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    lan, case = opened(signed_in, risk_level="low")
    lan.get(f"/cases/{case}/sections/risk")
    lan.post(f"/cases/{case}/sections/risk", {"risk_level": "extreme"})
    row = admin_connection.execute("SELECT risk_level FROM case_fact WHERE case_id = %s", [case]).fetchone()
    assert row == ("extreme",)


@pytest.mark.parametrize(
    ("part", "typed", "box"),
    [
        ("identity", {"date_of_birth": "31/02/1991", "full_name": "Hoa"}, "date_of_birth"),
        ("identity_doc", {"personal_id_number": "??"}, "personal_id_number"),
        ("risk", {"risk_level": "<script>", "weapon": "true"}, "risk_level"),
    ],
)
def test_a_fault_names_its_box_and_loses_nothing(
    acting: Acting, signed_in: SignedIn, part: str, typed: dict[str, str], box: str
) -> None:
    lan, case = opened(signed_in)
    lan.get(f"/cases/{case}/sections/{part}")
    page = lan.post(f"/cases/{case}/sections/{part}", typed)
    assert page.status_code == 422
    text = page.get_data(as_text=True)
    assert f'href="#{box}"' in text
    assert "<script>" not in text.split("<main")[1].split("</main>")[0]
    assert fields_of(acting, case, part) is None


def test_what_a_colleague_saved_meanwhile_is_not_overwritten(acting: Acting, signed_in: SignedIn) -> None:
    lan, case = opened(signed_in)
    path = f"/cases/{case}/sections/safety_plan"
    lan.get(path)
    hanh = signed_in("hanh@anh-duong")
    hanh.get(path)
    assert hanh.post(path, {"safety_plan": "Sang nhà cô Tư."}).status_code == 303
    page = lan.post(path, {"safety_plan": "Gọi 113.", "seen": ""})
    assert page.status_code == 422
    assert "Gọi 113." in page.get_data(as_text=True)
    assert fields_of(acting, case, "safety_plan") == {"safety_plan": "Sang nhà cô Tư."}


def test_a_part_of_nothing_and_a_case_of_others_look_the_same(acting: Acting, signed_in: SignedIn) -> None:
    _lan, case = opened(signed_in)
    son = signed_in("son@trung-tam-tgxh")
    missing = "00000000-0000-7000-8000-000000000000"
    for path in ("sections/risk", "referrals/new"):
        assert son.get(f"/cases/{case}/{path}").status_code == son.get(f"/cases/{missing}/{path}").status_code == 404
    assert signed_in(LAN).get(f"/cases/{case}/sections/nothing").status_code == 404
    assert signed_in("thao@anh-duong").get(f"/cases/{case}/sections/risk").status_code == 403


@pytest.fixture
def agreed(acting: Acting) -> UUID:
    with acting(LAN) as lan:
        case = a_case(lan)
        a_consent(lan, case)
        return case


def test_before_sending_it_shows_what_they_will_see_and_why_not_the_rest(
    agreed: UUID, signed_in: SignedIn, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    lan = signed_in(LAN)
    assert SERVICE in lan.get(f"/cases/{agreed}/referrals/new").get_data(as_text=True)
    form = lan.get(f"/cases/{agreed}/referrals/new?service={SERVICE}").get_data(as_text=True)
    police = str(directory.agencies[POLICE])
    assert police in form
    page = lan.post(f"/cases/{agreed}/referrals/new", {"service": SERVICE, "recipient": police})
    assert page.status_code == 200
    said = text_of(page)
    assert "Nhân thân" in said.split("Sẽ không thấy")[0]
    assert "Tình trạng sức khỏe" not in said.split("Sẽ không thấy")[0]
    assert admin_connection.execute("SELECT count(*) FROM referral").fetchone() == (0,), "nothing was sent yet"
    sent = lan.post(
        f"/cases/{agreed}/referrals/new", {"service": SERVICE, "recipient": police, "urgency": "", "confirmed": "1"}
    )
    assert sent.status_code == 303
    rows = admin_connection.execute("SELECT category FROM access_grant WHERE referral_id IS NOT NULL").fetchall()
    assert {row[0] for row in rows} == set(COVERED)


def test_a_form_posted_twice_sends_once(
    agreed: UUID, signed_in: SignedIn, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    lan = signed_in(LAN)
    form = {"service": SERVICE, "recipient": str(directory.agencies[POLICE]), "confirmed": "1"}
    for _time in range(2):
        lan.get(f"/cases/{agreed}")
        assert lan.post(f"/cases/{agreed}/referrals/new", form).status_code == 303
    assert admin_connection.execute("SELECT count(*) FROM referral").fetchone() == (1,)


@pytest.mark.parametrize("typed", [{}, {"recipient": "nobody"}, {"urgency": "very"}])
def test_nobody_chosen_or_rubbish_is_said_and_nothing_is_sent(
    agreed: UUID, signed_in: SignedIn, directory: Directory, admin_connection: psycopg.Connection, typed: dict[str, str]
) -> None:
    if "urgency" in typed:
        typed = typed | {"recipient": str(directory.agencies[POLICE])}
    page = signed_in(LAN).post(f"/cases/{agreed}/referrals/new", {"service": SERVICE, "confirmed": "1"} | typed)
    assert page.status_code == 422
    assert admin_connection.execute("SELECT count(*) FROM referral").fetchone() == (0,)


def test_whom_she_refused_is_not_offered(
    agreed: UUID, acting: Acting, signed_in: SignedIn, directory: Directory
) -> None:
    police = directory.agencies[POLICE]
    with acting(LAN) as lan:
        deny(lan, agreed, DenialFact(None, agency=police), now=clock.now())
    page = signed_in(LAN).get(f"/cases/{agreed}/referrals/new?service={SERVICE}")
    assert str(police) not in page.get_data(as_text=True)
    kept = signed_in(LAN).post(
        f"/cases/{agreed}/referrals/new", {"service": SERVICE, "recipient": str(police), "confirmed": "1"}
    )
    assert kept.status_code == 422


def test_a_service_that_nobody_gives_is_asked_again(agreed: UUID, signed_in: SignedIn) -> None:
    page = signed_in(LAN).get(f"/cases/{agreed}/referrals/new?service=Z9")
    assert page.status_code == 422


def test_the_recipient_sends_nothing_from_a_case_it_received(acting: Acting, signed_in: SignedIn) -> None:
    told = sent_to(acting)
    assert signed_in("cuong@cong-an-tinh").get(f"/cases/{told.case}/referrals/new").status_code == 404
