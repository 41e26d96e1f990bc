"""Days and times that were typed, in local time."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from flask import request

from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid

_TIME = re.compile(r"(\d{1,2})(?:[:hg.](\d{2})?)?")


def typed_day(name: str) -> date:
    """The day of the boxes ``NAME-day``, ``-month``, ``-year``.

    :raises Invalid: there is no such day.
    """
    try:
        return date(*(int(request.form.get(f"{name}-{part}", "")) for part in ("year", "month", "day")))
    except ValueError as error:
        raise Invalid(name, "Không có ngày này.", "There is no such day.") from error


def typed_time(name: str) -> time:
    """``8``, ``8:00`` or ``8h30``.

    :raises Invalid: no time of day.
    """
    found = _TIME.fullmatch(request.form.get(name, "").strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if hour > 23 or minute > 59:
        raise Invalid(name, "Ghi giờ và phút, ví dụ 8:00.", "Write hours and minutes, such as 8:00.")
    return time(hour, minute)


def at(day: date, moment: time = time(0)) -> datetime:
    """That moment here."""
    return datetime.combine(day, moment, clock.LOCAL)


def today() -> date:
    """The day it is here."""
    return clock.now().astimezone(clock.LOCAL).date()


def boxes(name: str, default: date | None) -> Mapping[str, str]:
    """What the three boxes show: what was typed, else ``default``."""
    if request.method == "POST":
        return {part: request.form.get(f"{name}-{part}", "") for part in ("day", "month", "year")}
    if default is None:
        return {"day": "", "month": "", "year": ""}
    return {"day": str(default.day), "month": str(default.month), "year": str(default.year)}


def after(day: date, days: int) -> date:
    """``days`` days later."""
    return day + timedelta(days=days)
