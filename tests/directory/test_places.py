"""Free beds and slots: said by the agency itself, read by who refers, with the age of the figure."""

from datetime import timedelta

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.directory.places import free_places, set_free
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from tests.conftest import Acting, ActingInSql, Directory
from tests.database.world import entry

NOW = clock.now()
HOUR = timedelta(hours=1)
SAY = "INSERT INTO free_place (id, agency_id, service, free, set_at, set_by) VALUES (%s, %s, 'J2', 4, now(), %s)"


def test_the_figure_that_counts_is_the_last_one(acting: Acting, directory: Directory) -> None:
    police = directory.agencies["cong-an-tinh"]
    with acting("cuong@cong-an-tinh") as cuong:
        set_free(cuong, "J2", 5, now=NOW - 30 * HOUR)
        assert free_places(cuong)[police, "J2"].old(NOW)
        set_free(cuong, "J2", 0, now=NOW - 3 * HOUR)
    with acting("lan@anh-duong") as lan:
        found = free_places(lan)[police, "J2"]
    assert (found.free, found.set_at, found.old(NOW)) == (0, NOW - 3 * HOUR, False)


@pytest.mark.parametrize(("service", "free"), [("S1", 1), ("J2", -1), ("J2", 1000)])
def test_an_agency_counts_only_what_it_gives(acting: Acting, service: str, free: int) -> None:
    with pytest.raises(Invalid), acting("cuong@cong-an-tinh") as cuong:
        set_free(cuong, service, free, now=NOW)


def test_who_has_no_part_in_cases_neither_says_nor_reads_it(
    acting: Acting, acting_in_sql: ActingInSql, directory: Directory
) -> None:
    with acting("cuong@cong-an-tinh") as cuong:
        set_free(cuong, "J2", 5, now=NOW)
    for who in ("phuc@anh-duong", "tam@so-y-te"):
        with pytest.raises(Refused), acting(who) as somebody:
            free_places(somebody)
        with acting_in_sql(who) as connection:
            assert connection.execute("SELECT count(*) FROM free_place").fetchone() == (0,)
    with acting_in_sql("lan@anh-duong") as connection:
        assert connection.execute("SELECT count(*) FROM free_place").fetchone() == (1,)


def test_nobody_says_what_another_agency_has_free(acting_in_sql: ActingInSql, directory: Directory) -> None:
    police, place = directory.agencies["cong-an-tinh"], new_id()
    for who in ("lan@anh-duong", "minh@tro-giup-phap-ly"):
        row = [place, police, str(directory.accounts[who])]
        with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
            entry(connection, place, "directory")
            connection.execute(SAY, row)
    with acting_in_sql("cuong@cong-an-tinh") as connection:  # the same row: it is the writer that decides
        entry(connection, place, "directory")
        connection.execute(SAY, [place, police, str(directory.accounts["cuong@cong-an-tinh"])])


def test_a_figure_is_not_set_without_its_entry(acting_in_sql: ActingInSql, directory: Directory) -> None:
    row = [new_id(), directory.agencies["cong-an-tinh"], str(directory.accounts["cuong@cong-an-tinh"])]
    with pytest.raises(psycopg.errors.IntegrityError), acting_in_sql("cuong@cong-an-tinh") as connection:
        connection.execute(SAY, row)


def test_what_was_said_stays(acting: Acting, acting_in_sql: ActingInSql) -> None:
    with acting("cuong@cong-an-tinh") as cuong:
        set_free(cuong, "J2", 5, now=NOW)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql("cuong@cong-an-tinh") as connection:
        connection.execute("UPDATE free_place SET free = 9")
