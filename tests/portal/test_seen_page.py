"""Who saw what, printed for her: asked first, in plain words, agencies and no persons, under a neutral title."""

import psycopg

from tests.builders import a_case
from tests.conftest import Acting
from tests.portal.browsing import text_of, title_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries
from tests.story import accepted_by

LAN, THAO, CUONG = "lan@anh-duong", "thao@anh-duong", "cuong@cong-an-tinh"


def test_the_survivor_is_asked_first_and_gets_a_printed_list_of_who_has_seen_what_and_when_from_the_log(
    acting: Acting, signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    told = accepted_by(acting)
    assert signed_in(CUONG).get(f"/referrals/{told.referral}").status_code == 200
    lan = signed_in(LAN)
    before = len(entries(admin_connection))
    asked = lan.get(f"/cases/{told.case}/seen")
    assert "Công an tỉnh" not in text_of(asked)
    assert len(entries(admin_connection)) == before
    sheet = lan.post(f"/cases/{told.case}/seen")
    words = text_of(sheet)
    assert "Công an tỉnh Quảng Ninh" in words
    assert "Nhân thân" in words
    for name in ("Ngô Mạnh Cường", "Nguyễn Thị Hoa", "0912345678"):
        assert name not in words
    assert "Ánh Dương" not in title_of(sheet)
    assert entries(admin_connection, "audit:case:printed")[-1]["obj"] == str(told.case)


def test_what_another_agency_never_opened_is_not_on_the_list(acting: Acting, signed_in: SignedIn) -> None:
    told = accepted_by(acting)
    words = text_of(signed_in(LAN).post(f"/cases/{told.case}/seen"))
    assert "Công an tỉnh Quảng Ninh" not in words


def test_somebody_who_does_not_hold_her_case_makes_no_list(acting: Acting, signed_in: SignedIn) -> None:
    with acting(LAN) as lan:
        case = a_case(lan)
    assert signed_in(THAO).post(f"/cases/{case}/seen").status_code == 403
    assert signed_in(CUONG).post(f"/cases/{case}/seen").status_code == 404
    assert signed_in(CUONG).get(f"/cases/{case}/seen").status_code == 404
