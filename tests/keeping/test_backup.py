"""The journey of a dead disk: a case is kept, everything is lost, and it is there again; damage is refused by name."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from referral_hub.audit.folder import Folder
from referral_hub.audit.leading import Place
from referral_hub.audit.running import run_once
from referral_hub.config import Settings
from referral_hub.keeping import archive, envelope, paper, shares
from referral_hub.keeping.restoring import Milestone, Restored, RestoreRefused, restore
from referral_hub.kernel import clock
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.server import Server
from referral_hub.vault.keyring import load_keyring, save_keyring
from tests.builders import SECTIONS
from tests.conftest import Acting
from tests.story import Told, accepted_by
from tests.trial import Trial


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup of an installation with one story in it, and what is needed to restore it."""

    source: Path
    private: bytes
    home: Path
    log: Folder
    told: Told


@pytest.fixture
def kept(acting: Acting, server: Server, settings: Settings, tmp_path: Path) -> Kept:
    told = accepted_by(acting)
    log = Folder(tmp_path / "log")
    run_once(Place(server.url("log"), log, settings.public_url))
    archive.remember_recipient(settings.home, envelope.make_recipient(tmp_path / "private"))
    archive.back_up(server, settings.home, log, tmp_path / "backup", now=clock.now())
    return Kept(tmp_path / "backup", envelope.read_private(tmp_path / "private"), settings.home, log, told)


@pytest.fixture
def elsewhere(installation: Trial) -> Iterator[Callable[[], Server]]:
    """An empty database on the server of the tests."""
    name = f"{installation.name}_restored"
    installation.create(name)
    yield lambda: installation.server(name)
    installation.drop(name)


def an_empty_home(tmp_path: Path, kept: Kept) -> Path:
    """With nothing but the keyring, brought back from two of its three shares."""
    home = tmp_path / "new"
    lines = shares.split(paper.packed(load_keyring(kept.home / "keys" / "keyring.json")), 3, 2)
    save_keyring(paper.unpacked(shares.join(lines[1:])), home / "keys" / "keyring.json", new=True)
    return home


def bring_back(kept: Kept, home: Path, open_server: Callable[[], Server], **more: Any) -> Restored:
    return restore(kept.source, home, Folder(home / "audit"), kept.private, open_server, now=clock.now(), **more)


def refuse(kept: Kept, home: Path, code: str, **more: Any) -> None:
    """Refused for this reason, before any server was opened."""

    def nothing_may_be_touched() -> Server:
        raise AssertionError("a server was opened")

    with pytest.raises(RestoreRefused) as caught:
        bring_back(kept, home, nothing_may_be_touched, **more)
    assert caught.value.code == code


def count(server: Server, table: str) -> int:
    with psycopg.connect(server.require_admin_url()) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_after_the_loss_of_everything_the_case_is_there_again(
    kept: Kept, tmp_path: Path, elsewhere: Callable[[], Server], server: Server
) -> None:
    home = an_empty_home(tmp_path, kept)
    done = bring_back(kept, home, elsewhere)
    assert done.log_size > 0
    new = elsewhere()
    for table in ("case_file", "case_section", "consent", "access_grant", "referral_event", "audit_leaf", "data_key"):
        assert count(new, table) == count(server, table), table
    assert (home / "keys" / "operator").read_text() == (kept.home / "keys" / "operator").read_text()
    with psycopg.connect(new.app_url) as connection:
        assert connection.execute("SELECT count(*) FROM case_file").fetchone() == (0,), "the door is shut as before"
    again = run_once(Place(new.url("log"), Folder(home / "audit"), "http://localhost:8000"))
    assert again.size >= done.log_size, "the log goes on where it was"


def test_what_the_log_published_after_the_dump_is_brought_back(
    kept: Kept, tmp_path: Path, elsewhere: Callable[[], Server], acting: Acting, server: Server, settings: Settings
) -> None:
    accepted_by(acting)
    run_once(Place(server.url("log"), kept.log, settings.public_url))
    home = an_empty_home(tmp_path, kept)
    shutil.copytree(kept.log.root, home / "audit")  # the disk of the log survived
    done = bring_back(kept, home, elsewhere)
    assert done.recovered > 0
    assert count(elsewhere(), "audit_leaf") == done.log_size


