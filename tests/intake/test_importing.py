"""An old register passes through the real services and becomes records that say where they came from."""

from collections import Counter
from datetime import datetime
from typing import Any

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.cases.queries import sections
from referral_hub.intake import importing
from referral_hub.intake.importing import import_register
from referral_hub.intake.register import read_register
from referral_hub.regulation.loader import shipped
from tests.intake.conftest import Import
from tests.intake.workbooks import (
    CALLS,
    FILES,
    OUTREACH,
    REFERRALS,
    SHIPPED,
    TASK,
    WORK,
    get,
    messy,
    put,
    register,
    shipped_book,
    small_book,
)
from tests.portal.world import entries

BETWEEN = ("case_file", "case_section", "consent", "referral", "referral_event", "contact", "audit_entry", "subject")


def rows(admin: psycopg.Connection, query: str) -> list[Any]:
    return admin.execute(query.encode()).fetchall()


def count(admin: psycopg.Connection, table: str) -> int:
    return int(rows(admin, f"SELECT count(*) FROM {table}")[0][0])


def codes(done: Any) -> Counter[str]:
    return Counter(one.reason_code for one in done.remarks)


def test_every_row_is_added_once(imported: Import) -> None:
    done = imported(shipped_book())
    assert dict(done.added) == SHIPPED
    assert dict(done.unchanged) == {}


def test_the_same_book_again_changes_nothing(imported: Import, admin_connection: psycopg.Connection) -> None:
    imported(small_book())
    before = {table: count(admin_connection, table) for table in BETWEEN}
    done = imported(small_book())
    assert dict(done.added) == {}
    assert dict(done.unchanged) == {**SHIPPED, CALLS: 25}
    assert {table: count(admin_connection, table) for table in BETWEEN} == before


def test_a_badly_kept_book_is_the_same_book(imported: Import) -> None:
    imported(shipped_book())
    badly_kept = read_register(messy(shipped_book()), shipped())
    done = imported(badly_kept)
    assert (dict(done.added), dict(done.unchanged)) == ({}, SHIPPED)
    assert codes(done) == Counter()


def test_a_row_that_changed_is_reported_and_not_applied(imported: Import, admin_connection: psycopg.Connection) -> None:
    imported(small_book())
    related = rows(admin_connection, "SELECT related_to_gender, triage FROM contact ORDER BY received_at")
    changed = put(small_book(), CALLS, 1, "Khẩn cấp", "Có")
    changed = put(changed, FILES, 2, "Số con", 9)
    done = imported(changed)
    assert codes(done)["changed-since-import"] == 2
    assert {(one.sheet, one.row) for one in done.remarks if one.reason_code == "changed-since-import"} == {
        (CALLS, 2),
        (FILES, 3),
    }
    assert rows(admin_connection, "SELECT related_to_gender, triage FROM contact ORDER BY received_at") == related


def test_a_new_row_is_added_to_what_is_there(imported: Import, admin_connection: psycopg.Connection) -> None:
    imported(small_book(10))
    done = imported(small_book(12))
    assert dict(done.added) == {CALLS: 2}
    assert done.unchanged[FILES] == SHIPPED[FILES]
    assert count(admin_connection, "contact") == 12


def test_a_referral_added_later_finds_its_file(imported: Import, admin_connection: psycopg.Connection) -> None:
    short, full = small_book(3), small_book(3)
    short[REFERRALS] = short[REFERRALS][:2]
    imported(short)
    done = imported(full)
    assert dict(done.added) == {REFERRALS: SHIPPED[REFERRALS] - 1}
    assert count(admin_connection, "case_file") == SHIPPED[FILES]


def test_each_record_keeps_when_it_happened_and_when_it_was_entered(
    imported: Import, admin_connection: psycopg.Connection, now: datetime
) -> None:
    imported(small_book())
    for table, occurred in (
        ("case_file", "opened_at"),
        ("contact", "received_at"),
        ("consent", "given_at"),
        ("referral_event", "occurred_at"),
        ("service_episode", "first_started_at"),
        ("perpetrator_record", "opened_at"),
        ("outreach_activity", "held_at"),
    ):
        found = rows(admin_connection, f"SELECT {occurred}, recorded_at, imported FROM {table}")
        assert found, table
        for happened, entered, from_paper in found:
            assert happened.year == 2020, table
            assert entered == now, table
            assert from_paper is True, table


def test_a_case_of_paper_is_closed_and_marked_and_its_owner_can_read_it(
    imported: Import, admin_connection: psycopg.Connection, acting: Any, now: datetime
) -> None:
    imported(small_book())
    found = rows(admin_connection, "SELECT id, imported, closed_at, closure_reason FROM case_file")
    assert len(found) == SHIPPED[FILES]
    assert all(one[1] and one[2] is not None and one[3] is None for one in found)
    with acting("hanh@anh-duong") as hanh:
        read = sections(hanh, found[0][0], now=now)
    assert read["identity"].fields["full_name"] in {row[1] for row in small_book()[FILES][1:]}


def test_nothing_of_paper_has_a_deadline(imported: Import, admin_connection: psycopg.Connection) -> None:
    imported(small_book())
    found = rows(admin_connection, "SELECT acknowledge_due, act_due, act_met_at FROM referral")
    assert found and set(found) == {(None, None, None)}


