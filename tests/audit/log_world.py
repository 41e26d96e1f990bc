"""Entries to sequence, a log's process to kill, and the question whether the log is sound."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import psycopg

from referral_hub.audit.checkpoints import open_checkpoint
from referral_hub.audit.folder import Folder
from referral_hub.audit.leading import Place
from referral_hub.audit.logkey import read_vkey
from referral_hub.audit.running import Rhythm, run
from referral_hub.audit.sequencing import prepare_session
from referral_hub.audit.tiles import tile_path, tiles_of, unbundle
from referral_hub.audit.tree import leaf_hash, root_of
from referral_hub.kernel.errors import Sentence
from referral_hub.kernel.ids import new_id
from referral_hub.kernel.server import Server
from tests.audit.log_child import run_for_ever
from tests.trial import PREFIX

PUBLIC_URL = "https://hub.example"


def place(server: Server, folder: Path) -> Place:
    """A log beside the database of the tests."""
    return Place(server.url("log"), Folder(folder / "audit"), PUBLIC_URL)


def owner_session(server: Server) -> psycopg.Connection:
    """Who may append entries without a person: the owner of the tables."""
    connection = psycopg.connect(server.require_admin_url(), prepare_threshold=None)
    connection.execute(f"SET ROLE {PREFIX}_owner".encode())
    connection.commit()
    return connection


def log_session(server: Server) -> psycopg.Connection:
    """The log's role."""
    connection = psycopg.connect(server.url("log"), autocommit=True)
    prepare_session(connection)
    return connection


def append_entry(connection: psycopg.Connection, content: str = "") -> int:
    """One entry in the open transaction, with as little meaning as possible; its number."""
    uid = new_id()
    row = connection.execute(
        "INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES (%s, %s, 'hub', %s) RETURNING id",
        [uid, uid, f'{{"act":"hub:test:done","id":"{uid}","n":"{content}","obj":"{uid}"}}'.encode()],
    ).fetchone()
    assert row is not None
    return int(row[0])


def write_entries(server: Server, count: int) -> None:
    """Entries, committed together."""
    with owner_session(server) as connection:
        for _ in range(count):
            append_entry(connection)


@contextmanager
def log_process(where: Place) -> Iterator[BaseProcess]:
    """`log run` as a process of its own, in a hurry, from its first moment on; killed at the end of the block."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.audit.log_child"])
    begun = context.Event()
    process = context.Process(target=run_for_ever, args=(where, begun), daemon=True)
    process.start()
    try:
        assert begun.wait(30)
        yield process
    finally:
        process.kill()
        process.join()


class Running:
    """The log in a thread of this process; the sentences it says."""

    def __init__(self, where: Place, rhythm: Rhythm) -> None:
        self._stop, self._said = threading.Event(), list[Sentence]()
        self._thread = threading.Thread(target=run, args=(where, self._stop, self._said.append, rhythm))

    def __enter__(self) -> list[Sentence]:
        self._thread.start()
        return self._said

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


def until(holds: Callable[[], bool], patience_s: float = 20) -> None:
    """Wait for it."""
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def sequence(server: Server) -> list[int]:
    """The numbers of the entries in the order of their places."""
    with psycopg.connect(server.require_admin_url()) as connection:
        rows = connection.execute("SELECT seq, entry_id FROM audit_leaf ORDER BY seq").fetchall()
    assert [seq for seq, _ in rows] == list(range(len(rows)))
    return [entry for _, entry in rows]


def assert_sound(server: Server, folder: Folder) -> int:
    """Every entry stands in the tree once and nothing waits; every head, tile file and bundle follows from the entries.

    :return: how many there are.
    """
    with psycopg.connect(server.require_admin_url()) as connection:
        placed = connection.execute(
            "SELECT e.envelope, l.leaf_hash FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id ORDER BY l.seq"
        ).fetchall()
        entries = connection.execute("SELECT count(*), (SELECT count(*) FROM audit_queue) FROM audit_entry").fetchone()
        heads = connection.execute("SELECT size, root, note FROM audit_head ORDER BY size").fetchall()
    assert entries == (len(placed), 0)
    envelopes = [bytes(envelope) for envelope, _ in placed]
    hashes = [leaf_hash(envelope) for envelope in envelopes]
    assert [bytes(stored) for _, stored in placed] == hashes
    key = read_vkey(folder)
    assert key is not None
    for size, root, note in heads:
        checkpoint = open_checkpoint(note.encode(), key)
        assert (checkpoint.size, checkpoint.root) == (size, bytes(root)) == (size, root_of(hashes[:size]))
    published = open_checkpoint(folder.checkpoint.read_bytes(), key)
    assert (published.size, published.root) == (len(placed), root_of(hashes))
    _assert_files(folder, envelopes, hashes)
    return len(placed)


def _assert_files(folder: Folder, envelopes: list[bytes], hashes: list[bytes]) -> None:
    rows = [hashes]
    while len(rows[-1]) >= 256:
        below = rows[-1]
        rows.append([root_of(below[i : i + 256]) for i in range(0, len(below) - 255, 256)])
    for level, n, width in tiles_of(len(hashes)):
        expected = b"".join(rows[level][n * 256 : n * 256 + width])
        assert (folder.public / tile_path(level, n, width)).read_bytes() == expected
        if level == 0:
            bundle = (folder.public / tile_path("entries", n, width)).read_bytes()
            assert unbundle(bundle) == envelopes[n * 256 : n * 256 + width]