def test_an_older_backup_than_the_printed_milestone_is_not_opened(
    kept: Kept, tmp_path: Path, elsewhere: Callable[[], Server]
) -> None:
    home = an_empty_home(tmp_path, kept)
    with pytest.raises(RestoreRefused) as caught:
        bring_back(kept, home, elsewhere, known=Milestone("o", 10_000, bytes(32)))
    assert caught.value.code == "older"
    assert caught.value.details["known"] == 10_000


def test_another_log_than_the_printed_one_is_not_opened(
    kept: Kept, tmp_path: Path, elsewhere: Callable[[], Server]
) -> None:
    with pytest.raises(RestoreRefused) as caught:
        bring_back(kept, an_empty_home(tmp_path, kept), elsewhere, known=Milestone("o", 1, bytes(32)))
    assert caught.value.code == "another-log"


@pytest.mark.parametrize("name", archive.FILES)
@pytest.mark.parametrize("how", ["changed", "cut", "missing"])
def test_a_damaged_file_is_named_and_nothing_is_touched(kept: Kept, tmp_path: Path, name: str, how: str) -> None:
    path = kept.source / name
    content = bytearray(path.read_bytes())
    if how == "missing":
        path.unlink()
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content if how == "changed" else content[:-1])
    home = an_empty_home(tmp_path, kept)
    with pytest.raises(RestoreRefused) as caught:
        bring_back(kept, home, lambda: pytest.fail("a server was opened"))
    assert (caught.value.code, caught.value.details["file"]) == ("damaged", name)
    assert [path.name for path in home.iterdir()] == ["keys"]


def test_a_changed_file_with_a_mended_manifest_is_refused_too(kept: Kept, tmp_path: Path) -> None:
    path = kept.source / archive.DUMP
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    manifest = json.loads((kept.source / archive.MANIFEST).read_text())
    manifest["files"][archive.DUMP]["sha256"] = archive.digest(path)
    (kept.source / archive.MANIFEST).write_text(json.dumps(manifest))
    refuse(kept, an_empty_home(tmp_path, kept), "damaged")


def test_a_wrong_key_another_keyring_and_a_home_in_use_are_refused(kept: Kept, tmp_path: Path) -> None:
    envelope.make_recipient(tmp_path / "other")
    home = an_empty_home(tmp_path, kept)
    wrong = Kept(kept.source, envelope.read_private(tmp_path / "other"), kept.home, kept.log, kept.told)
    refuse(wrong, home, "wrong-key")
    ring = load_keyring(home / "keys" / "keyring.json")
    save_keyring(ring.rotated(), home / "keys" / "keyring.json")
    refuse(kept, home, "keyring")
    (home / "demo.json").write_text("{}")
    refuse(kept, home, "not-empty")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1, "files": {}}', '{"files": 3}'])
def test_rubbish_is_no_backup(kept: Kept, tmp_path: Path, text: str) -> None:
    (kept.source / archive.MANIFEST).write_text(text)
    refuse(kept, an_empty_home(tmp_path, kept), "no-backup")


def test_a_stolen_backup_shows_no_name_and_holds_no_key(kept: Kept) -> None:
    together = b"".join(path.read_bytes() for path in kept.source.iterdir())
    ring = load_keyring(kept.home / "keys" / "keyring.json")
    for word in (str(SECTIONS["identity"]["full_name"]).encode(), b"0912345678", b"lan@anh-duong", b"PGDMP"):
        assert word not in together
    for key in ring.keys.values():
        assert key.secret not in together
    opened = b"".join(
        chunk
        for name in (archive.LOG, archive.HOME)
        for chunk in envelope.opened((kept.source / name).open("rb"), name, kept.private)
    )
    assert b"keyring.json" not in opened


def test_a_folder_in_use_is_not_written_over(kept: Kept, server: Server) -> None:
    with pytest.raises(EnvironmentFault):
        archive.back_up(server, kept.home, kept.log, kept.source, now=clock.now())


def test_without_a_key_for_backups_none_is_made(server: Server, settings: Settings, tmp_path: Path, kept: Kept) -> None:
    (settings.home / "keys" / "backup.json").unlink()
    with pytest.raises(EnvironmentFault, match="keyring recipient"):
        archive.back_up(server, settings.home, kept.log, tmp_path / "b2", now=clock.now())
    assert not (tmp_path / "b2").exists()
