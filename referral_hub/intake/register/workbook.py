"""Opening a workbook that somebody sent: nothing is calculated, nothing outside is fetched, nothing may swell."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from referral_hub.intake.register.model import RegisterUnreadable

MOST_BYTES_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 5_000
MOST_ROWS = 200_000
MOST_COLUMNS = 100
_LAST_ROW = 1_048_576

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")

RawRow = tuple[int, tuple[object, ...]]


class Workbook:
    """A workbook opened for reading: its sheets in order, and their rows one after the other."""

    def __init__(self, content: bytes) -> None:
        """Raises RegisterUnreadable for whatever is no sound .xlsx workbook of bearable size."""
        self._content = content
        self._has_formulas = _inspect(content)
        self._values = _open(content, values_only=True)
        self._rows_read = 0
        self.epoch: dt.datetime = self._values.epoch
        sheets = self._values.worksheets
        self.titles: tuple[str, ...] = tuple(sheet.title for sheet in sheets)
        self.hidden = frozenset(sheet.title for sheet in sheets if sheet.sheet_state != "visible")

    def rows(self, title: str) -> Iterator[RawRow]:
        """The rows of a sheet that hold anything, each with its number in the sheet (from 1)."""
        try:
            for number, cells in enumerate(_cells(self._values[title], values_only=True), start=1):
                if cells.count(None) < len(cells):
                    self._rows_read += 1
                    if self._rows_read > MOST_ROWS:
                        raise RegisterUnreadable("too-many-rows")
                    yield number, cells
        except RegisterUnreadable:
            raise
        except Exception as error:  # the XML reader below has many ways to fail on a damaged part
            raise RegisterUnreadable("damaged") from error

    def uncalculated(self, title: str) -> Mapping[int, frozenset[int]]:
        """Rows and columns (row from 1, column from 0) of formulas without a stored value: no empty cells, though
        they look so."""
        if not self._has_formulas:
            return {}
        try:
            formulas = _open(self._content, values_only=False)
            pairs = zip_longest(_cells(self._values[title]), _cells(formulas[title]), fillvalue=())
            found = {number: _bare(values, written) for number, (values, written) in enumerate(pairs, start=1)}
        except Exception as error:
            raise RegisterUnreadable("damaged") from error
        return {number: columns for number, columns in found.items() if columns}


def content_of(source: str | Path | bytes) -> bytes:
    """The bytes of a file, or the bytes themselves. Raises RegisterUnreadable."""
    if isinstance(source, bytes):
        return source
    try:
        path = Path(source)
        if path.stat().st_size > MOST_BYTES_UNPACKED:
            raise RegisterUnreadable("too-large")
        return path.read_bytes()
    except OSError as error:
        raise RegisterUnreadable("not-found") from error


def _inspect(content: bytes) -> bool:
    """Refuse what must not reach the XML reader; tell whether any sheet holds formulas."""
    if not content:
        raise RegisterUnreadable("empty-file")
    if content.startswith(_OLE):
        raise RegisterUnreadable("encrypted" if _ENCRYPTED in content else "old-format")
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise RegisterUnreadable("damaged" if content.startswith(b"PK") else "not-xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return _inspect_parts(parts)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise RegisterUnreadable("damaged") from error
    except RuntimeError as error:  # zipfile's way to ask for a password
        raise RegisterUnreadable("encrypted") from error
    except Exception as error:
        if isinstance(error, RegisterUnreadable):
            raise
        raise RegisterUnreadable("damaged") from error


def _inspect_parts(parts: zipfile.ZipFile) -> bool:
    entries = parts.infolist()
    # a part never unpacks to more than it declares: the reader stops there
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > MOST_BYTES_UNPACKED:
        raise RegisterUnreadable("too-large")
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise RegisterUnreadable("not-xlsx")
    formulas = False
    for entry in entries:
        if entry.filename.endswith((".xml", ".rels")):
            formulas |= _inspect_xml(parts, entry, formulas)
    return formulas


def _inspect_xml(parts: zipfile.ZipFile, entry: zipfile.ZipInfo, known: bool) -> bool:
    in_sheet = entry.filename.startswith("xl/worksheets/") and not known
    with parts.open(entry) as part:
        chunk = part.read(1 << 16)
        # declarations stand before the first element; none of the format's parts has any, in whatever encoding
        if _DECLARATION.search(chunk.replace(b"\0", b"")):
            raise RegisterUnreadable("unsafe")
        while in_sheet and chunk:
            if _FORMULA.search(chunk):
                return True
            tail = chunk[-16:]
            chunk = part.read(1 << 20)
            chunk = tail + chunk if chunk else b""
    return False


def _open(content: bytes, values_only: bool) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations that we do not read
            return load_workbook(io.BytesIO(content), read_only=True, data_only=values_only, keep_links=False)
    except Exception as error:  # openpyxl lets many kinds through when a part is damaged or missing
        raise RegisterUnreadable("damaged") from error


def _cells(sheet: Any, values_only: bool = False) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # programs write wrong ones, and rows would be lost
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from sheet.iter_rows(max_row=_LAST_ROW, max_col=MOST_COLUMNS, values_only=values_only)


def _bare(values: tuple[Any, ...], written: tuple[Any, ...]) -> frozenset[int]:
    # a formula whose stored result is an empty text has the type of a text; one never calculated has none
    return frozenset(
        column
        for column, (value, formula) in enumerate(zip(values, written, strict=False))
        if formula.data_type == "f" and value.value is None and value.data_type == "n"
    )
