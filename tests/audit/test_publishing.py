"""What a published checkpoint needs is there before it, wherever the work was interrupted."""

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from referral_hub.audit import heads, publishing
from referral_hub.audit.folder import Folder, write_file
from referral_hub.audit.leading import Place, leading
from referral_hub.audit.memory import read_memory
from referral_hub.audit.notes import COSIGNATURE, cosign, generate, parse_note
from referral_hub.audit.publishing import publish_tiles, published_size
from referral_hub.audit.roster import Roster, Witness, write_roster
from referral_hub.audit.running import run_once
from referral_hub.audit.stored import LogDamaged
from referral_hub.audit.witnesses import Cosignature
from referral_hub.kernel.server import Server
from tests.audit.log_world import assert_sound, log_session, place, write_entries


@pytest.fixture
def where(server: Server, tmp_path: Path) -> Place:
    return place(server, tmp_path)


def files(folder: Folder) -> set[str]:
    return {str(path.relative_to(folder.public)) for path in folder.public.rglob("*") if path.is_file()}


def test_a_tree_is_published_with_its_bundles_and_its_key(server: Server, where: Place) -> None:
    write_entries(server, 300)
    run_once(where)
    both = {f"tile/{level}/{name}" for level in ("0", "entries") for name in ("000", "001.p/44")}
    assert files(where.folder) == {"checkpoint", "vkey", "tile/1/000.p/1", *both}
    assert assert_sound(server, where.folder) == 300


def test_entries_are_not_for_everybody_hashes_are(server: Server, where: Place) -> None:
    write_entries(server, 300)
    run_once(where)
    tiles = where.folder.public / "tile"
    modes = {
        name: (tiles / name).stat().st_mode & 0o777
        for name in (".", "0", "0/000", "0/001.p/44", "entries", "entries/000", "entries/001.p/44", "../checkpoint")
    }
    assert modes == {
        **{".": 0o755, "0": 0o755, "0/000": 0o644, "0/001.p/44": 0o644, "../checkpoint": 0o644},
        **{"entries": 0o750, "entries/000": 0o640, "entries/001.p/44": 0o640},
    }


def test_a_full_tile_replaces_its_narrower_versions(server: Server, where: Place) -> None:
    for count in (100, 100, 56):
        write_entries(server, count)
        run_once(where)
    tiles = {"tile/0/000", "tile/entries/000", "tile/1/000.p/1"}
    assert files(where.folder) == {"checkpoint", "vkey", *tiles}


def test_nothing_new_writes_nothing(server: Server, where: Place) -> None:
    write_entries(server, 3)
    run_once(where)
    before = {path: path.stat().st_mtime_ns for path in where.folder.root.rglob("*") if path.is_file()}
    run_once(where)
    assert {path: path.stat().st_mtime_ns for path in where.folder.root.rglob("*") if path.is_file()} == before


class Interrupted(Exception):
    """Stands for a process that is killed."""


#: Where a checkpoint may be interrupted: the step that is not reached any more.
STEPS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "head": lambda patch: patch.setattr(heads.Heads, "_begin", interrupt),
    "tile files": lambda patch: patch.setattr(heads, "publish_tiles", interrupt),
    "half of the tile files": lambda patch: patch.setattr(publishing, "write_file", first_of_two()),
    "signature": lambda patch: patch.setattr(heads.Signer, "sign", interrupt),
    "memory": lambda patch: patch.setattr("referral_hub.audit.signing.write_memory", interrupt),
    "note in the database": lambda patch: patch.setattr(heads.Signer, "sign", sign_and_die(heads.Signer.sign)),
    "witnesses": lambda patch: patch.setattr(heads.Heads, "_ask", interrupt),
    "checkpoint": lambda patch: patch.setattr(heads, "publish_checkpoint", interrupt),
}


def interrupt(*_: object, **__: object) -> None:
    raise Interrupted


def first_of_two() -> Callable[..., None]:
    calls: list[object] = []

    def write(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) > 1:
            raise Interrupted
        write_file(*arguments)  # type: ignore[arg-type]

    return write


