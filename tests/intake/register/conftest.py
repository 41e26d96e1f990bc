"""Small registers built in the test, as people would type them, and the reader run over them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

import openpyxl
import pytest

from referral_hub.intake.register import Register, read_register
from referral_hub.regulation.importing import columns
from referral_hub.regulation.loader import shipped
from referral_hub.regulation.model import Regulation

Sheet = list[list[object]]
Book = dict[str, Sheet]
TODAY = dt.date(2026, 11, 1)

CALL = [1, dt.datetime(2020, 4, 30, 8, 31), "Tổng đài", "Bản thân", "Có", "Không", "Nữ", 1968, "H. Bình Liêu"]
CALL += ["Bạo lực tinh thần", "Chồng", "Tờ rơi", "Tư vấn", "HS-2020-001"]
FILE = ["HS-2020-001", "Ngô Thị Hồng Hà", 1968, "Nữ", "0910733400", "8:00-10:30", "H. Bình Liêu", "Bạo lực tinh thần"]
FILE += ["Trung bình", "Chồng", 2, dt.datetime(2020, 4, 29, 17, 8), "Tham vấn"]
REFERRAL = ["HS-2020-001", dt.datetime(2020, 5, 6, 8, 0), "Trợ giúp pháp lý", "Trung tâm Trợ giúp pháp lý nhà nước"]
REFERRAL += ["Nhân thân; Nơi ở", "Bằng văn bản", dt.datetime(2020, 5, 6, 13, 20), "Đã cung cấp dịch vụ"]
REFERRAL += [dt.datetime(2020, 5, 12, 16, 30)]
WORK = [1, "Chíu Mạnh Khôi", 1976, "HS-2020-001", dt.datetime(2020, 5, 8, 9, 30)]
WORK += ["Làm việc, tư vấn với người có hành vi bạo lực", "Đã làm việc"]
OUTREACH = [1, dt.datetime(2020, 7, 29), "Phóng sự", "Phóng sự truyền hình tỉnh", 1004]


@pytest.fixture(scope="session")
def regulation() -> Regulation:
    return shipped()


@pytest.fixture
def book(regulation: Regulation) -> Book:
    """One sound row in each sheet of the form, below its headings."""
    rows = {
        "Tong_dai": CALL,
        "Ho_so": FILE,
        "Chuyen_gui": REFERRAL,
        "Nguoi_gay_bao_luc": WORK,
        "Truyen_thong": OUTREACH,
    }
    return {sheet: [list(headings), list(rows[sheet])] for sheet, headings in columns(regulation).items()}


def packed(book: Book, change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    """The workbook as bytes; `change` may spoil it further before it is saved."""
    workbook = openpyxl.Workbook()
    del workbook["Sheet"]
    for title, rows in book.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    if change is not None:
        change(workbook)
    kept = io.BytesIO()
    workbook.save(kept)
    return kept.getvalue()


@pytest.fixture
def pack() -> Callable[..., bytes]:
    return packed


@pytest.fixture
def read(regulation: Regulation) -> Callable[..., Register]:
    """Reads a book (or the bytes of a workbook) as on the first of November 2026."""

    def _read(source: Book | bytes, today: dt.date = TODAY) -> Register:
        return read_register(source if isinstance(source, bytes) else packed(source), regulation, today=today)

    return _read


@pytest.fixture
def put(regulation: Regulation) -> Callable[[Book, str, str, object], None]:
    """Puts a value into a column of the first row of a sheet whose headings are untouched."""

    def _put(book: Book, sheet: str, column: str, value: object) -> None:
        book[sheet][1][list(columns(regulation)[sheet]).index(column)] = value

    return _put
