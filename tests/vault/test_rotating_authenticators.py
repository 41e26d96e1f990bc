"""The secrets of authenticator apps are wrapped by the same ring: a rotation must not lock people out."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from referral_hub.config import Settings
from referral_hub.installation import keyring_file
from referral_hub.kernel.ids import new_id
from referral_hub.vault import rotation
from referral_hub.vault.documents import totp_identity
from referral_hub.vault.keyring import Wrapped, load_keyring, save_keyring
from referral_hub.vault.sealing import Key
from tests.conftest import Directory

SECRET = b"12345678901234567890"


@pytest.fixture
def path(settings: Settings) -> Iterator[Path]:
    """The ring of the tests; as it was afterwards."""
    file = keyring_file(settings.home)
    before = load_keyring(file)
    yield file
    save_keyring(before, file)


@pytest.fixture
def kept(path: Path, directory: Directory, admin_connection: psycopg.Connection) -> tuple[UUID, str]:
    row = new_id()
    wrapped = load_keyring(path).wrap(Key(SECRET), totp_identity(row))
    admin_connection.execute("SET session_replication_role = replica")
    admin_connection.execute(
        "INSERT INTO totp_secret (id, account_id, sealed, wrapping_key, last_step, made_at)"
        " VALUES (%s, %s, %s, %s, 0, now())",
        [row, directory.accounts["lan@anh-duong"], wrapped.sealed, wrapped.wrapping_key],
    )
    admin_connection.execute("SET session_replication_role = origin")
    return row, wrapped.wrapping_key


def test_after_a_rotation_that_retires_the_old_key_the_app_still_works(
    kept: tuple[UUID, str], path: Path, admin_connection: psycopg.Connection
) -> None:
    row, before = kept
    done = rotation.rotate(admin_connection, path, retire=True)
    assert done.complete and before in done.retired
    found = admin_connection.execute("SELECT sealed, wrapping_key FROM totp_secret").fetchone()
    assert found is not None and found[1] == done.current != before
    ring = load_keyring(path)
    assert ring.unwrap(Wrapped(*found), totp_identity(row)).secret == SECRET


def test_a_secret_that_no_key_opens_is_told_and_left_as_it_is(
    kept: tuple[UUID, str], path: Path, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("SET session_replication_role = replica")
    admin_connection.execute("UPDATE totp_secret SET sealed = 'x'")
    admin_connection.execute("SET session_replication_role = origin")
    done = rotation.rotate(admin_connection, path, retire=True)
    assert (done.unreadable, kept[1] in done.kept) == (1, True)
