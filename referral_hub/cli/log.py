"""``log run``, ``log recover``, ``log new-origin``."""

import logging
import signal
import sys
import threading
from typing import NoReturn

import click

from referral_hub.audit.folder import Folder
from referral_hub.audit.leading import Place
from referral_hub.audit.memory import SignerRefusal
from referral_hub.audit.recovery import Unrecoverable, recover
from referral_hub.audit.reopening import new_origin
from referral_hub.audit.running import Once, run_once
from referral_hub.audit.running import run as run_log
from referral_hub.audit.stored import LogDamaged
from referral_hub.cli.runtime import FAULTS, Run, answer, answering, pass_run, wants_json
from referral_hub.installation import check_database
from referral_hub.kernel import clock, logs
from referral_hub.kernel.errors import Sentence


@click.group("log")
def log() -> None:
    """The verifiable log."""


@log.command("run")
@click.option("--once", is_flag=True, help="Everything that is committed now, then end.")
@answering
@pass_run
def run_command(run: Run, once: bool) -> None:
    """Put entries into the tree, sign and publish checkpoints, ask witnesses; until it is stopped."""
    check_database(run.server)
    if not once:
        _run_until_stopped(place_of(run), run.locale)
        return
    try:
        done = run_once(place_of(run))
    except (SignerRefusal, LogDamaged) as refusal:
        refuse(run, refusal)
    document = {"ok": True, "sequenced": done.sequenced, "size": done.size, "elsewhere": done.elsewhere}
    answer(document, _in_words(done).text(run.locale))


@log.command("recover")
@answering
@pass_run
def recover_command(run: Run) -> None:
    """After an older database was restored: bring its log back from what was published, so that it can go on."""
    admin_url = run.server.require_admin_url()
    check_database(run.server)
    folder = Folder(run.settings.log_folder)
    try:
        done = recover(admin_url, f"{run.server.prefix}_owner", folder, now=clock.now())
    except (Unrecoverable, SignerRefusal, LogDamaged) as refusal:
        refuse(run, refusal)
    words = Sentence(
        f"Nhật ký tiếp tục được từ mục {done.size}; đã nhập lại {done.imported} mục. Hãy khởi động “log run”."
        if done.changed
        else f"Nhật ký vẫn khớp với mốc đã ký ({done.size} mục): không phải làm gì.",
        f"The log can go on from entry {done.size}; entries brought back: {done.imported}. Start `log run`."
        if done.changed
        else f"The log agrees with what was signed ({done.size} entries): nothing had to be done.",
    )
    answer({"ok": True, "imported": done.imported, "size": done.size, "changed": done.changed}, words.text(run.locale))


@log.command("new-origin")
@click.option("--reason", required=True, help="Why, for everybody and for good: it names no person.")
@answering
@pass_run
def new_origin_command(run: Run, reason: str) -> None:
    """Close a log that cannot go on and open another one, whose first entry quotes the last checkpoint."""
    admin_url = run.server.require_admin_url()
    check_database(run.server)
    settings, owner = run.settings, f"{run.server.prefix}_owner"
    done = new_origin(admin_url, owner, Folder(settings.log_folder), settings.public_url, reason, now=clock.now())
    document = {"ok": True, "closed": done.closed, "size": done.size, "origin": done.origin, "vkey": done.vkey}
    words = Sentence(
        f"Đã đóng nhật ký {done.closed} ở mục {done.size}. Nhật ký mới: {done.origin}\n{done.vkey}\n"
        "Hãy gửi dòng khóa này cho các cơ quan làm chứng rồi khởi động “log run”.",
        f"The log {done.closed} is closed at entry {done.size}. The new one: {done.origin}\n{done.vkey}\n"
        "Give this key to the witnessing agencies, then start `log run`.",
    )
    answer(document | {"carried": done.carried}, words.text(run.locale))


def place_of(run: Run) -> Place:
    """Where the log of this installation is."""
    settings = run.settings
    return Place(run.server.url("log"), Folder(settings.log_folder), settings.public_url)


def refuse(run: Run, refusal: SignerRefusal | LogDamaged | Unrecoverable) -> NoReturn:
    """Say why the log stands still, and end with status 1."""
    sentence = refusal.sentence.text(run.locale)
    if wants_json():
        answer({"ok": False, "kind": refusal.code, "detail": sentence, **refusal.details}, "")
    click.echo(sentence, err=True)
    sys.exit(FAULTS)


def _run_until_stopped(place: Place, locale: str) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def say(sentence: Sentence) -> None:
        logging.getLogger(__name__).warning("%s", sentence.text(locale))

    logs.configure("log")
    run_log(place, stop, say)


def _in_words(done: Once) -> Sentence:
    return Sentence(
        f"Đã ghi thêm {done.sequenced} mục vào nhật ký; mốc đã ký: {done.size} mục.",
        f"Entries added to the log: {done.sequenced}; signed checkpoint: {done.size} entries.",
    )


COMMANDS = (log,)
