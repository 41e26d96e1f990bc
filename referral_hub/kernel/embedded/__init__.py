"""PostgreSQL out of a wheel: a private cluster in the hub's home, started when first needed, shared by all processes.

    server = ensure(Path("~/.local/share/referral-hub"))
    psycopg.connect(server.admin_url)

Only the binaries of the package are used. The socket lies in a directory of mode 0700, every connection gives a
password (scram-sha-256), nothing listens on the network, and the permission of no existing directory is changed.
The server stops about two seconds after its last user has gone, however that one ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from referral_hub.kernel.embedded import credentials, faults, keeper, locks, making, process
from referral_hub.kernel.embedded.making import ADMIN_ROLE, DATABASE
from referral_hub.kernel.embedded.place import SOCKET_PORT, Place, existing, record, resolve

__all__ = ["ADMIN_ROLE", "DATABASE", "EmbeddedServer", "ensure", "remove"]


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server that this process uses until `release()` or its own end."""

    home: Path
    socket_dir: Path
    port: int
    _use: list[int] = field(repr=False, compare=False)

    @property
    def admin_url(self) -> str:
        """URL of the superuser on the hub's database; for migrations and operators, never for web or worker."""
        return self.url(ADMIN_ROLE)

    def url(self, role: str, password: str | None = None, database: str = DATABASE) -> str:
        """`postgresql://` URL for psycopg and SQLAlchemy; without a password, that of the password file."""
        secret = self.password(role) if password is None else password
        query = f"host={quote(str(self.socket_dir), safe='')}&port={self.port}"
        return f"postgresql://{quote(role, safe='')}:{quote(secret, safe='')}@/{quote(database, safe='')}?{query}"

    def password(self, role: str) -> str:
        """The role's password from HOME/postgres/credentials.json, made on demand. The database is not told."""
        return credentials.password(self.home / "postgres", role)

    def release(self) -> None:
        """This process needs the server no more; a second call does nothing."""
        # Closing, not unlocking: a forked worker shares the lock and may still need it.
        while self._use:
            os.close(self._use.pop())

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def ensure(home: Path) -> EmbeddedServer:
    """Starts the cluster of `home`, or joins it when it runs, and makes it first when there is none.

    Safe to call from many processes at once. Errors: EnvironmentFault with the sentence that says what to do.
    """
    place = resolve(home)
    with faults.told(place.root), locks.exclusive(place.start_lock):
        use = locks.wait_lock(place.users_lock, fcntl.LOCK_SH)
        try:
            _prepare(place)
            # The keeper first: when this process is killed in the middle of the start, somebody stops the server.
            keeper.ensure_keeper(place)
            socket_dir = process.running(place) or _start(place)
        except BaseException:
            os.close(use)
            raise
    return EmbeddedServer(home=place.home, socket_dir=socket_dir, port=SOCKET_PORT, _use=[use])


def _prepare(place: Place) -> None:
    if not place.record.exists():
        if place.is_away:
            making.set_aside(place)
        record(place)
    if place.data.exists() and ADMIN_ROLE not in credentials.load(place.keep):
        raise faults.passwords_missing(credentials.file_of(place.keep))


def _start(place: Place) -> Path:
    making.make(place, credentials.password(place.keep, ADMIN_ROLE))
    return process.start(place)


def remove(home: Path) -> None:
    """Stops the cluster of `home` and deletes it with its passwords; nothing happens when there is none.

    Errors: EnvironmentFault when another process uses it.
    """
    place = existing(home)
    if place is None:
        return
    with faults.told(place.root):
        if place.root.is_dir():
            _remove_root(place)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(place.keep)


def _remove_root(place: Place) -> None:
    with locks.exclusive(place.start_lock):
        # A keeper that has just noticed that nobody is left holds this lock for an instant.
        users = locks.wait_lock(place.users_lock, fcntl.LOCK_EX, patience_s=1)
        try:
            process.stop(place)
            # Out of the way first: a keeper or a start that wakes up in the middle of the deletion would make its
            # lock file anew in a directory that is being emptied.
            doomed = place.root.with_name(f"{place.root.name}.removed")
            shutil.rmtree(doomed, ignore_errors=True)
            place.root.rename(doomed)
            shutil.rmtree(doomed)
        finally:
            os.close(users)
