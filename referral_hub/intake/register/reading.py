"""A register workbook, read as a whole: its sheets, and what they say about each other."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

from referral_hub.intake.register.cells import Cells
from referral_hub.intake.register.headings import sheets_of_form
from referral_hub.intake.register.layout import (
    CALLS,
    FILE_CODE,
    FILES,
    REFERS_TO_FILE,
    REQUIRED_SHEETS,
    SAME_PERSON,
)
from referral_hub.intake.register.model import Register, Remark, Row, RowFault, Value, fault, frozen, remark
from referral_hub.intake.register.sheets import SheetReading, read_sheet
from referral_hub.intake.register.workbook import Workbook, content_of
from referral_hub.regulation.importing import columns
from referral_hub.regulation.model import Regulation

_Found = TypeVar("_Found", RowFault, Remark)


def read_register(source: str | Path | bytes, regulation: Regulation, *, today: dt.date | None = None) -> Register:
    """The register in a workbook (its path or its bytes), in the words of `regulation`.

    A row with a fault is among the faults and not among the rows; nothing is guessed. `today` is the local day after
    which dates lie in the future (default: the day it is in the zone of the regulation). Raises RegisterUnreadable if
    the file as a whole cannot be read.
    """
    book = Workbook(content_of(source))
    cells = Cells(regulation, today or dt.datetime.now(ZoneInfo(regulation.time_zone)).date(), book.epoch)
    form = columns(regulation)
    titles = sheets_of_form(book.titles, form)
    readings = {sheet: _read(book, sheet, titles[sheet], form[sheet], cells) for sheet in form}
    files = _refer_to_files(readings)
    _follow_the_file(readings[CALLS], files)
    return Register(
        rows=MappingProxyType({sheet: tuple(reading.rows) for sheet, reading in readings.items()}),
        faults=tuple(one for reading in readings.values() for one in _by_row(reading.faults)),
        remarks=tuple(
            [one for reading in readings.values() for one in _by_row(reading.remarks)]
            + list(_other_sheets(book, titles))
        ),
    )


def _read(book: Workbook, sheet: str, titles: tuple[str, ...], form: Mapping[str, str], cells: Cells) -> SheetReading:
    if len(titles) == 1:
        reading = read_sheet(book, titles[0], sheet, form, cells)
        if titles[0] in book.hidden:
            reading.remarks.append(remark(sheet, None, None, "hidden-sheet"))
        return reading
    reading = SheetReading(sheet)
    if titles:
        reading.faults.append(fault(sheet, None, None, "sheet-twice"))
    elif sheet in REQUIRED_SHEETS:
        reading.faults.append(fault(sheet, None, None, "sheet-missing"))
    else:
        reading.remarks.append(remark(sheet, None, None, "sheet-absent"))
    return reading


def _other_sheets(book: Workbook, titles: Mapping[str, tuple[str, ...]]) -> Iterator[Remark]:
    """A remark for each sheet that is no part of the form, unless it holds one column of text, as instructions do.

    Such a sheet is named by its place in the workbook: its title may be anything, a person's name too.
    """
    ours = {title for names in titles.values() for title in names}
    for place, title in enumerate(book.titles, start=1):
        if title not in ours and any(sum(cell is not None for cell in cells) > 1 for _, cells in book.rows(title)):
            yield remark(f"#{place}", None, None, "sheet-not-read")


def _refer_to_files(readings: Mapping[str, SheetReading]) -> Mapping[str, Row]:
    """Take out rows that name a file which is not there, or not sound; the sound files by code."""
    missing = "files-not-read" if any(not _in_a_row(one) for one in readings[FILES].faults) else "file-unknown"
    named = readings[FILES].file_codes
    files = {str(row.values[FILE_CODE]): row for row in readings[FILES].rows}
    for sheet, column in REFERS_TO_FILE.items():
        reading = readings[sheet]
        kept: list[Row] = []
        for row in reading.rows:
            code = row.values[column]
            if code is None or code in files:
                kept.append(row)
            else:
                reading.faults.append(fault(sheet, row.number, column, "file-faulty" if code in named else missing))
        reading.rows = kept
    return files


def _in_a_row(found: RowFault) -> bool:
    return found.row is not None and found.reason_code not in {"column-missing", "column-twice"}


def _follow_the_file(calls: SheetReading, files: Mapping[str, Row]) -> None:
    """Where a call and the file that came of it differ about the person, the file counts."""
    for i, row in enumerate(calls.rows):
        file = files.get(str(row.values[FILE_CODE]))
        if file is None:
            continue
        other = dict(_differences(row, file))
        if other:
            calls.remarks += [remark(CALLS, row.number, column, "differs-from-file") for column in other]
            calls.rows[i] = dataclasses.replace(row, values=frozen({**row.values, **other}))


def _differences(call: Row, file: Row) -> Iterator[tuple[str, Value]]:
    for column in SAME_PERSON:
        said, kept = call.values.get(column), file.values.get(column)
        if said is not None and kept is not None and said != kept:
            yield column, kept


def _by_row(found: list[_Found]) -> list[_Found]:
    return sorted(found, key=lambda one: one.row or 0)
