"""``register import``: the centre's old books into the hub."""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from referral_hub.cli.runtime import FAULTS, IN_PART, Run, answer, answering, pass_run, wants_json
from referral_hub.directory.queries import agencies
from referral_hub.intake.importing import TASK, Imported, import_register
from referral_hub.intake.register import Register, RegisterUnreadable, read_register
from referral_hub.intake.register.model import Finding
from referral_hub.kernel import clock
from referral_hub.kernel.errors import EnvironmentFault, Invalid
from referral_hub.regulation import store
from referral_hub.regulation.importing import meanings


@click.group("register")
def register() -> None:
    """Registers kept on paper and in spreadsheets."""


@register.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--owner", help="Code of the agency whose book it is (default: the house).")
@click.option("--dry-run", is_flag=True, help="Read, decide and report; keep nothing.")
@click.option("--skip-bad-rows", is_flag=True, help="Import the sound rows although others have faults.")
@answering
@pass_run
def import_command(run: Run, file: str, owner: str | None, dry_run: bool, skip_bad_rows: bool) -> None:
    """Read a workbook and pass what is new through the real services."""
    owner_code = owner or _house(run)
    book = _read(run, file)
    if book.faults and not skip_bad_rows:
        done = Imported(remarks=list(book.remarks))
        answer(document(book, done, run.locale), in_words(book, done, run.locale))
        sys.exit(FAULTS)
    done = Imported()
    with (
        progress_bar(run.locale) as bar,
        contextlib.suppress(_Undone),
        run.acting(f"system:{TASK}:{owner_code}") as actor,
    ):
        done = import_register(actor, book, now=clock.now(), progress=bar)
        if dry_run:
            raise _Undone
    answer(document(book, done, run.locale), in_words(book, done, run.locale))
    if book.faults:
        sys.exit(IN_PART)


def import_book(run: Run, file: Path) -> tuple[Register, Imported]:
    """The demo's import: the house's book, with the bar; nothing is imported when a row has a fault."""
    book = _read(run, str(file))
    done = Imported(remarks=list(book.remarks))
    if not book.faults:
        with progress_bar(run.locale) as bar, run.acting(f"system:{TASK}:{_house(run)}") as actor:
            done = import_register(actor, book, now=clock.now(), progress=bar)
    return book, done


class _Undone(Exception):
    """Rolls a dry run back."""


def _read(run: Run, file: str) -> Register:
    with run.reading():
        _id, regulation = store.in_force(clock.now())
    try:
        return read_register(file, regulation)
    except RegisterUnreadable as error:
        raise EnvironmentFault(error.reason_vi, error.reason_en) from error


def _house(run: Run) -> str:
    """The agency that the regulation names as the provider of what the register says was given on the spot."""
    with run.reading():
        _id, regulation = store.in_force(clock.now())
        types = {m.provider_type for m in meanings(regulation) if m.provider_type}
        found = [one.code for one in agencies() if one.type in types]
    if len(found) != 1:
        raise Invalid("owner", "Hãy nêu đơn vị bằng --owner.", "Name the agency with --owner.")
    return found[0]


@contextlib.contextmanager
def progress_bar(locale: str) -> Iterator[Any]:
    """A bar on stderr while rows pass; nothing when it is no terminal."""
    words = {"vi": "Đang nhập sổ", "en": "Importing the register"}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal or wants_json()) as bar:
        task = bar.add_task(words[locale], total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def document(book: Register, done: Imported, locale: str) -> Mapping[str, Any]:
    """The JSON answer; no name or telephone number is in it."""
    return {
        "added": dict(done.added),
        "unchanged": dict(done.unchanged),
        "faults": [_finding(one, locale) for one in book.faults],
        "remarks": [_finding(one, locale) for one in done.remarks],
    }


def _finding(one: Finding, locale: str) -> dict[str, Any]:
    return {"sheet": one.sheet, "row": one.row, "column": one.column, "reason": one.reason(locale)}


def in_words(book: Register, done: Imported, locale: str) -> str:
    """The same for a person."""
    words = {
        "vi": (
            "Đã nhập",
            "Đã có từ trước",
            "Lỗi",
            "Lưu ý",
            "Chưa nhập gì: hãy sửa các lỗi trên, hoặc dùng --skip-bad-rows.",
            "dòng",
        ),
        "en": (
            "Imported",
            "Already there",
            "Faults",
            "Remarks",
            "Nothing was imported: mend these, or use --skip-bad-rows.",
            "row",
        ),
    }[locale]
    added, unchanged, faults, remarks, nothing, row = words
    lines = []
    for title, counts in ((added, done.added), (unchanged, done.unchanged)):
        if counts:
            lines.append(f"{title}: " + ", ".join(f"{sheet} {count}" for sheet, count in counts.items()))
    for title, findings in ((faults, book.faults), (remarks, done.remarks)):
        if findings:
            lines.append(f"{title} ({len(findings)}):")
            lines += [
                f"  {one.sheet}"
                + (f", {row} {one.row}" if one.row else "")
                + (f", {one.column}" if one.column else "")
                + f": {one.reason(locale)}"
                for one in findings
            ]
    if book.faults and not done.added:
        lines.append(nothing)
    return "\n".join(lines)


COMMANDS = (register,)
