"""``referral-hub-verify log DIR``: an intact log passes, and whatever was done to it is found and named."""

from pathlib import Path

import pytest

from referral_hub.audit.tiles import bundle, tile_path, unbundle
from tests.verifier.conftest import Verify
from tests.verifier.published import ALog, a_log, an_entry, run, verifier, write


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 255, 256, 257, 511, 513, 1000])
def test_an_intact_log_passes_at_every_width_of_its_edge(verify: Verify, tmp_path: Path, size: int) -> None:
    log = a_log(size)
    said = verify("log", log.publish(tmp_path / "log"), "--vkey", log.key)
    assert said.status == 0, said.out
    assert said.document["size"] == said.document["entries"] == size
    assert said.document["milestone"].startswith(f"{log.origin} {size} ")


def test_an_intact_log_passes_with_tiles_of_three_levels(verify: Verify, tmp_path: Path) -> None:
    log = a_log(65_536 + 300)
    assert (log.publish(tmp_path / "log") / "tile/2/000.p/1").exists()
    assert verify("log", tmp_path / "log", "--vkey", log.key).status == 0


def test_without_entries_the_hashes_alone_are_checked_and_that_is_said(verify: Verify, tmp_path: Path) -> None:
    log = a_log(300)
    log.publish(tmp_path / "log", entries=False)
    said = verify("log", tmp_path / "log", "--vkey", log.key)
    assert (said.status, said.document["entries"]) == (0, None)
    said = verify("log", tmp_path / "log", "--vkey", log.key, "--entries")
    assert (said.status, said.document["kind"]) == (1, "missing")


def change_entries(folder: Path, n: int, width: int, entries: list[bytes]) -> None:
    write(folder / tile_path("entries", n, width), bundle(entries))


def test_every_single_edited_entry_is_named_by_number_and_id(verify: Verify, tmp_path: Path) -> None:
    log = a_log(270)
    folder = log.publish(tmp_path / "log")
    for seq in (0, 1, 100, 255, 256, 269):
        n, width = divmod(seq, 256)[0], 256 if seq < 256 else 14
        path = folder / tile_path("entries", n, width)
        before = path.read_bytes()
        entries = unbundle(before)
        entries[seq - n * 256] = entries[seq - n * 256].replace(b'"ctxh"', b'"ctxx"')
        change_entries(folder, n, width, entries)
        said = verify("log", folder, "--vkey", log.key)
        expected = f"00000000-0000-7000-8000-{seq:012x}"
        assert (said.status, said.document["kind"], said.document["seq"]) == (1, "edited", seq)
        assert said.document["uid"] == expected
        assert f"{seq:,}" in said.document["detail"] and expected in said.document["detail"]
        path.write_bytes(before)
    assert verify("log", folder, "--vkey", log.key).status == 0


@pytest.mark.parametrize(
    ("kind", "seq", "change"),
    [
        ("missing", 9, lambda e: [*e[:9], *e[10:]]),
        ("missing", 19, lambda e: e[:19]),
        ("inserted", 9, lambda e: [*e[:9], an_entry(999), *e[9:19]]),
        ("reordered", 9, lambda e: [*e[:9], e[12], *e[10:12], e[9], *e[13:]]),
    ],
)
def test_what_was_done_to_a_bundle_is_named(
    verify: Verify, tmp_path: Path, kind: str, seq: int, change: object
) -> None:
    log = a_log(20)
    folder = log.publish(tmp_path / "log")
    change_entries(folder, 0, 20, change(list(log.entries)))  # type: ignore[operator]
    said = verify("log", folder, "--vkey", log.key)
    assert (said.status, said.document["kind"], said.document["seq"]) == (1, kind, seq)


