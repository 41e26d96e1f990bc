"""Taking in a consent from elsewhere: denials at once, or a person asks her; nothing ever opens."""

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.denials import of_case
from referral_hub.access.gate import Refused
from referral_hub.consent.imports import Imported, settle, take_in, waiting
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict
from referral_hub.kernel.ids import new_id
from tests.builders import a_case, a_consent
from tests.conftest import Acting, ActingInSql, Directory
from tests.consent.test_importing import CLINIC, NURSE, fhir

LAN, THAO, SON = "lan@anh-duong", "thao@anh-duong", "son@trung-tam-tgxh"


@pytest.fixture
def case(acting: Acting) -> UUID:
    with acting(LAN) as lan:
        made = a_case(lan)
        a_consent(lan, made)
    return made


def taken(acting: Acting, case: UUID, document: Any, who: str = LAN) -> Imported:
    with acting(who) as actor:
        return take_in(actor, case, json.dumps(document).encode(), now=clock.now())


def denied(acting: Acting, case: UUID) -> set[UUID | None]:
    with acting(LAN) as lan:
        return {one.fact.agency for one in of_case(lan, case, now=clock.now())}


def test_an_agency_it_names_is_denied(case: UUID, acting: Acting, directory: Directory) -> None:
    assert taken(acting, case, fhir({"type": "deny", "actor": [CLINIC]})).denied == 1
    assert denied(acting, case) == {directory.agencies["benh-vien-tinh"]}


def test_a_person_it_names_is_kept_out_in_every_agency(
    case: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    assert taken(acting, case, fhir({"actor": [NURSE]})).denied == 1
    described = "SELECT count(*) FROM described_person WHERE subject = %s AND source = 'denial'"
    assert admin_connection.execute(described, [case]).fetchone() == (1,)


def test_what_cannot_be_understood_stops_everybody_a_consent_lets_see_something(
    case: UUID, acting: Acting, directory: Directory
) -> None:
    assert taken(acting, case, {"what": "is this"}).denied == 1
    assert denied(acting, case) == {directory.agencies["cong-an-tinh"]}


def test_a_permission_opens_nothing_and_waits_until_she_was_asked(
    case: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    counts = "SELECT (SELECT count(*) FROM consent), (SELECT count(*) FROM access_grant)"
    before = admin_connection.execute(counts).fetchone()
    came = taken(acting, case, fhir())
    assert came.waits and came.denied == 0
    with acting(LAN) as lan:
        assert [one.id for one in waiting(lan, case)] == [came.id]
        settle(lan, case, came.id, "confirmed", now=clock.now())
    with acting(LAN) as lan:
        assert waiting(lan, case) == []
    assert admin_connection.execute(counts).fetchone() == before
    with pytest.raises(Conflict), acting(LAN) as lan:
        settle(lan, case, came.id, "refused", now=clock.now())


def test_the_same_file_is_taken_in_once(case: UUID, acting: Acting) -> None:
    taken(acting, case, fhir())
    with pytest.raises(Conflict):
        taken(acting, case, fhir())


@pytest.mark.parametrize("who", [THAO, SON])
def test_only_who_holds_the_case_takes_anything_in(who: str, case: UUID, acting: Acting) -> None:
    with pytest.raises(Refused):
        taken(acting, case, fhir(), who)


_PUT = (
    "INSERT INTO consent_import (id, subject, owner_id, format, digest, denies, why, imported_at)"
    " VALUES (%s, %s, %s, 'iso-27560', 'x', false, 'to-be-asked', now())"
)


def test_in_sql_a_stranger_neither_sees_nor_makes_nor_settles_one(
    case: UUID, acting: Acting, acting_in_sql: ActingInSql, directory: Directory
) -> None:
    taken(acting, case, fhir())
    house = directory.agencies["anh-duong"]
    with acting_in_sql(SON) as connection:
        assert connection.execute("SELECT count(*) FROM consent_import").fetchone() == (0,)
        assert connection.execute("UPDATE consent_import SET settled_by = 'x'").rowcount == 0
    for who in (SON, THAO):
        with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(_PUT, [new_id(), case, house])


def test_none_is_made_without_its_entry(case: UUID, acting_in_sql: ActingInSql, directory: Directory) -> None:
    with pytest.raises(psycopg.IntegrityError) as caught, acting_in_sql(LAN) as connection:
        connection.execute(_PUT, [new_id(), case, directory.agencies["anh-duong"]])
    assert caught.value.sqlstate == "23H01"
