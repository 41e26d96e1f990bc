"""Fields of documents: telephone numbers, times, labels of faults."""

from __future__ import annotations

import datetime as dt

import pytest
from marshmallow import Schema, ValidationError

from schemas.fields import Day, Flag, Instant, Phone, Text
from schemas.telephone import dialled
from schemas.wording import Wording, in_locale


class Sample(Schema):
    phone = Phone()
    at = Instant()
    day = Day()
    name = Text(10, required=True)
    agreed = Flag()


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0912345678", "0912345678"),
        ("+84 91 234 56 78", "0912345678"),
        ("+84 (0)91 234 56 78", "0912345678"),
        ("84912345678", "0912345678"),
        ("0084912345678", "0912345678"),
        ("091.234.5678", "0912345678"),
        ("091-234-5678", "0912345678"),
        (910733400, "0910733400"),
        (910733400.0, "0910733400"),
        ("910733400", "0910733400"),
        ("0203 382 5487", "02033825487"),
        (2033825487, "02033825487"),
        ("0168 812 3456", "01688123456"),
        (1688123456, "01688123456"),
        ("18001769", "18001769"),
        ("1900 545 481", "1900545481"),
        ("113", "113"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("0086 138 0013 8000", "+8613800138000"),
    ],
)
def test_numbers_are_brought_to_the_form_people_dial(written: str | int | float, number: str) -> None:
    assert dialled(written) == number
    assert dialled(number) == number


@pytest.mark.parametrize(
    "written", ["", "không có", "12345", "0912 34", "09123456789012", "0912345678a", 9.5, True, "٠٩١٢٣٤٥٦٧٨"]
)
def test_what_cannot_be_dialled_is_no_number(written: str | float | bool) -> None:
    assert dialled(written) is None


def test_a_field_tells_that_something_is_no_telephone_number() -> None:
    with pytest.raises(ValidationError) as refused:
        Sample().load({"name": "a", "phone": "gọi chị"})
    assert in_locale(refused.value.messages, "vi") == {"phone": ["Không phải số điện thoại."]}


def test_a_blank_telephone_number_is_none() -> None:
    assert Sample().load({"name": "a", "phone": " "}) == {"name": "a", "phone": None}


def test_a_time_keeps_its_offset() -> None:
    loaded = Sample().load({"name": "a", "at": "2026-03-01T08:30:00+07:00"})
    assert loaded["at"] == dt.datetime(2026, 3, 1, 1, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("time", ["2026-03-01T08:30:00", "2026-03-01", 1772328600, "hôm qua"])
def test_a_time_without_zone_is_refused(time: object) -> None:
    with pytest.raises(ValidationError):
        Sample().load({"name": "a", "at": time})


@pytest.mark.parametrize("day", ["2026-03", "2026", "2026-02-30", "01/03/2026"])
def test_a_day_is_a_whole_day(day: str) -> None:
    with pytest.raises(ValidationError):
        Sample().load({"name": "a", "day": day})


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_needed_field_that_is_blank_is_missing(name: str | None) -> None:
    with pytest.raises(ValidationError) as refused:
        Sample().load({"name": name})
    assert in_locale(refused.value.messages, "en") == {"name": ["This is needed."]}


def test_a_wording_is_vietnamese_unless_english_is_asked_for() -> None:
    said = Wording("Có {n}", "There are {n}").filled(n=2)
    assert (said, said.text("en"), said.text("vi"), said.text("fr")) == ("Có 2", "There are 2", "Có 2", "Có 2")
