"""Sheets and headings in the state in which people leave them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

Book = dict[str, list[list[Any]]]


def codes(found: Any) -> list[tuple[str, str | None, str]]:
    return [(one.sheet, one.column, one.reason_code) for one in found]


def test_a_sound_book_has_nothing_to_say(book: Book, read: Callable[..., Any]) -> None:
    register = read(book)
    assert (register.faults, register.remarks) == ((), ())
    assert {sheet: len(rows) for sheet, rows in register.rows.items()} == dict.fromkeys(book, 1)


@pytest.mark.parametrize(
    "heading",
    [
        "KẾT QUẢ XỬ LÝ",
        "  Kết  quả\nxử lý ",
        unicodedata.normalize("NFD", "Kết quả xử lí").replace("i\u0301", "y\u0301"),
        "Ket qua xu ly",
        "Kết quả xử lý:",
        "Kết quả xử lý (*)",
    ],
)
def test_a_heading_is_known_in_any_dress(heading: str, book: Book, read: Callable[..., Any]) -> None:
    headings = book["Tong_dai"][0]
    headings[headings.index("Kết quả xử lý")] = heading
    register = read(book)
    assert register.faults == ()
    assert register.rows["Tong_dai"][0].values["Kết quả xử lý"] == "advice"


def test_titles_and_empty_rows_around_the_table_are_passed_over(book: Book, read: Callable[..., Any]) -> None:
    sheet = book["Tong_dai"]
    second = list(sheet[1])
    second[0] = 2
    book["Tong_dai"] = [
        ["SỔ TIẾP NHẬN NĂM 2020"],
        [],
        ["Đơn vị:", "Ngôi nhà Ánh Dương"],
        [],
        *sheet,
        [],
        [None, " "],
        second,
    ]
    register = read(book)
    assert (register.faults, register.remarks) == ((), ())
    assert [row.number for row in register.rows["Tong_dai"]] == [6, 9]


def test_columns_may_stand_in_any_order(book: Book, read: Callable[..., Any]) -> None:
    before = read(book).rows["Tong_dai"][0]
    book["Tong_dai"] = [list(reversed(row)) for row in book["Tong_dai"]]
    after = read(book).rows["Tong_dai"][0]
    assert (after.key, after.digest, after.values) == (before.key, before.digest, before.values)


def test_a_column_of_their_own_is_left_aside_with_a_remark(book: Book, read: Callable[..., Any]) -> None:
    book["Ho_so"][0].insert(2, "Chị Lan ghi chú")
    book["Ho_so"][1].insert(2, "Bí mật")
    register = read(book)
    assert register.faults == ()
    assert [(one.reason_code, one.reason_en[-1]) for one in register.remarks] == [("column-unknown", "C")]
    assert "Lan" not in str(register.remarks)


def test_a_missing_column_is_never_read_as_empty(book: Book, read: Callable[..., Any]) -> None:
    place = book["Tong_dai"][0].index("Khẩn cấp")
    for row in book["Tong_dai"]:
        del row[place]
    register = read(book)
    assert codes(register.faults) == [("Tong_dai", "Khẩn cấp", "column-missing")]
    assert register.rows["Tong_dai"] == ()
    assert len(register.rows["Ho_so"]) == 1


def test_a_column_that_stands_twice_is_not_chosen_from(book: Book, read: Callable[..., Any]) -> None:
    book["Tong_dai"][0].append("Khẩn cấp")
    book["Tong_dai"][1].append("Có")
    assert codes(read(book).faults) == [("Tong_dai", "Khẩn cấp", "column-twice")]


def test_a_sheet_without_headings_is_a_fault(book: Book, read: Callable[..., Any]) -> None:
    del book["Truyen_thong"][0]
    assert codes(read(book).faults) == [("Truyen_thong", None, "header-missing")]


@pytest.mark.parametrize("title", ["Tổng đài", "TONG_DAI", "tong dai", unicodedata.normalize("NFD", "Tổng_đài")])
def test_a_sheet_is_known_in_any_dress(title: str, book: Book, read: Callable[..., Any]) -> None:
    renamed = {title if sheet == "Tong_dai" else sheet: rows for sheet, rows in book.items()}
    register = read(renamed)
    assert (register.faults, register.remarks) == ((), ())
    assert len(register.rows["Tong_dai"]) == 1


def test_two_sheets_of_one_name_are_a_fault(book: Book, read: Callable[..., Any]) -> None:
    book["Truyền thông"] = book["Truyen_thong"]
    assert codes(read(book).faults) == [("Truyen_thong", None, "sheet-twice")]


@pytest.mark.parametrize("sheet", ["Chuyen_gui", "Nguoi_gay_bao_luc", "Truyen_thong"])
def test_a_sheet_that_the_house_never_kept_may_be_absent(sheet: str, book: Book, read: Callable[..., Any]) -> None:
    del book[sheet]
    register = read(book)
    assert register.faults == ()
    assert codes(register.remarks) == [(sheet, None, "sheet-absent")]
    assert register.rows[sheet] == ()


def test_a_book_without_calls_is_no_register(book: Book, read: Callable[..., Any]) -> None:
    del book["Tong_dai"]
    assert codes(read(book).faults) == [("Tong_dai", None, "sheet-missing")]


def test_another_table_is_named_by_its_place_alone(book: Book, read: Callable[..., Any]) -> None:
    book["Chị Lan"] = [["a", "b"], [1, 2]]
    book["Huong_dan"] = [["Mỗi trang tính là một sổ."], ["Mỗi dòng một cuộc."]]
    register = read(book)
    assert codes(register.remarks) == [("#6", None, "sheet-not-read")]
    assert "Lan" not in str(register.remarks)


def test_headings_printed_again_on_each_page_are_no_row(book: Book, read: Callable[..., Any]) -> None:
    book["Tong_dai"] += [[], list(book["Tong_dai"][0])]
    register = read(book)
    assert register.faults == ()
    assert len(register.rows["Tong_dai"]) == 1


def test_rows_numbered_in_advance_are_no_rows(book: Book, read: Callable[..., Any]) -> None:
    book["Tong_dai"] += [[2], [3, None, "  "]]
    register = read(book)
    assert (register.faults, len(register.rows["Tong_dai"])) == ((), 1)


def test_hidden_sheets_and_merged_titles_are_read(
    book: Book, pack: Callable[..., bytes], read: Callable[..., Any]
) -> None:
    book["Ho_so"].insert(0, ["HỒ SƠ"])

    def hide(workbook: Any) -> None:
        workbook["Ho_so"].merge_cells("A1:M1")
        workbook["Ho_so"].sheet_state = "hidden"

    register = read(pack(book, hide))
    assert (register.faults, len(register.rows["Ho_so"])) == ((), 1)
    assert codes(register.remarks) == [("Ho_so", None, "hidden-sheet")]
