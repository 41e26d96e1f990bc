"""What a machine saw of a log stays true: the log may grow, and neither go back, nor fork, nor change its key."""

import json
from pathlib import Path

from tests.verifier.conftest import Verify
from tests.verifier.published import ALog, a_log, an_entry, verifier, write


def rewritten(log: ALog, seq: int) -> ALog:
    """The same log with one entry changed, signed with the same key."""
    entries = list(log.entries)
    entries[seq] = an_entry(seq, out="denied")
    return ALog(entries)


def test_a_log_that_grew_is_checked_against_what_was_seen(verify: Verify, tmp_path: Path) -> None:
    log = a_log(700)
    folder = tmp_path / "log"
    assert verify("log", log.publish(folder, 300), "--vkey", log.key).document["before"] is None
    said = verify("log", log.publish(folder, 700))
    assert said.status == 0
    assert said.document["before"].startswith(f"{log.origin} 300 ")


def test_a_log_that_went_back_is_refused_with_both_lines(verify: Verify, tmp_path: Path) -> None:
    log = a_log(300)
    verify("log", log.publish(tmp_path / "log"), "--vkey", log.key)
    older = log.publish(tmp_path / "older", 299)
    for again in range(2):  # what was refused is not remembered
        said = verify("log", older, "--vkey", log.key)
        assert (said.status, said.document["kind"]) == (1, "rollback"), again
        assert said.document["old"] in said.document["detail"] and said.document["new"] in said.document["detail"]


def test_two_states_of_one_size_are_reported_as_a_fork_with_both_lines(verify: Verify, tmp_path: Path) -> None:
    log = a_log(300)
    other = rewritten(log, 17)
    verify("log", log.publish(tmp_path / "log"), "--vkey", log.key)
    said = verify("log", other.publish(tmp_path / "other"), "--vkey", log.key)
    assert (said.status, said.document["kind"]) == (1, "fork")
    for line in (verifier.parse_checkpoint(one.checkpoint().text()).milestone for one in (log, other)):
        assert line in said.document["detail"]


def test_a_log_that_grew_over_a_changed_entry_is_refused(verify: Verify, tmp_path: Path) -> None:
    log = a_log(700)
    for seen in (1, 255, 256, 300, 512, 699):
        memory = tmp_path / f"seen-{seen}.json"
        verify("log", log.publish(tmp_path / "log", seen), "--vkey", log.key, "--state", memory)
        later = rewritten(log, seen - 1).publish(tmp_path / "later")
        said = verify("log", later, "--vkey", log.key, "--state", memory)
        assert (said.status, said.document["kind"]) == (1, "rewritten"), seen
        assert verify("log", log.publish(tmp_path / "log"), "--state", memory).status == 0


def test_the_key_that_was_used_once_is_the_key_for_good(verify: Verify, tmp_path: Path) -> None:
    log, thief = a_log(5), a_log(5, number=9)
    verify("log", log.publish(tmp_path / "log"), "--vkey", log.key)
    folder = thief.publish(tmp_path / "log")
    write(folder / "vkey", str(thief.key).encode())
    said = verify("log", folder)
    assert (said.status, said.document["kind"]) == (1, "signature")


def test_the_key_a_place_names_is_taken_once_and_with_a_remark(verify: Verify, tmp_path: Path) -> None:
    log = a_log(5)
    folder = log.publish(tmp_path / "log")
    write(folder / "vkey", f"{log.key}\n".encode())
    assert any(str(log.key) in remark for remark in verify("log", folder).document["remarks"])
    assert not any(str(log.key) in remark for remark in verify("log", folder).document["remarks"])


def test_another_log_at_the_same_place_is_asked_about_until_its_key_is_given(verify: Verify, tmp_path: Path) -> None:
    log, new = a_log(5), a_log(3, origin="hub.example/audit/ffffffff")
    verify("log", log.publish(tmp_path / "log"), "--vkey", log.key)
    folder = new.publish(tmp_path / "log")
    write(folder / "vkey", str(new.key).encode())
    said = verify("log", folder)
    assert (said.status, said.document["kind"], said.document["before"]) == (1, "origin", log.origin)
    assert verify("log", folder, "--vkey", new.key).status == 0


def test_a_damaged_memory_is_said_and_never_begun_anew(verify: Verify, tmp_path: Path) -> None:
    log = a_log(5)
    memory = tmp_path / "memory.json"
    folder = log.publish(tmp_path / "log")
    verify("log", folder, "--vkey", log.key, "--state", memory)
    whole = json.loads(memory.read_text("utf-8"))
    for damaged in ("", "{", "[]", "null", json.dumps({**whole, "root": "A"}), json.dumps({**whole, "vkey": "x+y+z"})):
        memory.write_text(damaged, "utf-8")
        said = verify("log", folder, "--vkey", log.key, "--state", memory)
        assert (said.status, said.document["kind"], said.document["path"]) == (1, "state", str(memory))
        assert memory.read_text("utf-8") == damaged


def test_a_log_that_fails_is_not_remembered(verify: Verify, tmp_path: Path) -> None:
    log = a_log(300)
    memory = tmp_path / "memory.json"
    folder = log.publish(tmp_path / "log")
    (folder / "tile/0/000").unlink()
    assert verify("log", folder, "--vkey", log.key, "--state", memory).status == 1
    assert not memory.exists()
