"""Dates and times as people write them in Viet Nam: day before month, always; what cannot be is refused."""

from __future__ import annotations

import datetime as dt
import re

from openpyxl.utils.datetime import from_excel

from referral_hub.intake.register.model import Moment
from referral_hub.regulation.importing import fold
from schemas.letters import clean_line

EARLIEST = dt.date(1990, 1, 1)  # no hotline register in the province is older

_WEEKDAY = r"thứ\s*(?:hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|chủ\s*nhật|cn"
_FILLER = re.compile(rf"(?<!\w)(?:{_WEEKDAY}|vào lúc|lúc|vào|hồi)(?!\w)")
_ISO = re.compile(r"(?<!\d)(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(?:ngày\s*)?(?<!\d)(?P<d>\d{1,2})\s*([-/.])\s*(?P<m>\d{1,2})\s*\2\s*(?P<y>\d{4}|\d{2})(?!\d)")
_WORDS = re.compile(
    r"(?:ngày\s*)?(?<!\d)(?P<d>\d{1,2})\s*tháng\s*(?P<m>\d{1,2})\s*(?:năm|,|/|-)?\s*(?P<y>\d{4}|\d{2})(?!\d)"
)
_MINUTES = r"(?P<min>\d{1,2})(?:\s*:\s*(?P<s>\d{2})(?:\.\d+)?)?\s*(?:phút|ph|p|'|’)?"
_TIME = re.compile(
    rf"(?P<h>\d{{1,2}})\s*(?::\s*{_MINUTES}|(?:giờ|h|g)\s*(?:{_MINUTES.replace('min', 'min2').replace('<s>', '<s2>')}"
    r"|(?P<half>rưỡi))?)\s*(?P<part>sáng|trưa|chiều|tối|đêm|am|pm|sa|ch)?"
)
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")

# Hours of the twelve-hour clock that each part of the day may have, and what is added to them.
_PARTS: dict[str, dict[int, int]] = {
    "sáng": {hour: 0 for hour in range(0, 12)},
    "am": {**{hour: 0 for hour in range(1, 12)}, 12: -12},
    "trưa": {11: 0, 12: 0, 1: 12, 2: 12},
    "chiều": {12: 0} | {hour: 12 for hour in range(1, 7)},
    "tối": {hour: 12 for hour in range(5, 12)},
    "đêm": {hour: 12 for hour in range(9, 12)} | {hour: 0 for hour in range(0, 5)},
    "pm": {12: 0} | {hour: 12 for hour in range(1, 12)},
}
_PARTS["sa"], _PARTS["ch"] = _PARTS["am"], _PARTS["pm"]


class NotAMoment(Exception):
    """The cell gives no usable moment; `code` is the reason of the fault."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def read_moment(cell: object, today: dt.date, epoch: dt.datetime) -> Moment:
    """The moment that a cell gives, in local time. Raises NotAMoment.

    `today` is the local day after which everything is future; `epoch` is the day from which the workbook counts.
    Midnight is a day without time: spreadsheets do not tell the two apart, and a day counts from midnight.
    """
    moment = _typed(cell, epoch)
    if not EARLIEST.year <= moment.date.year:
        raise NotAMoment("date-out-of-range")
    if moment.date > today:
        raise NotAMoment("future-date")
    return moment


def _typed(cell: object, epoch: dt.datetime) -> Moment:
    if isinstance(cell, dt.datetime):
        return _from_datetime(cell)
    if isinstance(cell, dt.date):
        return Moment(cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _from_serial(float(cell), epoch)
    if isinstance(cell, str):
        return _from_text(cell, epoch)
    raise NotAMoment("not-a-date")


def _from_datetime(value: dt.datetime) -> Moment:
    # spreadsheets keep times as fractions of a day, some milliseconds off
    rounded = (value + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    return Moment(rounded.date(), rounded.time() if rounded.time() != dt.time.min else None)


def _from_serial(value: float, epoch: dt.datetime) -> Moment:
    try:
        day = from_excel(value, epoch)
    except (OverflowError, ValueError) as error:
        raise NotAMoment("not-a-date") from error
    if not isinstance(day, dt.datetime):
        raise NotAMoment("not-a-date")
    return _from_datetime(day)


def _from_text(text: str, epoch: dt.datetime) -> Moment:
    said = fold(clean_line(text))
    if not said.isascii() and any(letter.isdigit() and not letter.isascii() for letter in said):
        raise NotAMoment("not-a-date")
    if _SERIAL.fullmatch(said):
        return _from_serial(float(said.replace(",", ".")), epoch)
    said = _FILLER.sub(" ", said)
    found = _ISO.search(said) or _NUMBERS.search(said) or _WORDS.search(said)
    if found is None:
        raise NotAMoment("not-a-date")
    rest = re.sub(r"^t(?=\d)", "", f"{said[: found.start()]} {said[found.end() :]}".strip(" ,;-–"))
    day = _day(found)
    return _from_datetime(dt.datetime.combine(day, _time(rest))) if rest else Moment(day)


def _day(found: re.Match[str]) -> dt.date:
    year = int(found["y"])
    try:
        return dt.date(year + 2000 if len(found["y"]) == 2 else year, int(found["m"]), int(found["d"]))
    except ValueError as error:
        raise NotAMoment("impossible-date") from error


def _time(text: str) -> dt.time:
    found = _TIME.fullmatch(text)
    if found is None:
        raise NotAMoment("not-a-date")
    hour = int(found["h"])
    minute = 30 if found["half"] else int(found["min"] or found["min2"] or 0)
    if found["part"]:
        shifts = _PARTS[found["part"]]
        if hour not in shifts and not (12 < hour < 24 and hour - 12 in shifts):
            raise NotAMoment("impossible-date")
        hour += shifts.get(hour, 0)
    try:
        return dt.time(hour, minute, int(found["s"] or found["s2"] or 0))
    except ValueError as error:
        raise NotAMoment("impossible-date") from error
