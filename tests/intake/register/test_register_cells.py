"""What stands in a cell: the same word in many spellings, and nothing guessed."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from referral_hub.intake.register.cells import CellFault, Cells
from referral_hub.intake.register.wording import FAULTS
from referral_hub.regulation.model import Regulation

Book = dict[str, list[list[Any]]]


@pytest.mark.parametrize(
    ("sheet", "column", "written", "value"),
    [
        ("Ho_so", "Địa bàn", unicodedata.normalize("NFD", "H. Bình Liêu"), "198"),
        ("Ho_so", "Địa bàn", "  h.\u00a0 BÌNH  LIÊU ", "198"),
        ("Ho_so", "Địa bàn", "TP Hạ Long", "193"),
        ("Ho_so", "Địa bàn", "Tp. Hạ Long", "193"),
        ("Ho_so", "Địa bàn", "TP.Hạ Long", "193"),
        ("Ho_so", "Địa bàn", "Thành phố Hạ Long", "193"),
        ("Ho_so", "Địa bàn", "Ha Long City", "193"),
        ("Ho_so", "Loại bạo lực", "BẠO LỰC TINH THẦN", "psychological"),
        ("Ho_so", "Loại bạo lực", "Bạo lực tinh thần\u200b", "psychological"),
        ("Ho_so", "Loại bạo lực", "Psychological / emotional abuse", "psychological"),
        ("Tong_dai", "Kết quả xử lý", "Cung cấp thông tin", "information"),
        ("Tong_dai", "Biết đến qua", "Khác", "other"),
        ("Tong_dai", "Giới tính", None, None),
        ("Ho_so", "Hỗ trợ tại chỗ", "Tham vấn; Tạm lánh;Tham vấn ; ", ("S8", "S4")),
        ("Ho_so", "Hỗ trợ tại chỗ", None, ()),
        ("Chuyen_gui", "Thông tin đồng ý chia sẻ", "Trẻ em\nNơi ở", ("child", "residence")),
        ("Tong_dai", "Khẩn cấp", "x", True),
        ("Tong_dai", "Khẩn cấp", " CÓ ", True),
        ("Tong_dai", "Khẩn cấp", "X", True),
        ("Tong_dai", "Khẩn cấp", "ko", False),
        ("Tong_dai", "Khẩn cấp", "KHÔNG", False),
        ("Tong_dai", "Khẩn cấp", "  ", False),
        ("Tong_dai", "Khẩn cấp", None, False),
        ("Ho_so", "Năm sinh", "1991", 1991),
        ("Ho_so", "Năm sinh", "1991.0", 1991),
        ("Ho_so", "Năm sinh", 1991.0, 1991),
        ("Ho_so", "Năm sinh", None, None),
        ("Ho_so", "Số con", 0, 0),
        ("Truyen_thong", "Số lượt tiếp cận", "1.004", 1004),
        ("Truyen_thong", "Số lượt tiếp cận", "12 345 678", 12345678),
        ("Ho_so", "Điện thoại an toàn", 910733400, "0910733400"),
        ("Ho_so", "Điện thoại an toàn", "+84 91.073.3400", "0910733400"),
        ("Ho_so", "Điện thoại an toàn", None, None),
        ("Ho_so", "Họ và tên", " Ngô  Thị\nHà ", "Ngô Thị Hà"),
        ("Ho_so", "Giờ gọi an toàn", 20, "20"),
        ("Truyen_thong", "STT", "1.0", 1),
    ],
)
def test_a_cell_means_what_people_meant(
    sheet: str,
    column: str,
    written: object,
    value: object,
    book: Book,
    put: Callable[..., None],
    read: Callable[..., Any],
) -> None:
    put(book, sheet, column, written)
    register = read(book)
    assert [fault for fault in register.faults if fault.sheet == sheet] == []
    assert register.rows[sheet][0].values[column] == value


@pytest.mark.parametrize(
    ("sheet", "column", "written", "code"),
    [
        ("Ho_so", "Địa bàn", "Bình Liêu", None),  # the commune of today has that name too: see below
        ("Ho_so", "Địa bàn", "Hạ Long", "unknown-word"),
        ("Ho_so", "Loại bạo lực", "Bạo lực", "unknown-word"),
        ("Ho_so", "Loại bạo lực", 5, "unknown-word"),
        ("Ho_so", "Loại bạo lực", "Bạo lực tinh thần; Bạo lực thân thể", "one-only"),
        ("Ho_so", "Hỗ trợ tại chỗ", "Tham vấn; Xoa bóp", "unknown-word"),
        ("Tong_dai", "Khẩn cấp", "K", "not-yes-no"),
        ("Tong_dai", "Khẩn cấp", "rồi", "not-yes-no"),
        ("Tong_dai", "Khẩn cấp", True, "not-yes-no"),
        ("Tong_dai", "Khẩn cấp", 1, "not-yes-no"),
        ("Tong_dai", "Ngày giờ", "30/2/2020", "impossible-date"),
        ("Tong_dai", "Ngày giờ", None, "empty"),
        ("Tong_dai", "Người gọi", " ", "empty"),
        ("Ho_so", "Họ và tên", None, "empty"),
        ("Ho_so", "Họ và tên", True, "not-text"),
        ("Ho_so", "Họ và tên", "a" * 201, "too-long"),
        ("Ho_so", "Năm sinh", "91", "not-a-year"),
        ("Ho_so", "Năm sinh", "khoảng 1990", "not-a-year"),
        ("Ho_so", "Năm sinh", 1899, "year-out-of-range"),
        ("Ho_so", "Năm sinh", 2027, "year-out-of-range"),
        ("Ho_so", "Số con", -1, "not-a-number"),
        ("Ho_so", "Số con", 1.5, "not-a-number"),
        ("Ho_so", "Số con", "hai", "not-a-number"),
        ("Ho_so", "Số con", 10**8, "number-too-large"),
        ("Ho_so", "Điện thoại an toàn", "không có", "not-a-telephone"),
        ("Ho_so", "Điện thoại an toàn", "0912345678 / 0987654321", "not-a-telephone"),
        ("Ho_so", "Mã hồ sơ", "của chị Lan", "not-a-file-code"),
        ("Ho_so", "Địa bàn", "#REF!", "spreadsheet-error"),
        ("Truyen_thong", "Số lượt tiếp cận", "#N/A", "spreadsheet-error"),
    ],
)
def test_a_cell_that_cannot_be_understood_is_a_fault_of_its_place(
    sheet: str,
    column: str,
    written: object,
    code: str | None,
    book: Book,
    put: Callable[..., None],
    read: Callable[..., Any],
) -> None:
    put(book, sheet, column, written)
    found = [(one.row, one.column, one.reason_code) for one in read(book).faults if one.sheet == sheet]
    assert found == [(2, column, code or "unknown-word")]


@pytest.mark.parametrize("written", ["Thuỷ", "Thủy", "THUỶ", unicodedata.normalize("NFD", "Thuỷ")])
def test_the_vowel_that_carries_the_tone_makes_no_difference(
    written: str, book: Book, put: Callable[..., None], read: Callable[..., Any]
) -> None:
    put(book, "Ho_so", "Họ và tên", "Bùi Ngọc Thủy")
    kept = read(book).rows["Ho_so"][0].digest
    put(book, "Ho_so", "Họ và tên", f"Bùi Ngọc {written}")
    assert read(book).rows["Ho_so"][0].digest == kept


def test_another_tone_is_another_word(book: Book, put: Callable[..., None], read: Callable[..., Any]) -> None:
    put(book, "Ho_so", "Họ và tên", "Bùi Ngọc Thủy")
    kept = read(book).rows["Ho_so"][0].digest
    put(book, "Ho_so", "Họ và tên", "Bùi Ngọc Thúy")
    assert read(book).rows["Ho_so"][0].digest != kept


@pytest.mark.parametrize("code", [" hs-2020-001", "HS–2020–001", "HS - 2020 - 001"])
def test_a_file_code_is_one_however_it_is_typed(
    code: str, book: Book, put: Callable[..., None], read: Callable[..., Any]
) -> None:
    put(book, "Tong_dai", "Mã hồ sơ", code)
    register = read(book)
    assert register.faults == ()
    assert register.rows["Tong_dai"][0].values["Mã hồ sơ"] == "HS-2020-001"


SECRETS = ["Ngô Thị Hồng Hà", "0910733400", "Nguyễn Văn Bí Mật", "0987 654 321"]


@pytest.mark.parametrize(
    ("sheet", "column"),
    [
        ("Ho_so", "Họ và tên"),
        ("Ho_so", "Điện thoại an toàn"),
        ("Ho_so", "Năm sinh"),
        ("Ho_so", "Mã hồ sơ"),
        ("Ho_so", "Số con"),
        ("Tong_dai", "Người gọi"),
        ("Tong_dai", "Quan hệ với người gây bạo lực"),
        ("Tong_dai", "STT"),
        ("Chuyen_gui", "Cơ quan nhận"),
        ("Nguoi_gay_bao_luc", "Họ và tên"),
    ],
)
def test_no_reason_shows_a_cell_about_people(
    sheet: str, column: str, book: Book, put: Callable[..., None], read: Callable[..., Any]
) -> None:
    put(book, sheet, column, "Nguyễn Văn Bí Mật 0987 654 321 " * 10)
    register = read(book)
    assert register.faults
    said = " ".join(f"{one}" for one in (*register.faults, *register.remarks))
    assert not any(secret in said for secret in SECRETS)


def test_a_coded_cell_is_quoted_without_numbers_like_a_telephones(
    book: Book, put: Callable[..., None], read: Callable[..., Any]
) -> None:
    put(book, "Tong_dai", "Kết quả xử lý", "Chuyển UBND phường, gọi 0987 654 321")
    (found,) = read(book).faults
    assert found.reason("vi").endswith("“Chuyển UBND phường, gọi …”")
    assert found.reason("en").startswith("The lists of the regulation do not know this word")


def test_a_quote_is_short(book: Book, put: Callable[..., None], read: Callable[..., Any]) -> None:
    put(book, "Tong_dai", "Kết quả xử lý", "rất dài " * 100)
    (found,) = read(book).faults
    assert len(found.reason("vi").split("“")[1]) <= 41


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -0.5, 1e300, None, b"1", ["1"]])
@pytest.mark.parametrize("kind", ["number", "year", "text", "file_code", "day_or_time", "words", "areas"])
def test_no_cell_breaks_the_reader(kind: str, number: object, regulation: Regulation) -> None:
    cells = Cells(regulation, dt.date(2026, 11, 1), dt.datetime(1899, 12, 30))
    try:
        cells.read("Ho_so", "Cột", kind, number)
    except CellFault as refused:
        assert refused.code in FAULTS
