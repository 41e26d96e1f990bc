"""What a section said before is for who holds the case, and never without the entry of the reading."""

import psycopg
import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.cases.service import write_case
from referral_hub.kernel import clock
from tests.conftest import Acting, ActingInSql, Directory
from tests.database.world import World, entry

EARLIER = "SELECT part FROM read_section_history(%s, 'contact')"


@pytest.fixture
def written_twice(world: World, acting: Acting) -> World:
    with acting("lan@anh-duong") as lan:
        write_case(lan, world.case, {"contact": {"safe_phone": "0987654321"}}, now=clock.now())
    return world


def rows(connection: psycopg.Connection, world: World) -> int:
    entry(connection, world.case, "read")
    return len(connection.execute(EARLIER, [world.case]).fetchall())


def test_who_holds_the_case_reads_what_stood_there(written_twice: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("lan@anh-duong") as connection:
        assert rows(connection, written_twice) == 2, "the preview and the rest"


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "thao@anh-duong", "minh@tro-giup-phap-ly"])
def test_nobody_else_does_not_even_the_recipient(written_twice: World, acting_in_sql: ActingInSql, who: str) -> None:
    with acting_in_sql(who) as connection:
        assert rows(connection, written_twice) == 0


def test_without_the_entry_it_raises(written_twice: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.IntegrityError) as caught:
        connection.execute(EARLIER, [written_twice.case])
    assert caught.value.sqlstate == "23H02"


def test_whom_she_shut_out_reads_nothing_of_it(
    written_twice: World, acting: Acting, acting_in_sql: ActingInSql, directory: Directory
) -> None:
    with acting("hanh@anh-duong") as hanh:
        deny(hanh, written_twice.case, DenialFact(None, account=directory.accounts["lan@anh-duong"]), now=clock.now())
    with acting_in_sql("lan@anh-duong") as connection:
        assert rows(connection, written_twice) == 0
