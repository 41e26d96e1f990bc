"""``referral-hub-verify since MILESTONE PLACE``: the line from the minutes of a meeting, typed in."""

import hashlib
from pathlib import Path

import pytest

from tests.verifier.conftest import Verify
from tests.verifier.published import ALog, a_log, an_entry, verifier, write


def line(log: ALog, size: int) -> str:
    milestone: str = verifier.parse_checkpoint(log.checkpoint(size).text()).milestone
    return milestone


def test_the_line_is_name_size_root_and_eight_characters_of_their_hash() -> None:
    printed = line(a_log(3), 3)
    bare, _, code = printed.rpartition(" ")
    assert code == hashlib.sha256(bare.encode()).hexdigest()[:8]
    assert bare.split(" ")[:2] == ["hub.example/audit/0a1b2c3d", "3"]


@pytest.mark.parametrize("old", [0, 1, 2, 255, 256, 257, 299, 512, 600])
def test_an_old_line_shows_that_nothing_before_it_changed(verify: Verify, tmp_path: Path, old: int) -> None:
    log = a_log(600)
    said = verify("since", line(log, old), log.publish(tmp_path / "log"))
    assert said.status == 0, said.out
    assert (said.document["more"], said.document["size"]) == (600 - old, 600)


def test_the_line_may_be_typed_with_any_blanks_breaks_and_case_of_the_code(verify: Verify, tmp_path: Path) -> None:
    log = a_log(600)
    folder = log.publish(tmp_path / "log")
    printed = line(log, 300)
    bare, _, code = printed.rpartition(" ")
    grouped = " ".join(printed[i : i + 4] for i in range(0, len(printed), 4))
    for typed in (printed, f"  {printed}\n", printed.replace(" ", "\n"), printed.replace(" ", ""), grouped, bare):
        assert verify("since", typed, folder).status == 0, typed
    assert verify("since", f"{bare} {code.upper()}", folder).status == 0
    assert verify("since", *printed.split(), folder).status == 0


def test_a_name_that_ends_in_digits_is_told_from_the_size_by_the_check_code(verify: Verify, tmp_path: Path) -> None:
    log = a_log(600, origin="hub.example/audit/00001234")
    folder = log.publish(tmp_path / "log")
    assert verify("since", line(log, 30).replace(" ", ""), folder).document["more"] == 570


def test_one_wrong_letter_is_named_with_what_it_should_be(verify: Verify, tmp_path: Path) -> None:
    log = a_log(600)
    folder = log.publish(tmp_path / "log")
    origin, size, root, code = line(log, 300).split()
    for at in (0, 20, 42):
        wrong = "A" if root[at] != "A" else "B"
        typed = f"{origin} {size} {root[:at]}{wrong}{root[at + 1 :]} {code}"
        said = verify("since", typed, folder)
        assert (said.status, said.document["kind"], said.document["character"]) == (1, "typing", at + 1)
        assert said.document["probably"] == root[at]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t.replace(" 300 ", " 301 "),
        lambda t: t[:-8] + "00000000",
        lambda t: t[:-1],
        lambda t: t.replace("=", ""),
        lambda t: t[10:],
        lambda t: "",
        lambda t: "hub 3 =",
        lambda t: "\udcff" + t,
    ],
)
def test_a_mistyped_line_is_said_to_be_one(verify: Verify, tmp_path: Path, spoil: object) -> None:
    log = a_log(600)
    said = verify("since", spoil(line(log, 300)), log.publish(tmp_path / "log"))  # type: ignore[operator]
    assert (said.status, said.document["kind"]) == (1, "typing")


def test_a_log_that_changed_before_the_line_is_refused_with_both_lines(verify: Verify, tmp_path: Path) -> None:
    log = a_log(600)
    other = ALog([*log.entries[:100], an_entry(100, out="denied"), *log.entries[101:]])
    folder = other.publish(tmp_path / "log")
    for old, kind in ((101, "rewritten"), (300, "rewritten"), (599, "rewritten"), (600, "fork"), (601, "rollback")):
        printed = line(log, old) if old <= 600 else line(a_log(601), old)
        said = verify("since", printed, folder)
        assert (said.status, said.document["kind"], said.document["old"]) == (1, kind, printed)
    assert verify("since", line(log, 100), folder).status == 0


def test_tiles_that_do_not_fit_the_signed_root_prove_nothing(verify: Verify, tmp_path: Path) -> None:
    log, other = a_log(600), ALog([an_entry(0, out="denied"), *a_log(600).entries[1:]])
    folder = other.publish(tmp_path / "log")
    write(folder / "checkpoint", log.note())
    said = verify("since", line(log, 300), folder, "--vkey", log.key)
    assert (said.status, said.document["kind"]) == (1, "tile")


def test_the_line_of_another_log_is_said_to_be_one(verify: Verify, tmp_path: Path) -> None:
    folder = a_log(600).publish(tmp_path / "log")
    said = verify("since", line(a_log(9, origin="other.example/log"), 9), folder)
    assert (said.status, said.document["kind"]) == (1, "origin")


def test_a_file_may_hold_the_line_or_a_signed_checkpoint(verify: Verify, tmp_path: Path) -> None:
    log = a_log(600)
    folder = log.publish(tmp_path / "log")
    kept = tmp_path / "kept.txt"
    for content in (log.note(300), line(log, 300).encode(), line(log, 300).replace(" ", "\r\n").encode()):
        kept.write_bytes(content)
        said = verify("since", kept, folder, "--vkey", log.key)
        assert (said.status, said.document["more"]) == (0, 300)
    kept.write_bytes(a_log(300, number=9).note())
    said = verify("since", kept, folder, "--vkey", log.key)
    assert (said.status, said.document["kind"]) == (1, "signature")


def test_without_a_key_the_line_proves_what_it_can_and_that_is_said(verify: Verify, tmp_path: Path, home: Path) -> None:
    log = a_log(600)
    folder = log.publish(tmp_path / "log")
    said = verify("since", line(log, 300), folder)
    assert (said.status, said.document["signed"]) == (0, False)
    assert any("signature was not checked" in remark for remark in said.document["remarks"])
    assert not list(home.rglob("*.json"))
    assert verify("since", line(log, 300), folder, "--vkey", log.key).document["signed"] is True
    assert verify("since", line(log, 300)).status == 2
