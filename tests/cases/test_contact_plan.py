"""She is reached in her safe times and never else; what nobody has said is not safe."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.cases.contactplan import WHY, Plan, Window, may_contact, plan_of, spelt, windows_of

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=HERE)
WORKDAYS = {"safe_phone": "0912345678", "safe_times": "T2-T6 08:00-10:30; CN 14:00-15:00"}


def at(days: int, hours: int, minutes: int = 0) -> datetime:
    return MONDAY.replace(hour=hours, minute=minutes) + timedelta(days=days)


@pytest.mark.parametrize(
    ("moment", "safe", "until"),
    [
        (at(0, 8), True, at(0, 10, 30)),
        (at(0, 10, 29), True, at(0, 10, 30)),
        (at(0, 10, 30), False, at(1, 8)),
        (at(0, 7, 59), False, at(0, 8)),
        (at(4, 11), False, at(6, 14)),
        (at(6, 14, 30), True, at(6, 15)),
        (at(6, 15), False, at(7, 8)),
    ],
)
def test_a_window_is_open_from_its_start_up_to_its_end_on_its_days(
    moment: datetime, safe: bool, until: datetime
) -> None:
    answer = may_contact(plan_of(WORKDAYS), "call", moment, HERE)
    assert (answer.safe, answer.until) == (safe, until)
    assert answer.why == ("in-window" if safe else "outside")


def test_the_day_is_that_of_the_province_not_of_the_server() -> None:
    answer = may_contact(plan_of(WORKDAYS), "call", MONDAY.astimezone(ZoneInfo("UTC")), HERE)
    assert answer.safe
    assert not may_contact(plan_of(WORKDAYS), "call", MONDAY.replace(tzinfo=ZoneInfo("UTC")), HERE).safe


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"do_not_contact": True}, "never"),
        ({"safe_phone": None}, "no-number"),
        ({"safe_times": None}, "no-times"),
        ({"safe_times": "Chỉ gọi khi chị nhắn trước"}, "no-times"),
    ],
)
def test_unknown_means_unsafe(changed: dict[str, object], why: str) -> None:
    answer = may_contact(plan_of(WORKDAYS | changed), "call", MONDAY, HERE)
    assert (answer.safe, answer.why, answer.until) == (False, why, None)


@pytest.mark.parametrize("said", [None, False])
def test_a_message_is_safe_only_where_she_said_so(said: bool | None) -> None:
    plan = plan_of(WORKDAYS | {"may_leave_message": said})
    assert may_contact(plan, "message", MONDAY, HERE).why == "no-messages"
    assert may_contact(plan, "call", MONDAY, HERE).safe
    assert may_contact(plan_of(WORKDAYS | {"may_leave_message": True}), "message", MONDAY, HERE).safe


def test_nothing_recorded_is_never_safe() -> None:
    assert may_contact(plan_of(None), "call", MONDAY, HERE).why == "no-number"


@pytest.mark.parametrize(
    ("line", "days", "start", "end"),
    [
        ("8:00-10:30 ngày thường", {1, 2, 3, 4, 5}, 480, 630),
        ("hằng ngày 20h-22h", {1, 2, 3, 4, 5, 6, 7}, 1200, 1320),
        ("T7, CN 09:00 - 11:15", {6, 7}, 540, 675),
        ("t3 22:00-24:00", {2}, 1320, 1440),
    ],
)
def test_the_usual_ways_of_writing_are_read(line: str, days: set[int], start: int, end: int) -> None:
    assert windows_of(line) == (Window(frozenset(days), start, end),)


@pytest.mark.parametrize(
    "line",
    ["", "sau 20 giờ", "Giờ hành chính", "8:00-10:30", "T2 10:00-09:00", "T2 8:00-25:00", "T8 8:00-9:00",
     "T2 8:00-9:00 trừ ngày lễ", "T2 8:00-9:00; tối thì không", "T2 8:70-9:00",
     "T6-T2 8:00-9:00", "không T2 8:00-9:00"],
)  # fmt: skip
def test_a_line_that_leaves_a_doubt_names_no_window(line: str) -> None:
    assert windows_of(line) == ()


WINDOW = st.builds(
    lambda days, start, length: Window(frozenset(days), start, min(start + length, 1440)),
    st.sets(st.integers(1, 7), min_size=1),
    st.integers(0, 1438),
    st.integers(1, 1440),
)


@given(st.lists(WINDOW, max_size=4))
def test_what_is_written_is_read_back(windows: list[Window]) -> None:
    assert windows_of(spelt(windows)) == tuple(windows)


@given(st.lists(WINDOW, min_size=1, max_size=3), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
def test_the_answer_changes_at_its_moment_and_not_before(windows: list[Window], moment: datetime) -> None:
    plan = Plan("0912345678", tuple(windows), message=True, never=False)
    local = moment.replace(tzinfo=HERE, second=0, microsecond=0)
    answer = may_contact(plan, "call", local, HERE)
    assert answer.until is not None and answer.until > local
    minute = timedelta(minutes=1)
    before = may_contact(plan, "call", answer.until - minute, HERE)
    assert before.safe == answer.safe
    if not answer.safe:
        assert may_contact(plan, "call", answer.until, HERE).safe


def test_every_reason_has_its_words() -> None:
    assert set(WHY) == {"in-window", "never", "no-number", "no-times", "no-messages", "outside"}
