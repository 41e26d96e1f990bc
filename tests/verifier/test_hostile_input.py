"""Whatever it is given, the verifier answers with a sentence and a status; it never falls over."""

import base64
import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verifier.published import a_log, a_witness, verifier, write
from tests.verifier.witnessing import request

LOG = a_log(300)
PROOF = LOG.proof(41, 300, 1)
NOTE = LOG.note(300, 1)
REQUEST = request(LOG, 10, 300)
MILESTONE: str = verifier.parse_checkpoint(LOG.checkpoint().text()).milestone

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def spoilt(draw: st.DrawFn, whole: bytes) -> bytes:
    """``whole`` with pieces cut out, doubled, overwritten or moved."""
    content = whole
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, max(len(content) - 1, 0)))
        end = draw(st.integers(start, min(len(content), start + draw(st.sampled_from([1, 2, 50, 5_000])))))
        other = draw(
            st.sampled_from(
                [b"", content[start:end] * 2, b"\n", b"\n\n", b"\x00", b"\xff", b"9" * 30, "—".encode(), b"="]
            )
            | st.binary(max_size=40)
        )
        content = content[:start] + other + content[end:]
    return content


def judged(*arguments: object) -> dict[str, Any]:
    """The answer of a run; anything but a status and a sentence is a failure of the test."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        status = verifier.main(["--format", "json", *map(str, arguments)])
    said: dict[str, Any] = json.loads(out.getvalue())
    assert status == (0 if said["ok"] else 2 if said["kind"] == "usage" else 1)
    assert said["ok"] or said["detail"]
    return said


@quick
@given(spoilt(PROOF) | st.binary(max_size=300))
def test_a_spoilt_proof_is_refused_or_says_the_same(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "proof", content)
    said = judged("proof", tmp_path / "proof", "--vkey", LOG.key, "--witness", a_witness(1)[1])
    if said["ok"]:
        assert (said["seq"], said["root"]) == (41, base64.b64encode(LOG.checkpoint().root).decode())


@quick
@given(spoilt(NOTE) | st.binary(max_size=300))
def test_a_spoilt_checkpoint_is_refused_or_says_the_same(tmp_path: Path, content: bytes) -> None:
    if not (tmp_path / "log").exists():
        LOG.publish(tmp_path / "log")
    write(tmp_path / "log/checkpoint", content)
    said = judged("log", tmp_path / "log", "--vkey", LOG.key, "--state", tmp_path / "memory.json")
    assert not said["ok"] or said["milestone"] == MILESTONE


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
@quick
@given(data=st.data())
def test_a_spoilt_tile_or_bundle_is_refused(tmp_path: Path, path: str, data: st.DataObject) -> None:
    folder = tmp_path / "log"
    if not folder.exists():
        LOG.publish(folder)
    whole = (LOG.publish(tmp_path / "whole") / path).read_bytes()
    content = data.draw(spoilt(whole) | st.binary(max_size=300))
    write(folder / path, content)
    said = judged("log", folder, "--vkey", LOG.key, "--state", tmp_path / "memory.json")
    assert said["ok"] is (content[: len(whole)] == whole and said["ok"])
    assert judged("since", MILESTONE, folder, "--vkey", LOG.key, "--state", tmp_path / "other.json") is not None


@quick
@given(spoilt(MILESTONE.encode()) | st.binary(max_size=100), st.booleans())
def test_a_spoilt_line_is_refused_or_is_the_same_line(tmp_path: Path, content: bytes, as_file: bool) -> None:
    if not (tmp_path / "log").exists():
        LOG.publish(tmp_path / "log")
    write(tmp_path / "line", content)
    typed = tmp_path / "line" if as_file else content.decode("utf-8", "surrogateescape")
    said = judged("since", "--state", tmp_path / "memory.json", "--", typed, tmp_path / "log")
    if said["ok"] and said["old"].split()[1] not in ("0", "300"):
        raise AssertionError(said)


@quick
@given(spoilt(REQUEST) | st.binary(max_size=300))
def test_a_spoilt_request_is_answered_by_the_protocol(tmp_path: Path, body: bytes) -> None:
    signer = verifier.new_signer("w.example/1", b"7" * 32)
    witness = verifier.Witness(tmp_path / "state", signer, [verifier.parse_key(str(LOG.key))])
    if witness.last(witness.logs[LOG.origin]) is None:
        assert witness.add_checkpoint(request(LOG, 0, 10)).status == 200
    answer = witness.add_checkpoint(body)
    assert answer.status in (200, 400, 403, 404, 409, 422)
    last = witness.last(witness.logs[LOG.origin])
    assert (last.size, last.root) in ((size, LOG.checkpoint(size).root) for size in (10, 300))


@quick
@given(spoilt(str(LOG.key).encode()) | st.binary(max_size=80))
def test_a_spoilt_key_line_is_refused_or_is_the_same_key(content: bytes) -> None:
    with contextlib.suppress(verifier.Fault):
        assert verifier.parse_key(content.decode("utf-8", "replace")).line == str(LOG.key)


@quick
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    )
    | st.fixed_dictionaries({"v": st.integers(0, 3), "id": st.text(), "at": st.text()})
)
def test_an_entry_of_any_json_is_read_or_refused(value: object) -> None:
    with contextlib.suppress(ValueError):
        verifier.parse_entry(json.dumps(value).encode())


@quick
@given(st.integers(0, 1 << 63), st.integers(0, 1 << 63), st.lists(st.just(b"x" * 32), max_size=70))
def test_no_index_or_size_is_too_large_to_be_judged(index: int, size: int, path: list[bytes]) -> None:
    with contextlib.suppress(verifier.Fault):
        if index < size:
            verifier.root_by_inclusion(index, size, b"y" * 32, path)
        if 0 < index <= size:
            verifier.roots_by_consistency(index, size, path, b"y" * 32)
