"""Registers to import: the shipped one, small ones, the same one badly kept."""

import datetime as dt
import io
import unicodedata
from copy import deepcopy
from importlib.resources import files
from typing import Any

import openpyxl

from referral_hub.intake.register import Register, read_register
from referral_hub.regulation.loader import shipped
from tests.intake.register.conftest import packed

Sheet = list[list[Any]]
Book = dict[str, Sheet]
SOURCE = files("referral_hub.intake").joinpath("data/so_tiep_nhan_2020.xlsx").read_bytes()
TASK = "system:register-import:anh-duong"
CALLS, FILES, REFERRALS = "Tong_dai", "Ho_so", "Chuyen_gui"
WORK, OUTREACH = "Nguoi_gay_bao_luc", "Truyen_thong"
#: Rows of the shipped register by sheet.
SHIPPED = {CALLS: 201, FILES: 6, REFERRALS: 7, WORK: 3, OUTREACH: 7}


def shipped_book() -> Book:
    """The shipped register as lists of cells, headings first."""
    workbook = openpyxl.load_workbook(io.BytesIO(SOURCE))
    return {sheet: [list(row) for row in workbook[sheet].iter_rows(values_only=True)] for sheet in SHIPPED}


def small_book(calls: int = 25) -> Book:
    """All sheets of the shipped register, with its first calls alone."""
    book = shipped_book()
    book[CALLS] = book[CALLS][: calls + 1]
    return book


def place(book: Book, sheet: str, row: int, column: str) -> tuple[list[Any], int]:
    """A row (from 1, below the headings) and the index of a column of it."""
    return book[sheet][row], book[sheet][0].index(column)


def put(book: Book, sheet: str, row: int, column: str, value: object) -> Book:
    """A copy with one cell changed."""
    changed = deepcopy(book)
    cells, at = place(changed, sheet, row, column)
    cells[at] = value
    return changed


def get(book: Book, sheet: str, row: int, column: str) -> Any:
    """What one cell holds."""
    cells, at = place(book, sheet, row, column)
    return cells[at]


def register(book: Book) -> Register:
    """The book as the hub reads it."""
    return read_register(packed(book), shipped())


def messy(book: Book) -> bytes:
    """The same register as another hand would keep it: titles above, columns turned round, other spellings."""
    form = shipped().raw["import_columns"]
    return packed({_title(sheet): _badly_kept(rows, form[sheet]) for sheet, rows in reversed(book.items())})


def _title(sheet: str) -> str:
    return sheet.upper().replace("_", " ")


def _badly_kept(rows: Sheet, form: Any) -> Sheet:
    width = len(rows[0])
    kept: Sheet = [["SỔ TIẾP NHẬN", *[None] * (width - 1)], [None] * width, ["Quyển 1", *[None] * (width - 1)]]
    kept.append([unicodedata.normalize("NFD", f"  {heading.upper()} ") for heading in reversed(rows[0])])
    for n, row in enumerate(rows[1:]):
        cells = [_other_spelling(cell, heading, form[heading], n) for heading, cell in zip(rows[0], row, strict=True)]
        kept += [list(reversed(cells)), *([[None] * width] if n % 7 == 6 else [])]
    return kept


def _other_spelling(cell: Any, heading: str, kind: str, n: int) -> Any:
    if isinstance(cell, dt.datetime):
        return cell.strftime("%d/%m/%Y %H:%M") if n % 2 else cell.strftime("ngày %d-%m-%Y lúc %Hh%M")
    if kind == "words":
        return {"Có": "x", "Không": "ko" if n % 2 else None}[cell]
    if heading == "Điện thoại an toàn":
        return f"+84 {cell[1:4]}.{cell[4:7]} {cell[7:]}"
    if isinstance(cell, str) and kind not in ("text", "file_code"):
        return unicodedata.normalize("NFD", f" {cell.upper()} ")
    if isinstance(cell, str):
        return unicodedata.normalize("NFD", cell) + "  "
    return str(cell) if isinstance(cell, int) and n % 2 else cell
