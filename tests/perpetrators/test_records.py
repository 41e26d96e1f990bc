"""Work with persons who used violence is a compartment of its own: neither side opens the other."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.gate import Refused, relation_to
from referral_hub.cases.facts import ServiceGiven
from referral_hub.cases.queries import header, sections
from referral_hub.cases.sections import read_sections
from referral_hub.cases.service import record_service
from referral_hub.kernel.errors import Forbidden, Invalid, NotFound
from referral_hub.perpetrators.service import NewRecord, open_record
from tests.builders import a_case
from tests.portal.world import entries

HIM = {"perpetrator": {"name": "Triệu Văn Phú"}}
WORK, SERVICE = "binh@anh-duong", "V3"


@pytest.fixture
def case(acting: Any) -> UUID:
    with acting("lan@anh-duong") as lan:
        return a_case(lan)


@pytest.fixture
def record(acting: Any, case: UUID, now: datetime) -> UUID:
    """What Bình opened about the man of Lan's case."""
    with acting(WORK) as binh:
        return open_record(binh, NewRecord(HIM, case), now=now)


@pytest.mark.parametrize(
    "who",
    ["lan@anh-duong", "hanh@anh-duong", "hung@anh-duong", "dung@anh-duong", "phuc@anh-duong", "cuong@cong-an-tinh"],
)
def test_only_the_workers_of_this_kind_open_a_record(who: str, acting: Any, now: datetime) -> None:
    with pytest.raises(Refused) as refused, acting(who) as actor:
        open_record(actor, NewRecord(HIM), now=now)
    assert isinstance(refused.value.answer, Forbidden)


def test_its_worker_reads_it_and_every_reading_is_logged(
    record: UUID, acting: Any, now: datetime, admin_connection: psycopg.Connection
) -> None:
    with acting(WORK) as binh:
        read = read_sections(binh, record, ["perpetrator"], why="own-case", now=now)
        assert relation_to(binh, record).holds
    assert read["perpetrator"].fields["name"] == "Triệu Văn Phú"
    assert [one["obj"] for one in entries(admin_connection, "cases:sections:read")] == [str(record)]


@pytest.mark.parametrize("who", ["lan@anh-duong", "hanh@anh-duong", "hung@anh-duong", "mai@anh-duong"])
def test_who_helps_her_does_not_read_about_him(who: str, record: UUID, acting: Any, now: datetime) -> None:
    with acting(who) as actor:
        assert not relation_to(actor, record).holds
        assert read_sections(actor, record, ["perpetrator"], why="own-case", now=now) == {}


def test_who_works_with_him_does_not_read_about_her(record: UUID, case: UUID, acting: Any, now: datetime) -> None:
    with pytest.raises(Refused) as refused, acting(WORK) as binh:
        sections(binh, case, now=now)
    assert isinstance(refused.value.answer, Forbidden)
    with acting(WORK) as binh:
        assert read_sections(binh, case, ["identity", "perpetrator"], why="own-case", now=now) == {}


def test_another_agencys_record_is_not_there(record: UUID, acting: Any, now: datetime) -> None:
    for who in ("cuong@cong-an-tinh", "ha@trung-tam-tgxh"):
        with acting(who) as actor:
            assert relation_to(actor, record) == relation_to(actor, UUID(int=7))
        with pytest.raises(Refused) as refused, acting(who) as actor:
            header(actor, record)
        assert isinstance(refused.value.answer, NotFound)


def test_his_name_is_sealed(record: UUID, admin_connection: psycopg.Connection) -> None:
    for table in ("perpetrator_record", "case_section", "audit_entry", "audit_payload", "subject"):
        rows = admin_connection.execute(f"SELECT t::text FROM {table} t".encode()).fetchall()
        assert rows, table
        assert not [row for row in rows if "Phú" in row[0] or "Phú".encode().hex() in row[0]], table


def test_work_with_him_is_a_service_of_its_own(
    record: UUID, acting: Any, now: datetime, admin_connection: psycopg.Connection
) -> None:
    given = ServiceGiven(SERVICE, now - timedelta(hours=2), now)
    with acting(WORK) as binh:
        record_service(binh, record, given, now=now)
    with pytest.raises(Refused), acting("lan@anh-duong") as lan:
        record_service(lan, record, given, now=now)
    assert admin_connection.execute("SELECT subject, service FROM service_episode").fetchall() == [(record, SERVICE)]


def test_two_records_of_one_man_count_as_one_person(
    acting: Any, now: datetime, admin_connection: psycopg.Connection
) -> None:
    same = UUID(int=5)
    with acting(WORK) as binh:
        for person in (same, same, None):
            open_record(binh, NewRecord(HIM, person=person), now=now)
    row = admin_connection.execute("SELECT count(*), count(DISTINCT person) FROM perpetrator_record").fetchone()
    assert row == (3, 2)


def test_a_record_keeps_when_it_was_opened_and_when_it_was_entered(
    acting: Any, now: datetime, admin_connection: psycopg.Connection
) -> None:
    earlier = now - timedelta(days=40)
    with acting(WORK) as binh:
        open_record(binh, NewRecord(HIM), occurred=earlier, now=now)
    row = admin_connection.execute("SELECT opened_at, recorded_at, imported FROM perpetrator_record").fetchone()
    assert row == (earlier, now, False)


def test_what_no_schema_allows_leaves_no_record(
    acting: Any, now: datetime, admin_connection: psycopg.Connection
) -> None:
    with pytest.raises(Invalid) as fault, acting(WORK) as binh:
        open_record(binh, NewRecord({"perpetrator": {"shoe_size": 43}}), now=now)
    assert fault.value.field == "perpetrator.shoe_size"
    assert admin_connection.execute("SELECT count(*) FROM perpetrator_record").fetchone() == (0,)


def test_a_code_of_a_record_cannot_be_taken_for_one_of_a_case(
    record: UUID, case: UUID, admin_connection: psycopg.Connection
) -> None:
    (his,) = admin_connection.execute("SELECT code FROM perpetrator_record").fetchone() or ("",)
    (hers,) = admin_connection.execute("SELECT code FROM case_file").fetchone() or ("",)
    assert his.split("-")[0] != hers.split("-")[0]
