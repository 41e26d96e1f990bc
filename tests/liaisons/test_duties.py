"""Who is on call and who stands in: arranged by those above, inside their own agency, for a span of time."""

from datetime import timedelta

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.duties import cover, covers, end_cover, on_call, put_on_call
from tests.conftest import Acting, ActingInSql, Directory
from tests.database.world import entry

NOW = clock.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_cover_holds_for_its_days_and_ends_when_the_person_is_back(acting: Acting, directory: Directory) -> None:
    lan, thao = directory.accounts["lan@anh-duong"], directory.accounts["thao@anh-duong"]
    with acting("hanh@anh-duong") as hanh:
        made = cover(hanh, lan, thao, NOW, NOW + DAY, now=NOW)
        assert covers([lan, thao], NOW + HOUR) == {lan: thao}
        assert covers([lan], NOW - HOUR) == covers([lan], NOW + DAY) == {}
        end_cover(hanh, made, now=NOW + HOUR)
        assert covers([lan], NOW + HOUR) == {}


def test_one_says_oneself_who_stands_in(acting: Acting, directory: Directory) -> None:
    with acting("lan@anh-duong") as lan:
        cover(lan, directory.accounts["lan@anh-duong"], directory.accounts["thao@anh-duong"], NOW, NOW + DAY, now=NOW)


def test_nobody_sends_a_colleague_away(acting: Acting, directory: Directory) -> None:
    people = directory.accounts["thao@anh-duong"], directory.accounts["lan@anh-duong"]
    with pytest.raises(Refused), acting("lan@anh-duong") as lan:
        cover(lan, *people, NOW, NOW + DAY, now=NOW)


@pytest.mark.parametrize(
    ("away", "instead", "span"),
    [
        ("lan@anh-duong", "lan@anh-duong", DAY),
        ("lan@anh-duong", "cuong@cong-an-tinh", DAY),
        ("lan@anh-duong", "thao@anh-duong", -DAY),
    ],
)
def test_a_cover_is_a_colleague_for_a_while(
    acting: Acting, directory: Directory, away: str, instead: str, span: timedelta
) -> None:
    with pytest.raises(Invalid), acting("hanh@anh-duong") as hanh:
        cover(hanh, directory.accounts[away], directory.accounts[instead], NOW, NOW + span, now=NOW)


def test_duty_is_at_a_desk_for_a_shift(acting: Acting, directory: Directory) -> None:
    desk, cuong = directory.desks["duty@cong-an-tinh"], directory.accounts["cuong@cong-an-tinh"]
    with acting("huyen@cong-an-tinh") as huyen:
        put_on_call(huyen, desk, cuong, NOW, NOW + 8 * HOUR, now=NOW)
        assert on_call(desk, NOW) == [cuong]
        assert on_call(desk, NOW + 8 * HOUR) == []
    with acting("lan@anh-duong"):
        assert on_call(desk, NOW) == [cuong], "every agency may know whom to call"


PUT = (
    "INSERT INTO desk_duty (id, agency_id, desk_id, account_id, since, until)"
    " VALUES (%s, %s, %s, %s, now(), now() + interval '8 hours')"
)


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "hanh@anh-duong"])
def test_nobody_arranges_the_duty_of_a_desk_but_those_above_it(
    acting_in_sql: ActingInSql, directory: Directory, who: str
) -> None:
    agency, desk = directory.agencies["cong-an-tinh"], directory.desks["duty@cong-an-tinh"]
    row = [directory.agencies["koica"], agency, desk, directory.accounts["cuong@cong-an-tinh"]]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
        connection.execute(PUT, row)
    with acting_in_sql("huyen@cong-an-tinh") as connection:  # the same row: it is the writer that decides
        entry(connection, row[0], "duty")
        connection.execute(PUT, row)


def test_a_duty_is_not_arranged_without_its_entry(acting_in_sql: ActingInSql, directory: Directory) -> None:
    row = [
        directory.agencies["koica"],
        directory.agencies["cong-an-tinh"],
        directory.desks["duty@cong-an-tinh"],
        directory.accounts["cuong@cong-an-tinh"],
    ]
    with pytest.raises(psycopg.errors.IntegrityError), acting_in_sql("huyen@cong-an-tinh") as connection:
        connection.execute(PUT, row)
