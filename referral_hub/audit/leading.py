"""Who may write the log: one process, by two locks, the machine's (the signer's memory) and the database's."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from referral_hub.audit.folder import Folder
from referral_hub.audit.heads import Heads
from referral_hub.audit.publishing import published_size
from referral_hub.audit.sequencing import Sequencer, prepare_session
from referral_hub.audit.signing import Signer, SignerLock
from referral_hub.audit.stored import stored_size, stored_tree

CHANNEL = "referral_hub_log"
"""A message on it asks the leader for a checkpoint now."""
_LOCK = "SELECT pg_try_advisory_lock(hashtext('referral-hub log'))"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log is. ``database_url`` logs in as the log's role; ``public_url`` gives a new log its name."""

    database_url: str
    folder: Folder
    public_url: str


@dataclass(frozen=True, slots=True)
class Leader:
    """The one that writes, its tools checked against each other: the tree continues what was signed."""

    connection: psycopg.Connection[Any]
    sequencer: Sequencer
    heads: Heads
    signer: Signer

    @property
    def has_grown(self) -> bool:
        """Whether entries have their place that no checkpoint covers."""
        return self.sequencer.size > self.signer.memory.size

    def checkpoint(self) -> None:
        """Sign and publish what the tree holds now."""
        self.heads.seal(self.sequencer.size)

    def wait(self, seconds: float) -> bool:
        """Sleep; whether somebody asks for a checkpoint."""
        return any(True for _ in self.connection.notifies(timeout=seconds, stop_after=1))


@contextmanager
def connected(place: Place) -> Iterator[psycopg.Connection[Any]]:
    """A session of the log's role."""
    with psycopg.connect(place.database_url, autocommit=True, connect_timeout=10, application_name="log") as connection:
        prepare_session(connection)
        yield connection


@contextmanager
def signer_lock(folder: Folder) -> Iterator[bool]:
    """The machine's lock, held for the block. Yields False when another process has it."""
    lock = SignerLock(folder)
    try:
        yield lock.take()
    finally:
        lock.close()


def take_lead(connection: psycopg.Connection[Any]) -> bool:
    """The database's lock. It belongs to the connection: who loses that has lost the lock, and the work in hand too."""
    return connection.execute(_LOCK).fetchone() == (True,)


@contextmanager
def leading(place: Place) -> Iterator[Leader | None]:
    """Lead the log for the block; None when somebody else does. Unfinished work of an earlier leader is finished first.

    :raises SignerRefusal: the tree does not continue what was signed: nothing is added to it.
    :raises LogDamaged: the stored tree contradicts itself.
    """
    with signer_lock(place.folder) as mine:
        if not mine:
            yield None
            return
        with connected(place) as connection:
            yield _leader(connection, place) if take_lead(connection) else None


def _leader(connection: psycopg.Connection[Any], place: Place) -> Leader:
    signer = Signer(place.folder, place.public_url, known=max(signed_size(connection), published_size(place.folder)))
    sequencer = Sequencer(connection)
    signer.check(sequencer.size, stored_tree(connection, sequencer.size))
    heads = Heads(connection, place.folder, signer)
    heads.finish(sequencer.size)
    connection.execute(f"LISTEN {CHANNEL}".encode())
    return Leader(connection, sequencer, heads, signer)


def signed_size(connection: psycopg.Connection[Any]) -> int:
    """The size of the largest head that was signed; 0 when none was."""
    row = connection.execute("SELECT coalesce(max(size), 0) FROM audit_head WHERE note IS NOT NULL").fetchone()
    return int(row[0]) if row else 0


def last_queued(connection: psycopg.Connection[Any]) -> int:
    """The highest number in the queue; 0 when nothing waits."""
    row = connection.execute("SELECT coalesce(max(entry_id), 0) FROM audit_queue").fetchone()
    return int(row[0]) if row else 0


def ask_leader(place: Place, last_entry: int, patience_s: float, pause_s: float = 0.1) -> bool:
    """Have the living leader cover what waited up to ``last_entry``.

    :return: whether it is done; False: it is not, and perhaps nobody leads any more.
    """
    until = time.monotonic() + patience_s
    needed: int | None = None
    with connected(place) as connection:
        connection.execute(f"NOTIFY {CHANNEL}".encode())
        while time.monotonic() < until:
            if needed is None and not _waits(connection, last_entry):
                needed = stored_size(connection)
            if needed is not None and signed_size(connection) >= needed:
                return True
            time.sleep(pause_s)
    return False


def _waits(connection: psycopg.Connection[Any], last_entry: int) -> bool:
    row = connection.execute("SELECT EXISTS (SELECT 1 FROM audit_queue WHERE entry_id <= %s)", [last_entry]).fetchone()
    return bool(row and row[0])
