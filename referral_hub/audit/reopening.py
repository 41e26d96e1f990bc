"""Closing a log that cannot go on, and opening a new one under another name and key.

What the database still holds is carried over in its order; before it, as the first entry, stands the last checkpoint of
the closed log, so that everybody can see what it had and compare. Its public files and signed checkpoints are kept.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from referral_hub.audit.acts import Act
from referral_hub.audit.checkpoints import Checkpoint, parse
from referral_hub.audit.folder import PUBLIC_DIRECTORY, Folder, make_directory, sync_directory, write_file
from referral_hub.audit.logkey import drop_key, make_key, publish_vkey
from referral_hub.audit.notes import NoteError, parse_note
from referral_hub.audit.recovery import alone, notes_outside, write_entry
from referral_hub.audit.sequencing import BATCH, append
from referral_hub.audit.stored import Edge
from referral_hub.kernel.errors import Invalid

LONGEST_REASON = 500
_GUARDS = (("audit_leaf", "unchanged"), ("audit_head", "undeleted"))


@dataclass(frozen=True, slots=True)
class Reopened:
    """``closed``: the origin that ends with ``size`` entries; ``origin`` and ``vkey``: what agencies take over now;
    ``carried``: entries of the closed log that the new one begins with."""

    closed: str
    size: int
    origin: str
    vkey: str
    carried: int


def new_origin(admin_url: str, owner: str, folder: Folder, public_url: str, reason: str, *, now: datetime) -> Reopened:
    """Close the log and begin another one. May be run again after an interruption.

    :param reason: why, for everybody and for good: it names no person.
    :raises Invalid: an unusable reason, or there is no log to close.
    :raises EnvironmentFault: ``log run`` is running.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise Invalid(
            "reason",
            f"Lý do phải là một dòng, tối đa {LONGEST_REASON} ký tự.",
            f"The reason is one line of at most {LONGEST_REASON} characters.",
        )
    with alone(admin_url, folder) as connection:
        heads = [
            note
            for (note,) in connection.execute(
                "SELECT note FROM audit_head WHERE note IS NOT NULL ORDER BY size"
            ).fetchall()
        ]
        last, note = _last([*heads, *notes_outside(folder)])
        kept = folder.closed / last.origin.replace("/", "_")
        make_directory(kept, PUBLIC_DIRECTORY)
        write_file(kept / "checkpoints", "\n".join([*heads, note]).encode())
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(owner)))
            carried = _begin_anew(connection, {"quote": note, "why": reason.strip()}, now)
        _put_away(folder.public, kept / "public")
        drop_key(folder)  # first: a crash here must not leave the old key beside an empty memory
        key = make_key(folder, public_url)
        publish_vkey(folder, key)
    return Reopened(last.origin, last.size, key.origin, str(key.public), carried)


def _last(notes: Sequence[str]) -> tuple[Checkpoint, str]:
    found: list[tuple[Checkpoint, str]] = []
    for note in notes:
        with suppress(NoteError):
            found.append((parse(parse_note(note.encode()).text), note))
    if not found:
        raise Invalid("log", "Chưa có nhật ký nào đã ký để đóng.", "There is no signed log to close.")
    return max(found, key=lambda one: (one[0].size, len(one[1])))


def _begin_anew(connection: psycopg.Connection[Any], fields: dict[str, Any], now: datetime) -> int:
    """The new tree: the quoting entry, then every entry that had a place, in its order. What waits goes on waiting."""
    old = [
        number
        for (number,) in connection.execute(
            "SELECT l.entry_id FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id ORDER BY l.seq"
        ).fetchall()
    ]
    for table, trigger in _GUARDS:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}".encode())
    for table in ("audit_cosignature", "audit_head", "audit_tile", "audit_leaf"):
        connection.execute(f"DELETE FROM {table}".encode())
    for table, trigger in _GUARDS:
        connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}".encode())
    number, envelope = write_entry(connection, Act.LOG_OPENED, fields | {"n": len(old)}, now)
    connection.execute("DELETE FROM audit_queue WHERE entry_id = %s", [number])
    edge = append(connection, Edge(), {number: envelope})
    for chunk in _chunks(old):
        rows = connection.cursor(binary=True).execute(
            "SELECT id, envelope FROM audit_entry WHERE id = ANY (%s)", [list(chunk)]
        )
        found = dict(rows.fetchall())
        edge = append(connection, edge, {one: found[one] for one in chunk})
    return len(old)


def _chunks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for i in range(0, len(numbers), BATCH):
        yield numbers[i : i + BATCH]


def _put_away(public: Path, kept: Path) -> None:
    """An earlier run may have done it already."""
    if public.exists() and not kept.exists():
        os.rename(public, kept)
        sync_directory(kept.parent)
        sync_directory(public.parent)
