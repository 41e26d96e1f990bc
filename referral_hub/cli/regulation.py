"""``regulation check | adopt | show | diff``."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from referral_hub.adoption import Adoption, BarredGrant, adopt, prepare
from referral_hub.cli.runtime import FAULTS, Run, answer, answering, pass_run
from referral_hub.hub import STATISTICS, make_hub
from referral_hub.installation import check_database, operator_secret
from referral_hub.kernel import clock
from referral_hub.kernel.db import db, transaction
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.regulation import changes, store, summary
from referral_hub.regulation.faults import RegulationFaults
from referral_hub.regulation.loader import load_text, shipped
from referral_hub.regulation.model import Regulation
from referral_hub.regulation.models import RegulationVersion
from schemas.sections import SCHEMAS

IN_FORCE, SHIPPED = "in-force", "shipped"
WHY = {
    "not-shared": ("quy chế mới không cho chia sẻ mục này", "the new version does not share it"),
    "not-asked-by-name": ("chưa được hỏi riêng về mục này", "she was not asked about it by name"),
    "other-purpose": ("sự đồng ý dành cho mục đích khác", "the consent was for another purpose"),
}


@click.group("regulation")
def regulation() -> None:
    """The coordination regulation as data."""


@regulation.command("check")
@click.argument("file", type=click.Path())
@answering
@pass_run
def check(run: Run, file: str) -> None:
    """Name file, path and rule of every fault; exit status 1 when there is one."""
    with _faults_told(run):
        found = load_text(_read(file), file, SCHEMAS)
    answer({"ok": True, **_named(found)}, f"{found.id} {found.version}")


@regulation.command("show")
@answering
@pass_run
def show(run: Run) -> None:
    """The version in force, in words."""
    with run.reading():
        _id, found = store.in_force(clock.now())
    lines = summary.show(found, run.locale)
    answer({**_named(found), "lines": lines}, "\n".join(lines))


@regulation.command("diff")
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@answering
@pass_run
def diff(run: Run, old: str, new: str) -> None:
    """What B changes against A. Each is a file, the number of an adopted version, `in-force` or `shipped`."""
    with _faults_told(run):
        before, after = _version(run, old), _version(run, new)
    sentences = changes.diff(before, after, run.locale)
    unchanged = {"vi": "Không có thay đổi.", "en": "Nothing changed."}[run.locale]
    document = {"from": _named(before), "to": _named(after), "changes": sentences}
    answer(document, "\n".join(sentences) or unchanged)


@regulation.command("adopt")
@click.argument("file", type=click.Path())
@click.option("--effective-from", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD")
@click.option("--let-run-out", metavar="REASON", help="Barred grants keep their own end; why (it is logged: no names).")
@click.option("--dry-run", is_flag=True, help="Check and print; keep nothing.")
@answering
@pass_run
def adopt_command(run: Run, file: str, effective_from: datetime, let_run_out: str | None, dry_run: bool) -> None:
    """Put a new version into force from a day on. Live grants that it would not allow end then."""
    content = _read(file)
    now = clock.now()
    with _faults_told(run):
        found = load_text(content, file, SCHEMAS)
        with _administrator(run):
            adoption = prepare(content.decode(), found, effective_from.date(), now=now)
            adopt(adoption, f"operator:{operator_secret(run.settings.home)}", let_run_out=let_run_out, now=now)
            if dry_run:
                db.session.rollback()
    sentences = changes.diff(adoption.follows, found, run.locale)
    document = _document(adoption, sentences, let_run_out, dry_run)
    answer(document, "\n".join(_in_words(adoption, sentences, let_run_out, dry_run, run.locale)))


@contextmanager
def _administrator(run: Run) -> Iterator[None]:
    """One transaction of the hub's services on the administrator's connection: adopting reaches across agencies."""
    url = run.server.require_admin_url()
    check_database(run.server)
    app = make_hub(run.settings, replace(run.server, app_url=url))
    with app.app_context():
        try:
            with transaction(None):
                yield
        finally:
            db.engine.dispose()
            app.extensions[STATISTICS].dispose()


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise EnvironmentFault(
            f"Không đọc được tệp {file}: hãy kiểm tra đường dẫn và quyền đọc.",
            f"The file {file} cannot be read: check the path and the right to read it.",
        ) from error


def _version(run: Run, name: str) -> Regulation:
    if name == SHIPPED:
        return shipped()
    if name != IN_FORCE and Path(name).exists():
        return load_text(_read(name), name)
    with run.reading():
        if name == IN_FORCE:
            return store.in_force(clock.now())[1]
        rows = list(db.session.execute(select(RegulationVersion.id, RegulationVersion.version)))
        for row in rows:
            if row.version == name:
                return store.version(row.id)
    known = ", ".join(row.version for row in rows)
    raise EnvironmentFault(
        f"“{name}” không phải tệp, cũng không phải phiên bản đã ban hành ({known}).",
        f"“{name}” is no file and no adopted version ({known}).",
    )


@contextmanager
def _faults_told(run: Run) -> Iterator[None]:
    """Faults of a file are the answer of the command; exit status 1."""
    try:
        yield
    except RegulationFaults as error:
        named = [(one, one.message.text(run.locale)) for one in error.faults]
        faults = [{"file": f.file, "path": f.path, "rule": f.rule, "message": message} for f, message in named]
        answer({"ok": False, "faults": faults}, "\n".join(f"{f.file}: {f.path}: {message}" for f, message in named))
        sys.exit(FAULTS)


def _named(found: Regulation) -> Mapping[str, str]:
    return {"id": found.id, "version": found.version, "digest": found.digest}


def _document(adoption: Adoption, sentences: list[str], let_run_out: str | None, dry_run: bool) -> Mapping[str, Any]:
    return {
        "ok": True,
        **_named(adoption.regulation),
        "follows": adoption.follows.version,
        "effective_from": adoption.effective_from.isoformat(),
        "changes": sentences,
        "grants": [_grant(one) for one in adoption.grants],
        "ended": 0 if let_run_out else len(adoption.grants),
        "left_to_run_out": len(adoption.grants) if let_run_out else 0,
        "dry_run": dry_run,
    }


def _grant(one: BarredGrant) -> Mapping[str, str | None]:
    return {
        "referral": one.referral,
        "from": one.owner,
        "to": one.recipient,
        "category": one.category,
        "why": one.why,
        "until": one.until.isoformat() if one.until else None,
    }


def _in_words(
    adoption: Adoption, sentences: list[str], let_run_out: str | None, dry_run: bool, locale: str
) -> Iterator[str]:
    vi = locale == "vi"
    yield from sentences
    if adoption.grants and let_run_out:
        yield "Vẫn xem được tới hết hạn riêng:" if vi else "Left to their own end:"
    elif adoption.grants:
        ends = adoption.ends.astimezone(clock.LOCAL).strftime("%Y-%m-%d %H:%M")
        yield f"Quyền xem kết thúc lúc {ends}:" if vi else f"Access that ends at {ends}:"
    for one in adoption.grants:
        label = adoption.regulation.label("data_categories", one.category, locale)
        why = WHY[one.why][0 if vi else 1]
        yield f"  {one.referral} {one.owner} -> {one.recipient}: {label} ({one.category}): {why}"
    number, day = adoption.regulation.version, adoption.effective_from
    if dry_run:
        yield f"Chạy thử: chưa ban hành phiên bản {number}." if vi else f"Dry run: version {number} was not adopted."
    else:
        yield f"Đã ban hành phiên bản {number}, áp dụng từ {day}." if vi else f"Version {number} adopted, from {day}."


COMMANDS = (regulation,)
