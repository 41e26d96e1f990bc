"""A register as it was understood: typed rows, faults that keep rows out, remarks that do not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from referral_hub.intake.register.wording import FAULTS, REMARKS, UNREADABLE


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, in local time: a day, with the time of day where the register gives it."""

    date: dt.date
    time: dt.time | None = None

    def before(self, other: Moment) -> bool:
        """Surely earlier than `other`; a day without time is neither earlier nor later than a time inside it."""
        if self.date != other.date:
            return self.date < other.date
        return self.time is not None and other.time is not None and self.time < other.time

    def isoformat(self) -> str:
        """ "2020-04-16" or "2020-04-16T08:31:00"."""
        return self.date.isoformat() if self.time is None else dt.datetime.combine(self.date, self.time).isoformat()


Value = str | bool | int | Moment | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet.

    `number` is the row in the spreadsheet (from 1), `key` tells the row from all others of its sheet, `values` holds
    one typed value per column of the register's form: codes, flags, whole numbers, texts, moments, tuples of codes
    where a cell may name several, None for an empty cell. `digest` is the SHA-256 (hex) of what the row itself says:
    equal for rows that say the same in another spelling. Where a call and its file differ, `values` follows the file,
    `digest` the call.
    """

    sheet: str
    number: int
    key: str
    values: Mapping[str, Value]
    digest: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found at a place of the register; `row` and `column` are None where it concerns the whole sheet.

    The reasons name no person and no telephone number.
    """

    sheet: str
    row: int | None
    column: str | None
    reason_code: str
    reason_vi: str
    reason_en: str

    def reason(self, locale: str) -> str:
        """The reason in `locale`: English for "en", Vietnamese for everything else."""
        return self.reason_en if locale == "en" else self.reason_vi


@dataclass(frozen=True, slots=True)
class RowFault(Finding):
    """Why a row, or a sheet when `row` is None, could not be taken."""


@dataclass(frozen=True, slots=True)
class Remark(Finding):
    """Something the reader decided or left aside, and that people should know."""


@dataclass(frozen=True, slots=True)
class Register:
    """All sheets of the form, each with its sound rows in the order of the spreadsheet (empty for an absent sheet)."""

    rows: Mapping[str, tuple[Row, ...]]
    faults: tuple[RowFault, ...]
    remarks: tuple[Remark, ...]


class RegisterUnreadable(Exception):
    """The file is no register workbook, or one that is not safe to open."""

    def __init__(self, reason_code: str) -> None:
        self.reason_code = reason_code
        self.reason_vi, self.reason_en = UNREADABLE[reason_code]
        super().__init__(self.reason_en)

    def reason(self, locale: str) -> str:
        """The reason in `locale`: English for "en", Vietnamese for everything else."""
        return self.reason_en if locale == "en" else self.reason_vi


def fault(sheet: str, row: int | None, column: str | None, code: str, quote: str | None = None) -> RowFault:
    """A fault in the words of its reason; `quote` is appended where it may be shown."""
    vi, en = FAULTS[code]
    said = f": {quote}" if quote else ""
    return RowFault(sheet, row, column, code, vi + said, en + said)


def remark(sheet: str, row: int | None, column: str | None, code: str, quote: str | None = None) -> Remark:
    """A remark in the words of its reason; `quote` is appended where it may be shown."""
    vi, en = REMARKS[code]
    said = f": {quote}" if quote else ""
    return Remark(sheet, row, column, code, vi + said, en + said)


def frozen(values: Mapping[str, Value]) -> Mapping[str, Value]:
    """A read-only copy of the values of a row."""
    return MappingProxyType(dict(values))
