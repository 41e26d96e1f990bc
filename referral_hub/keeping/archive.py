"""Making a backup: one consistent dump of the database, then the files of the log and the home, each sealed.

The dump comes first: what the log publishes while it runs is in the files that follow, and a restore brings those
entries back (``log recover``). The keyring is never in it: without the paper shares a stolen backup opens nothing.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import psycopg

from referral_hub.audit.folder import Folder
from referral_hub.audit.stored import stored_size
from referral_hub.installation import head_revision, keyring_file
from referral_hub.keeping import envelope
from referral_hub.keeping.paper import fingerprint
from referral_hub.keeping.rows import snapshot
from referral_hub.kernel.embedded.binaries import shipped_binaries
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.ids import new_id
from referral_hub.kernel.server import Server
from referral_hub.vault.keyring import load_keyring

FORMAT = 1
MANIFEST = "manifest.json"
DUMP, LOG, HOME, ROWS = "database.dump", "log.tar", "home.tar", "rows.json"
FILES = (DUMP, LOG, HOME, ROWS)
#: In the home: when the last backup was made.
LAST = "last-backup.json"
#: In the home: when the last drill went well.
LAST_DRILL = "last-drill.json"
#: What of the home goes along; never the keyring, never the built-in cluster.
HOME_FILES = ("keys/operator", "keys/portal.json", "keys/backup.json", "demo.json")


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made. ``files``: name -> bytes. ``log_size``: entries of the log in the dump's files."""

    folder: Path
    files: Mapping[str, int]
    made_at: datetime
    log_size: int


def recipient_of(home: Path) -> bytes:
    """The public key that backups of this home are sealed for.

    :raises EnvironmentFault: none was made yet.
    """
    try:
        document = json.loads((home / "keys" / "backup.json").read_text("utf-8"))
        return bytes.fromhex(document["public"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFault(
            "Chưa có khóa cho bản sao lưu: hãy chạy “referral-hub keyring recipient TỆP” và cất TỆP ở nơi khác.",
            "There is no key for backups yet: run `referral-hub keyring recipient FILE` and keep FILE somewhere else.",
        ) from error


def remember_recipient(home: Path, public: bytes) -> None:
    """From now on backups are sealed for this key."""
    (home / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "keys" / "backup.json").write_text(json.dumps({"public": public.hex()}), "utf-8")


def back_up(server: Server, home: Path, log: Folder, target: Path, *, now: datetime) -> Made:
    """Write a backup into ``target``, a folder that is empty or not there yet; whole, or not there at all.

    :raises EnvironmentFault: the folder holds something, no key for backups, ``pg_dump`` is missing or fails.
    """
    public = recipient_of(home)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise EnvironmentFault(f"Thư mục {target} không trống.", f"The folder {target} is not empty.")
    admin_url = server.require_admin_url()
    ring = load_keyring(keyring_file(home))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{new_id().hex[:8]}")
    draft.mkdir(mode=0o700)
    try:
        with snapshot(admin_url) as (name, rows), _written(draft / DUMP) as file:
            _dump(admin_url, name, file, public)
        with _written(draft / ROWS) as file:
            envelope.seal(io.BytesIO(json.dumps(rows).encode()), file, ROWS, public)
        with psycopg.connect(admin_url, connect_timeout=10) as connection:
            size = stored_size(connection)
        with _written(draft / LOG) as file:
            envelope.seal(_tar(log.root, ["public", "signing", "closed", "witnesses.json"]), file, LOG, public)
        with _written(draft / HOME) as file:
            envelope.seal(_tar(home, HOME_FILES), file, HOME, public)
        files = {name: (draft / name).stat().st_size for name in FILES}
        manifest = {
            "format": FORMAT,
            "version": metadata.version("referral-hub"),
            "revision": head_revision(),
            "prefix": server.prefix,
            "made_at": now.isoformat(),
            "recipient": public.hex(),
            "keyring": fingerprint(ring.keys),
            "log_size": size,
            "files": {name: {"bytes": files[name], "sha256": digest(draft / name)} for name in files},
        }
        with _written(draft / MANIFEST) as file:
            file.write(json.dumps(manifest, indent=1).encode())
        if target.exists():
            target.rmdir()
        draft.rename(target)
        (home / LAST).write_text(json.dumps({"at": now.isoformat()}), "utf-8")
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Made(target, files, now, size)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def program(name: str) -> str:
    """The path of a program of PostgreSQL: the package's, which fits the built-in server, else this machine's.

    :raises EnvironmentFault: there is none.
    """
    try:
        return str(shipped_binaries() / name)
    except EnvironmentFault:
        found = shutil.which(name)
        if found is None:
            raise EnvironmentFault(
                f"Không tìm thấy chương trình {name} của PostgreSQL.", f"PostgreSQL's program {name} was not found."
            ) from None
        return found


def connection_of(url: str) -> tuple[list[str], dict[str, str]]:
    """Arguments and environment by which PostgreSQL's programs connect; no list of processes shows the password."""
    parts = urlsplit(url)
    bare = url.replace(f":{parts.password}@", "@", 1) if parts.password else url
    environment = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    return ["--dbname", bare], {**os.environ, **environment}


def _dump(admin_url: str, snapshot_name: str, target: IO[bytes], public: bytes) -> None:
    where, environment = connection_of(admin_url)
    command = [program("pg_dump"), "--format=custom", "--no-password", f"--snapshot={snapshot_name}", *where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None and running.stderr is not None
        envelope.seal(running.stdout, target, DUMP, public)
        said = running.stderr.read().decode("utf-8", "replace").strip()
    if running.returncode:
        raise EnvironmentFault(f"pg_dump không thành công: {said}", f"pg_dump failed: {said}")


def _tar(root: Path, names: Any) -> IO[bytes]:
    """These files and folders below ``root``, those that are there, in one archive; without who owned them."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name in names:
            if (root / name).exists():
                archive.add(root / name, arcname=name, filter=_plain)
    target.seek(0)
    return target


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if not (entry.isfile() or entry.isdir()) or entry.name.endswith("/lock"):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """A new file (0600), on the disk when the block ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
