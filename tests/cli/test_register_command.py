"""`register import`: an old book from the command line; its figures follow, and no name is ever said."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from referral_hub.config import Settings
from referral_hub.regulation.loader import shipped
from tests.cli.commandline import CommandLine, Said
from tests.cli.logins import kept_logins
from tests.intake.register.conftest import packed
from tests.intake.workbooks import (
    CALLS,
    FILES,
    REFERRALS,
    SHIPPED,
    SOURCE,
    WORK,
    Book,
    get,
    messy,
    put,
    shipped_book,
    small_book,
)
from tests.trial import Trial

HALF_YEAR = ("--from", "2020-04-16", "--to", "2020-10-22")
Importing = Callable[..., Said]


@pytest.fixture(autouse=True)
def logins(installation: Trial, settings: Settings) -> Iterator[None]:
    """Who counts has a role of its own."""
    with kept_logins(installation, settings.home):
        yield


@pytest.fixture
def take(cli: CommandLine, tmp_path: Path) -> Importing:
    """`take(book, "--dry-run")` imports a book (or the bytes of a workbook)."""

    def run(source: Book | bytes, *options: str, form: str = "json") -> Said:
        path = tmp_path / "book.xlsx"
        path.write_bytes(source if isinstance(source, bytes) else packed(source))
        return cli("register", "import", path, *options, "--format", form)

    return run


@pytest.fixture
def figures(cli: CommandLine) -> Callable[[], dict[str, Any]]:
    """Value by indicator for the half year of the register."""

    def read() -> dict[str, Any]:
        said = cli("report", *HALF_YEAR, "--format", "json")
        assert said.status == 0, said.err
        return {code: one["value"] for code, one in said.document["indicators"].items()}

    return read


def faulty() -> Book:
    """Three rows that cannot be taken, faults in a name's and a telephone's cell among them."""
    book = put(small_book(), CALLS, 3, "Kênh tiếp nhận", "Bồ câu 0912 345 678")
    book = put(book, FILES, 1, "Điện thoại an toàn", "gọi chị Hà 09123")
    return put(book, CALLS, 5, "Ngày giờ", "31/2/2020 8:00")


def secrets_of(book: Book) -> list[str]:
    """Names, parts of names that are rare enough, and numbers."""
    names = [str(row[1]) for sheet in (FILES, WORK) for row in book[sheet][1:]]
    numbers = [str(row[4]) for row in book[FILES][1:]]
    return [*names, *numbers, *(n[-6:] for n in numbers), "0912 345 678", "09123", "chị Hà"]


def test_the_shipped_book_answers_in_the_form_that_is_fixed(take: Importing) -> None:
    said = take(SOURCE)
    assert (said.status, said.err) == (0, "")
    assert said.document == {"added": SHIPPED, "unchanged": {}, "faults": [], "remarks": said.document["remarks"]}
    for remark in said.document["remarks"]:
        assert set(remark) == {"sheet", "row", "column", "reason"}


def test_the_shipped_book_gives_the_published_figures(take: Importing, figures: Callable[[], dict[str, Any]]) -> None:
    take(SOURCE)
    published = dict(shipped().raw["statistics"]["seed_fixture"]["values"])
    assert {code: figures()[code] for code in published} == published


def test_a_badly_kept_book_is_imported_like_a_clean_one(take: Importing, figures: Callable[[], dict[str, Any]]) -> None:
    said = take(messy(shipped_book()))
    assert (said.status, said.document["added"], said.document["faults"]) == (0, SHIPPED, [])
    assert figures()["contacts_received"] == 164
    assert take(SOURCE).document["unchanged"] == SHIPPED


def test_another_book_gives_other_figures(take: Importing, figures: Callable[[], dict[str, Any]]) -> None:
    book = shipped_book()
    related = [n for n in range(1, SHIPPED[CALLS] + 1) if get(book, CALLS, n, "Liên quan BLG") == "Có"]
    calm = [n for n in related if get(book, CALLS, n, "Khẩn cấp") == "Không"]
    for n in calm[:5]:
        book = put(book, CALLS, n, "Khẩn cấp", "Có")
    for n in [n for n in calm if get(book, CALLS, n, "Mã hồ sơ") is None][-7:]:
        book = put(book, CALLS, n, "Liên quan BLG", "Không")
    book[WORK].pop()
    legal = [n for n in range(1, SHIPPED[REFERRALS] + 1) if get(book, REFERRALS, n, "Dịch vụ") == "Trợ giúp pháp lý"]
    del book[REFERRALS][legal[-1]]
    assert take(book).status == 0
    found = figures()
    assert found["contacts_received"] == 164 - 7
    assert found["contacts_emergency"] == 36 + 5
    assert found["perpetrators_worked"] == 3 - 1
    assert found["survivors_legal_aid"] == 3 - 1


def test_faults_are_listed_and_nothing_is_imported(take: Importing, admin_connection: psycopg.Connection) -> None:
    said = take(faulty())
    assert said.status == 1
    assert said.document["added"] == {}
    places = {(one["sheet"], one["row"], one["column"]) for one in said.document["faults"]}
    assert places >= {
        (CALLS, 4, "Kênh tiếp nhận"),
        (CALLS, 6, "Ngày giờ"),
        (FILES, 2, "Điện thoại an toàn"),
    }
    assert all(set(one) == {"sheet", "row", "column", "reason"} for one in said.document["faults"])
    assert admin_connection.execute("SELECT count(*) FROM audit_entry").fetchone() == (0,)


def test_the_sound_rows_can_be_taken_alone(take: Importing) -> None:
    said = take(faulty(), "--skip-bad-rows")
    assert said.status == 3
    assert said.document["added"][CALLS] < 25 and said.document["added"][FILES] == SHIPPED[FILES] - 1
    mended = take(small_book(), "--skip-bad-rows")
    assert mended.status == 0
    taken = {sheet: said.document["added"].get(sheet, 0) for sheet in SHIPPED}
    assert mended.document["added"] == {
        sheet: n - taken[sheet] for sheet, n in {**SHIPPED, CALLS: 25}.items() if n > taken[sheet]
    }


def test_a_sound_book_with_skip_bad_rows_is_done_and_not_done_in_part(take: Importing) -> None:
    assert take(small_book(2), "--skip-bad-rows").status == 0


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(
    take: Importing, admin_connection: psycopg.Connection
) -> None:
    dry = take(small_book(), "--dry-run")
    assert dry.status == 0
    for table in ("audit_entry", "case_file", "contact", "register_row", "subject", "data_key"):
        assert admin_connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table
    assert take(small_book()).document == dry.document


def test_a_dry_run_of_a_faulty_book_has_its_status(take: Importing) -> None:
    assert take(faulty(), "--dry-run").status == 1
    assert take(faulty(), "--dry-run", "--skip-bad-rows").status == 3


@pytest.mark.parametrize(
    ("how", "form"),
    [
        ("added", "text"),
        ("added", "json"),
        ("faulty", "text"),
        ("faulty", "json"),
        ("in part", "text"),
        ("changed", "text"),
        ("changed", "json"),
        ("dry", "text"),
    ],
)
def test_no_name_and_no_number_is_ever_said(how: str, form: str, take: Importing) -> None:
    if how == "changed":
        take(small_book())
    changed = put(put(small_book(), FILES, 1, "Họ và tên", "Lò Thị Mẩy"), WORK, 1, "Họ và tên", "Giàng A Pháo")
    book, options = {
        "added": (small_book(), ()),
        "faulty": (faulty(), ()),
        "in part": (faulty(), ("--skip-bad-rows",)),
        "changed": (changed, ()),
        "dry": (small_book(), ("--dry-run",)),
    }[how]
    said = take(book, *options, form=form)
    told = said.out + said.err
    assert told.strip()
    assert not [one for one in [*secrets_of(book), "Lò Thị Mẩy", "Giàng A Pháo"] if one in told]
    assert not re.search(r"\b(?:\+84|0)\d{8,}", told)


@pytest.mark.parametrize(("locale", "word"), [("vi", "Lỗi"), ("en", "Faults")])
def test_people_are_told_in_their_language(locale: str, word: str, cli: CommandLine, take: Importing) -> None:
    cli.variable({"LOCALE": locale})
    said = take(faulty(), form="text")
    assert said.status == 1
    assert word in said.out
    assert "--skip-bad-rows" in said.out


def test_the_book_of_another_agency_becomes_that_agencys(
    take: Importing, admin_connection: psycopg.Connection, agency: Callable[[str], Any]
) -> None:
    said = take(small_book(), "--owner", "trung-tam-tgxh")
    assert said.status == 0
    owners = admin_connection.execute("SELECT DISTINCT owner_id FROM case_file").fetchall()
    assert owners == [(agency("trung-tam-tgxh"),)]


def test_an_owner_that_does_not_exist_is_a_fault_and_no_traceback(take: Importing) -> None:
    said = take(small_book(), "--owner", "khong-co")
    assert said.status == 1
    assert said.document["error"] == "validation"
    assert "Traceback" not in said.err


@pytest.mark.parametrize("content", [b"", b"not a workbook", SOURCE[:2000], b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_register_is_told_in_one_sentence(content: bytes, take: Importing) -> None:
    said = take(content)
    assert said.status == 2
    assert len(said.err.strip().splitlines()) == 1
    assert "Traceback" not in said.err


def test_a_file_that_is_not_there_is_a_fault_of_usage(cli: CommandLine, tmp_path: Path) -> None:
    assert cli("register", "import", tmp_path / "nowhere.xlsx").status == 2
