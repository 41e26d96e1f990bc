"""A new wrapping key for every data key, while cases stay readable."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from referral_hub.cases.sections import read_sections
from referral_hub.installation import keyring_file
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict
from referral_hub.vault.keyring import load_keyring, save_keyring
from referral_hub.vault.rotation import rotate
from tests.builders import SECTIONS, a_case
from tests.conftest import Acting
from tests.trial import Trial


@pytest.fixture
def path(installation: Trial, acting: Acting) -> Iterator[Path]:
    """The ring of the tests; as it was afterwards."""
    file = keyring_file(installation.home)
    before = load_keyring(file)
    yield file
    save_keyring(before, file)


def wrapping_keys(admin: psycopg.Connection) -> set[str]:
    return {name for (name,) in admin.execute("SELECT DISTINCT wrapping_key FROM data_key")}


def reads(acting: Acting, case: object) -> int:
    with acting("lan@anh-duong") as lan:
        return len(read_sections(lan, case, SECTIONS, why="test", now=clock.now()))  # type: ignore[arg-type]


def test_after_a_rotation_every_key_is_under_the_new_one_and_every_section_opens(
    acting: Acting, admin_connection: psycopg.Connection, path: Path
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    (before,) = wrapping_keys(admin_connection)
    done = rotate(admin_connection, path)
    assert (done.resumed, done.complete, done.unreadable) == (False, True, 0)
    assert wrapping_keys(admin_connection) == {done.current} != {before}
    assert done.rewrapped == 2 + len(SECTIONS)
    assert before in done.kept
    assert reads(acting, case) == len(SECTIONS)


def test_a_rotation_that_was_killed_is_finished_by_the_next(
    acting: Acting, admin_connection: psycopg.Connection, path: Path
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    save_keyring(load_keyring(path).rotated(), path)  # the ring was turned, no row yet
    done = rotate(admin_connection, path)
    assert done.resumed
    assert done.current == load_keyring(path).current
    assert wrapping_keys(admin_connection) == {done.current}
    assert reads(acting, case) == len(SECTIONS)


def test_retired_keys_are_those_that_no_row_uses(
    acting: Acting, admin_connection: psycopg.Connection, path: Path
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    done = rotate(admin_connection, path, retire=True)
    assert done.kept == ()
    assert set(load_keyring(path).keys) == {done.current}
    assert reads(acting, case) == len(SECTIONS)


def test_a_row_that_no_key_opens_is_left_and_told(
    acting: Acting, admin_connection: psycopg.Connection, path: Path
) -> None:
    with acting("lan@anh-duong") as lan:
        a_case(lan)
    admin_connection.execute("UPDATE data_key SET wrapped = 'x' WHERE category = 'medical'")
    done = rotate(admin_connection, path, retire=True)
    assert done.unreadable == 1
    assert not done.complete
    (left,) = wrapping_keys(admin_connection) - {done.current}
    assert left in done.kept, "its key is not taken off the ring"


def test_two_rotations_at_once_are_one_too_many(
    installation: Trial, acting: Acting, admin_connection: psycopg.Connection, path: Path
) -> None:
    rotate(admin_connection, path)
    with installation.admin(installation.name) as other, pytest.raises(Conflict):
        rotate(other, path)


def test_the_application_cannot_rotate(app_connection: psycopg.Connection, acting: Acting, path: Path) -> None:
    with acting("lan@anh-duong") as lan:
        a_case(lan)
    app_connection.autocommit = True
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rotate(app_connection, path)