def sign_and_die(real: Callable[..., str]) -> Callable[..., None]:
    def sign(*arguments: object) -> None:
        real(*arguments)
        raise Interrupted

    return sign


@pytest.mark.parametrize("more", [0, 5], ids=["alone", "with more entries since"])
@pytest.mark.parametrize("step", STEPS)
def test_a_checkpoint_that_was_interrupted_is_finished_by_the_next_run(
    server: Server, where: Place, monkeypatch: pytest.MonkeyPatch, step: str, more: int
) -> None:
    write_entries(server, 257)
    run_once(where)
    write_entries(server, 300)
    with monkeypatch.context() as patch:
        STEPS[step](patch)
        with pytest.raises(Interrupted):
            run_once(where)
    assert published_size(where.folder) == 257, "nobody sees a checkpoint before all it needs"
    write_entries(server, more) if more else None
    run_once(where)
    assert assert_sound(server, where.folder) == 557 + more
    assert read_memory(where.folder).size == 557 + more


def test_a_signature_that_nobody_saw_yet_is_published_even_when_nothing_follows(server: Server, where: Place) -> None:
    write_entries(server, 5)
    run_once(where)
    where.folder.checkpoint.unlink()
    with leading(where) as leader:
        assert leader is not None
    assert published_size(where.folder) == 5


def test_files_that_were_lost_come_again_from_the_database(server: Server, where: Place) -> None:
    write_entries(server, 600)
    run_once(where)
    shutil.rmtree(where.folder.public)
    run_once(where)
    assert assert_sound(server, where.folder) == 600


def test_an_entry_that_is_gone_is_told_and_not_papered_over(
    server: Server, where: Place, admin_connection: psycopg.Connection
) -> None:
    write_entries(server, 5)
    run_once(where)
    admin_connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER unchanged")
    try:
        admin_connection.execute("DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_leaf WHERE seq = 2)")
    finally:
        admin_connection.execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER unchanged")
    with log_session(server) as connection, pytest.raises(LogDamaged, match="between 0 and 4"):
        publish_tiles(connection, where.folder, 5)


def test_another_head_of_the_same_size_is_not_overwritten(
    server: Server, where: Place, admin_connection: psycopg.Connection
) -> None:
    write_entries(server, 5)
    admin_connection.execute("INSERT INTO audit_head (size, root) VALUES (5, decode(repeat('00', 32), 'hex'))")
    with pytest.raises(LogDamaged, match="head 5"):
        run_once(where)
    assert read_memory(where.folder).size == 0


def test_cosignatures_stand_below_the_checkpoint_and_late_ones_join_them(
    server: Server, where: Place, monkeypatch: pytest.MonkeyPatch, admin_connection: psycopg.Connection
) -> None:
    keys = {name: generate(name, COSIGNATURE) for name in ("police", "clinic")}
    known = [Witness(name, str(public), f"https://{name}.example") for name, (_, public) in keys.items()]
    write_roster(where.folder.witnesses, Roster(tuple(known), 1))
    asked: list[list[str]] = []

    def answer(note: bytes, size: int, missing: list[Witness], *_: object) -> list[Cosignature]:
        asked.append([one.name for one in missing])
        text = parse_note(note).text
        return [Cosignature("police", cosign(text, "police", keys["police"][0], 1_800_000_000), 1_800_000_000)]

    monkeypatch.setattr(heads, "collect", answer)
    write_entries(server, 5)
    run_once(where)
    note = parse_note(where.folder.checkpoint.read_bytes())
    assert [signature.name for signature in note.signatures][1:] == ["police"]
    late = cosign(note.text, "clinic", keys["clinic"][0], 1_800_000_001)
    admin_connection.execute("INSERT INTO audit_cosignature VALUES (5, 'clinic', %s, now())", [late])
    run_once(where)
    names = [signature.name for signature in parse_note(where.folder.checkpoint.read_bytes()).signatures]
    assert names[1:] == ["clinic", "police"]
    assert asked == [["police", "clinic"]], "who has cosigned is not asked again"