def test_an_entry_and_its_hash_edited_together_show_in_the_level_above(verify: Verify, tmp_path: Path) -> None:
    log, other = a_log(800), a_log(800)
    folder = log.publish(tmp_path / "log")
    changed = ALog([*other.entries[:300], an_entry(300, out="denied"), *other.entries[301:]]).publish(
        tmp_path / "other"
    )
    for path in (tile_path("entries", 1), tile_path(0, 1)):
        write(folder / path, (changed / path).read_bytes())
    said = verify("log", folder, "--vkey", log.key)
    assert (said.document["kind"], said.document["seq"], said.document["last"]) == ("tile", 256, 511)


def test_a_log_rewritten_up_to_its_root_does_not_fit_what_was_signed(verify: Verify, tmp_path: Path) -> None:
    log = a_log(800)
    changed = ALog([an_entry(0, out="denied"), *log.entries[1:]])
    folder = changed.publish(tmp_path / "log")
    write(folder / "checkpoint", log.note())
    said = verify("log", folder, "--vkey", log.key)
    assert (said.status, said.document["kind"]) == (1, "head")


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
def test_a_missing_file_is_named(verify: Verify, tmp_path: Path, path: str) -> None:
    log = a_log(300)
    folder = log.publish(tmp_path / "log")
    (folder / path).unlink()
    said = verify("log", folder, "--vkey", log.key)
    assert said.status == 1
    assert said.document["path"] == path


def test_what_cannot_be_read_is_said_with_its_name(verify: Verify, tmp_path: Path) -> None:
    log = a_log(300)
    folder = log.publish(tmp_path / "log")
    (folder / "tile/0/000").unlink()
    (folder / "tile/0/000").mkdir()
    said = verify("log", folder, "--vkey", log.key)
    assert (said.status, said.document["kind"]) == (1, "unreachable")
    assert said.document["path"].endswith("tile/0/000")
    assert verify("log", a_log(5).publish(tmp_path / "other"), "--vkey", log.key, "--state", "/dev/null/x").status == 1


def test_a_partial_tile_may_be_gone_once_the_full_one_is_there(verify: Verify, tmp_path: Path) -> None:
    log = a_log(300)
    folder = log.publish(tmp_path / "log")
    write(folder / "checkpoint", log.note(200))
    assert verify("log", folder, "--vkey", log.key).document["size"] == 200


def test_entries_that_are_no_longer_kept_are_no_fault_at_the_beginning_alone(verify: Verify, tmp_path: Path) -> None:
    log = a_log(900)
    folder = log.publish(tmp_path / "log")
    (folder / "tile/entries/000").unlink()
    said = verify("log", folder, "--vkey", log.key)
    assert (said.status, said.document["entries"]) == (0, 644)
    assert any("256" in remark for remark in said.document["remarks"])
    (folder / "tile/entries/002").unlink()
    said = verify("log", folder, "--vkey", log.key)
    assert (said.status, said.document["kind"], said.document["seq"]) == (1, "missing", 512)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (an_entry(5).replace(b'"n":1', b'"n": 1'), "json"),
        (an_entry(5).replace(b'"n":1', b'"n":true'), "n"),
        (an_entry(5, n=-1), "n"),
        (an_entry(5, pl=2), "pl"),
        (an_entry(5, pc="AAAA"), "pc"),
        (an_entry(5, id="5"), "id"),
        (an_entry(5, at="2026-13-23T01:02:03.000004Z"), "json"),
        (an_entry(5, at="2026-11-23T01:02:03Z"), "at"),
        (an_entry(5, out="maybe"), "out"),
        (an_entry(5, act="spied"), "act"),
        (an_entry(5, who=None), "who"),
        (an_entry(5, v="1"), "v"),
        (an_entry(5).replace(b"}", b',"x":null}'), "type"),
        (b"[]", "json"),
        (b'{"v":1}', "id"),
        (b"\xff", "json"),
        (b"", "json"),
        (b"[" * 60_000, "json"),
        (b'{"v":' + b"9" * 5_000 + b"}", "json"),
        (an_entry(5).replace(b'"v":1', b'"v":1,"v":1'), "json"),
    ],
)
def test_an_entry_that_is_not_of_the_form_is_named_with_its_field(
    verify: Verify, tmp_path: Path, raw: bytes, what: str
) -> None:
    log = ALog([an_entry(0), an_entry(1), raw])
    said = verify("log", log.publish(tmp_path / "log"), "--vkey", log.key)
    assert (said.status, said.document["kind"], said.document["seq"]) == (1, "entry", 2)
    assert said.document["field"] == what


