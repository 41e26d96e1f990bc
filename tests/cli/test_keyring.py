"""Rotating the wrapping keys under a running hub, and the key that never rotates."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from referral_hub.access.actors import Actor
from referral_hub.cases.sections import read_sections
from referral_hub.config import Settings
from referral_hub.installation import keyring_file
from referral_hub.intake.register import read_register
from referral_hub.kernel import clock
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.server import Server
from referral_hub.regulation.importing import columns
from referral_hub.regulation.loader import shipped
from referral_hub.vault import current, rotation
from referral_hub.vault.keyring import Keyring, Wrapped, load_keyring, save_keyring
from referral_hub.vault.sealing import Unsealable
from tests.builders import a_case
from tests.cli.commandline import CommandLine
from tests.conftest import Acting, ActingInSql
from tests.intake.register.conftest import CALL, FILE, OUTREACH, REFERRAL, WORK, packed

LAN = "lan@anh-duong"


@pytest.fixture
def path(settings: Settings) -> Iterator[Path]:
    """The keyring of the tests' home, put back afterwards."""
    file = keyring_file(settings.home)
    before = load_keyring(file)
    yield file
    save_keyring(before, file)
    file.chmod(0o600)


@pytest.fixture
def admin(server: Server) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.require_admin_url(), autocommit=True) as connection:
        yield connection


