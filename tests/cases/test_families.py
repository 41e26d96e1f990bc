"""Families: a link shows that it exists to who holds both cases, and nothing of the one in the other."""

from uuid import UUID

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.cases.families import Agreed, link, links, unlink
from referral_hub.cases.queries import header, sections
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.kernel.ids import new_id
from tests.builders import a_case
from tests.conftest import Acting, ActingInSql, Directory
from tests.portal.world import entries

LAN, THAO, HANH, SON = "lan@anh-duong", "thao@anh-duong", "hanh@anh-duong", "son@trung-tam-tgxh"
BOTH = Agreed("paper_signed", "verbal_witnessed")


@pytest.fixture
def mother(acting: Acting) -> UUID:
    with acting(LAN) as lan:
        return a_case(lan)


@pytest.fixture
def daughter(acting: Acting) -> UUID:
    with acting(THAO) as thao:
        return a_case(thao, sections={"identity": {"full_name": "Nguyễn Thị Mơ"}})


def code_of(acting: Acting, who: str, case: UUID) -> str:
    with acting(who) as actor:
        return header(actor, case).code


@pytest.fixture
def linked(acting: Acting, mother: UUID, daughter: UUID) -> UUID:
    code = code_of(acting, THAO, daughter)
    with acting(HANH) as hanh:
        return link(hanh, mother, code, "household", BOTH, now=clock.now())


def test_who_holds_both_sees_the_link_from_either_side(
    linked: UUID, mother: UUID, daughter: UUID, acting: Acting
) -> None:
    with acting(HANH) as hanh:
        assert [(one.other, one.kind) for one in links(hanh, mother)] == [(daughter, "household")]
        assert [(one.other, one.kind) for one in links(hanh, daughter)] == [(mother, "household")]


def test_who_holds_one_of_them_sees_no_link(linked: UUID, mother: UUID, daughter: UUID, acting: Acting) -> None:
    with acting(LAN) as lan:
        assert links(lan, mother) == []
    with acting(THAO) as thao:
        assert links(thao, daughter) == []


def test_a_link_opens_nothing_of_the_other_file(linked: UUID, daughter: UUID, acting: Acting) -> None:
    with pytest.raises(Refused), acting(LAN) as lan:
        sections(lan, daughter, now=clock.now())


def test_without_the_agreement_of_both_there_is_no_link(mother: UUID, daughter: UUID, acting: Acting) -> None:
    code = code_of(acting, THAO, daughter)
    for agreed in (Agreed("paper_signed", ""), Agreed("", "paper_signed"), Agreed("paper_signed", "shrugged")):
        with pytest.raises(Invalid), acting(HANH) as hanh:
            link(hanh, mother, code, "household", agreed, now=clock.now())


def test_a_colleagues_case_and_one_that_does_not_exist_are_answered_alike(
    mother: UUID, daughter: UUID, acting: Acting
) -> None:
    answers = []
    for code in (code_of(acting, THAO, daughter), "HS-0000-0000"):
        with pytest.raises(Invalid) as caught, acting(LAN) as lan:
            link(lan, mother, code, "household", BOTH, now=clock.now())
        answers.append(caught.value.sentence)
    assert answers[0] == answers[1]


def test_each_log_says_that_there_is_a_link_and_not_with_whom(
    linked: UUID, mother: UUID, daughter: UUID, admin_connection: psycopg.Connection
) -> None:
    said = entries(admin_connection, "cases:link:made")
    assert {one["obj"] for one in said} == {str(mother), str(daughter)}
    assert all(str(daughter) not in str(one) for one in said if one["obj"] == str(mother))


def test_a_link_ends_and_can_be_made_again(linked: UUID, mother: UUID, daughter: UUID, acting: Acting) -> None:
    code = code_of(acting, THAO, daughter)
    with pytest.raises(Conflict), acting(HANH) as hanh:
        link(hanh, mother, code, "household", BOTH, now=clock.now())
    with acting(HANH) as hanh:
        unlink(hanh, daughter, linked, now=clock.now())
        assert links(hanh, mother) == []
    with acting(HANH) as hanh:
        link(hanh, mother, code, "same-incident", BOTH, now=clock.now())


_PUT = (
    "INSERT INTO case_link (id, subject, other, owner_id, kind, method, other_method, recorded_at)"
    " VALUES (%s, %s, %s, %s, 'household', 'paper_signed', 'paper_signed', now())"
)


@pytest.mark.parametrize("who", [LAN, SON])
def test_in_sql_only_who_holds_both_links_or_sees_them(
    who: str, linked: UUID, mother: UUID, daughter: UUID, acting_in_sql: ActingInSql, directory: Directory
) -> None:
    house = directory.agencies["anh-duong"]
    with acting_in_sql(who) as connection:
        assert connection.execute("SELECT count(*) FROM case_link").fetchone() == (0,)
        assert connection.execute("UPDATE case_link SET ended_at = now()").rowcount == 0
    with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(_PUT, [new_id(), mother, daughter, house])


def test_a_link_needs_the_entry_of_both_cases(
    linked: UUID, acting_in_sql: ActingInSql, directory: Directory, mother: UUID, daughter: UUID
) -> None:
    with pytest.raises(psycopg.IntegrityError) as caught, acting_in_sql(HANH) as connection:
        connection.execute(_PUT, [new_id(), mother, daughter, directory.agencies["anh-duong"]])
    assert caught.value.sqlstate == "23H01"
