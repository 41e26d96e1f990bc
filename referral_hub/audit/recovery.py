"""After an older database was restored: its log is brought back from what was published, entry by entry.

What a signed checkpoint covers was published as bundles before it was signed, so the bundles hold every entry that the
restored database has lost. Payloads are not in them: those of the imported entries are gone, and an entry of the log
says so (``audit:log:recovered``, with the first place and the number).
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from referral_hub.audit.acts import KIND_OF_LEAF, Act
from referral_hub.audit.checkpoints import open_checkpoint
from referral_hub.audit.envelopes import SALT_BYTES, canonical, commitment, timestamp
from referral_hub.audit.folder import Folder
from referral_hub.audit.leading import signer_lock, take_lead
from referral_hub.audit.logkey import read_key
from referral_hub.audit.memory import Memory, MemoryLost, read_memory, write_memory
from referral_hub.audit.notes import NoteError, VerifierKey, parse_note
from referral_hub.audit.recording import THE_HUB, Operator
from referral_hub.audit.sequencing import append, prepare_session
from referral_hub.audit.stored import Edge, load_edge, stored_tree
from referral_hub.audit.tiles import WIDTH, TileError, tile_path, tiles_of, unbundle
from referral_hub.audit.tree import root_at
from referral_hub.kernel.errors import EnvironmentFault, HubError
from referral_hub.kernel.ids import new_id


class Unrecoverable(HubError):
    """The log that was signed cannot be brought back; the way on is a new origin."""

    code = "unrecoverable"

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(
            f"Không dựng lại được nhật ký đã ký: {vi}. Cách còn lại: “referral-hub log new-origin --reason …”.",
            f"The signed log cannot be brought back: {en}. What is left: `referral-hub log new-origin --reason ...`.",
        )


@dataclass(frozen=True, slots=True)
class Recovered:
    """``imported``: entries brought back; ``size``: entries under the checkpoint that was signed last; ``changed``:
    whether anything had to be mended."""

    imported: int
    size: int
    changed: bool


@contextmanager
def alone(admin_url: str, folder: Folder) -> Iterator[psycopg.Connection[Any]]:
    """The administrator's session, while no ``log run`` can work.

    :raises EnvironmentFault: one does.
    """
    with signer_lock(folder) as mine, psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as connection:
        prepare_session(connection)
        if not mine or not take_lead(connection):
            raise EnvironmentFault(
                "“log run” đang chạy: hãy dừng nó rồi chạy lại lệnh này.",
                "`log run` is running: stop it and run this command again.",
            )
        yield connection


def recover(admin_url: str, owner: str, folder: Folder, *, now: datetime) -> Recovered:
    """Make the database continue the log that was signed, and the signer remember it.

    :param owner: the role that owns the tables.
    :raises Unrecoverable: something needed is gone, or the database holds another history.
    :raises EnvironmentFault: the log's key is missing, or ``log run`` is running.
    """
    with alone(admin_url, folder) as connection:
        key = read_key(folder)
        signed = _signed(connection, folder, key.public)
        last = signed[-1]
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(owner)))
            edge = load_edge(connection)
            first = edge.frontier.size
            imported = _import(connection, folder, edge, last.size)
            _demand_roots(connection, max(first, last.size), signed)
            changed = _is_forgotten(folder, last) or imported > 0
            if changed:
                _remember_head(connection, last)
                connection.execute("DELETE FROM audit_subject")  # of another cluster: its numbers come again
                fields = {"from": first, "n": imported, "why": "restore"}
                write_entry(connection, Act.LOG_RECOVERED, fields, now)
        if changed:
            write_memory(folder, last)
    return Recovered(imported, last.size, changed)


def write_entry(
    connection: psycopg.Connection[Any], act: Act, fields: dict[str, Any], now: datetime
) -> tuple[int, bytes]:
    """An entry of the operator about the log itself, with fields of its own. It has no payload.

    :return: its number and envelope.
    """
    uid, who = new_id(), Operator()
    envelope = canonical(
        {
            "v": 1,
            "id": str(uid),
            "at": timestamp(now),
            "act": act.value.code,
            "out": "ok",
            "who": who.person,
            "org": who.agency_code,
            "via": who.channel,
            "obj": str(THE_HUB),
            "n": 1,
            "pl": 0,
            "pc": commitment(os.urandom(SALT_BYTES), str(uid), b""),
        }
        | fields
    )
    return _insert(connection, uid, THE_HUB, act.value.kind, envelope), envelope


def notes_outside(folder: Folder) -> list[str]:
    """The signed notes that are left outside of the database; which key signed them is not looked at."""
    found: list[str] = []
    with suppress(MemoryLost, EnvironmentFault):
        found.append(read_memory(folder).note)
    with suppress(OSError, UnicodeDecodeError):
        found.append(folder.checkpoint.read_text("utf-8"))
    return [note for note in found if note]


def _signed(connection: psycopg.Connection[Any], folder: Folder, key: VerifierKey) -> list[Memory]:
    """What the log's key has signed last, as memory, files and database say it; the largest comes last."""
    outside = [_checked(note, key) for note in notes_outside(folder)]
    if not any(outside):
        raise Unrecoverable(
            "không còn mốc nào đã ký ngoài cơ sở dữ liệu", "no signed checkpoint is left outside of the database"
        )
    rows = connection.execute(
        "SELECT note FROM audit_head WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
    ).fetchall()
    found = [one for one in (*outside, *(_checked(note, key) for (note,) in rows)) if one is not None]
    return sorted(found, key=lambda one: one.size)


