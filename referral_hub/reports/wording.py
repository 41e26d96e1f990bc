"""How a figure is written for people, in Vietnamese and in English."""

from __future__ import annotations

from datetime import date

from referral_hub.regulation.labels import Label
from referral_hub.reports.model import IndicatorResult

HIDDEN = Label("đã ẩn", "hidden")
NOT_KNOWN = Label("không có số liệu", "no figures")


def day(value: date, locale: str) -> str:
    """A day as it is written: 16/4/2020; 16 April 2020."""
    if locale == "en":
        return f"{value.day} {value:%B %Y}"
    return f"{value.day}/{value.month}/{value.year}"


def number(value: int | float, locale: str) -> str:
    """Thousands and decimals parted as the language does: 1.234,5 in Vietnamese, 1,234.5 in English."""
    text = f"{value:,}"
    return text if locale == "en" else text.translate(str.maketrans(",.", ".,"))


def figure(result: IndicatorResult, locale: str) -> str:
    """The value with its sign, or the word for a hidden or missing one; never the number behind a hidden one."""
    if result.suppressed:
        return HIDDEN.text(locale)
    if result.value is None:
        return NOT_KNOWN.text(locale)
    return number(result.value, locale) + ("%" if result.unit == "percent" else "")
