"""Working days and lengths of time: examples from the shipped calendar, and laws that hold for every day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.regulation.calendar import WorkingCalendar
from referral_hub.regulation.durations import DurationFault, parse_duration
from referral_hub.regulation.loader import shipped

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = shipped().calendar
DAYS = st.dates(date(2019, 1, 1), date(2035, 12, 31))
MOMENTS = st.datetimes(datetime(2019, 1, 1), datetime(2035, 12, 31), timezones=st.just(HANOI))


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    return WorkingCalendar(
        zone=HANOI,
        working_week=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        holidays=draw(st.frozensets(st.dates(date(2024, 1, 1), date(2024, 3, 1)))),
        working_saturdays=draw(st.frozensets(st.dates(date(2024, 1, 1), date(2024, 3, 1)), max_size=5)),
    )


NEAR = st.dates(date(2023, 12, 15), date(2024, 3, 15))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 13), True),  # Friday before the Lunar New Year
        (date(2026, 2, 18), False),  # Lunar New Year
        (date(2026, 2, 21), False),  # Saturday
        (date(2026, 1, 10), True),  # a Saturday worked for 2 January
        (date(2026, 1, 2), False),  # provisional, counts until corrected
    ],
)
def test_the_shipped_calendar_knows_working_days(day, worked):
    assert CALENDAR.is_working_day(day) is worked


@given(calendars(), NEAR, st.integers(1, 25))
def test_up_to_the_nth_working_day_there_are_exactly_n_working_days(calendar, day, n):
    last = calendar.nth_working_day_after(day, n)
    between = [day + timedelta(days=i) for i in range(1, (last - day).days + 1)]
    assert sum(map(calendar.is_working_day, between)) == n
    assert calendar.is_working_day(last)


@given(calendars(), NEAR, NEAR, st.integers(1, 25))
def test_a_later_start_never_ends_earlier(calendar, one, other, n):
    first, second = sorted((one, other))
    assert calendar.nth_working_day_after(first, n) <= calendar.nth_working_day_after(second, n)


@given(DAYS, st.integers(1, 30))
def test_one_working_day_more_ends_on_a_later_day(day, n):
    assert CALENDAR.nth_working_day_after(day, n) < CALENDAR.nth_working_day_after(day, n + 1)


@given(MOMENTS, st.integers(1, 20))
def test_a_business_deadline_ends_at_midnight_after_a_working_day(sent_at, n):
    due = parse_duration(f"P{n}BD").due(sent_at, CALENDAR).astimezone(HANOI)
    assert (due.hour, due.minute, due.second) == (0, 0, 0)
    assert CALENDAR.is_working_day((due - timedelta(seconds=1)).date())
    assert due > sent_at


@given(MOMENTS, st.integers(1, 20))
def test_the_day_of_sending_never_counts(sent_at, n):
    midnight = sent_at.replace(hour=0, minute=0, second=0, microsecond=0)
    business = parse_duration(f"P{n}BD")
    assert business.due(sent_at, CALENDAR) == business.due(midnight, CALENDAR)


@given(MOMENTS, st.integers(0, 999), st.integers(0, 999))
def test_the_wall_clock_adds_exactly(sent_at, hours, minutes):
    due = parse_duration(f"PT{hours}H{minutes}M").due(sent_at, CALENDAR)
    assert due - sent_at == timedelta(hours=hours, minutes=minutes)
    assert due.tzinfo is UTC


@given(MOMENTS, st.integers(0, 400))
def test_calendar_days_end_at_midnight_of_the_nth_day(sent_at, days):
    due = parse_duration(f"P{days}D").due(sent_at, CALENDAR).astimezone(HANOI)
    assert due.date() == sent_at.date() + timedelta(days=days + 1)
    assert (due.hour, due.minute) == (0, 0)


@pytest.mark.parametrize(
    ("length", "start", "due"),
    [
        ("P1M", "2026-01-31 10:00", "2026-03-01 00:00"),
        ("P4M", "2026-10-31 10:00", "2027-03-01 00:00"),
        ("P2Y", "2024-02-29 10:00", "2026-03-01 00:00"),
        ("P1Y6M3D", "2026-01-01 00:00", "2027-07-05 00:00"),
        ("P2BD", "2026-02-13 16:59", "2026-02-25 00:00"),
        ("P1BD", "2026-01-09 08:00", "2026-01-11 00:00"),
        ("PT12H", "2026-02-16 20:00", "2026-02-17 08:00"),
    ],
)
def test_lengths_end_when_the_regulation_says(length, start, due):
    sent_at = datetime.fromisoformat(start).replace(tzinfo=HANOI)
    expected = datetime.fromisoformat(due).replace(tzinfo=HANOI)
    assert parse_duration(length).due(sent_at, CALENDAR) == expected


def test_the_day_of_sending_is_the_day_in_viet_nam():
    late_evening_in_utc = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)  # already 3 March in Quảng Ninh
    assert CALENDAR.local_date(late_evening_in_utc) == date(2026, 3, 3)
    assert parse_duration("P1BD").due(late_evening_in_utc, CALENDAR) == datetime(2026, 3, 4, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1W",
        "P1DT2H",
        "PT1.5H",
        "P0BD",
        "PBD",
        "P2BD3D",
        "p1d",
        "P-1D",
        " P1D",
        "P1D\n",
        "PT٣H",
        "P999Y",
    ],
)
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(DurationFault):
        parse_duration(text)


@given(st.text(alphabet="PT0123456789YMDHSB", max_size=12))
def test_any_text_is_a_length_or_refused_and_a_length_can_be_counted(text):
    try:
        duration = parse_duration(text)
    except DurationFault:
        return
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert duration.due(start, CALENDAR) >= start


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        parse_duration("PT1H").due(datetime(2026, 1, 1), CALENDAR)


def test_a_week_without_a_working_day_is_refused():
    with pytest.raises(ValueError, match="at least one day"):
        WorkingCalendar(HANOI, frozenset(), frozenset(), frozenset())
