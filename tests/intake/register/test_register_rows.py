"""Rows of one register: who they are, what they refer to, and in which order things happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

Book = dict[str, list[list[Any]]]
Put = Callable[..., None]
Read = Callable[..., Any]


def codes(found: Any) -> list[tuple[str, int | None, str | None, str]]:
    return [(one.sheet, one.row, one.column, one.reason_code) for one in found]


def test_calls_are_known_by_their_number_and_files_by_their_code(book: Book, read: Read) -> None:
    rows = read(book).rows
    assert (rows["Tong_dai"][0].key, rows["Ho_so"][0].key) == ("1", "HS-2020-001")


def test_a_referral_is_known_by_file_service_day_and_agency(book: Book, put: Put, read: Read) -> None:
    key = read(book).rows["Chuyen_gui"][0].key
    put(book, "Chuyen_gui", "Ngày chuyển", "6/5/2020 8h15")
    put(book, "Chuyen_gui", "Dịch vụ", "TRỢ GIÚP PHÁP LÝ")
    assert read(book).rows["Chuyen_gui"][0].key == key == "HS-2020-001|S7|2020-05-06|legal_aid"


@pytest.mark.parametrize(
    ("column", "other_spelling"),
    [
        ("STT", "1.0"),
        ("Ngày giờ", "8 giờ 31 ngày 30 tháng 4 năm 2020"),
        ("Kênh tiếp nhận", "Gọi tổng đài 18001769"),
        ("Liên quan BLG", "x"),
        ("Khẩn cấp", None),
        ("Năm sinh", "1968"),
        ("Địa bàn", "huyện bình liêu"),
        ("Mã hồ sơ", "hs-2020-001 "),
    ],
)
def test_a_row_in_another_spelling_has_the_same_digest(
    column: str, other_spelling: object, book: Book, put: Put, read: Read
) -> None:
    kept = read(book).rows["Tong_dai"][0].digest
    put(book, "Tong_dai", column, other_spelling)
    assert read(book).rows["Tong_dai"][0].digest == kept


@pytest.mark.parametrize(
    ("column", "other"),
    [("Ngày giờ", "30/4/2020 8:32"), ("Khẩn cấp", "Có"), ("Năm sinh", None), ("Kết quả xử lý", "Hẹn gọi lại")],
)
def test_a_row_that_says_something_else_has_another_digest(
    column: str, other: object, book: Book, put: Put, read: Read
) -> None:
    kept = read(book).rows["Tong_dai"][0].digest
    put(book, "Tong_dai", column, other)
    assert read(book).rows["Tong_dai"][0].digest != kept


def test_the_order_of_codes_in_a_cell_means_nothing(book: Book, put: Put, read: Read) -> None:
    kept = read(book).rows["Chuyen_gui"][0].digest
    put(book, "Chuyen_gui", "Thông tin đồng ý chia sẻ", "Nơi ở; Nhân thân")
    assert read(book).rows["Chuyen_gui"][0].digest == kept


def test_a_row_that_repeats_an_earlier_one_counts_once(book: Book, read: Read) -> None:
    book["Tong_dai"].append(list(book["Tong_dai"][1]))
    register = read(book)
    assert register.faults == ()
    assert codes(register.remarks) == [("Tong_dai", 3, None, "row-repeated")]
    assert len(register.rows["Tong_dai"]) == 1


def test_a_second_row_of_one_number_that_says_something_else_is_a_fault(book: Book, read: Read) -> None:
    second = list(book["Tong_dai"][1])
    second[5] = "Có"
    book["Tong_dai"].append(second)
    register = read(book)
    assert codes(register.faults) == [("Tong_dai", 3, "STT", "row-twice")]
    assert [row.number for row in register.rows["Tong_dai"]] == [2]


def test_one_file_may_be_sent_to_two_agencies_on_one_day(book: Book, read: Read) -> None:
    second = list(book["Chuyen_gui"][1])
    second[3] = "Tổ chức xã hội, tổ chức phi chính phủ"
    book["Chuyen_gui"].append(second)
    register = read(book)
    assert (register.faults, len(register.rows["Chuyen_gui"])) == ((), 2)


@pytest.mark.parametrize(
    ("sheet", "column"),
    [("Tong_dai", "Mã hồ sơ"), ("Chuyen_gui", "Mã hồ sơ"), ("Nguoi_gay_bao_luc", "Mã hồ sơ liên quan")],
)
def test_a_code_without_a_file_is_a_fault(sheet: str, column: str, book: Book, put: Put, read: Read) -> None:
    put(book, sheet, column, "HS-2020-999")
    register = read(book)
    assert codes(register.faults) == [(sheet, 2, column, "file-unknown")]
    assert register.rows[sheet] == ()


def test_what_depends_on_a_faulty_file_waits_with_it(book: Book, put: Put, read: Read) -> None:
    put(book, "Ho_so", "Địa bàn", "Sao Hỏa")
    register = read(book)
    assert [(sheet, code) for sheet, _, _, code in codes(register.faults)] == [
        ("Tong_dai", "file-faulty"),
        ("Ho_so", "unknown-word"),
        ("Chuyen_gui", "file-faulty"),
        ("Nguoi_gay_bao_luc", "file-faulty"),
    ]
    assert [sheet for sheet, rows in register.rows.items() if rows] == ["Truyen_thong"]


def test_while_the_files_cannot_be_read_nothing_that_needs_them_is_taken(book: Book, read: Read) -> None:
    for row in book["Ho_so"]:
        del row[0]
    register = read(book)
    assert codes(register.faults) == [
        ("Tong_dai", 2, "Mã hồ sơ", "files-not-read"),
        ("Ho_so", 1, "Mã hồ sơ", "column-missing"),
        ("Chuyen_gui", 2, "Mã hồ sơ", "files-not-read"),
        ("Nguoi_gay_bao_luc", 2, "Mã hồ sơ liên quan", "files-not-read"),
    ]


def test_a_call_and_a_session_need_no_file(book: Book, put: Put, read: Read) -> None:
    put(book, "Tong_dai", "Mã hồ sơ", None)
    put(book, "Nguoi_gay_bao_luc", "Mã hồ sơ liên quan", None)
    assert read(book).faults == ()


@pytest.mark.parametrize(
    ("column", "other", "kept"),
    [
        ("Giới tính", "Nam", "female"),
        ("Năm sinh", 1970, 1968),
        ("Địa bàn", "TP Hạ Long", "198"),
        ("Loại bạo lực", "Bạo lực thân thể", "psychological"),
        ("Quan hệ với người gây bạo lực", "Bố mẹ", "spouse"),
    ],
)
def test_where_a_call_differs_from_its_file_the_file_counts(
    column: str, other: object, kept: object, book: Book, put: Put, read: Read
) -> None:
    same = read(book).rows["Tong_dai"][0]
    put(book, "Tong_dai", column, other)
    register = read(book)
    call = register.rows["Tong_dai"][0]
    assert register.faults == ()
    assert codes(register.remarks) == [("Tong_dai", 2, column, "differs-from-file")]
    assert call.values[column] == kept
    assert call.digest != same.digest
    assert str(other) not in str(register.remarks)


def test_what_a_call_leaves_open_is_no_difference(book: Book, put: Put, read: Read) -> None:
    put(book, "Tong_dai", "Năm sinh", None)
    register = read(book)
    assert register.remarks == ()
    assert register.rows["Tong_dai"][0].values["Năm sinh"] is None


@pytest.mark.parametrize(
    ("sent", "accepted", "ended", "faulty"),
    [
        ("6/5/2020 8:00", "6/5/2020 7:59", None, ["Ngày tiếp nhận"]),
        ("6/5/2020", "5/5/2020", None, ["Ngày tiếp nhận"]),
        ("6/5/2020 8:00", "7/5/2020", "6/5/2020", ["Ngày kết thúc"]),
        ("6/5/2020 8:00", "6/5/2020", "6/5/2020 7:00", ["Ngày kết thúc"]),
        ("6/5/2020", None, "5/5/2020", ["Ngày kết thúc"]),
        ("6/5/2020 8:00", "4/5/2020", "5/5/2020", ["Ngày tiếp nhận", "Ngày kết thúc"]),
        ("6/5/2020 8:00", "6/5/2020", "6/5/2020", []),
        ("6/5/2020", "6/5/2020 0:10", "6/5/2020", []),
        ("6/5/2020 8:00", "6/5/2020 8:00", "6/5/2020 8:00", []),
        ("6/5/2020 8:00", None, None, []),
    ],
)
def test_no_step_is_earlier_than_the_one_before(
    sent: str, accepted: str | None, ended: str | None, faulty: list[str], book: Book, put: Put, read: Read
) -> None:
    put(book, "Chuyen_gui", "Ngày chuyển", sent)
    put(book, "Chuyen_gui", "Ngày tiếp nhận", accepted)
    put(book, "Chuyen_gui", "Ngày kết thúc", ended)
    found = codes(read(book).faults)
    assert found == [("Chuyen_gui", 2, column, "wrong-order") for column in faulty]


def test_every_fault_of_a_row_is_told_at_once_in_the_order_of_the_columns(book: Book, put: Put, read: Read) -> None:
    put(book, "Tong_dai", "Kết quả xử lý", "gì đó")
    put(book, "Tong_dai", "Ngày giờ", "mai")
    put(book, "Tong_dai", "Người gọi", None)
    assert [column for _, _, column, _ in codes(read(book).faults)] == ["Ngày giờ", "Người gọi", "Kết quả xử lý"]


def test_tomorrow_is_a_fault_today_and_none_the_day_after(book: Book, put: Put, read: Read) -> None:
    put(book, "Truyen_thong", "Ngày", dt.datetime(2020, 7, 30))
    assert codes(read(book, today=dt.date(2020, 7, 29)).faults) == [("Truyen_thong", 2, "Ngày", "future-date")]
    assert read(book, today=dt.date(2020, 7, 30)).faults == ()