def test_every_referral_of_paper_has_ended_and_shares_nothing(
    imported: Import, admin_connection: psycopg.Connection
) -> None:
    imported(small_book())
    statuses = {code for (code,) in rows(admin_connection, "SELECT status FROM referral")}
    final = {c for c, one in shipped().codes("referral_statuses").items() if one.raw.get("final")}
    assert statuses <= final
    assert rows(admin_connection, "SELECT 1 FROM access_grant WHERE basis = 'consent' AND revoked_at IS NULL") == []


def test_what_the_recipient_may_not_receive_is_reported_and_not_shared(
    imported: Import, admin_connection: psycopg.Connection
) -> None:
    wide = get(small_book(), REFERRALS, 1, "Thông tin đồng ý chia sẻ") + "; Nơi đang ở hiện tại"
    done = imported(put(small_book(), REFERRALS, 1, "Thông tin đồng ý chia sẻ", wide))
    held_back = [one for one in done.remarks if one.reason_code == "category-held-back"]
    assert [(one.sheet, one.row) for one in held_back] == [(REFERRALS, 2)]
    assert "Nơi đang ở hiện tại" in held_back[0].reason("vi") or "Nơi" in held_back[0].reason("vi")
    assert ("location",) not in rows(admin_connection, "SELECT category FROM consent_category")


def test_a_recipient_that_the_directory_has_several_of_is_left_to_people(imported: Import) -> None:
    several = shipped().label("agency_types", "police_commune", "vi")
    done = imported(put(small_book(), REFERRALS, 1, "Cơ quan nhận", several))
    assert codes(done)["recipient-unclear"] == 1
    assert done.added[REFERRALS] == SHIPPED[REFERRALS] - 1


def test_what_the_house_gave_itself_is_a_service_and_no_referral(
    imported: Import, admin_connection: psycopg.Connection
) -> None:
    imported(small_book())
    to_itself = sum(row[3] == "Ngôi nhà Ánh Dương Quảng Ninh" for row in small_book()[REFERRALS][1:])
    assert to_itself
    assert count(admin_connection, "referral") == SHIPPED[REFERRALS] - to_itself


def test_one_man_in_two_rows_is_one_person(imported: Import, admin_connection: psycopg.Connection) -> None:
    book = small_book(3)
    again = list(book[WORK][1])
    again[0], again[4] = 99, "12/5/2020 9:00"
    book[WORK].append(again)
    imported(book)
    assert count(admin_connection, "perpetrator_record") == SHIPPED[WORK] + 1
    assert rows(admin_connection, "SELECT count(DISTINCT person) FROM perpetrator_record")[0][0] == SHIPPED[WORK]


def test_the_import_acts_for_the_agency_and_in_nobodys_name(
    imported: Import, admin_connection: psycopg.Connection
) -> None:
    imported(small_book(3))
    assert {(one["who"], one["org"]) for one in entries(admin_connection)} == {("system:register-import", "anh-duong")}
    assert rows(admin_connection, "SELECT DISTINCT actor, actor_name FROM referral_event") == [
        ("system:register-import", "system:register-import")
    ]


def test_a_person_cannot_import_a_register(acting: Any, now: datetime) -> None:
    with pytest.raises(Refused), acting("hung@anh-duong") as hung:
        import_register(hung, register(small_book(1)), now=now)


@pytest.mark.parametrize("where", ["close_case", "record_activity", "open_record"])
def test_an_error_in_the_middle_leaves_nothing(
    where: str, acting: Any, now: datetime, monkeypatch: pytest.MonkeyPatch, admin_connection: psycopg.Connection
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(importing, where, fail)
    with pytest.raises(RuntimeError), acting(TASK) as actor:
        import_register(actor, register(small_book()), now=now)
    assert {table: count(admin_connection, table) for table in BETWEEN} == dict.fromkeys(BETWEEN, 0)


def test_names_and_numbers_of_a_register_lie_nowhere_in_the_clear(
    imported: Import, admin_connection: psycopg.Connection
) -> None:
    book = small_book()
    imported(book)
    secret = [str(row[i]) for row in book[FILES][1:] for i in (1, 4)] + [str(row[1]) for row in book[WORK][1:]]
    tables = rows(admin_connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in tables:
        if table == "account":
            continue
        for (row,) in rows(admin_connection, f"SELECT t::text FROM {table} t"):
            assert not [one for one in secret if one in row or one.encode().hex() in row], table


def test_an_imported_row_is_remembered_by_a_keyed_digest(
    imported: Import, admin_connection: psycopg.Connection
) -> None:
    book = register(small_book())
    imported(book)
    plain = {row.digest for sheet in book.rows.values() for row in sheet}
    kept = {digest for (digest,) in rows(admin_connection, "SELECT digest FROM register_row")}
    assert len(kept) == len(plain)
    assert not kept & plain


def test_outreach_keeps_how_many_were_reached(imported: Import, admin_connection: psycopg.Connection) -> None:
    imported(small_book(1))
    written = {row[4] for row in small_book()[OUTREACH][1:]}
    assert {n for (n,) in rows(admin_connection, "SELECT people_reached FROM outreach_activity")} == written