def wrapping_keys(connection: psycopg.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT DISTINCT wrapping_key FROM data_key")}


def name_in(actor: Actor, case: Any) -> Any:
    return read_sections(actor, case, ["identity"], why="own-case", now=clock.now())["identity"].fields["full_name"]


def test_every_data_key_is_wrapped_anew_and_opens_as_before(
    cli: CommandLine, acting: Acting, path: Path, admin: psycopg.Connection
) -> None:
    with acting(LAN) as lan:
        case = a_case(lan)
    old = load_keyring(path)
    said = cli("keyring", "rotate", "--format", "json")
    new = load_keyring(path)
    assert said.status == 0, said.err
    assert new.current not in old.keys
    assert wrapping_keys(admin) == {new.current}
    assert said.document["kept"] == [old.current]
    row = admin.execute("SELECT count(*) FROM data_key").fetchone()
    assert row is not None
    assert said.document["rewrapped"] == row[0] > 0
    with acting(LAN) as lan:  # this process held the old ring all the time
        assert name_in(lan, case) == "Nguyễn Thị Hoa"


def test_a_process_that_held_the_old_ring_wraps_with_the_new_key(hub: Flask, path: Path) -> None:
    held = current.keyring()
    save_keyring(held.rotated(), path)
    assert current.keyring().current == load_keyring(path).current != held.current


def test_a_running_process_outlives_a_keyring_that_vanished(hub: Flask, path: Path) -> None:
    held = current.keyring()
    path.unlink()
    assert current.keyring() is held


def test_the_application_role_changes_no_data_key(
    acting: Acting, acting_in_sql: ActingInSql, server: Server, owner_connection: psycopg.Connection
) -> None:
    with acting(LAN) as lan:
        a_case(lan)
    with acting_in_sql(LAN) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE data_key SET wrapping_key = 'x'")
    assert owner_connection.execute("UPDATE data_key SET wrapping_key = 'x'").rowcount == 0


def test_rotation_as_a_role_that_row_security_binds_raises(
    acting: Acting, path: Path, owner_connection: psycopg.Connection
) -> None:
    with acting(LAN) as lan:
        a_case(lan)
    owner_connection.autocommit = True
    before = load_keyring(path)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rotation.rotate(owner_connection, path)
    assert load_keyring(path) == before


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_rotation_that_was_killed_is_finished_by_the_next(
    cli: CommandLine,
    acting: Acting,
    path: Path,
    admin: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    batches: int,
) -> None:
    with acting(LAN) as lan:
        case = a_case(lan)
    monkeypatch.setattr(rotation, "BATCH", 2)
    original, done = rotation._wrapped_anew, []

    def dies(*arguments: Any) -> Any:
        done.append(arguments)
        if len(done) > 2 * batches:
            raise SystemExit(9)
        return original(*arguments)

    monkeypatch.setattr(rotation, "_wrapped_anew", dies)
    assert cli("keyring", "rotate").status == 9
    half = load_keyring(path)
    assert len(wrapping_keys(admin)) == (2 if batches else 1)
    with acting(LAN) as lan:
        assert name_in(lan, case) == "Nguyễn Thị Hoa"
    monkeypatch.setattr(rotation, "_wrapped_anew", original)
    said = cli("keyring", "rotate", "--format", "json")
    assert (said.status, said.document["resumed"], said.document["current"]) == (0, True, half.current)
    assert wrapping_keys(admin) == {half.current}
    with acting(LAN) as lan:
        assert name_in(lan, case) == "Nguyễn Thị Hoa"


def test_keys_that_nothing_uses_are_forgotten_on_demand_and_named(cli: CommandLine, acting: Acting, path: Path) -> None:
    with acting(LAN) as lan:
        case = a_case(lan)
    old = load_keyring(path).current
    said = cli("--locale", "en", "keyring", "rotate", "--retire")
    assert f"Old key {old} was removed." in said.out
    assert set(load_keyring(path).keys) == {load_keyring(path).current}
    with acting(LAN) as lan:
        assert name_in(lan, case) == "Nguyễn Thị Hoa"


def test_a_key_that_a_row_still_needs_is_never_forgotten(
    cli: CommandLine, acting: Acting, path: Path, admin: psycopg.Connection
) -> None:
    with acting(LAN) as lan:
        a_case(lan)
    old = load_keyring(path).current
    admin.execute("UPDATE data_key SET wrapped = 'damaged' WHERE category = 'identity'")
    said = cli("keyring", "rotate", "--retire", "--format", "json")
    assert (said.status, said.document["unreadable"], said.document["kept"]) == (3, 1, [old])
    again = cli("keyring", "rotate", "--format", "json").document
    assert again["current"] != said.document["current"], "a damaged row does not put off rotation for good"


def test_a_transaction_that_began_before_keeps_the_old_key_on_the_ring(
    acting: Acting, path: Path, admin: psycopg.Connection, server: Server
) -> None:
    """It may have wrapped with the old key and not committed yet."""
    old = load_keyring(path).current
    with psycopg.connect(server.require_admin_url()) as earlier:
        earlier.execute("SELECT pg_current_xact_id()")
        done = rotation.rotate(admin, path, retire=True, patience_s=0.2)
        earlier.rollback()
    assert (done.busy, done.complete, done.retired) == (True, False, ())
    assert old in load_keyring(path).keys
    assert rotation.rotate(admin, path, retire=True).complete


def test_two_rotations_do_not_run_at_once(cli: CommandLine, path: Path, admin: psycopg.Connection) -> None:
    before = load_keyring(path)
    admin.execute("SELECT pg_advisory_lock(hashtext('referral-hub keyring rotate'))")
    said = cli("keyring", "rotate")
    assert (said.status, said.out) == (1, "")
    assert load_keyring(path) == before


def test_a_wrapped_key_opens_for_its_own_row_alone(path: Path) -> None:
    ring = load_keyring(path).rotated()
    key = Keyring.fresh().index
    wrapped = ring.wrap(key, "data-key/v1|a|identity")
    assert ring.unwrap(wrapped, "data-key/v1|a|identity") == key
    with pytest.raises(Unsealable):
        ring.unwrap(wrapped, "data-key/v1|b|identity")
    with pytest.raises(Unsealable):
        ring.unwrap(Wrapped(wrapped.sealed, "unknown"), "data-key/v1|a|identity")


def test_the_index_key_outlives_rotation_and_old_files_get_one(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    del document["index"]
    path.write_text(json.dumps(document), "utf-8")
    first = load_keyring(path)
    assert load_keyring(path).index == first.index
    assert first.rotated().without(first.current).blind("register-row", "x") == first.blind("register-row", "x")


def test_blind_values_tell_equal_from_different_and_nothing_else(path: Path) -> None:
    ring = load_keyring(path)
    assert ring.blind("phone", "0912345678") == ring.blind("phone", "0912345678")
    others = {ring.blind("phone", "0912345679"), ring.blind("name", "0912345678")}
    others.add(Keyring.fresh().blind("phone", "0912345678"))
    assert ring.blind("phone", "0912345678") not in others
    assert len(others) == 3
    with pytest.raises(ValueError, match="zero byte"):
        ring.blind("phone\0", "0912345678")


def test_what_a_register_row_said_is_kept_so_that_nobody_can_guess_it(
    cli: CommandLine, path: Path, admin: psycopg.Connection, tmp_path: Path
) -> None:
    told = {
        "Tong_dai": CALL,
        "Ho_so": FILE,
        "Chuyen_gui": REFERRAL,
        "Nguoi_gay_bao_luc": WORK,
        "Truyen_thong": OUTREACH,
    }
    book = tmp_path / "book.xlsx"
    book.write_bytes(packed({sheet: [list(head), told[sheet]] for sheet, head in columns(shipped()).items()}))
    rows = [row for sheet in read_register(book, shipped()).rows.values() for row in sheet]
    said = cli("register", "import", book)
    assert said.status == 0, said.out + said.err
    kept = {digest for (digest,) in admin.execute("SELECT digest FROM register_row")}
    assert kept == {load_keyring(path).blind("register-row", row.digest).hex() for row in rows}
    assert not kept & {row.digest for row in rows}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"current": "a", "keys": {}}', '{"current": "a", "keys": {"a": "AA=="}}']
)
def test_a_damaged_keyring_is_told_and_never_replaced(cli: CommandLine, path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    for command in (("keyring", "rotate"), ("db", "upgrade")):
        said = cli("--locale", "en", *command)
        assert (said.status, said.out) == (2, "")
        assert "is damaged or unreadable" in said.err
    assert path.read_text("utf-8") == text


def test_a_keyring_that_others_can_read_is_refused(path: Path) -> None:
    path.chmod(0o640)
    with pytest.raises(EnvironmentFault, match="chmod 600"):
        load_keyring(path)


def test_upgrade_makes_no_new_keyring_beside_data(cli: CommandLine, acting: Acting, path: Path) -> None:
    with acting(LAN) as lan:
        a_case(lan)
    path.unlink()
    said = cli("--locale", "en", "db", "upgrade")
    assert said.status == 2
    assert "restore the file from the key backup" in said.err
    assert not path.exists()