def test_the_fields_that_are_not_always_there_are_accepted(verify: Verify, tmp_path: Path) -> None:
    more = {"why": "shelter", "basis": str(an_entry(1))[9:45], "req": "r", "list": ["a", 1], "map": {"k": "v"}}
    log = ALog([an_entry(0, **more)])
    assert verify("log", log.publish(tmp_path / "log"), "--vkey", log.key).status == 0


def test_an_id_that_comes_twice_is_named(verify: Verify, tmp_path: Path) -> None:
    log = ALog([an_entry(0), an_entry(1), an_entry(0, out="denied")])
    said = verify("log", log.publish(tmp_path / "log"), "--vkey", log.key)
    assert (said.document["kind"], said.document["seq"]) == ("inserted", 2)


def test_odd_times_are_remarked_and_are_no_fault(verify: Verify, tmp_path: Path) -> None:
    odd = [an_entry(0), an_entry(1, at="2999-01-01T00:00:00.000000Z"), an_entry(2), an_entry(3, v=2)]
    log = ALog(odd)
    said = verify("log", log.publish(tmp_path / "log"), "--vkey", log.key)
    assert said.status == 0
    first, second, third, _ = said.document["remarks"]
    assert "entry 2" in first and "entry 1" in second and "entry 3" in third


def test_signatures_that_are_missing_false_or_of_another_key_are_refused(verify: Verify, tmp_path: Path) -> None:
    log, stranger = a_log(5), a_log(5, number=9)
    folder = log.publish(tmp_path / "log")
    said = verify("log", folder, "--vkey", stranger.key)
    assert (said.status, said.document["kind"]) == (1, "signature")
    said = verify("log", folder, "--vkey", a_log(5, origin="other.example/log").key)
    assert (said.status, said.document["kind"]) == (1, "origin")
    signed = (folder / "checkpoint").read_bytes()
    write(folder / "checkpoint", signed[:-10] + (b"A" if signed[-10:-9] != b"A" else b"B") + signed[-9:])
    said = verify("log", folder, "--vkey", log.key)
    assert (said.status, said.document["kind"]) == (1, "signature")


def test_a_person_reads_one_sentence_in_their_language(home: Path, tmp_path: Path) -> None:
    log = a_log(20)
    folder = log.publish(tmp_path / "log")
    fine = run("log", folder, "--vkey", log.key, home=home)
    assert (fine.status, fine.err) == (0, "")
    assert "20 mục, tất cả nguyên vẹn" in fine.out
    assert "20 entries, all intact" in run("--lang", "en", "log", folder, home=home).out
    change_entries(folder, 0, 20, [*log.entries[:7], an_entry(7, who="system:x"), *log.entries[8:]])
    wrong = run("log", folder, home=home)
    assert (wrong.status, wrong.out) == (1, "")
    assert wrong.err.startswith("Mục số 7 (00000000-0000-7000-8000-000000000007) đã bị sửa")
    assert wrong.err.count("\n") == 1


def test_where_there_is_no_log_or_no_key_that_is_said(verify: Verify, tmp_path: Path) -> None:
    assert verify("log", tmp_path).document["kind"] == "unreachable"
    folder = a_log(3).publish(tmp_path / "log")
    said = verify("log", folder)
    assert (said.status, said.document["kind"]) == (2, "usage")
    assert verify("log", folder, "--vkey", "hub.example+00000000+AAAA").document["kind"] == "key"


def test_large_numbers_of_tiles_lie_where_the_format_says() -> None:
    for number in (0, 7, 999, 1000, 1234067, 10**9 + 5):
        for width in (1, 255, 256):
            assert verifier.tile_path(3, number, width) == tile_path(3, number, width)
