"""Whether she may be called or written to at a moment. Pure. What nobody has said is not safe.

The safe times of the contact rule are one line that every recipient can read: ``T2-T6 08:00-10:30; CN 14:00-15:00``.
Days are named as Vietnam counts them, with the usual words for several; a line that also holds anything else is read
by people alone, and for the hub she cannot be reached safely at all.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Literal

from referral_hub.kernel.errors import Sentence

Way = Literal["call", "message"]

#: ISO weekdays by the names people write.
DAYS: Mapping[str, int] = {"t2": 1, "t3": 2, "t4": 3, "t5": 4, "t6": 5, "t7": 6, "cn": 7}
_NAMES = {number: name.upper() for name, number in DAYS.items()}
_SEVERAL: Mapping[str, range] = {
    "hằng ngày": range(1, 8),
    "hàng ngày": range(1, 8),
    "ngày thường": range(1, 6),
    "cuối tuần": range(6, 8),
}
_TIME = r"\d{1,2}[:hg](?:\d{2})?"
_PART = re.compile(rf"(?P<before>.*?)\s*(?P<start>{_TIME})\s*-\s*(?P<end>{_TIME})\s*(?P<after>.*)")


@dataclass(frozen=True, slots=True)
class Window:
    """On these ISO weekdays, from ``start`` up to ``end`` minutes after midnight, local time."""

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The contact rule as the hub acts on it. ``message``: True only where it was said."""

    phone: str | None
    windows: tuple[Window, ...]
    message: bool
    never: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it is safe now, why, and when that changes (None: not before somebody changes the plan)."""

    safe: bool
    why: str
    until: datetime | None = None


WHY: Mapping[str, Sentence] = {
    "in-window": Sentence("Đang trong khung giờ an toàn.", "This is a safe time."),
    "never": Sentence("Chị ấy yêu cầu không liên hệ.", "She asked not to be contacted."),
    "no-number": Sentence("Chưa có số điện thoại an toàn.", "There is no safe number."),
    "no-times": Sentence(
        "Chưa có khung giờ an toàn rõ ràng: coi như không an toàn.", "No clear safe times are known: taken as unsafe."
    ),
    "no-messages": Sentence(
        "Chị ấy chưa nói là nhắn tin được: coi như không an toàn.", "She has not said that messages are safe."
    ),
    "outside": Sentence("Ngoài khung giờ an toàn.", "This is outside her safe times."),
}


def plan_of(fields: Mapping[str, Any] | None) -> Plan:
    """The plan that a section ``contact`` holds; nothing recorded: nothing is safe."""
    said = fields or {}
    return Plan(
        said.get("safe_phone"),
        windows_of(said.get("safe_times") or ""),
        said.get("may_leave_message") is True,
        said.get("do_not_contact") is True,
    )


def may_contact(plan: Plan, way: Way, at: datetime, zone: tzinfo) -> Answer:
    """Whether she may be reached this way at this moment; the days are those of ``zone``."""
    if plan.never:
        return Answer(False, "never")
    if plan.phone is None:
        return Answer(False, "no-number")
    if way == "message" and not plan.message:
        return Answer(False, "no-messages")
    if not plan.windows:
        return Answer(False, "no-times")
    local = at.astimezone(zone)
    now = local.hour * 60 + local.minute
    ends = [w.end for w in plan.windows if local.isoweekday() in w.days and w.start <= now < w.end]
    if ends:
        return Answer(True, "in-window", _at(local, 0, max(ends)))
    return Answer(False, "outside", _next(plan.windows, local, now))


def windows_of(text: str) -> tuple[Window, ...]:
    """The windows a line names; empty when any part of it cannot be read without a doubt."""
    found = []
    for part in filter(None, (piece.strip() for piece in text.casefold().split(";"))):
        window = _window(part)
        if window is None:
            return ()
        found.append(window)
    return tuple(found)


def spelt(windows: Iterable[Window]) -> str:
    """The line for these windows; :func:`windows_of` reads it back."""
    return "; ".join(f"{_days(w.days)} {_clock(w.start)}-{_clock(w.end)}" for w in windows)


def clock_of(text: str) -> int | None:
    """``8:30`` or ``08h30`` as minutes after midnight, ``24:00`` included; None: no time of day."""
    found = re.fullmatch(r"(\d{1,2})(?:[:hg](\d{2})?)?", text.strip().casefold())
    return _minutes(found[1], found[2]) if found else None


def _window(part: str) -> Window | None:
    pieces = _PART.fullmatch(part)
    if pieces is None or bool(pieces["before"]) == bool(pieces["after"]):
        return None
    days = _weekdays(pieces["before"] or pieces["after"])
    start, end = clock_of(pieces["start"]), clock_of(pieces["end"])
    if not days or start is None or end is None or start >= end:
        return None
    return Window(days, start, end)


def _weekdays(text: str) -> frozenset[int]:
    """The days that are named; empty when a word is none."""
    if text in _SEVERAL:
        return frozenset(_SEVERAL[text])
    found: set[int] = set()
    for one in filter(None, re.split(r"[\s,]+", text)):
        first, _dash, last = one.partition("-")
        if first not in DAYS or (last or first) not in DAYS or DAYS[first] > DAYS[last or first]:
            return frozenset()
        found |= set(range(DAYS[first], DAYS[last or first] + 1))
    return frozenset(found)


def _days(days: frozenset[int]) -> str:
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_NAMES[run[0]] + (f"-{_NAMES[run[-1]]}" if len(run) > 1 else "") for run in runs)


def _minutes(hours: str, minutes: str | None) -> int | None:
    found = int(hours) * 60 + int(minutes or 0)
    return found if int(minutes or 0) < 60 and found <= 24 * 60 else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _at(local: datetime, days: int, minutes: int) -> datetime:
    midnight = datetime.combine(local.date(), time(), local.tzinfo)
    return midnight + timedelta(days=days, minutes=minutes)


def _next(windows: tuple[Window, ...], local: datetime, now: int) -> datetime:
    """When the nearest window opens; a week from now at the latest."""
    starts = [
        (ahead, w.start)
        for ahead in range(8)
        for w in windows
        if (local.isoweekday() - 1 + ahead) % 7 + 1 in w.days and (ahead, w.start) > (0, now)
    ]
    return _at(local, *min(starts))
