"""Search: finds by code, name and number what one may open, tells nothing of what one may not, keeps no word."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.access.gate import Refused
from referral_hub.cases.finding import Wanted
from referral_hub.cases.queries import header
from referral_hub.cases.service import write_case
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.referrals.finding import Found, search
from referral_hub.referrals.models import Referral
from tests.builders import SECTIONS, a_case, agency_id
from tests.conftest import Acting, ActingInSql, Directory
from tests.story import sent_to

LAN, THAO, HANH, CUONG, SON = (
    *("lan@anh-duong", "thao@anh-duong", "hanh@anh-duong"),
    *("cuong@cong-an-tinh", "son@trung-tam-tgxh"),
)
NOTHING = Found((), ())


def found_by(acting: Acting, who: str, **wanted: str) -> Found:
    with acting(who) as actor:
        return search(actor, Wanted(**wanted), now=clock.now())


@pytest.fixture
def case(acting: Acting) -> UUID:
    with acting(LAN) as lan:
        return a_case(lan)


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "Nguyễn Thị Hoa"},
        {"name": "  nguyen  thi HOA "},
        {"telephone": "+84 912 345 678"},
        {"telephone": "0912.345.678"},
        {"name": "Hoa", "telephone": "0912345678"},
    ],
)
def test_her_case_is_found_by_name_without_accents_and_by_number(
    case: UUID, acting: Acting, wanted: dict[str, str]
) -> None:
    assert [one.id for one in found_by(acting, LAN, **wanted).cases] == [case]
    assert [one.id for one in found_by(acting, HANH, **wanted).cases] == [case]


def test_name_and_number_together_have_to_be_of_one_case(case: UUID, acting: Acting) -> None:
    assert found_by(acting, LAN, name="Nguyễn Thị Hoa", telephone="0999999999") == NOTHING


def test_a_colleague_without_the_case_and_another_agency_find_what_is_not_there(case: UUID, acting: Acting) -> None:
    with acting(LAN) as lan:
        code = header(lan, case).code
    for who in (THAO, SON, CUONG):
        assert found_by(acting, who, name="Nguyễn Thị Hoa") == found_by(acting, who, name="Không Có Ai") == NOTHING
        assert found_by(acting, who, code=code) == found_by(acting, who, code="HS-0000-0000") == NOTHING


def test_whom_she_denied_finds_nothing(case: UUID, acting: Acting, directory: Directory) -> None:
    with acting(LAN) as lan:
        deny(lan, case, DenialFact(None, account=directory.accounts[HANH]), now=clock.now())
        code = header(lan, case).code
    assert found_by(acting, HANH, name="Nguyễn Thị Hoa") == found_by(acting, HANH, code=code) == NOTHING


def test_a_code_is_found_by_who_may_see_the_referral_alone(acting: Acting) -> None:
    told = sent_to(acting)
    with acting(LAN) as lan:
        code = db.session.scalar(select(Referral.code).where(Referral.id == told.referral)) or ""
        case_code = header(lan, told.case).code
    assert [one.id for one in found_by(acting, CUONG, code=code.lower()).referrals] == [told.referral]
    assert found_by(acting, CUONG, code=case_code) == NOTHING
    assert found_by(acting, SON, code=code) == NOTHING
    assert [one.id for one in found_by(acting, LAN, code=case_code).cases] == [told.case]


def test_whom_she_denied_does_not_find_the_referral_either(acting: Acting) -> None:
    told = sent_to(acting)
    with acting(LAN) as lan:
        code = db.session.scalar(select(Referral.code).where(Referral.id == told.referral)) or ""
        deny(lan, told.case, DenialFact(None, agency=agency_id("cong-an-tinh")), now=clock.now())
    assert found_by(acting, CUONG, code=code) == NOTHING


def test_a_corrected_name_is_found_and_the_old_one_no_more(case: UUID, acting: Acting) -> None:
    with acting(LAN) as lan:
        write_case(lan, case, {"identity": {"full_name": "Trần Thị Mây"}}, now=clock.now())
    assert [one.id for one in found_by(acting, LAN, name="tran thi may").cases] == [case]
    assert found_by(acting, LAN, name="Nguyễn Thị Hoa") == NOTHING
    assert [one.id for one in found_by(acting, LAN, telephone="0912345678").cases] == [case]


def test_the_same_name_has_another_mark_in_another_agency(
    case: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting(SON) as son:
        a_case(son, sections={"identity": SECTIONS["identity"]})
    ours, theirs = (
        {bytes(digest) for (digest,) in rows}
        for rows in (
            admin_connection.execute(
                "SELECT digest FROM search_mark m JOIN subject s ON s.id = m.subject"
                " WHERE (s.id = %s) = %s AND category = 'identity'",
                [case, own],
            ).fetchall()
            for own in (True, False)
        )
    )
    assert len(ours) == len(theirs) == 2 and not ours & theirs


def test_the_log_says_that_somebody_searched_and_not_what_for(
    case: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    found_by(acting, LAN, name="Nguyễn Thị Hoa")
    rows = admin_connection.execute("SELECT envelope FROM audit_entry WHERE kind = 'view'").fetchall()
    said = [bytes(envelope).decode() for (envelope,) in rows]
    assert any("cases:search:made" in one for one in said)
    assert not any("Hoa" in one for one in said)


def test_thirty_searches_in_five_minutes_are_enough_for_one_person(case: UUID, acting: Acting) -> None:
    for _turn in range(30):
        found_by(acting, LAN, code="HS-0000-0000")
    with pytest.raises(Refused) as caught:
        found_by(acting, LAN, name="Nguyễn Thị Hoa")
    assert isinstance(caught.value.answer, Conflict)
    assert found_by(acting, HANH, name="Nguyễn Thị Hoa").cases


def test_a_search_by_nothing_is_refused(acting: Acting) -> None:
    with pytest.raises(Invalid):
        found_by(acting, LAN, name="  ")


def test_no_office_that_opens_no_case_searches(acting: Acting) -> None:
    for who in ("phuc@anh-duong", "kiem@so-y-te"):
        with pytest.raises(Refused):
            found_by(acting, who, code="HS-0000-0000")


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM search_mark", "SELECT * FROM search_made", "DELETE FROM search_mark"]
)
def test_the_web_cannot_touch_the_index(case: UUID, acting_in_sql: ActingInSql, statement: str) -> None:
    with acting_in_sql(LAN) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("SELECT find_cases('HS-0000-0000', '{}')", "23H02"),
        ("SELECT mark_section(%(case)s, 'identity', '{}')", "23H02"),
    ],
)
def test_nothing_is_searched_or_marked_without_its_entry(
    case: UUID, acting_in_sql: ActingInSql, statement: str, state: str
) -> None:
    with acting_in_sql(LAN) as connection, pytest.raises(psycopg.errors.DatabaseError) as caught:
        connection.execute(statement, {"case": case})
    assert caught.value.sqlstate == state


def test_a_stranger_marks_nothing(case: UUID, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql(SON) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT mark_section(%s, 'identity', '{}')", [case])


def test_what_is_found_goes_when_the_key_of_the_section_is_erased(
    case: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    left: Any = "SELECT count(*) FROM search_mark WHERE subject = %s AND category = 'identity'"
    assert admin_connection.execute(left, [case]).fetchone() == (2,)
    with admin_connection.transaction(force_rollback=True):
        admin_connection.execute("DELETE FROM data_key WHERE subject = %s AND category = 'identity'", [case])
        assert admin_connection.execute(left, [case]).fetchone() == (0,)
