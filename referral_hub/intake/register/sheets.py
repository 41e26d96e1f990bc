"""One sheet: from raw rows to typed rows, each with its identity and digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from referral_hub.intake.register.cells import CellFault, Cells, is_empty
from referral_hub.intake.register.headings import find_headings
from referral_hub.intake.register.layout import FILE_CODE, IDENTITY, NEEDED, NUMBER
from referral_hub.intake.register.model import Moment, Remark, Row, RowFault, Value, fault, frozen, remark
from referral_hub.intake.register.spelling import word_key
from referral_hub.intake.register.workbook import Workbook


@dataclass(slots=True)
class SheetReading:
    """What came out of one sheet. `file_codes` are all the codes it names, those of faulty rows included."""

    sheet: str
    rows: list[Row] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    file_codes: set[str] = field(default_factory=set)


def read_sheet(book: Workbook, title: str, sheet: str, columns: Mapping[str, str], cells: Cells) -> SheetReading:
    """The sheet called `title`, read as `sheet` of the form; `columns` says what each column holds."""
    reading = SheetReading(sheet)
    rows = book.rows(title)
    headings = find_headings(rows, tuple(columns))
    if headings is None:
        reading.faults.append(fault(sheet, None, None, "header-missing"))
        return reading
    reading.remarks += [remark(sheet, headings.row, None, "column-unknown", one) for one in headings.unknown]
    if headings.missing or headings.twice:
        reading.faults += [fault(sheet, headings.row, column, "column-missing") for column in headings.missing]
        reading.faults += [fault(sheet, headings.row, column, "column-twice") for column in headings.twice]
        return reading
    uncalculated = book.uncalculated(title)
    seen: dict[str, Row] = {}
    for number, raw in rows:
        line = _Line(sheet, number, {column: _at(raw, place) for column, place in headings.places.items()})
        bare = [column for column, place in headings.places.items() if place in uncalculated.get(number, ())]
        if (not bare and line.says_nothing()) or headings.repeated_by(raw):
            continue
        _take(line, bare, columns, cells, reading, seen)
    return reading


@dataclass(frozen=True, slots=True)
class _Line:
    """The cells of one row by column, not yet understood."""

    sheet: str
    number: int
    cells: Mapping[str, object]

    def says_nothing(self) -> bool:
        """Empty, or numbered in advance and never filled in."""
        return all(is_empty(cell) for column, cell in self.cells.items() if column != NUMBER)


def _at(raw: Sequence[object], place: int) -> object:
    return raw[place] if place < len(raw) else None


def _take(
    line: _Line,
    bare: Sequence[str],
    columns: Mapping[str, str],
    cells: Cells,
    reading: SheetReading,
    seen: dict[str, Row],
) -> None:
    values: dict[str, Value] = {}
    faults = [fault(line.sheet, line.number, column, "formula-without-value") for column in bare]
    for column, kind in columns.items():
        try:
            if column not in bare:
                values[column] = cells.read(line.sheet, column, kind, line.cells[column])
        except CellFault as error:
            faults.append(fault(line.sheet, line.number, column, error.code, error.quote))
    faulty = {found.column for found in faults}
    faults += [
        fault(line.sheet, line.number, column, "empty")
        for column in NEEDED[line.sheet]
        if column not in faulty and values.get(column) is None
    ]
    faults += _order_faults(line, columns, values)
    if isinstance(code := values.get(FILE_CODE), str):
        reading.file_codes.add(code)
    if faults:
        order = list(columns)
        reading.faults += sorted(faults, key=lambda found: order.index(found.column or order[0]))
        return
    _keep(
        Row(line.sheet, line.number, row_key(line.sheet, values), frozen(values), digest(line.sheet, values)),
        reading,
        seen,
    )


def _keep(row: Row, reading: SheetReading, seen: dict[str, Row]) -> None:
    earlier = seen.setdefault(row.key, row)
    if earlier is row:
        reading.rows.append(row)
    elif earlier.digest == row.digest:
        reading.remarks.append(remark(row.sheet, row.number, None, "row-repeated"))
    else:
        reading.faults.append(fault(row.sheet, row.number, IDENTITY[row.sheet][0], "row-twice"))


def _order_faults(line: _Line, columns: Mapping[str, str], values: Mapping[str, Value]) -> Iterator[RowFault]:
    # the columns of the form stand in the order in which things happen
    steps = [(column, values.get(column)) for column, kind in columns.items() if kind in {"day_or_time", "time"}]
    moments = [(column, value) for column, value in steps if isinstance(value, Moment)]
    for i, (column, moment) in enumerate(moments):
        if any(moment.before(earlier) for _, earlier in moments[:i]):
            yield fault(line.sheet, line.number, column, "wrong-order")


def row_key(sheet: str, values: Mapping[str, Value]) -> str:
    """What tells a row from the others of its sheet; of a moment only the day counts, so that a time may be mended."""
    parts = (values[column] for column in IDENTITY[sheet])
    return "|".join(part.date.isoformat() if isinstance(part, Moment) else str(part) for part in parts)


def digest(sheet: str, values: Mapping[str, Value]) -> str:
    """SHA-256 (hex) over what the row says, blind to spelling, to the order of codes and of columns."""
    meaning = {column: _meaning(value) for column, value in values.items()}
    written = json.dumps([sheet, meaning], ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _meaning(value: Value) -> object:
    if isinstance(value, Moment):
        return {"at": value.isoformat()}
    if isinstance(value, tuple):
        return sorted(value)
    return word_key(value) if isinstance(value, str) else value
