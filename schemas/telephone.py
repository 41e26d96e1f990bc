"""Telephone numbers as people in Viet Nam write them, brought to the form they dial."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"[\s.\-()/–]+")
_DIALLED = re.compile(
    r"0[235789]\d{8,9}"  # mobile and landline today
    r"|01\d{9}"  # mobile numbers of eleven digits, until 2018
    r"|1[89]00\d{4,6}"  # service lines
    r"|1\d{2}"  # 111, 113, 115
)
_ABROAD = re.compile(r"\+[1-9]\d{7,14}")
_LOST_ZERO = re.compile(r"[35789]\d{8}|2\d{9}|1[26]\d{8}|18[68]\d{7}|199\d{7}")


def dialled(number: str | int | float) -> str | None:
    """The number as digits to dial ("0912345678", "+8613800138000" for abroad), or None if it is no telephone number.

    Takes "+84 91 234 56 78", "84912345678", "091.234.5678" and a spreadsheet's number that lost its zero.
    """
    if isinstance(number, bool):
        return None
    if isinstance(number, float):
        if not number.is_integer():
            return None
        number = int(number)
    digits = _PUNCTUATION.sub("", str(number))
    digits = re.sub(r"^(\+84|0084|84(?=\d{9,10}$))0?", "0", digits)
    if _LOST_ZERO.fullmatch(digits):
        digits = "0" + digits
    digits = re.sub(r"^00(?=[1-9])", "+", digits)
    return digits if digits.isascii() and (_DIALLED.fullmatch(digits) or _ABROAD.fullmatch(digits)) else None
