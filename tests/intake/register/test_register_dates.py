"""Dates as people write them: read day first, never guessed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.intake.register.model import Moment
from referral_hub.intake.register.moments import NotAMoment, read_moment

TODAY = dt.date(2026, 11, 1)
EPOCH = dt.datetime(1899, 12, 30)
DAYS = st.dates(dt.date(1990, 1, 1), TODAY)
MINUTES = st.times().map(lambda time: time.replace(second=0, microsecond=0)).filter(lambda time: time != dt.time.min)

DAY_FORMS = [
    "{d.day}/{d.month}/{d.year}",
    "{d:%d/%m/%Y}",
    "{d:%d-%m-%Y}",
    "{d.day}.{d.month}.{d.year}",
    "{d.day} / {d.month} / {d.year}",
    "{d:%Y-%m-%d}",
    "{d:%Y/%m/%d}",
    "ngày {d.day} tháng {d.month} năm {d.year}",
    "Ngày {d.day} tháng {d.month}, {d.year}",
    "Thứ năm, {d.day}/{d.month}/{d.year}",
    "chủ nhật ngày {d.day}/{d.month}/{d.year}",
]
TIME_FORMS = [
    "{day} {t:%H:%M}",
    "{t:%H:%M} {day}",
    "{t.hour}h{t.minute} {day}",
    "{day}, {t.hour}h{t:%M}",
    "{day} lúc {t.hour} giờ {t.minute} phút",
    "{t.hour} giờ {t.minute} {day}",
    "{t.hour}g{t:%M} {day}",
    "{day} {t.hour}H{t:%M}",
    "{t.hour}:{t:%M}:00, {day}",
]


@given(DAYS, st.sampled_from(DAY_FORMS))
def test_a_day_written_in_any_usual_way_is_that_day(day: dt.date, form: str) -> None:
    assert read_moment(form.format(d=day), TODAY, EPOCH) == Moment(day)


@given(DAYS, MINUTES, st.sampled_from(DAY_FORMS), st.sampled_from(TIME_FORMS))
def test_a_time_of_day_is_kept(day: dt.date, time: dt.time, day_form: str, time_form: str) -> None:
    written = time_form.format(day=day_form.format(d=day), t=time)
    assert read_moment(written, TODAY, EPOCH) == Moment(day, time)


@given(DAYS, MINUTES)
def test_typed_cells_serial_numbers_and_text_say_the_same(day: dt.date, time: dt.time) -> None:
    at = dt.datetime.combine(day, time)
    serial = (at - EPOCH) / dt.timedelta(days=1)
    said = {read_moment(cell, TODAY, EPOCH) for cell in (at, serial, str(round(serial, 7)), at.isoformat())}
    assert said == {Moment(day, time)}


@given(DAYS)
def test_a_day_is_one_day_however_it_is_typed(day: dt.date) -> None:
    midnight = dt.datetime.combine(day, dt.time.min)
    cells = (day, midnight, (day - EPOCH.date()).days, f"{day:%d/%m/%Y} 0:00", f"0h ngày {day:%d/%m/%Y}")
    assert {read_moment(cell, TODAY, EPOCH) for cell in cells} == {Moment(day)}


@given(st.dates(dt.date(2000, 1, 1), TODAY))
def test_a_year_of_two_digits_is_one_of_this_century(day: dt.date) -> None:
    assert read_moment(f"{day:%d/%m/%y}", TODAY, EPOCH) == Moment(day)


@given(st.dates(dt.date(1990, 1, 1), TODAY).filter(lambda day: day.day > 12))
def test_month_before_day_is_refused_and_never_swapped(day: dt.date) -> None:
    with pytest.raises(NotAMoment) as refused:
        read_moment(f"{day:%m/%d/%Y}", TODAY, EPOCH)
    assert refused.value.code == "impossible-date"


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_a_named_fault(text: str) -> None:
    try:
        assert read_moment(text, TODAY, EPOCH).date <= TODAY
    except NotAMoment as refused:
        assert refused.code


@given(st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.times(), st.timedeltas()))
def test_any_number_is_a_moment_or_a_named_fault(cell: object) -> None:
    try:
        assert dt.date(1990, 1, 1) <= read_moment(cell, TODAY, EPOCH).date <= TODAY
    except NotAMoment as refused:
        assert refused.code


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("16/4/2020 2 giờ chiều", dt.time(14, 0)),
        ("16/4/2020 8 giờ rưỡi tối", dt.time(20, 30)),
        ("16/4/2020 1h trưa", dt.time(13, 0)),
        ("16/4/2020 11h đêm", dt.time(23, 0)),
        ("16/4/2020 2h đêm", dt.time(2, 0)),
        ("16/4/2020 8:31 SA", dt.time(8, 31)),
        ("16/4/2020 12:31 PM", dt.time(12, 31)),
        ("16/4/2020 14h chiều", dt.time(14, 0)),
        ("16/04/2020 08:31:27", dt.time(8, 31, 27)),
    ],
)
def test_the_part_of_the_day_counts(written: str, time: dt.time) -> None:
    assert read_moment(written, TODAY, EPOCH) == Moment(dt.date(2020, 4, 16), time)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("31/4/2020", "impossible-date"),
        ("29/2/2019", "impossible-date"),
        ("0/4/2020", "impossible-date"),
        ("4/16/2020", "impossible-date"),
        ("16/4/2020 25:00", "impossible-date"),
        ("16/4/2020 8:60", "impossible-date"),
        ("16/4/2020 8h đêm", "impossible-date"),
        ("2/11/2026", "future-date"),
        ("16/4/2062", "future-date"),
        ("16/4/1920", "date-out-of-range"),
        ("16/4/0020", "date-out-of-range"),
        (2020, "date-out-of-range"),
        ("tháng 4 năm 2020", "not-a-date"),
        ("16/4", "not-a-date"),
        ("16/4/2020 hay 17/4/2020", "not-a-date"),
        ("16/4-2020", "not-a-date"),
        ("hôm qua", "not-a-date"),
        ("16/4/2020 khoảng 8h", "not-a-date"),
        ("٣/٤/٢٠٢٠", "not-a-date"),
        (dt.time(8, 30), "not-a-date"),
        (True, "not-a-date"),
    ],
)
def test_what_cannot_be_a_moment_says_why(written: object, code: str) -> None:
    with pytest.raises(NotAMoment) as refused:
        read_moment(written, TODAY, EPOCH)
    assert refused.value.code == code


def test_the_workbook_says_from_which_day_it_counts() -> None:
    assert read_moment(42475, TODAY, dt.datetime(1904, 1, 1)) == Moment(dt.date(2020, 4, 16))


def test_times_some_milliseconds_off_are_rounded() -> None:
    cell = dt.datetime(2020, 4, 16, 8, 30, 59, 999_600)
    assert read_moment(cell, TODAY, EPOCH) == Moment(dt.date(2020, 4, 16), dt.time(8, 31))


def test_a_day_without_time_is_not_before_a_time_inside_it() -> None:
    day, morning = Moment(dt.date(2020, 5, 6)), Moment(dt.date(2020, 5, 6), dt.time(8))
    assert not day.before(morning)
    assert not morning.before(day)
    assert morning.before(Moment(dt.date(2020, 5, 6), dt.time(9)))
    assert day.before(Moment(dt.date(2020, 5, 7)))
