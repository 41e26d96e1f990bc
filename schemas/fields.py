"""The fields that documents are made of: strict, bilingual in their faults, one spelling for one value.

A field that nobody has filled is None or blank and is left out of the loaded document. Loaded values are what JSON
can hold (strings, whole numbers, flags, lists), except `Instant`.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from marshmallow import fields, types

from schemas.bilingual import Said, labelled
from schemas.letters import clean_line, clean_lines
from schemas.telephone import dialled
from schemas.wording import Wording

EARLIEST_YEAR = 1900
LATEST_YEAR = 2100

_CODE = re.compile(r"[a-z0-9_]{1,40}")
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_IDENTIFIER = re.compile(r"[A-Z0-9]{6,20}")


class Text(Said, fields.Field[str | None]):
    """One line of text, at most `most` characters, NFC and trimmed; blank counts as not filled."""

    kind = "text"

    def __init__(self, most: int, vi: str = "", en: str = "", **options: Any) -> None:
        super().__init__(**labelled(vi, en, options))
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str | None:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        text = self._clean(value)
        if len(text) > self.most:
            raise self.make_error("too_long", most=self.most)
        if not text and self.required:
            raise self.make_error("required")
        return self._checked(text) if text else None

    def _clean(self, value: str) -> str:
        return clean_line(value)

    def _checked(self, text: str) -> str:
        return text


class LongText(Text):
    """Text of several lines, at most `most` characters; line breaks are kept."""

    kind = "long_text"

    def _clean(self, value: str) -> str:
        return clean_lines(value)


class Code(Text):
    """A code; `of` names the lists of the regulation that may hold it. Whether it is there is checked elsewhere."""

    kind = "code"
    default_error_messages: types.ErrorMessages = {
        "invalid_code": Wording("Không phải là một mã.", "Not a code."),
    }

    def __init__(self, of: str | tuple[str, ...], vi: str = "", en: str = "", **options: Any) -> None:
        self.of = (of,) if isinstance(of, str) else of
        super().__init__(40, vi, en, **options)

    def _checked(self, text: str) -> str:
        if not _CODE.fullmatch(text):
            raise self.make_error("invalid_code")
        return text


class PartialDate(Text):
    """A day, a month or a year as far as it is known: "1991-05-17", "1991-05" or "1991" (local calendar)."""

    kind = "partial_date"
    default_error_messages: types.ErrorMessages = {
        "invalid_date": Wording(
            "Không phải ngày có thật: ghi năm-tháng-ngày, năm-tháng hoặc năm (1991-05-17, 1991-05, 1991).",
            "Not a real date: write year-month-day, year-month or the year (1991-05-17, 1991-05, 1991).",
        ),
    }

    def __init__(self, vi: str = "", en: str = "", **options: Any) -> None:
        super().__init__(10, vi, en, **options)

    def _checked(self, text: str) -> str:
        parts = _PARTIAL_DATE.fullmatch(text)
        if parts is None or not text.isascii() or not _real(parts):
            raise self.make_error("invalid_date")
        return text


def _real(parts: re.Match[str]) -> bool:
    year, month, day = (int(part) if part else 1 for part in parts.groups())
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return EARLIEST_YEAR <= year <= LATEST_YEAR


class Day(PartialDate):
    """A whole day, "1991-05-17" (local calendar)."""

    kind = "day"

    def _checked(self, text: str) -> str:
        if len(text) != 10:
            raise self.make_error("invalid_date")
        return super()._checked(text)


class Phone(Said, fields.Field[str | None]):
    """A telephone number in any of the usual ways of writing, loaded as the digits to dial."""

    kind = "phone"
    default_error_messages: types.ErrorMessages = {
        "invalid_phone": Wording("Không phải số điện thoại.", "Not a telephone number."),
    }

    def __init__(self, vi: str = "", en: str = "", **options: Any) -> None:
        super().__init__(**labelled(vi, en, options))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str | None:
        if isinstance(value, str):
            value = clean_line(value)
            if not value and not self.required:
                return None
        number = dialled(value) if isinstance(value, (str, int, float)) else None
        if number is None:
            raise self.make_error("invalid_phone")
        return number


class Identifier(Text):
    """The number of an identity paper: 6 to 20 letters and digits; blanks, dots and hyphens are dropped."""

    kind = "identifier"
    default_error_messages: types.ErrorMessages = {
        "invalid_identifier": Wording("Không phải số giấy tờ.", "Not the number of a paper."),
    }

    def __init__(self, vi: str = "", en: str = "", **options: Any) -> None:
        super().__init__(40, vi, en, **options)

    def _checked(self, text: str) -> str:
        number = re.sub(r"[ .\-]", "", text).upper()
        if not _IDENTIFIER.fullmatch(number):
            raise self.make_error("invalid_identifier")
        return number


class AttachmentId(Text):
    """The id of an attachment that the hub keeps apart (a picture, a scan): a UUID in its usual spelling."""

    kind = "attachment"

    def __init__(self, vi: str = "", en: str = "", **options: Any) -> None:
        super().__init__(45, vi, en, **options)

    def _checked(self, text: str) -> str:
        try:
            return str(uuid.UUID(text))
        except ValueError as error:
            raise self.make_error("invalid") from error


class Flag(Said, fields.Field[bool | None]):
    """Yes or no: true, false, or the words "true" and "false" of a form. No 1, "yes" or "x"."""

    kind = "flag"
    _WORDS: ClassVar[Mapping[str, bool | None]] = {"true": True, "false": False, "": None}
    default_error_messages: types.ErrorMessages = {
        "invalid_flag": Wording("Chỉ nhận có (true) hoặc không (false).", "Only true or false."),
    }

    def __init__(self, vi: str = "", en: str = "", **options: Any) -> None:
        super().__init__(**labelled(vi, en, options))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool | None:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in self._WORDS and (value or not self.required):
            return self._WORDS[value]
        raise self.make_error("invalid_flag")


class Whole(Said, fields.Field[int | None]):
    """A whole number from `least` to `most`; digits in a string count, 1.0 and true do not."""

    kind = "whole"
    default_error_messages: types.ErrorMessages = {
        "invalid_whole": Wording(
            "Cần một số nguyên từ {least} đến {most}.", "A whole number from {least} to {most} is needed."
        ),
    }

    def __init__(self, least: int, most: int, vi: str = "", en: str = "", **options: Any) -> None:
        super().__init__(**labelled(vi, en, options))
        self.least = least
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int | None:
        if isinstance(value, str):
            value = value.strip()
            if not value and not self.required:
                return None
            value = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else None
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise self.make_error("invalid_whole", least=self.least, most=self.most)
        return value


class Instant(Said, fields.AwareDateTime):
    """A point of time with its zone or offset, loaded as an aware datetime; a time without zone is a fault."""

    kind = "instant"
    default_error_messages: types.ErrorMessages = {
        "invalid": Wording("Thời điểm cần có múi giờ.", "A time with its zone is needed."),
        "invalid_awareness": Wording("Thời điểm cần có múi giờ.", "A time with its zone is needed."),
        "format": Wording("Thời điểm không đúng dạng.", "The time has the wrong form."),
    }

    def __init__(self, vi: str = "", en: str = "", **options: Any) -> None:
        super().__init__(format="iso", default_timezone=None, **labelled(vi, en, options))


class Many(Said, fields.List[Any]):
    """At most `most` entries of one field; entries that are not filled and codes named twice are dropped."""

    kind = "many"

    def __init__(self, entry: fields.Field[Any], most: int, vi: str = "", en: str = "", **options: Any) -> None:
        super().__init__(entry, **labelled(vi, en, options))
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, (list, tuple)) and len(value) > self.most:
            raise self.make_error("too_many", most=self.most)
        loaded: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        return list(_once(loaded)) if isinstance(self.inner, Code) else [one for one in loaded if one is not None]


def _once(codes: Iterable[str | None]) -> Iterable[str]:
    return dict.fromkeys(code for code in codes if code is not None)


class Entry(Said, fields.Nested):
    """A small document inside a list."""

    kind = "entry"
