"""Files that are no register: refused in a sentence, never with a traceback, never by running into the wall."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from referral_hub.intake.register import RegisterUnreadable, read_register, workbook
from referral_hub.regulation.model import Regulation

Book = dict[str, list[list[Any]]]


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, change(data) if entry.filename == name else data)
    return kept.getvalue()


def reason(source: bytes | str | Path, regulation: Regulation) -> str:
    with pytest.raises(RegisterUnreadable) as refused:
        read_register(source, regulation)
    assert refused.value.reason("vi") != refused.value.reason("en")
    return refused.value.reason_code


MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
INLINE = re.compile(rb'(<c [^>]*)t="inlineStr"><is><t>(.*?)</t></is></c>', re.DOTALL)
SHARED = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType='
    b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"STT,Ng\xc3\xa0y\n1,2020\n", "not-xlsx"),
        (b"%PDF-1.7", "not-xlsx"),
        (OLE, "old-format"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"PK\x03\x04 cut off", "damaged"),
    ],
)
def test_what_is_no_workbook_is_told_so(content: bytes, code: str, regulation: Regulation) -> None:
    assert reason(content, regulation) == code


def test_a_file_that_is_not_there_is_told_so(regulation: Regulation, tmp_path: Path) -> None:
    assert reason(tmp_path / "none.xlsx", regulation) == "not-found"
    assert reason(str(tmp_path), regulation) == "not-found"


def test_another_zip_file_is_no_workbook(regulation: Regulation) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as other:
        other.writestr("word/document.xml", "<x/>")
    assert reason(kept.getvalue(), regulation) == "not-xlsx"


def test_a_workbook_cut_in_half_is_damaged(book: Book, pack: Callable[..., bytes], regulation: Regulation) -> None:
    content = pack(book)
    assert reason(content[: len(content) // 2], regulation) == "damaged"


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"]
)
def test_a_damaged_part_makes_a_damaged_file(
    part: str, book: Book, pack: Callable[..., bytes], regulation: Regulation
) -> None:
    assert reason(with_part(pack(book), part, lambda data: data[: len(data) // 2]), regulation) == "damaged"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declarations_that_may_swell_or_reach_out_are_refused(
    encoding: str, book: Book, pack: Callable[..., bytes], regulation: Regulation
) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>'
    assert reason(with_part(pack(book), "xl/workbook.xml", lambda _: bomb.encode(encoding)), regulation) == "unsafe"


def test_a_file_that_swells_when_unpacked_is_refused_before_it_does(
    book: Book, pack: Callable[..., bytes], regulation: Regulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workbook.MOST_BYTES_UNPACKED <= 200 * 1024 * 1024
    monkeypatch.setattr(workbook, "MOST_BYTES_UNPACKED", 1_000_000)
    swollen = with_part(pack(book), "xl/styles.xml", lambda data: data + b" " * 1_000_001)
    assert len(swollen) < 20_000
    assert reason(swollen, regulation) == "too-large"


def test_too_many_rows_are_refused(
    book: Book, pack: Callable[..., bytes], regulation: Regulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 9)
    assert reason(pack(book), regulation) == "too-many-rows"


def test_a_stray_cell_far_down_or_far_right_does_no_harm(
    book: Book, pack: Callable[..., bytes], read: Callable[..., Any]
) -> None:
    def stray(opened: Any) -> None:
        opened["Tong_dai"]["XFD3"] = " "
        opened["Tong_dai"]["A900000"] = " "

    register = read(pack(book, stray))
    assert (register.faults, len(register.rows["Tong_dai"])) == ((), 1)


def test_wrong_dimensions_in_a_sheet_lose_no_row(
    book: Book, pack: Callable[..., bytes], read: Callable[..., Any]
) -> None:
    content = with_part(
        pack(book), "xl/worksheets/sheet1.xml", lambda data: data.replace(b'ref="A1:N2"', b'ref="A1:B1"')
    )
    assert len(read(content).rows["Tong_dai"]) == 1


def test_a_formula_that_was_never_calculated_is_no_empty_cell(
    book: Book, put: Callable[..., None], read: Callable[..., Any]
) -> None:
    put(book, "Tong_dai", "Khẩn cấp", '=IF(1=1,"Có","Không")')
    register = read(book)
    assert [(one.column, one.reason_code) for one in register.faults] == [("Khẩn cấp", "formula-without-value")]


@pytest.mark.parametrize(("stored", "value"), [(b"<v>C\xc3\xb3</v>", True), (b"<v></v>", False)])
def test_a_calculated_formula_counts_with_its_stored_value(
    stored: bytes,
    value: bool,
    book: Book,
    put: Callable[..., None],
    pack: Callable[..., bytes],
    read: Callable[..., Any],
) -> None:
    put(book, "Tong_dai", "Khẩn cấp", "=A1")

    def calculate(data: bytes) -> bytes:
        changed = data.replace(b'<c r="F2"><f>A1</f><v /></c>', b'<c r="F2" t="str"><f>A1</f>' + stored + b"</c>")
        assert changed != data
        return changed

    register = read(with_part(pack(book), "xl/worksheets/sheet1.xml", calculate))
    assert register.faults == ()
    assert register.rows["Tong_dai"][0].values["Khẩn cấp"] is value


def test_words_kept_in_the_shared_table_of_a_workbook_are_read(
    book: Book, pack: Callable[..., bytes], read: Callable[..., Any]
) -> None:
    content, strings = pack(book), []

    def share(found: re.Match[bytes]) -> bytes:
        strings.append(found[2])
        return found[1] + b't="s"><v>%d</v></c>' % (len(strings) - 1)

    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    for name in sheets:
        content = with_part(content, name, partial(INLINE.sub, share))
    table = b'<sst xmlns="%s">' % MAIN + b"".join(b"<si><t>%s</t></si>" % one for one in strings) + b"</sst>"
    content = with_part(content, "[Content_Types].xml", lambda data: data.replace(b"</Types>", SHARED + b"</Types>"))
    with zipfile.ZipFile(kept := io.BytesIO(content), "a") as parts:
        parts.writestr("xl/sharedStrings.xml", table)
    register = read(kept.getvalue())
    assert len(strings) > 70
    assert (register.faults, register.remarks) == ((), ())
    assert register.rows["Ho_so"][0].values["Họ và tên"] == "Ngô Thị Hồng Hà"
