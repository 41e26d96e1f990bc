"""``log witness add | remove | list`` and ``log quorum``: who cosigns the checkpoints, and how many seal one."""

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import click
from sqlalchemy import text

from referral_hub.audit.acts import Act
from referral_hub.audit.folder import Folder
from referral_hub.audit.recording import THE_HUB, Entry
from referral_hub.audit.roster import Roster, Witness, read_roster, write_roster
from referral_hub.audit.standing import Standing, standing
from referral_hub.audit.witnesses import FaultBook
from referral_hub.cli.log import log
from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.directory.queries import agency_by_code
from referral_hub.installation import check_database, record_as_operator
from referral_hub.kernel import clock
from referral_hub.kernel.db import db

_LAST = text("SELECT DISTINCT ON (witness) witness, size, at FROM audit_cosignature ORDER BY witness, size DESC")


@log.group("witness")
def witness() -> None:
    """The agencies that cosign the checkpoints."""


@witness.command("add")
@click.argument("name")
@click.argument("vkey")
@click.option("--url", help="Where checkpoints are sent; without it the witness fetches them itself.")
@click.option("--agency", help="Code of the agency; two witnesses of one agency have one voice.")
@click.option("--operator", is_flag=True, help="It belongs to who runs this hub: it is shown and never counts.")
@answering
@pass_run
def add(run: Run, name: str, vkey: str, url: str | None, agency: str | None, operator: bool) -> None:
    """One more witness; VKEY is the line that its `witness new-key` printed."""
    check_database(run.server)
    if agency is not None:
        with run.reading():
            agency_by_code(agency)
    roster = _roster(run).with_witness(Witness(name, vkey, url, agency, operator))
    _change(run, roster, Entry(Act.WITNESSES_CHANGED, _subject(name), why="add"))
    _tell(run, roster, f"Đã thêm nhân chứng {name}.", f"Witness {name} was added.")


@witness.command("remove")
@click.argument("name")
@answering
@pass_run
def remove(run: Run, name: str) -> None:
    """This witness is asked no more; what it has cosigned stays."""
    check_database(run.server)
    roster = _roster(run).without(name)
    _change(run, roster, Entry(Act.WITNESSES_CHANGED, _subject(name), why="remove"))
    FaultBook(Folder(run.settings.log_folder).witness_faults).note(name, None)
    _tell(run, roster, f"Đã bỏ nhân chứng {name}.", f"Witness {name} was removed.")


@witness.command("list")
@answering
@pass_run
def list_(run: Run) -> None:
    """Who cosigns, what each cosigned last, and what was wrong last."""
    roster = _roster(run)
    faults = FaultBook(Folder(run.settings.log_folder).witness_faults).read()
    check_database(run.server)
    with run.reading():
        last = {row.witness: row for row in db.session.execute(_LAST)}
        state = standing(roster, now=clock.now())
    rows = [_row(one, last.get(one.name), faults.get(one.name)) for one in roster.witnesses]
    document = {
        "witnesses": rows,
        "quorum": roster.quorum,
        "sealed_size": state.sealed_size,
        "sealed_at": state.sealed_at,
        "unsealed_s": state.unsealed_s,
    }
    answer(document, "\n".join(_in_words(rows, roster, state, run.locale)))


@log.command("quorum")
@click.argument("count", type=click.IntRange(0))
@answering
@pass_run
def quorum(run: Run, count: int) -> None:
    """COUNT agencies have to cosign before a checkpoint counts as sealed; 0: none does."""
    check_database(run.server)
    roster = _roster(run).with_quorum(count)
    _change(run, roster, Entry(Act.WITNESSES_CHANGED, THE_HUB, why="quorum", count=count))
    _tell(run, roster, f"Mốc được đóng dấu khi có {count} cơ quan ký.", f"{count} agencies seal a checkpoint.")


def _roster(run: Run) -> Roster:
    return read_roster(Folder(run.settings.log_folder).witnesses)


def _change(run: Run, roster: Roster, entry: Entry) -> None:
    """The entry first: a change that fails afterwards is seen in the log, one that nobody wrote down is not."""
    record_as_operator(run.server, entry)
    write_roster(Folder(run.settings.log_folder).witnesses, roster)


def _subject(name: str) -> UUID:
    """What the entry is about: the witness, by an id that anybody can compute from its public name."""
    return uuid5(NAMESPACE_URL, name)


def _tell(run: Run, roster: Roster, vi: str, en: str) -> None:
    document = {"witnesses": [one.name for one in roster.witnesses], "quorum": roster.quorum}
    answer(document, {"vi": vi, "en": en}[run.locale])


def _row(one: Witness, last: Any, fault: dict[str, str] | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "vkey": one.vkey,
        "url": one.url,
        "agency": one.agency,
        "operator": one.operator,
        "last_size": None if last is None else last.size,
        "last_at": None if last is None else last.at,
        "fault": None if fault is None else fault["fault"],
        "fault_at": None if fault is None else fault["at"],
    }


def _in_words(rows: list[dict[str, Any]], roster: Roster, state: Standing, locale: str) -> Iterator[str]:
    vi = locale == "vi"
    if not rows:
        yield (
            "Chưa có nhân chứng: mốc in ra và lưu trong biên bản là nhân chứng đầu tiên."
            if vi
            else "No witnesses yet: the printed checkpoint in the minutes is the first one."
        )
        return
    for row in rows:
        yield _line(row, vi)
    sealed = "–" if state.sealed_size is None else f"{state.sealed_size} ({state.sealed_at:%Y-%m-%d %H:%M} UTC)"
    yield (
        f"Cần {roster.quorum} cơ quan; mốc đã đóng dấu mới nhất: {sealed}"
        if vi
        else f"Quorum {roster.quorum}; newest sealed checkpoint: {sealed}"
    )


def _line(row: dict[str, Any], vi: bool) -> str:
    words = [row["name"], row["agency"] or "–"]
    if row["operator"]:
        words.append("đơn vị vận hành, không tính" if vi else "the operator's own, not counted")
    words.append(row["url"] or ("tự lấy mốc" if vi else "fetches"))
    if row["last_size"] is not None:
        words.append(f"{'đã ký' if vi else 'cosigned'} {row['last_size']}")
    if row["fault"]:
        words.append(f"{'lỗi' if vi else 'fault'} {row['fault_at']}: {row['fault']}")
    return " · ".join(words)


COMMANDS: tuple[click.Command, ...] = ()
