"""A case on one page, and withdrawing a consent: one page, one button, no question asked."""

from typing import Any
from uuid import uuid4

import pytest

from tests.builders import SECTIONS, a_case, a_consent
from tests.portal.browsing import codes_of, part, text_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries, recorded, status_of
from tests.story import Told

STATEMENTS = 24  # two of them ask what was shared or opened without consent


def withdrawal(told: Told) -> str:
    return f"/cases/{told.case}/consents/{told.consent}/withdraw"


def test_a_case_shows_its_holder_everything_safety_first(signed_in: SignedIn, sent: Told) -> None:
    page = signed_in("lan@anh-duong").get(f"/cases/{sent.case}")
    whole, shown = page.get_data(as_text=True), text_of(page)
    for section in SECTIONS.values():
        for value in section.values():
            if " " in str(value):
                assert str(value) in shown
    assert whole.index('data-rh-part="safe-contact"') < whole.index("rh-case-title")
    assert len(codes_of(page)) == 1
    assert withdrawal(sent) in whole
    assert "Nguyễn Ngọc Lan" in shown


def test_a_supervisor_holds_every_case_of_the_agency(signed_in: SignedIn, sent: Told) -> None:
    assert signed_in("hanh@anh-duong").get(f"/cases/{sent.case}").status_code == 200


def test_a_colleague_is_told_whom_to_ask_and_nothing_about_her(signed_in: SignedIn, sent: Told) -> None:
    answer = signed_in("thao@anh-duong").get(f"/cases/{sent.case}")
    assert answer.status_code == 403
    shown = text_of(answer)
    assert "Phạm Quốc Hưng" in shown, "the duty supervisor of the agency"
    assert not [word for word in ("Hoa", "0912345678", "HS-") if word in shown]


def test_a_page_of_a_case_takes_few_statements(signed_in: SignedIn, acting: Any, statements: Any) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        for to, service in (("cong-an-tinh", "J2"), ("tro-giup-phap-ly", "S7")):
            for _ in range(3):
                a_consent(lan, case, to=to, service=service)
    browser = signed_in("lan@anh-duong")
    browser.get(f"/cases/{case}")
    with statements() as sent:
        assert browser.get(f"/cases/{case}").status_code == 200
    assert len(sent) <= STATEMENTS, (len(sent), sent)


def test_withdrawing_asks_nothing_and_ends_everything_at_once(
    signed_in: SignedIn, accepted: Told, admin_connection: Any
) -> None:
    lan = signed_in("lan@anh-duong")
    asked = lan.get(withdrawal(accepted))
    assert asked.status_code == 200
    assert "Công an tỉnh Quảng Ninh" in text_of(asked)
    assert "chấm dứt ngay" in (part(asked, "check") or "") or "kết thúc ngay" in (part(asked, "check") or "")
    assert lan.post(withdrawal(accepted)).status_code == 303
    page = lan.follow()
    assert page.status_code == 200
    assert "rh-share--ended" in page.get_data(as_text=True)
    assert status_of(admin_connection, accepted.referral) == "withdrawn"
    live = admin_connection.execute(
        "SELECT count(*) FROM access_grant WHERE basis = 'consent' AND revoked_at IS NULL"
    ).fetchone()
    assert live == (0,)
    assert len(entries(admin_connection, "consent:consent:withdrawn")) == 1


def test_what_she_said_is_kept_sealed_and_in_no_log(signed_in: SignedIn, accepted: Told, admin_connection: Any) -> None:
    wish = "Chị sợ chồng biết"
    signed_in("lan@anh-duong").post(withdrawal(accepted), {"her_wish": wish})
    for table in ("referral_note", "audit_entry", "audit_payload", "referral_event", "consent"):
        rows = admin_connection.execute(f"SELECT t::text FROM {table} t".encode()).fetchall()
        assert not [row for row in rows if wish in row[0] or wish.encode().hex() in row[0]], table
    assert wish in text_of(signed_in("lan@anh-duong").get(f"/referrals/{accepted.referral}"))


def test_withdrawing_twice_changes_nothing_more(signed_in: SignedIn, accepted: Told, admin_connection: Any) -> None:
    lan = signed_in("lan@anh-duong")
    for _ in range(2):
        assert lan.post(withdrawal(accepted)).status_code in (303, 409)
    rows = admin_connection.execute("SELECT verb FROM referral_event ORDER BY id").fetchall()
    assert [row[0] for row in rows] == ["send", "accept", "withdraw"]


def test_one_withdrawal_leaves_another_agencys_consent_as_it_was(
    signed_in: SignedIn, acting: Any, accepted: Told, admin_connection: Any
) -> None:
    with acting("lan@anh-duong") as lan:
        other = a_consent(lan, accepted.case, to="tro-giup-phap-ly", service="S7")
    signed_in("lan@anh-duong").post(withdrawal(accepted))
    row = admin_connection.execute("SELECT withdrawn_at FROM consent WHERE id = %s", [other]).fetchone()
    assert row == (None,)


@pytest.mark.parametrize("who", ["thao@anh-duong", "mai@anh-duong"])
def test_whoever_she_tells_can_record_it(who: str, signed_in: SignedIn, accepted: Told, admin_connection: Any) -> None:
    assert signed_in(who).post(f"/referrals/{accepted.referral}/withdraw", {"her_wish": "Dừng"}).status_code == 303
    assert status_of(admin_connection, accepted.referral) == "withdrawn"


def test_a_consent_of_another_case_is_not_reached_through_ones_own(
    signed_in: SignedIn, acting: Any, sent: Told, admin_connection: Any
) -> None:
    with acting("thao@anh-duong") as thao:
        own = a_case(thao)
    thao = signed_in("thao@anh-duong")
    page = thao.get(f"/cases/{own}/consents/{sent.consent}/withdraw")
    assert "Công an tỉnh" not in text_of(page)
    assert thao.get(f"/cases/{own}/consents/{uuid4()}/withdraw").status_code == page.status_code


def test_a_consent_that_is_not_there_is_not_found(signed_in: SignedIn, sent: Told, admin_connection: Any) -> None:
    lan, before = signed_in("lan@anh-duong"), recorded(admin_connection)["consent"]
    assert lan.post(f"/cases/{sent.case}/consents/{uuid4()}/withdraw").status_code == 404
    assert recorded(admin_connection)["consent"] == before
