"""The signer signs what continues the log it signed, or nothing, and does not forget."""

import json
import os
from pathlib import Path

import pytest

from referral_hub.audit.checkpoints import open_checkpoint
from referral_hub.audit.folder import Folder
from referral_hub.audit.logkey import KeyLost, make_key, read_key, read_vkey
from referral_hub.audit.memory import MemoryLost, read_memory
from referral_hub.audit.signing import Rollback, Signer, SignerLock
from referral_hub.audit.tiles import TileError
from referral_hub.audit.tree import Subtree, leaf_hash, root_of
from referral_hub.kernel.errors import EnvironmentFault

URL = "https://hub.example:8443/portal"
LEAVES = [leaf_hash(bytes([i])) for i in range(40)]


def tree(leaves: list[bytes]) -> Subtree:
    """A tree that is kept as a list of leaf hashes."""

    def subtree(level: int, index: int) -> bytes:
        found = leaves[index << level : (index + 1) << level]
        if len(found) != 1 << level:
            raise TileError("missing")
        return root_of(found)

    return subtree


def sign(signer: Signer, leaves: list[bytes]) -> str:
    return signer.sign(len(leaves), root_of(leaves), tree(leaves))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "audit")


def test_a_log_gets_its_name_and_key_when_it_first_signs(folder: Folder) -> None:
    assert read_vkey(folder) is None
    signer = Signer(folder, URL)
    assert signer.key.origin.startswith("hub.example/audit/")
    assert Signer(folder, "https://elsewhere.example").key.origin == signer.key.origin, "once, for good"
    assert read_vkey(folder) == str(signer.key.public)
    other = make_key(Folder(folder.root / "other"), URL)
    assert other.origin != signer.key.origin


def test_what_it_signs_everybody_can_check_with_the_published_key(folder: Folder) -> None:
    note = sign(Signer(folder, URL), LEAVES[:7])
    key = read_vkey(folder)
    assert key is not None
    checkpoint = open_checkpoint(note.encode(), key)
    assert (checkpoint.size, checkpoint.root) == (7, root_of(LEAVES[:7]))


def test_key_and_memory_are_for_the_signer_alone(folder: Folder) -> None:
    sign(Signer(folder, URL), LEAVES[:7])
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.signing.iterdir()}
    assert modes == {"log.json": 0o600, "memory.json": 0o600}
    assert folder.signing.stat().st_mode & 0o777 == 0o700
    assert folder.vkey.stat().st_mode & 0o777 == 0o644


def test_every_extension_is_signed(folder: Folder) -> None:
    for size in range(1, len(LEAVES)):
        sign(Signer(folder, URL), LEAVES[:size])
        assert read_memory(folder).size == size


def test_the_same_tree_again_gives_the_same_note(folder: Folder) -> None:
    first = sign(Signer(folder, URL), LEAVES[:7])
    assert sign(Signer(folder, URL), LEAVES[:7]) == first


@pytest.mark.parametrize("old", range(2, 20))
def test_no_smaller_and_no_other_tree_is_signed(folder: Folder, old: int) -> None:
    signer = Signer(folder, URL)
    sign(signer, LEAVES[:old])
    kept = read_memory(folder)
    changed = [LEAVES[39], *LEAVES[1:]]
    swapped = [LEAVES[1], LEAVES[0], *LEAVES[2:]]
    refused = [LEAVES[: old - 1], *(leaves[:size] for leaves in (changed, swapped) for size in (old, old + 1, 39))]
    for leaves in refused:
        with pytest.raises(Rollback) as told:
            sign(Signer(folder, URL), leaves)
        assert (told.value.code, told.value.details["signed"]) == ("rollback", old)
        assert "log recover" in told.value.sentence.vi and "log recover" in told.value.sentence.en
        assert read_memory(folder) == kept


def test_a_root_that_is_not_the_trees_is_not_signed(folder: Folder) -> None:
    with pytest.raises(Rollback):
        Signer(folder, URL).sign(5, root_of(LEAVES[:4]), tree(LEAVES[:5]))
    assert read_memory(folder).size == 0


def test_a_tree_with_a_hole_is_not_signed(folder: Folder) -> None:
    sign(Signer(folder, URL), LEAVES[:7])
    with pytest.raises(Rollback):
        Signer(folder, URL).sign(20, root_of(LEAVES[:20]), tree(LEAVES[:10]))


def test_the_memory_is_on_the_disk_before_the_signature_leaves(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = Signer(folder, URL)
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    note = sign(signer, LEAVES[:7])
    assert any("memory.json" in name for name in synced) and str(folder.signing) in synced
    assert read_memory(folder).note == note


def test_a_disk_that_refuses_the_memory_gets_no_signature(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = Signer(folder, URL)
    before = read_memory(folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        sign(signer, LEAVES[:7])
    assert read_memory(folder) == before and signer.memory == before
    assert sorted(path.name for path in folder.signing.iterdir()) == ["log.json", "memory.json"]


@pytest.mark.parametrize("damage", ["gone", "{", "[]", '{"size": 7}', '{"size": "x", "root": "", "note": ""}'])
def test_a_signer_without_its_memory_does_not_sign(folder: Folder, damage: str) -> None:
    sign(Signer(folder, URL), LEAVES[:7])
    path = folder.signing / "memory.json"
    path.unlink() if damage == "gone" else path.write_text(damage)
    with pytest.raises(MemoryLost, match="log recover"):
        Signer(folder, URL)


def test_a_memory_older_than_what_is_known_to_be_signed_is_none(folder: Folder) -> None:
    sign(Signer(folder, URL), LEAVES[:7])
    assert Signer(folder, URL, known=7).memory.size == 7
    with pytest.raises(MemoryLost):
        Signer(folder, URL, known=8)


def test_a_key_that_is_gone_is_not_made_anew(folder: Folder) -> None:
    sign(Signer(folder, URL), LEAVES[:7])
    (folder.signing / "log.json").unlink()
    with pytest.raises(KeyLost, match="new-origin"):
        Signer(folder, URL)
    (folder.signing / "memory.json").unlink()
    with pytest.raises(KeyLost):
        Signer(folder, URL)
    folder.vkey.unlink()
    with pytest.raises(KeyLost):
        Signer(folder, URL, known=7)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key_type": 6}, "type 6"),
        ({"key_type": "1"}, "type 1"),
        ({"seed": "AAAA"}, "damaged"),
        ({"seed": 1}, "damaged"),
    ],
)
def test_a_key_this_version_cannot_use_is_told(folder: Folder, change: dict[str, object], says: str) -> None:
    Signer(folder, URL)
    path = folder.signing / "log.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(EnvironmentFault, match=says):
        read_key(folder)


def test_two_signers_cannot_share_a_memory(folder: Folder) -> None:
    first, second = SignerLock(folder), SignerLock(folder)
    assert first.take() and not second.take()
    first.close()
    assert second.take()
    second.close()