def _checked(note: str, key: VerifierKey) -> Memory | None:
    """What the note says if the log's key signed it, with that signature alone."""
    try:
        checkpoint = open_checkpoint(note.encode(), key)
        parsed = parse_note(note.encode())
    except NoteError:
        return None
    own = "".join(signature.line() for signature in parsed.signatures if signature.by(key))
    return Memory(checkpoint.size, checkpoint.root, f"{parsed.text}\n{own}")


def _is_forgotten(folder: Folder, last: Memory) -> bool:
    try:
        return read_memory(folder) != last
    except MemoryLost:
        return True


def _import(connection: psycopg.Connection[Any], folder: Folder, edge: Edge, size: int) -> int:
    """The entries from the edge of the stored tree up to ``size``, from the published bundles."""
    first = edge.frontier.size
    for n, width in [(n, width) for level, n, width in tiles_of(size, first) if level == 0]:
        entries = _published(folder, n, width)
        start = max(edge.frontier.size - n * WIDTH, 0)
        edge = append(connection, edge, dict(_rows(connection, entries[start:])))
    return edge.frontier.size - first


def _published(folder: Folder, n: int, width: int) -> list[bytes]:
    """The first ``width`` entries of a bundle, out of the narrowest file that has them."""
    for wide in range(width, WIDTH + 1):
        try:
            entries = unbundle((folder.public / tile_path("entries", n, wide)).read_bytes())
        except (OSError, TileError):
            continue
        if len(entries) == wide:
            return entries[:width]
    name = tile_path("entries", n, width)
    raise Unrecoverable(f"thiếu hoặc hỏng tệp {name}", f"{name} is missing or damaged")


def _rows(connection: psycopg.Connection[Any], entries: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """The entries with their numbers; those the database does not have are written anew, none of them waits."""
    for envelope in entries:
        try:
            said = json.loads(envelope)
            uid, subject, act = UUID(said["id"]), UUID(said["obj"]), str(said["act"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unrecoverable("một tệp đã công bố bị hỏng", "a published file is damaged") from error
        found = connection.execute("SELECT id, envelope FROM audit_entry WHERE uid = %s", [uid]).fetchone()
        if found is not None and bytes(found[1]) != envelope:
            raise Unrecoverable(f"mục {uid} đã bị sửa", f"entry {uid} was changed")
        number = found[0] if found else _insert(connection, uid, subject, KIND_OF_LEAF.get(act, "unknown"), envelope)
        connection.execute("DELETE FROM audit_queue WHERE entry_id = %s", [number])
        yield number, envelope


def _insert(connection: psycopg.Connection[Any], uid: UUID, subject: UUID, kind: str, envelope: bytes) -> int:
    row = connection.execute(
        "INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES (%s, %s, %s, %s) RETURNING id",
        [uid, subject, kind, envelope],
    ).fetchone()
    assert row is not None
    return int(row[0])


def _demand_roots(connection: psycopg.Connection[Any], size: int, signed: Sequence[Memory]) -> None:
    tree = stored_tree(connection, size)
    for one in signed:
        if root_at(one.size, tree) != one.root:
            raise Unrecoverable(
                f"{one.size} mục đầu không còn giống nhật ký đã ký",
                f"the first {one.size} entries are no longer those that were signed",
            )


def _remember_head(connection: psycopg.Connection[Any], last: Memory) -> None:
    connection.execute(
        "INSERT INTO audit_head (size, root, note, signed_at) VALUES (%s, %s, %s, clock_timestamp())"
        " ON CONFLICT (size) DO UPDATE SET note = excluded.note, signed_at = excluded.signed_at"
        " WHERE audit_head.note IS NULL",
        [last.size, last.root, last.note],
    )
