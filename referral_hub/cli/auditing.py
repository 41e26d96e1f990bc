"""``audit verify``: the check of the log that its operator, or an auditor on this machine, runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from referral_hub.audit.checking import Progress as Told
from referral_hub.audit.checking import Verdict, check
from referral_hub.audit.folder import Folder
from referral_hub.audit.logkey import read_vkey
from referral_hub.cli.runtime import FAULTS, Run, answer, answering, pass_run, wants_json
from referral_hub.installation import check_database, keyring_file
from referral_hub.kernel.errors import EnvironmentFault, Invalid, Sentence
from referral_hub.vault.keyring import Keyring, load_keyring


@click.group("audit")
def audit() -> None:
    """Checking the log."""


@audit.command("verify")
@answering
@pass_run
def verify(run: Run) -> None:
    """Every entry against tree, signed heads and its own columns; exit status 1 names the first bad one."""
    check_database(run.server)
    folder = Folder(run.settings.log_folder)
    ring = _ring(run)
    with psycopg.connect(run.server.url("auditor"), connect_timeout=10) as connection, _bar(run.locale) as told:
        verdict = check(connection, folder, ring, progress=told)
    answer(_document(verdict, run.locale), in_words(verdict).text(run.locale))
    if verdict.finding is not None:
        sys.exit(FAULTS)


@audit.command("vkey")
@answering
@pass_run
def vkey(run: Run) -> None:
    """The one line an agency keeps to check this log for ever."""
    line = read_vkey(Folder(run.settings.log_folder))
    if line is None:
        raise Invalid(
            "log",
            "Nhật ký chưa bắt đầu: hãy chạy “referral-hub log run”.",
            "The log has not begun yet: run `referral-hub log run`.",
        )
    answer({"origin": line.partition("+")[0], "vkey": line}, line)


def _ring(run: Run) -> Keyring | None:
    """The keyring, where this account may read it."""
    try:
        return load_keyring(keyring_file(run.settings.home))
    except EnvironmentFault:
        return None


def _document(verdict: Verdict, locale: str) -> dict[str, Any]:
    found = verdict.finding
    if found is not None:
        detail = found.sentence.text(locale)
        return {"ok": False, "kind": found.kind, "seq": found.seq, "uid": found.uid, "detail": detail}
    return {
        "ok": True,
        "entries": verdict.entries,
        "pending": verdict.pending,
        "heads": verdict.heads,
        "signed": verdict.signed,
        "payloads": verdict.payloads,
        "erased": verdict.erased,
        "unrestored": verdict.unrestored,
    }


def in_words(verdict: Verdict) -> Sentence:
    """The verdict in one sentence, and what was not looked at."""
    if verdict.finding is not None:
        return verdict.finding.sentence
    v = verdict
    vi = [f"Nhật ký nguyên vẹn: {v.entries} mục, {v.pending} mục đang chờ, {v.heads} mốc."]
    en = [f"The log is whole: {v.entries} entries, {v.pending} waiting, {v.heads} checkpoints."]
    if v.signed is None:
        vi.append("Chưa kiểm chữ ký: không có khóa công khai của nhật ký.")
        en.append("Signatures were not checked: the log's public key is not here.")
    if v.payloads is None:
        vi.append("Chưa kiểm nội dung niêm kín: không đọc được tệp khóa.")
        en.append("Sealed contents were not checked: the keyring cannot be read.")
    else:
        vi.append(f"Đã kiểm {v.payloads} nội dung niêm kín; {v.erased} nội dung đã xóa đúng quy trình.")
        en.append(f"Sealed contents checked: {v.payloads}; erased by rule: {v.erased}.")
    if v.unrestored:
        vi.append(f"{v.unrestored} nội dung đã mất khi khôi phục từ bản sao lưu, có ghi trong nhật ký.")
        en.append(f"{v.unrestored} contents were lost when a backup was restored; the log says so.")
    return Sentence(" ".join(vi), " ".join(en))


@contextmanager
def _bar(locale: str) -> Iterator[Told]:
    words = {"vi": "Đang kiểm tra nhật ký", "en": "Checking the log"}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal or wants_json()) as bar:
        task = bar.add_task(words[locale], total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


COMMANDS = (audit,)
