"""The restore drill: the newest backup into a database beside the hub's, looked through, and dropped again.

It goes the way of a real restore, on a copy of the keyring, and touches nothing of the hub: a drill that is killed
leaves a database and a folder that the next one removes.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from referral_hub.audit.checking import check
from referral_hub.audit.folder import Folder
from referral_hub.installation import keyring_file
from referral_hub.keeping import archive
from referral_hub.keeping.restoring import RestoreRefused, restore
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.ids import new_id
from referral_hub.kernel.server import Server
from referral_hub.vault.documents import key_identity, section_identity
from referral_hub.vault.keyring import Keyring, Wrapped, load_keyring, save_keyring
from referral_hub.vault.sealing import Unsealable

_SCRATCH = ".drill-"
_ONE_OF_EACH_RING_KEY = """SELECT DISTINCT ON (wrapping_key) subject, category, wrapped, wrapping_key
    FROM data_key ORDER BY wrapping_key, random()"""
_ONE_RECORD = """SELECT k.subject, k.category, k.wrapped, k.wrapping_key, s.part, s.ciphertext
    FROM case_section s JOIN data_key k ON k.subject = s.subject AND k.category = s.category
    ORDER BY random() LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Drilled:
    """A drill that went well. ``entries``: of the log, all checked; ``tables`` with as many rows as were dumped;
    ``keys``: wrapping keys that opened a data key each; ``opened``: records opened and shown to nobody (0 in a hub
    without any); times in seconds."""

    source: Path
    made_at: str
    tables: int
    rows: int
    entries: int
    keys: int
    opened: int
    restored_s: float
    verified_s: float


def newest(folder: Path) -> Path:
    """The newest backup: ``folder`` itself, or one of the folders in it.

    :raises RestoreRefused: there is none.
    """
    found = [(made, path) for path in (folder, *_folders(folder)) if (made := _made_at(path))]
    if not found:
        raise RestoreRefused(
            "no-backup", f"Không có bản sao lưu nào trong {folder}.", f"There is no backup in {folder}."
        )
    return max(found)[1]


def drill(server: Server, home: Path, folder: Path, private: bytes, *, now: datetime) -> Drilled:
    """Restore the newest backup below ``folder`` beside the hub, verify it, drop it.

    :param private: the private half of the key that the backup is sealed for.
    :raises RestoreRefused: it cannot be restored, or what came back does not hold.
    :raises EnvironmentFault: another drill runs; the administrator may not make a database.
    """
    source = newest(folder)
    ring = load_keyring(keyring_file(home))
    with _alone(server) as admin, _scratch(server, admin, home) as (scratch, beside):
        save_keyring(ring, keyring_file(scratch), new=True)
        log = Folder(scratch / "audit")
        began = time.monotonic()
        done = restore(source, scratch, log, private, lambda: beside, now=now)
        restored = time.monotonic()
        entries = _log_holds(beside, log, ring)
        keys, opened = _keys_open(beside, ring)
        verified = time.monotonic()
    (home / archive.LAST_DRILL).write_text(json.dumps({"at": now.isoformat(), "made_at": done.made_at}), "utf-8")
    rows = done.rows
    return Drilled(
        *(source, done.made_at, len(rows), sum(rows.values()), entries, keys, opened),
        *(restored - began, verified - restored),
    )


def _log_holds(server: Server, log: Folder, ring: Keyring) -> int:
    with psycopg.connect(server.url("auditor"), connect_timeout=10) as connection:
        verdict = check(connection, log, ring)
    if verdict.finding is not None:
        said = verdict.finding.sentence
        raise RestoreRefused("log", said.vi, said.en)
    return verdict.entries + verdict.pending


def _keys_open(server: Server, ring: Keyring) -> tuple[int, int]:
    """One data key of each wrapping key, one record: opened and forgotten. How many keys, how many records."""
    with psycopg.connect(server.require_admin_url(), connect_timeout=10) as connection:
        keys = connection.execute(_ONE_OF_EACH_RING_KEY).fetchall()
        record = connection.execute(_ONE_RECORD).fetchone()
    try:
        for subject, category, wrapped, name in keys:
            ring.unwrap(Wrapped(wrapped, name), key_identity(subject, category))
        if record is None:
            return len(keys), 0
        subject, category, wrapped, name, part, ciphertext = record
        key = ring.unwrap(Wrapped(wrapped, name), key_identity(subject, category))
        key.unseal(ciphertext, section_identity(subject, category, part))
    except Unsealable as error:
        raise RestoreRefused(
            "keyring",
            "Tệp khóa không mở được dữ liệu đã khôi phục.",
            "The keyring does not open what was restored.",
        ) from error
    return len(keys), 1


@contextmanager
def _alone(server: Server) -> Iterator[psycopg.Connection]:
    """The administrator's connection, for one drill at a time; what a killed one left can be removed then."""
    with psycopg.connect(server.require_admin_url(), connect_timeout=10, autocommit=True) as admin:
        (mine,) = admin.execute("SELECT pg_try_advisory_lock(hashtext('referral-hub drill'))").fetchone() or (False,)
        if not mine:
            raise EnvironmentFault("Đang có một lần diễn tập khác.", "Another drill is running.")
        yield admin


@contextmanager
def _scratch(server: Server, admin: psycopg.Connection, home: Path) -> Iterator[tuple[Path, Server]]:
    """An empty folder in the home and an empty database beside the hub's; gone afterwards, whatever happens."""
    prefix = f"{admin.info.dbname[:40]}_drill_"
    _sweep(admin, prefix, home)
    name = prefix + new_id().hex[:8]
    folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=home))
    try:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        yield folder, _beside(server, name)
    finally:
        _sweep(admin, prefix, home)


def _sweep(admin: psycopg.Connection, prefix: str, home: Path) -> None:
    rows = admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]).fetchall()
    for (name,) in rows:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    for path in home.glob(f"{_SCRATCH}*"):
        shutil.rmtree(path)


def _beside(server: Server, database: str) -> Server:
    def there(url: str) -> str:
        return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))

    return replace(server, app_url=there(server.app_url), admin_url=there(server.require_admin_url()), embedded=None)


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _made_at(path: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads((path / archive.MANIFEST).read_text("utf-8"))["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
