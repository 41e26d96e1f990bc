"""``backup``, ``restore``, ``doctor``, ``keyring export|import|recipient``."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import click

from referral_hub.audit.acts import Act
from referral_hub.audit.folder import Folder
from referral_hub.audit.recording import THE_HUB, Entry
from referral_hub.audit.recovery import Unrecoverable
from referral_hub.cli.database import keyring
from referral_hub.cli.runtime import FAULTS, Run, answer, answering, pass_run
from referral_hub.installation import keyring_file, record_as_operator
from referral_hub.keeping import archive, checks, drilling, envelope, paper, restoring, shares
from referral_hub.kernel import clock
from referral_hub.kernel.errors import EnvironmentFault, Invalid, Sentence
from referral_hub.vault.keyring import load_keyring, save_keyring


class _Backup(click.Group):
    """`backup DIR` makes one; `backup drill` is a command of its own (a folder of that name: `backup ./drill`)."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] in self.commands:
            return super().parse_args(ctx, [".", *args])
        ctx.allow_interspersed_args = True
        return super().parse_args(ctx, args)


@click.group("backup", cls=_Backup, invoke_without_command=True)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@answering
@pass_run
def backup(run: Run, folder: Path) -> None:
    """Database, log and configuration into DIR, sealed for the key of `keyring recipient`; never the keyring."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    settings, now = run.settings, clock.now()
    record_as_operator(run.server, Entry(Act.BACKUP_MADE, THE_HUB))
    made = archive.back_up(run.server, settings.home, Folder(settings.log_folder), folder.absolute(), now=now)
    size = sum(made.files.values())
    words = Sentence(
        f"Đã sao lưu vào {made.folder} ({size} byte). Tệp khóa không có trong đó: cất các mảnh khóa ở nơi khác.",
        f"Backed up into {made.folder} ({size} bytes). The keyring is not in it: keep its shares somewhere else.",
    )
    document = {"folder": str(made.folder), "made_at": now, "files": dict(made.files), "log_size": made.log_size}
    answer(document, words.text(run.locale))


@backup.command("drill")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The private key of `keyring recipient`.")
@answering
@pass_run
def drill_command(run: Run, folder: Path, key: Path) -> None:
    """Restore the newest backup in DIR beside the hub, verify log, rows and keys, drop it again, and say how long."""
    private = envelope.read_private(key)
    try:
        done = drilling.drill(run.server, run.settings.home, folder.absolute(), private, now=clock.now())
    except restoring.RestoreRefused as refusal:
        record_as_operator(run.server, Entry(Act.BACKUP_DRILLED, THE_HUB, why=refusal.code, outcome="failed"))
        raise
    record_as_operator(run.server, Entry(Act.BACKUP_DRILLED, THE_HUB, count=done.rows))
    words = Sentence(
        f"Bản sao lưu {done.made_at} khôi phục được: {done.tables} bảng, {done.rows} dòng, {done.entries} mục nhật ký"
        f" nguyên vẹn, mở thử {done.opened} hồ sơ. Khôi phục {done.restored_s:.0f} giây, kiểm tra"
        f" {done.verified_s:.0f} giây. Bản thử đã được xóa.",
        f"The backup of {done.made_at} can be restored: {done.tables} tables, {done.rows} rows, {done.entries} entries"
        f" of the log whole, {done.opened} record opened. Restored in {done.restored_s:.0f} s, verified in"
        f" {done.verified_s:.0f} s. What was restored for the drill is gone again.",
    )
    answer({**asdict(done), "source": str(done.source)}, words.text(run.locale))


@click.command("restore")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The private key of `keyring recipient`.")
@click.option("--milestone", help="A printed milestone of the log: what is restored has to contain it.")
@answering
@pass_run
def restore(run: Run, folder: Path, key: Path, milestone: str | None) -> None:
    """Restore DIR into an empty home, whose keyring was imported first (`keyring import`)."""
    settings, now = run.settings, clock.now()
    known = restoring.milestone(milestone) if milestone else None
    log = Folder(settings.log_folder)
    private = envelope.read_private(key)
    try:
        done = restoring.restore(folder, settings.home, log, private, lambda: run.server, known=known, now=now)
    except Unrecoverable as refusal:
        raise restoring.RestoreRefused("log", refusal.sentence.vi, refusal.sentence.en) from refusal
    record_as_operator(run.server, Entry(Act.BACKUP_RESTORED, THE_HUB))
    words = Sentence(
        f"Đã khôi phục bản sao lưu {done.made_at}: nhật ký {done.log_size} mục, nhập lại {done.recovered}, xóa lại"
        f" {done.erased}. Hãy khởi động “log run”, “worker” và “serve”.",
        f"Restored the backup of {done.made_at}: {done.log_size} entries in the log, {done.recovered} brought back,"
        f" {done.erased} erased again. Start `log run`, `worker` and `serve`.",
    )
    document = {
        "made_at": done.made_at,
        "revision": done.revision,
        "log_size": done.log_size,
        "recovered": done.recovered,
        "erased": done.erased,
    }
    answer(document, words.text(run.locale))


@click.command("doctor")
@answering
@pass_run
def doctor(run: Run) -> None:
    """What is missing before a real name goes in, in words; status 1 when something is."""
    found = checks.examine(run.settings, lambda: run.server, clock.now())
    ok = all(one.ok is not False for one in found)
    marks = {True: "✓", False: "✗", None: "–"}
    lines = [f"{marks[one.ok]} {one.name}: {one.sentence.text(run.locale)}" for one in found]
    rows = [{"name": one.name, "ok": one.ok, "detail": one.sentence.text(run.locale)} for one in found]
    answer({"ok": ok, "checks": rows}, "\n".join(lines))
    if not ok:
        sys.exit(FAULTS)


@keyring.command("recipient")
@click.argument("file", type=click.Path(path_type=Path))
@answering
@pass_run
def recipient(run: Run, file: Path) -> None:
    """A key pair for backups: the private half into FILE, which leaves the machine; the public half stays."""
    try:
        public = envelope.make_recipient(file)
    except FileExistsError as error:
        raise EnvironmentFault(f"{file} đã có rồi.", f"{file} exists already.") from error
    archive.remember_recipient(run.settings.home, public)
    words = Sentence(
        f"Khóa mở bản sao lưu nằm trong {file}: chép ra nơi khác rồi xóa khỏi máy này.",
        f"The key that opens backups is in {file}: take it somewhere else and delete it here.",
    )
    answer({"file": str(file), "public": public.hex()}, words.text(run.locale))


@keyring.command("export")
@click.option("--shares", "count", type=click.IntRange(2, shares.MOST), default=3, show_default=True)
@click.option("--need", "--threshold", "need", type=click.IntRange(2, shares.MOST), default=2, show_default=True)
@answering
@pass_run
def export(run: Run, count: int, need: int) -> None:
    """The keyring as paper shares: any --need of the --shares lines give it back, fewer say nothing."""
    if need > count:
        raise Invalid("need", "Số mảnh cần không được lớn hơn số mảnh.", "No more shares can be needed than there are.")
    home = run.settings.home
    ring = load_keyring(keyring_file(home))
    lines = shares.split(paper.packed(ring), count, need)
    record_as_operator(run.server, Entry(Act.KEYRING_EXPORTED, THE_HUB, count=count))
    paper.mark_exported(home, ring, clock.now())
    answer({"shares": lines, "need": need, "fingerprint": paper.fingerprint(ring.keys)}, "\n\n".join(lines))


@keyring.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@answering
@pass_run
def import_command(run: Run, file: TextIO) -> None:
    """Shares, one on each line (FILE, or standard input), become the keyring of a home that has none."""
    path = keyring_file(run.settings.home)
    try:
        ring = paper.unpacked(shares.join(file.read().splitlines()))
    except (shares.WrongShares, ValueError) as error:
        why = error.why if isinstance(error, shares.WrongShares) else "unreadable"
        raise Invalid("shares", *_WRONG[why], line=getattr(error, "line", 0)) from error
    try:
        save_keyring(ring, path, new=True)
    except FileExistsError as error:
        raise EnvironmentFault(f"Đã có tệp khóa {path}.", f"There is a keyring at {path} already.") from error
    words = Sentence(f"Đã dựng lại tệp khóa {path}.", f"The keyring is back at {path}.")
    answer({"keyring": str(path), "fingerprint": paper.fingerprint(ring.keys)}, words.text(run.locale))


_WRONG = {
    "unreadable": (
        "Có mảnh gõ sai: hãy đọc lại từng nhóm năm ký tự.",
        "A share was mistyped: read it again group by group.",
    ),
    "mixed": ("Các mảnh không cùng một lần xuất.", "The shares are not of one export."),
    "twice": ("Một mảnh được nhập hai lần.", "One share was entered twice."),
    "too-few": ("Chưa đủ số mảnh.", "These shares are too few."),
}

COMMANDS = (backup, restore, doctor)
