"""The register that the hub ships, and what follows from its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from referral_hub.intake.register import Register, Row, plan, read_register
from referral_hub.regulation.model import Regulation
from schemas.sections import load

Book = dict[str, list[list[Any]]]
Put = Callable[..., None]
Read = Callable[..., Any]
SOURCE = files("referral_hub.intake").joinpath("data/so_tiep_nhan_2020.xlsx").read_bytes()


@pytest.fixture(scope="module")
def register(regulation: Regulation) -> Register:
    return read_register(SOURCE, regulation)


def test_every_row_is_read_and_nothing_is_left_to_say(register: Register) -> None:
    assert {sheet: len(rows) for sheet, rows in register.rows.items()} == {
        "Tong_dai": 201,
        "Ho_so": 6,
        "Chuyen_gui": 7,
        "Nguoi_gay_bao_luc": 3,
        "Truyen_thong": 7,
    }
    assert (register.faults, register.remarks) == ((), ())


def test_its_figures_are_those_of_the_report_of_2020(register: Register, regulation: Regulation) -> None:
    expected = regulation.raw["statistics"]["seed_fixture"]["values"]
    calls = [plan.facts(row, regulation) for row in register.rows["Tong_dai"]]
    related = [call for call in calls if call["related_to_gender"]]
    assert len(related) == expected["contacts_received"]
    assert sum(call["triage"] == "emergency" for call in related) == expected["contacts_emergency"]
    episodes = [(row, one) for rows in register.rows.values() for row in rows for one in plan.episodes(row, regulation)]

    def survivors(service: str) -> set[object]:
        return {row.values["Mã hồ sơ"] for row, one in episodes if one.service == service and "Mã hồ sơ" in row.values}

    assert len(survivors("S7")) == expected["survivors_legal_aid"]
    assert len(survivors("S4")) == expected["survivors_shelter"]
    assert sum(one.service == "V3" for _, one in episodes) == expected["perpetrators_worked"]
    on_site = {row.values["Mã hồ sơ"] for row, one in episodes if one.on_site and one.service != "V3"}
    assert len(on_site) == expected["survivors_direct"]
    accepted = [plan.past_referral(row, regulation) for row in register.rows["Chuyen_gui"]]
    assert sum(one is not None and one.recipient_type == "police_province" for one in accepted) == 1


def test_every_section_that_a_row_fills_fits_its_schema(register: Register, regulation: Regulation) -> None:
    filled = [
        part for rows in register.rows.values() for row in rows for part in plan.sections(row, regulation).items()
    ]
    assert filled
    assert all(load(category, content) == content for category, content in filled)


def test_reading_twice_gives_the_same_keys_and_digests(register: Register, regulation: Regulation) -> None:
    def marks(one: Register) -> list[tuple[str, str, str]]:
        return [(row.sheet, row.key, row.digest) for rows in one.rows.values() for row in rows]

    assert marks(read_register(SOURCE, regulation)) == marks(register)
    assert len(set(marks(register))) == 224


def one_referral(book: Book, put: Put, read: Read, *times: str | None) -> Row:
    for column, time in zip(("Ngày chuyển", "Ngày tiếp nhận", "Ngày kết thúc"), times, strict=True):
        put(book, "Chuyen_gui", column, time)
    row: Row = read(book).rows["Chuyen_gui"][0]
    return row


def test_a_day_counts_from_its_local_midnight(book: Book, put: Put, read: Read, regulation: Regulation) -> None:
    row = one_referral(book, put, read, "6/5/2020", None, None)
    assert plan.instants(row, regulation) == {"sent_at": dt.datetime(2020, 5, 5, 17, 0, tzinfo=dt.UTC)}


def test_inside_one_day_a_later_column_is_not_earlier(book: Book, put: Put, read: Read, regulation: Regulation) -> None:
    times = plan.instants(one_referral(book, put, read, "6/5/2020 10:35", "6/5/2020", "6/5/2020"), regulation)
    assert set(times.values()) == {dt.datetime(2020, 5, 6, 3, 35, tzinfo=dt.UTC)}
    assert set(times) == {"sent_at", "first_accepted_at", "first_started_at", "ended_at"}


def test_a_referral_that_nobody_accepted_is_no_service(
    book: Book, put: Put, read: Read, regulation: Regulation
) -> None:
    row = one_referral(book, put, read, "6/5/2020", None, None)
    sent = plan.past_referral(row, regulation)
    assert plan.episodes(row, regulation) == ()
    assert sent is not None
    assert (sent.service, sent.recipient_type, sent.accepted_at) == ("S7", "legal_aid", None)
    assert (sent.categories, sent.consent_method) == (("identity", "residence"), "paper_signed")


def test_a_referral_to_the_house_itself_is_given_on_site(
    book: Book, put: Put, read: Read, regulation: Regulation
) -> None:
    put(book, "Chuyen_gui", "Cơ quan nhận", "Ngôi nhà Ánh Dương Quảng Ninh")
    put(book, "Chuyen_gui", "Dịch vụ", "Tạm lánh")
    (shelter,) = plan.episodes(read(book).rows["Chuyen_gui"][0], regulation)
    assert (shelter.service, shelter.provider_type, shelter.on_site) == ("S4", "ossc", True)


def test_each_service_given_at_the_house_is_an_episode(
    book: Book, put: Put, read: Read, regulation: Regulation
) -> None:
    put(book, "Ho_so", "Hỗ trợ tại chỗ", "Tham vấn; Tạm lánh")
    given = plan.episodes(read(book).rows["Ho_so"][0], regulation)
    assert [(one.service, one.on_site) for one in given] == [("S8", True), ("S4", True)]


def test_a_call_states_its_facts_in_codes(book: Book, read: Read, regulation: Regulation) -> None:
    assert plan.facts(read(book).rows["Tong_dai"][0], regulation) == {
        "imported": True,
        "channel": "hotline_call",
        "caller_kind": "self",
        "related_to_gender": True,
        "triage": "routine",
        "area": "198",
        "gbv_type": "psychological",
        "outreach_channel": "leaflet",
        "contact_outcome": "advice",
        "age": 52,
    }


def test_a_birth_after_the_call_gives_no_age(book: Book, put: Put, read: Read, regulation: Regulation) -> None:
    put(book, "Tong_dai", "Năm sinh", 2021)
    put(book, "Tong_dai", "Mã hồ sơ", None)
    assert "age" not in plan.facts(read(book).rows["Tong_dai"][0], regulation)


@pytest.mark.parametrize(("written", "children"), [(0, []), (2, [{}, {}]), (None, None)])
def test_children_are_counted_even_when_there_are_none(
    written: int | None, children: list[object] | None, book: Book, put: Put, read: Read, regulation: Regulation
) -> None:
    put(book, "Ho_so", "Số con", written)
    sections = plan.sections(read(book).rows["Ho_so"][0], regulation)
    assert sections.get("child", {}).get("children") == children
