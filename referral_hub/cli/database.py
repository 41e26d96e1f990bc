"""``db upgrade``, ``db url``, ``keyring rotate``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from referral_hub.audit.acts import Act
from referral_hub.audit.recording import THE_HUB, Entry
from referral_hub.cli.runtime import IN_PART, Run, answer, answering, pass_run, wants_json
from referral_hub.installation import check_database, keyring_file, record_as_operator, upgrade
from referral_hub.vault import rotation


@click.group("db")
def database() -> None:
    """The database."""


@database.command("upgrade")
@answering
@pass_run
def upgrade_command(run: Run) -> None:
    """Roles, tables, policies, keys; on an empty database also the shipped regulation and directory."""
    revision = upgrade(run.server, run.settings.home)
    text = {"vi": f"Cơ sở dữ liệu đã sẵn sàng (bản {revision}).", "en": f"The database is ready (revision {revision})."}
    answer({"revision": revision}, text[run.locale])


@database.command("url")
@click.option("--role", type=click.Choice(["app", "stat", "auditor", "log"]), default="app")
@answering
@pass_run
def url(run: Run, role: str) -> None:
    """The address by which a role logs in (it holds a password)."""
    found = run.server.url(role)
    answer({"role": role, "url": found}, found)


@click.group("keyring")
def keyring() -> None:
    """The keys that wrap all other keys."""


@keyring.command("rotate")
@click.option("--retire", is_flag=True, help="Forget keys that no row uses. Backups from before cannot be opened then.")
@answering
@pass_run
def rotate(run: Run, retire: bool) -> None:
    """A new wrapping key for all data keys; after an interruption, run it again. Back up the keyring afterwards."""
    admin_url = run.server.require_admin_url()
    check_database(run.server)
    record_as_operator(run.server, Entry(Act.KEYRING_ROTATION_BEGUN, THE_HUB, why="retire" if retire else None))
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as connection, _bar(run.locale) as progress:
        done = rotation.rotate(connection, keyring_file(run.settings.home), retire=retire, progress=progress)
    outcome = "ok" if done.complete else "error"
    record_as_operator(run.server, Entry(Act.KEYRING_ROTATED, THE_HUB, count=done.rewrapped, outcome=outcome))
    document = {
        "current": done.current,
        "resumed": done.resumed,
        "rewrapped": done.rewrapped,
        "unreadable": done.unreadable,
        "retired": list(done.retired),
        "kept": list(done.kept),
        "complete": done.complete,
    }
    answer(document, "\n".join(_in_words(done, retire, run.locale)))
    if not done.complete:
        sys.exit(IN_PART)


def _in_words(done: rotation.Rotation, retire: bool, locale: str) -> Iterator[str]:
    vi = locale == "vi"
    if done.resumed:
        yield "Đã hoàn tất lần thay khóa dở dang." if vi else "An interrupted rotation was finished."
    yield (
        f"Khóa hiện hành: {done.current}. Số khóa dữ liệu đã bọc lại: {done.rewrapped}."
        if vi
        else f"Current key: {done.current}. Data keys wrapped anew: {done.rewrapped}."
    )
    for name in done.retired:
        yield f"Đã bỏ khóa cũ {name}." if vi else f"Old key {name} was removed."
    if retire and not done.retired and not done.busy:
        yield "Không có khóa cũ nào để bỏ." if vi else "There was no old key to remove."
    for name in done.kept:
        yield f"Còn giữ khóa cũ {name}." if vi else f"Old key {name} was kept."
    if done.unreadable:
        yield (
            f"Không mở được {done.unreadable} khóa dữ liệu: hãy khôi phục tệp khóa có khóa cũ của chúng rồi chạy lại."
            if vi
            else f"{done.unreadable} data keys cannot be opened: restore the keyring that has their key and run again."
        )
    if done.busy:
        yield (
            "Một giao dịch cũ chưa kết thúc: hãy chạy lại sau, khóa cũ vẫn được giữ."
            if vi
            else "An old transaction has not ended yet: run again later; the old keys stay."
        )


@contextmanager
def _bar(locale: str) -> Iterator[rotation.Progress]:
    words = {"vi": "Đang bọc lại khóa", "en": "Wrapping keys anew"}
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal or wants_json()) as bar:
        task = bar.add_task(words[locale], total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


COMMANDS = (database, keyring)
