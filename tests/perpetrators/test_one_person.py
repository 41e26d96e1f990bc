"""One man who hurt two women: known in the compartment alone, counted once."""

from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.perpetrators.families import Alike, named_alike, same_person
from referral_hub.perpetrators.service import NewRecord, open_record
from tests.conftest import Acting, ActingInSql

BINH = "binh@anh-duong"


@pytest.fixture
def records(acting: Acting, now: datetime) -> tuple[UUID, UUID]:
    with acting(BINH) as binh:
        first = open_record(binh, NewRecord({"perpetrator": {"name": "Triệu Văn Phú"}}), now=now)
        second = open_record(binh, NewRecord({"perpetrator": {"name": "trieu van phu"}}), now=now)
        open_record(binh, NewRecord({"perpetrator": {"name": "Lò Văn Sâm"}}), now=now)
    return first, second


def alike(acting: Acting, record: UUID) -> list[Alike]:
    with acting(BINH) as binh:
        return named_alike(binh, record)


def test_the_same_name_is_a_hint_until_somebody_checked(
    records: tuple[UUID, UUID], acting: Acting, now: datetime, admin_connection: psycopg.Connection
) -> None:
    first, second = records
    persons = "SELECT count(DISTINCT person) FROM perpetrator_record"
    assert [(one.id, one.same) for one in alike(acting, first)] == [(second, False)]
    assert admin_connection.execute(persons).fetchone() == (3,)
    with acting(BINH) as binh:
        same_person(binh, first, second, now=now)
    assert [(one.id, one.same) for one in alike(acting, second)] == [(first, True)]
    assert admin_connection.execute(persons).fetchone() == (2,)


@pytest.mark.parametrize("who", ["lan@anh-duong", "hanh@anh-duong", "dung@anh-duong", "cuong@cong-an-tinh"])
def test_nobody_outside_the_compartment_learns_or_says_it(
    who: str, records: tuple[UUID, UUID], acting: Acting, acting_in_sql: ActingInSql, now: datetime
) -> None:
    with pytest.raises(Refused), acting(who) as actor:
        named_alike(actor, records[0])
    with pytest.raises(Refused), acting(who) as actor:
        same_person(actor, *records, now=now)
    with acting_in_sql(who) as connection:
        assert connection.execute("SELECT records_named_alike(%s)", [records[0]]).fetchall() == []
        assert connection.execute("UPDATE perpetrator_record SET person = gen_random_uuid()").rowcount == 0
