"""Who is on call and who stands in: arranged by those above, inside their own agency, for a span of time."""

from datetime import timedelta

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Forbidden, Invalid, NotFound
from referral_hub.liaisons.duties import cover, covers, end_cover, end_duty, on_call, put_on_call
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


def test_a_cover_that_has_not_begun_is_called_off_and_never_holds(acting: Acting, directory: Directory) -> None:
    lan, thao = directory.accounts["lan@anh-duong"], directory.accounts["thao@anh-duong"]
    with acting("hanh@anh-duong") as hanh:
        made = cover(hanh, lan, thao, NOW + DAY, NOW + 3 * DAY, now=NOW)
    with acting("hanh@anh-duong") as hanh:
        assert end_cover(hanh, made, now=NOW)
        assert covers([lan], NOW + DAY) == covers([lan], NOW + 2 * DAY) == {}


def test_one_ends_ones_own_cover_and_no_colleagues(acting: Acting, directory: Directory) -> None:
    lan, thao = directory.accounts["lan@anh-duong"], directory.accounts["thao@anh-duong"]
    with acting("lan@anh-duong") as herself:
        made = cover(herself, lan, thao, NOW, NOW + DAY, now=NOW)
    with pytest.raises(Refused) as caught, acting("thao@anh-duong") as other:
        end_cover(other, made, now=NOW + HOUR)
    assert isinstance(caught.value.answer, Forbidden)
    with acting("lan@anh-duong") as herself:
        assert end_cover(herself, made, now=NOW + HOUR)
        assert covers([lan], NOW + HOUR) == {}


def test_ending_what_is_no_cover_of_ones_agency_writes_nothing(
    acting: Acting, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    lan, thao = directory.accounts["lan@anh-duong"], directory.accounts["thao@anh-duong"]
    with acting("hanh@anh-duong") as hanh:
        made = cover(hanh, lan, thao, NOW, NOW + DAY, now=NOW)
    for who, which in (("hanh@anh-duong", directory.agencies["koica"]), ("huyen@cong-an-tinh", made)):
        with pytest.raises(Refused) as caught, acting(who) as actor:
            end_cover(actor, which, now=NOW + HOUR)
        assert isinstance(caught.value.answer, NotFound)
    assert _acts(admin_connection) == ["liaisons:cover:arranged"]


def test_beginning_and_end_are_two_entries_and_ending_again_is_none(
    acting: Acting, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    lan, thao = directory.accounts["lan@anh-duong"], directory.accounts["thao@anh-duong"]
    desk, cuong = directory.desks["duty@cong-an-tinh"], directory.accounts["cuong@cong-an-tinh"]
    with acting("hanh@anh-duong") as hanh:
        made = cover(hanh, lan, thao, NOW, NOW + DAY, now=NOW)
        assert end_cover(hanh, made, now=NOW + HOUR)
        assert not end_cover(hanh, made, now=NOW + 2 * HOUR)
    with acting("huyen@cong-an-tinh") as huyen:
        duty = put_on_call(huyen, desk, cuong, NOW, NOW + DAY, now=NOW)
        assert end_duty(huyen, duty, now=NOW + HOUR)
        assert not end_duty(huyen, duty, now=NOW + 2 * HOUR)
        assert on_call(desk, NOW) == [cuong], "until then she was on call"
        assert on_call(desk, NOW + HOUR) == []
    assert _acts(admin_connection) == [
        *("liaisons:cover:arranged", "liaisons:cover:ended", "liaisons:duty:arranged", "liaisons:duty:ended")
    ]


def test_nobody_ends_the_duty_of_a_desk_but_those_above_it(acting: Acting, directory: Directory) -> None:
    desk, cuong = directory.desks["duty@cong-an-tinh"], directory.accounts["cuong@cong-an-tinh"]
    with acting("huyen@cong-an-tinh") as huyen:
        duty = put_on_call(huyen, desk, cuong, NOW, NOW + DAY, now=NOW)
    for who, answer in (("cuong@cong-an-tinh", Forbidden), ("hanh@anh-duong", NotFound)):
        with pytest.raises(Refused) as caught, acting(who) as actor:
            end_duty(actor, duty, now=NOW + HOUR)
        assert isinstance(caught.value.answer, answer)
    with acting("huyen@cong-an-tinh"):
        assert on_call(desk, NOW + 2 * HOUR) == [cuong]


def test_who_stood_in_is_not_made_up_afterwards(acting: Acting, directory: Directory) -> None:
    lan, thao = directory.accounts["lan@anh-duong"], directory.accounts["thao@anh-duong"]
    with pytest.raises(Invalid), acting("hanh@anh-duong") as hanh:
        cover(hanh, lan, thao, NOW - 2 * DAY, NOW - DAY, now=NOW)
    desk, cuong = directory.desks["duty@cong-an-tinh"], directory.accounts["cuong@cong-an-tinh"]
    with pytest.raises(Invalid), acting("huyen@cong-an-tinh") as huyen:
        put_on_call(huyen, desk, cuong, NOW - 2 * DAY, NOW - DAY, now=NOW)


def _acts(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute("SELECT convert_from(envelope, 'UTF8')::jsonb ->> 'act' FROM audit_entry ORDER BY id")
    return [act for (act,) in rows if act.startswith("liaisons:")]


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
