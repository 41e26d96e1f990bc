"""A log that is served, and ``witness poll`` for an agency that nothing can reach from outside."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from referral_hub.audit.notes import parse_note, parse_vkey, verify_cosignature
from referral_hub.audit.notes import verify as verify_signature
from tests.verifier.conftest import Verify
from tests.verifier.hub_in_small import hub
from tests.verifier.published import ALog, a_log, an_entry, verifier, write
from tests.verifier.test_since import line
from tests.verifier.witnessing import new_key, stored


def test_a_served_log_is_checked_by_its_hashes(verify: Verify, tmp_path: Path) -> None:
    log = a_log(20_000)
    log.publish(tmp_path / "log", entries=False)
    with hub(tmp_path / "log") as small:
        for url in (small.url, f"{small.url}/", f"{small.url}/audit", f"{small.url}/audit/checkpoint"):
            said = verify("log", url, "--vkey", log.key)
            assert (said.status, said.document["entries"], said.document["size"]) == (0, None, 20_000)
        said = verify("log", small.url, "--entries")
        assert (said.status, said.document["kind"]) == (1, "missing")


def test_an_auditor_reads_the_entries_too(verify: Verify, tmp_path: Path) -> None:
    log = a_log(600)
    header = tmp_path / "header"
    header.write_text("Authorization: Bearer auditor\n", "utf-8")
    with hub(log.publish(tmp_path / "log")) as small:
        assert verify("log", small.url, "--vkey", log.key).document["entries"] is None
        said = verify("log", small.url, "--entries", "--header-file", header)
        assert (said.status, said.document["entries"]) == (0, 600)


def test_an_old_line_is_compared_with_a_handful_of_tiles(verify: Verify, tmp_path: Path) -> None:
    log = a_log(20_000)
    with hub(log.publish(tmp_path / "log"), vkey=str(log.key)) as small:
        said = verify("since", line(log, 7_777), small.url)
        assert (said.status, said.document["more"], said.document["signed"]) == (0, 12_223, True)
        assert len([path for path in small.asked if "/tile/" in path]) <= 8
        other = ALog([*log.entries[:9_999], an_entry(9_999, out="denied"), *log.entries[10_000:]])
        small.shown = other.publish(tmp_path / "other")
        said = verify("since", line(log, 7_777), small.url)
        assert (said.status, said.document["kind"]) == (1, "fork")  # with what was remembered, not with the line


def test_an_address_that_does_not_answer_is_named(verify: Verify, tmp_path: Path) -> None:
    with hub(tmp_path) as small:
        url = small.url
        assert verify("log", url, "--vkey", a_log(1).key).document["kind"] == "unreachable"
    for place in (url, "http://127.0.0.1:1/x", "http://[", "http://"):
        said = verify("log", place, "--vkey", a_log(1).key)
        assert (said.status, said.document["kind"]) == (1, "unreachable"), place
    assert verify("log", "ftp://hub.example/audit").status == 2


def poll(verify: Verify, folder: Path, log: ALog, url: str) -> dict[str, object]:
    file, _ = new_key(folder)
    said = verify("witness", "poll", "--state", folder / "state", "--key", file, "--log", log.key, "--url", url)
    assert said.document["ok"] is (said.status == 0)
    return said.document


def test_a_polling_witness_brings_the_checkpoint_with_both_signatures(verify: Verify, tmp_path: Path) -> None:
    log = a_log(600)
    key = parse_vkey(str(new_key(tmp_path)[1]))
    with hub(log.publish(tmp_path / "log", 300)) as small:
        for size in (300, 600):
            log.publish(tmp_path / "log", size)
            assert poll(verify, tmp_path, log, small.url)["sealed"] is True
            note = parse_note(small.brought[-1])
            assert note.text == log.checkpoint(size).text()
            verify_signature(note, log.key)
            verify_cosignature(note.signatures[1], key, note.text)
            assert stored(tmp_path, log) == size


def test_a_checkpoint_that_bears_the_seal_already_is_not_brought_again(verify: Verify, tmp_path: Path) -> None:
    log = a_log(300)
    with hub(log.publish(tmp_path / "log")) as small:
        poll(verify, tmp_path, log, small.url)
        assert poll(verify, tmp_path, log, small.url)["sealed"] is True  # the hub lost it: it gets another
        write(tmp_path / "log" / "checkpoint", small.brought[-1])
        assert poll(verify, tmp_path, log, small.url)["sealed"] is False
        assert len(small.brought) == 2


def test_a_polling_witness_never_seals_what_does_not_extend(verify: Verify, tmp_path: Path) -> None:
    log = a_log(600)
    changed = ALog([an_entry(0, out="denied"), *log.entries[1:]])
    with hub(log.publish(tmp_path / "log", 300)) as small:
        poll(verify, tmp_path, log, small.url)
        for other, size, kind in (
            (log, 299, "rollback"),
            (changed, 300, "fork"),
            (changed, 600, "rewritten"),
            (a_log(600, number=9), 600, "signature"),
            (a_log(600, origin="other.example/log"), 600, "origin"),
        ):
            small.shown = other.publish(tmp_path / f"{kind}", size)
            assert poll(verify, tmp_path, log, small.url)["kind"] == kind
        assert len(small.brought) == 1
        assert stored(tmp_path, log) == 300
    (evidence,) = (tmp_path / "state").rglob("fork-*")
    assert evidence.read_bytes() == changed.note(300)


def test_a_hub_that_does_not_take_the_seal_is_said(verify: Verify, tmp_path: Path) -> None:
    log = a_log(300)
    with hub(log.publish(tmp_path / "log"), takes=403) as small:
        said = poll(verify, tmp_path, log, small.url)
        assert (said["kind"], said["status"]) == ("refused", "403")


def test_polling_goes_on_through_a_hub_that_is_away_and_stops_at_a_fork(
    verify: Verify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = a_log(300)
    changed = ALog([an_entry(0, out="denied"), *log.entries[1:]])
    with hub(log.publish(tmp_path / "log")) as small:
        steps: Iterator[Callable[[], object]] = iter(
            [
                lambda: setattr(small, "shown", tmp_path / "nothing"),
                lambda: setattr(small, "shown", log.publish(tmp_path / "older", 200)),
                lambda: setattr(small, "shown", tmp_path / "log"),
                lambda: setattr(small, "shown", changed.publish(tmp_path / "changed")),
            ]
        )
        monkeypatch.setattr(verifier.time, "sleep", lambda _: next(steps)())
        file, _ = new_key(tmp_path)
        arguments = ["--state", tmp_path / "state", "--key", file, "--log", log.key, "--url", small.url]
        said = verify("witness", "poll", *arguments, "--every", 5)
        answers = [json.loads(row) for row in said.out.splitlines()]
        assert [answer["ok"] for answer in answers] == [True, True, False]
        assert (said.status, answers[-1]["kind"]) == (1, "fork")
        assert "There is no log" in said.err and "The log went back" in said.err


def test_tiles_are_asked_for_several_at_a_time(verify: Verify, tmp_path: Path) -> None:
    log = a_log(20_000)
    with hub(log.publish(tmp_path / "log", entries=False)) as small:
        plain = small.answer
        small.answer = lambda *a: (time.sleep(0.02), plain(*a))[1]  # type: ignore[method-assign,func-returns-value]
        began = time.monotonic()
        assert verify("log", small.url, "--vkey", log.key).status == 0
        assert time.monotonic() - began < 0.02 * 79 * 0.75
