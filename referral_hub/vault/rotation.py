"""A new wrapping key for every data key. What the data keys seal is not touched.

Killed at any point, nothing is lost: the ring with the new key is on the disk before the first row changes, each batch
is one transaction, and old keys stay on the ring. The next run carries on where the rows say so.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import psycopg

from referral_hub.kernel.errors import Conflict
from referral_hub.vault.documents import key_identity, totp_identity
from referral_hub.vault.keyring import Keyring, Wrapped, changing, load_keyring, save_keyring
from referral_hub.vault.sealing import Unsealable

BATCH = 1000
PATIENCE_S = 60.0
_WRAPPED: LiteralString = "SELECT wrapping_key FROM data_key UNION ALL SELECT wrapping_key FROM totp_secret"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a run did. ``resumed``: it finished an earlier one and made no new key. ``unreadable``: rows that no key on
    the ring opens, left as they are. ``busy``: a transaction from before did not end in time, rows may still come.
    """

    current: str
    resumed: bool
    rewrapped: int
    unreadable: int
    retired: tuple[str, ...]
    kept: tuple[str, ...]
    busy: bool

    @property
    def complete(self) -> bool:
        """Every row is under the current key, and none can still come."""
        return not self.unreadable and not self.busy


def rotate(
    connection: psycopg.Connection,
    path: Path,
    *,
    retire: bool = False,
    progress: Progress = lambda done, total: None,
    patience_s: float = PATIENCE_S,
) -> Rotation:
    """Give the ring in ``path`` a new current key and wrap every data key with it.

    :param connection: the administrator's, autocommit; a role subject to row security is refused by the database.
    :param retire: afterwards take the keys off the ring that no row uses. A backup from before needs them.
    :raises Conflict: another rotation is running.
    :raises EnvironmentFault: the keyring cannot be used.
    """
    # Under forced row security an UPDATE would find no row and say nothing; like this it raises.
    connection.execute("SET row_security = off")
    connection.execute("SET search_path = public, pg_temp")
    _alone(connection)
    ring, resumed = _turned(connection, path)
    rewrapped, _ = _rewrap(connection, ring, progress)
    if resumed and not rewrapped:  # only rows that no key opens were left: they must not put off a rotation for good
        ring, resumed = _turned(connection, path, anew=True)
        rewrapped, _ = _rewrap(connection, ring, progress)
    # Who began before the new key was on the disk may have wrapped with the old one and not committed yet.
    busy = not _earlier_transactions_ended(connection, patience_s)
    late, unreadable = _rewrap(connection, ring, progress)
    retired: tuple[str, ...] = ()
    if retire and not busy:
        ring, retired = _retire(connection, path)
    kept = tuple(sorted(set(ring.keys) - {ring.current}))
    return Rotation(ring.current, resumed, rewrapped + late, unreadable, retired, kept, busy)


def _alone(connection: psycopg.Connection) -> None:
    row = connection.execute("SELECT pg_try_advisory_lock(hashtext('referral-hub keyring rotate'))").fetchone()
    if row is None or not row[0]:
        raise Conflict(
            "Một lệnh thay khóa khác đang chạy: hãy chờ nó xong.",
            "Another rotation is running: wait until it has ended.",
        )


def _turned(connection: psycopg.Connection, path: Path, *, anew: bool = False) -> tuple[Keyring, bool]:
    """The ring to wrap with, and whether an earlier run left rows to finish for it."""
    with changing(path):
        ring = load_keyring(path)
        unfinished = connection.execute(
            f"SELECT EXISTS (SELECT 1 FROM ({_WRAPPED}) w WHERE wrapping_key <> %s)", [ring.current]
        ).fetchone()
        if unfinished == (True,) and len(ring.keys) > 1 and not anew:
            return ring, True
        ring = ring.rotated()
        save_keyring(ring, path)
        return ring, False


def _rewrap(connection: psycopg.Connection, ring: Keyring, progress: Progress) -> tuple[int, int]:
    """How many rows were wrapped anew, and how many no key opens. Walks the primary key, each batch committed."""
    total = _waiting(connection, ring)
    done, unreadable = _rewrap_authenticators(connection, ring)
    last = (UUID(int=0), "")
    while True:
        with connection.transaction():
            rows = connection.execute(
                """SELECT subject, category, wrapped, wrapping_key FROM data_key
                   WHERE (subject, category) > (%s, %s) AND wrapping_key <> %s
                   ORDER BY subject, category LIMIT %s FOR UPDATE""",
                [*last, ring.current, BATCH],
            ).fetchall()
            if not rows:
                return done, unreadable
            changed = [new for row in rows if (new := _wrapped_anew(ring, *row)) is not None]
            with connection.cursor() as cursor:
                cursor.executemany(
                    "UPDATE data_key SET wrapped = %s, wrapping_key = %s WHERE subject = %s AND category = %s", changed
                )
        last = rows[-1][0], rows[-1][1]
        done += len(changed)
        unreadable += len(rows) - len(changed)
        progress(done + unreadable, total)


def _rewrap_authenticators(connection: psycopg.Connection, ring: Keyring) -> tuple[int, int]:
    """The secrets of authenticator apps: one for each person, wrapped without a data key between."""
    done = unreadable = 0
    with connection.transaction():
        rows = connection.execute(
            "SELECT id, sealed, wrapping_key FROM totp_secret WHERE wrapping_key <> %s FOR UPDATE", [ring.current]
        ).fetchall()
        for row, sealed, wrapping_key in rows:
            try:
                secret = ring.unwrap(Wrapped(sealed, wrapping_key), totp_identity(row))
            except Unsealable:
                unreadable += 1
                continue
            new = ring.wrap(secret, totp_identity(row))
            changed = [new.sealed, new.wrapping_key, row]
            connection.execute("UPDATE totp_secret SET sealed = %s, wrapping_key = %s WHERE id = %s", changed)
            done += 1
    return done, unreadable


def _waiting(connection: psycopg.Connection, ring: Keyring) -> int:
    waiting = f"SELECT count(*) FROM ({_WRAPPED}) w WHERE wrapping_key <> %s"
    row = connection.execute(waiting, [ring.current]).fetchone()
    return int(row[0]) if row else 0


def _wrapped_anew(
    ring: Keyring, subject: UUID, category: str, sealed: bytes, wrapping_key: str
) -> tuple[bytes, str, UUID, str] | None:
    identity = key_identity(subject, category)
    try:
        new = ring.wrap(ring.unwrap(Wrapped(sealed, wrapping_key), identity), identity)
    except Unsealable:
        return None
    return new.sealed, new.wrapping_key, subject, category


def _earlier_transactions_ended(connection: psycopg.Connection, patience_s: float) -> bool:
    """Wait until every transaction that writes and had begun by now is over; False when one takes too long."""
    # a number of our own: a snapshot's upper end says nothing of those that have begun and not ended
    began = connection.execute("SELECT pg_current_xact_id()::text::numeric").fetchone()
    deadline = time.monotonic() + patience_s
    while True:
        oldest = connection.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::numeric").fetchone()
        if began is not None and oldest is not None and oldest[0] >= began[0]:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)


def _retire(connection: psycopg.Connection, path: Path) -> tuple[Keyring, tuple[str, ...]]:
    with changing(path):
        ring = load_keyring(path)
        used = {name for (name,) in connection.execute(f"SELECT DISTINCT wrapping_key FROM ({_WRAPPED}) w")}
        unused = tuple(sorted(set(ring.keys) - used - {ring.current}))
        if unused:
            ring = ring.without(*unused)
            save_keyring(ring, path)
        return ring, unused
