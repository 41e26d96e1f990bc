"""A log with two tiles, three checkpoints and entries that still wait; and the hands of a superuser on it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from referral_hub.audit.acts import Act
from referral_hub.audit.checking import Verdict, check
from referral_hub.audit.folder import Folder
from referral_hub.audit.leading import Place
from referral_hub.audit.recording import Entry, record
from referral_hub.audit.running import run_once
from referral_hub.cases.sections import read_sections
from referral_hub.kernel import clock
from referral_hub.kernel.server import Server
from referral_hub.vault.keyring import Keyring
from tests.builders import take
from tests.story import Told, accepted_by
from tests.trial import Snapshot, Trial

TABLES = (
    "audit_entry",
    "audit_payload",
    "audit_queue",
    "audit_leaf",
    "audit_tile",
    "audit_head",
    "audit_cosignature",
    "data_key",
)
REFUSALS = 300  # more than one tile holds


@dataclass(frozen=True, slots=True)
class Log:
    """A sealed log. ``entries``: with a place; ``pending``: waiting."""

    server: Server
    folder: Folder
    told: Told

    def sequence(self) -> None:
        """What waits gets its place, a checkpoint is signed and published."""
        run_once(Place(self.server.url("log"), self.folder, "http://localhost:8000"))

    def check(self, ring: Keyring | None) -> Verdict:
        """``audit verify``, as the auditor's role."""
        with psycopg.connect(self.server.url("auditor")) as connection:
            return check(connection, self.folder, ring)


def a_log(acting: Any, server: Server, folder: Folder) -> Log:
    """Lan's case goes to the police, strangers knock three hundred times, the police read and start."""
    log = Log(server, folder, accepted_by(acting))
    log.sequence()
    with acting("cuong@cong-an-tinh") as cuong:
        knocks = [Entry(Act.ACCESS_REFUSED, uuid4(), why="case:read", outcome="denied") for _ in range(REFUSALS)]
        record(cuong, *knocks, now=clock.now())
    log.sequence()
    with acting("cuong@cong-an-tinh") as cuong:
        read_sections(cuong, log.told.case, ["identity"], why="safety", referral=log.told.referral, now=clock.now())
        take(cuong, log.told.referral, "start")
    log.sequence()
    with acting("lan@anh-duong") as lan:
        record(lan, Entry(Act.ACCESS_REFUSED, uuid4(), why="case:read", outcome="denied"), now=clock.now())
    return log


@dataclass(slots=True)
class Kept:
    """A log that was made once, to be put back before each test."""

    log: Log
    rows: Snapshot
    files: Path

    def put_back(self, installation: Trial, folder: Folder) -> Log:
        """Its rows and files, as they were."""
        installation.recall(self.rows)
        with installation.admin(installation.name) as admin:  # the queue fills itself: what has a place does not wait
            admin.execute("DELETE FROM audit_queue q USING audit_leaf l WHERE l.entry_id = q.entry_id")
        shutil.copytree(self.files, folder.root)
        return Log(installation.server(), folder, self.log.told)


@contextmanager
def superuser(admin: psycopg.Connection) -> Iterator[Callable[..., int]]:
    """`with superuser(admin) as do: do("DELETE FROM audit_leaf")`: no trigger, no key, no check fires."""
    with admin.transaction():
        states = admin.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgenabled = 'A' AND tgrelid::regclass::text = ANY (%s)",
            [list(TABLES)],
        ).fetchall()
        for table in TABLES:
            admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())

        def do(statement: str, *values: Any) -> int:
            changed = admin.execute(statement.encode(), values).rowcount
            assert changed > 0, "nothing was tampered with"
            return changed

        yield do
        for table in TABLES:
            admin.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL".encode())
        for table, trigger in states:
            admin.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}".encode())


def uid_at(admin: psycopg.Connection, seq: int) -> str:
    """The id of the entry at a place."""
    row = admin.execute(
        "SELECT e.uid::text FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id WHERE l.seq = %s", [seq]
    ).fetchone()
    assert row is not None
    return str(row[0])


def place_of(admin: psycopg.Connection, act: Act, subject: UUID) -> int:
    """The first place of an entry of this act about this subject."""
    row = admin.execute(
        "SELECT min(l.seq) FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id WHERE e.subject = %s"
        " AND convert_from(e.envelope, 'UTF8')::jsonb ->> 'act' = %s",
        [subject, act.value.code],
    ).fetchone()
    assert row is not None and row[0] is not None
    return int(row[0])
