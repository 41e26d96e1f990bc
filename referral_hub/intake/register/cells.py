"""One cell: from what the spreadsheet holds to the typed value that its column promises, or the reason why not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping

from referral_hub.intake.register.layout import MOST, NEVER_QUOTED, SEVERAL, TELEPHONES
from referral_hub.intake.register.model import Moment, Value
from referral_hub.intake.register.moments import NotAMoment, read_moment
from referral_hub.intake.register.words import Words
from referral_hub.regulation.importing import yes_or_no
from referral_hub.regulation.model import Regulation
from schemas.letters import clean_line
from schemas.telephone import dialled

EARLIEST_BIRTH_YEAR = 1900
LONGEST_TEXT = 200
LONGEST_QUOTE = 40

_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#SPILL!"})
_LONG_NUMBER = re.compile(r"\+?\d(?:[ .\-]?\d){8,}")  # may be somebody's telephone
_FILE_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9./_-]{0,38}[A-Z0-9])?")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_WHOLE = re.compile(r"[0-9]{1,9}(?:[.,]0{1,2})?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[. ][0-9]{3}){1,2}")


class CellFault(Exception):
    """The cell cannot be understood; `code` is the reason, `quote` what may be shown of it."""

    def __init__(self, code: str, quote: str | None = None) -> None:
        self.code = code
        self.quote = quote
        super().__init__(code)


class Cells:
    """Reads cells by the kinds of `import_columns`, with the words of one regulation."""

    def __init__(self, regulation: Regulation, today: dt.date, epoch: dt.datetime) -> None:
        self._regulation = regulation
        self._today = today
        self._epoch = epoch
        self._lists = {key: Words(regulation, key) for key in regulation.raw["import_lists"]}
        self._kinds: Mapping[str, Callable[[object], Value]] = {
            "words": self._yes_no,
            "day_or_time": self._moment,
            "time": self._time,
            "year": self._year,
            "number": _number,
            "text": _text,
            "file_code": _file_code,
        }

    def read(self, sheet: str, column: str, kind: str, cell: object) -> Value:
        """The value of a cell; None for an empty one (a flag and a list of codes have their own empty value).

        Raises CellFault.
        """
        if isinstance(cell, str) and cell.strip() in _ERRORS:
            raise CellFault("spreadsheet-error")
        if kind == "words":
            return self._yes_no(cell)
        several = (sheet, column) in SEVERAL
        if is_empty(cell):
            return () if several else None
        if column in TELEPHONES:
            return _telephone(cell)
        if kind in self._kinds:
            return _bounded(column, self._kinds[kind](cell))
        return self._codes(kind, cell, several)

    def _yes_no(self, cell: object) -> bool:
        said = "" if is_empty(cell) else cell
        answer = yes_or_no(self._regulation, clean_line(said)) if isinstance(said, str) else None
        if answer is None:
            raise CellFault("not-yes-no", quotable(said))
        return answer

    def _codes(self, kind: str, cell: object, several: bool) -> Value:
        quote = None if kind in NEVER_QUOTED else quotable(cell)
        if not isinstance(cell, str):
            raise CellFault("unknown-word", quote)
        words = self._lists[kind]
        codes: dict[str, None] = {}
        for part in filter(None, map(clean_line, re.split(r"[;\n]", cell) if several else cell.split(";"))):
            code = words.code(part)
            if code is None:
                raise CellFault("unknown-word", None if kind in NEVER_QUOTED else quotable(part))
            codes[code] = None
        if not several and len(codes) > 1:
            raise CellFault("one-only", quote)
        return tuple(codes) if several else next(iter(codes), None)

    def _moment(self, cell: object) -> Moment:
        try:
            return read_moment(cell, self._today, self._epoch)
        except NotAMoment as error:
            raise CellFault(error.code, quotable(cell)) from error

    def _time(self, cell: object) -> Moment:
        moment = self._moment(cell)
        if moment.time is None:
            raise CellFault("time-needed", quotable(cell))
        return moment

    def _year(self, cell: object) -> int:
        try:
            year = _number(cell)
        except CellFault as error:
            raise CellFault("not-a-year") from error
        if year < 1000:
            raise CellFault("not-a-year")
        if not EARLIEST_BIRTH_YEAR <= year <= self._today.year:
            raise CellFault("year-out-of-range")
        return year


def is_empty(cell: object) -> bool:
    """Nothing in the cell, or nothing that shows."""
    return cell is None or (isinstance(cell, str) and not clean_line(cell))


def quotable(cell: object) -> str:
    """What may be shown of a coded cell or a date: at most 40 characters, never a number as long as a telephone's."""
    shown = cell.isoformat(" ") if isinstance(cell, dt.datetime) else clean_line(str(cell))
    hidden = _LONG_NUMBER.sub("…", shown)
    return f"“{hidden if len(hidden) <= LONGEST_QUOTE else hidden[: LONGEST_QUOTE - 1] + '…'}”"


def _number(cell: object) -> int:
    if isinstance(cell, str):
        text = clean_line(cell)
        if _THOUSANDS.fullmatch(text):
            return int(re.sub(r"[. ]", "", text))
        if _WHOLE.fullmatch(text):
            return int(re.split(r"[.,]", text)[0])
        raise CellFault("not-a-number")
    if isinstance(cell, bool) or not isinstance(cell, (int, float)) or not 0 <= cell < 10**9 or cell != int(cell):
        raise CellFault("not-a-number")
    return int(cell)


def _bounded(column: str, value: Value) -> Value:
    if isinstance(value, int) and column in MOST and value > MOST[column]:
        raise CellFault("number-too-large")
    return value


def _text(cell: object) -> str:
    text = clean_line(_as_text(cell))
    if len(text) > LONGEST_TEXT:
        raise CellFault("too-long")
    return text


def _as_text(cell: object) -> str:
    if isinstance(cell, bool):
        raise CellFault("not-text")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, dt.time):
        return cell.strftime("%H:%M")
    if isinstance(cell, (str, int, float)):
        return cell if isinstance(cell, str) else str(cell)
    raise CellFault("not-text")


def _telephone(cell: object) -> str:
    number = (
        dialled(clean_line(cell) if isinstance(cell, str) else cell) if isinstance(cell, (str, int, float)) else None
    )
    if number is None:
        raise CellFault("not-a-telephone")
    return number


def _file_code(cell: object) -> str:
    code = re.sub(r"\s+", "", _DASHES.sub("-", clean_line(_as_text(cell)))).upper()
    if not _FILE_CODE.fullmatch(code):
        raise CellFault("not-a-file-code")
    return code
