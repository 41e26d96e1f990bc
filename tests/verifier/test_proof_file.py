"""``referral-hub-verify proof FILE``: one entry, shown in ten years, without the hub and without a network."""

import socket
from pathlib import Path
from typing import Any

import pytest

from referral_hub.audit.notes import Signature, cosign, parse_signature
from referral_hub.audit.proofs import Proof, parse
from tests.verifier.conftest import Verify
from tests.verifier.published import NOW, ALog, a_log, a_witness, an_entry, run, verifier


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a proof needs no network")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


def kept(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "kept.tlog-proof"
    file.write_bytes(content)
    return file


def test_every_entry_of_small_logs_is_shown_at_its_place(verify: Verify, tmp_path: Path) -> None:
    for size in (1, 2, 3, 5, 8, 13):
        log = a_log(size)
        for index in range(size):
            said = verify("proof", kept(tmp_path, log.proof(index)), "--vkey", log.key)
            assert said.status == 0, said.out
            assert (said.document["seq"], said.document["size"]) == (index, size)
            assert said.document["entry"]["id"] == said.document["uid"]


def test_a_person_reads_which_entry_it_is_and_who_sealed_it(home: Path, tmp_path: Path) -> None:
    log = a_log(600)
    file = kept(tmp_path, log.proof(41, 600, 1, 2))
    arguments = ["proof", file, "--vkey", log.key, "--witness", a_witness(1)[1], "--witness", a_witness(2)[1]]
    said = run(*arguments, "--quorum", 2, home=home)
    assert (said.status, said.err) == (0, "")
    for words in (
        "Mục số 41 (đếm từ 0) trong nhật ký hub.example/audit/0a1b2c3d, dưới mốc có 600 mục.",
        "08:00:41 ngày 23/11/2026 (giờ Việt Nam)",
        "một bước của chuyển gửi (referrals:referral:stepped), đã thực hiện",
        "Cơ quan: ctxh",
        "Con dấu của witness2.example/1",
    ):
        assert words in said.out
    assert "Entry 41" in run(*arguments, "--lang", "en", home=home).out


def test_the_entry_may_lie_in_a_file_of_its_own(verify: Verify, tmp_path: Path) -> None:
    log = a_log(20)
    proof = parse(log.proof(7))
    bare = kept(tmp_path, Proof(proof.index, proof.hashes, proof.note).encode())
    said = verify("proof", bare, "--vkey", log.key)
    assert (said.status, said.document["kind"]) == (1, "proof")
    entry = tmp_path / "entry.json"
    for ending in (b"", b"\n", b"\r\n"):
        entry.write_bytes(log.entries[7] + ending)
        assert verify("proof", bare, "--vkey", log.key, "--entry", entry).status == 0
    entry.write_bytes(log.entries[8])
    assert verify("proof", bare, "--vkey", log.key, "--entry", entry).document["kind"] == "proof"
    full = kept(tmp_path, log.proof(7))
    assert verify("proof", full, "--vkey", log.key, "--entry", entry).document["kind"] == "proof"


def test_whatever_is_changed_in_a_proof_it_holds_no_more(verify: Verify, tmp_path: Path) -> None:
    log = a_log(20)
    proof = parse(log.proof(7))
    other = a_log(20, number=9)
    spoilt = {
        "entry": Proof(7, proof.hashes, proof.note, an_entry(7, out="denied")),
        "index": Proof(6, proof.hashes, proof.note, proof.extra),
        "beyond": Proof(20, proof.hashes, proof.note, proof.extra),
        "shorter": Proof(7, proof.hashes[:-1], proof.note, proof.extra),
        "longer": Proof(7, (*proof.hashes, b"x" * 32), proof.note, proof.extra),
        "order": Proof(7, proof.hashes[::-1], proof.note, proof.extra),
        "size": Proof(7, proof.hashes, log.note(19), proof.extra),
        "signature": Proof(7, proof.hashes, other.note(), proof.extra),
    }
    for what, changed in spoilt.items():
        said = verify("proof", kept(tmp_path, changed.encode()), "--vkey", log.key)
        assert said.status == 1, what
        assert said.document["kind"] in ("proof", "signature"), what


def test_seals_are_counted_by_key_and_false_ones_refused(verify: Verify, tmp_path: Path) -> None:
    log = a_log(20)
    file = kept(tmp_path, log.proof(7, 20, 1, 2))
    one, two, three = (f"--witness={a_witness(n)[1]}" for n in (1, 2, 3))
    base = ["proof", file, "--vkey", log.key]
    said = verify(*base, one, two, three, "--quorum", 2)
    assert said.status == 0
    assert [seal["name"] for seal in said.document["seals"]] == ["witness1.example/1", "witness2.example/1"]
    assert verifier.datetime.fromisoformat(said.document["seals"][0]["at"]).timestamp() == NOW + 1
    for arguments in ([one, two, three, "--quorum", 3], [three], [one, one, "--quorum", 2]):
        said = verify(*base, *arguments)
        assert (said.status, said.document["kind"]) == (1, "seal")
    assert verify(*base, f"--witness={log.key}").status == 2
    private, _ = a_witness(3)
    forged = cosign(log.checkpoint().text(), "witness1.example/1", private, NOW)
    claimed = Signature("witness1.example/1", a_witness(1)[1].id, parse_signature(forged).value).line()
    proof = parse(file.read_bytes())
    false = Proof(7, proof.hashes, log.note() + claimed.encode(), proof.extra).encode()
    said = verify("proof", kept(tmp_path, false), "--vkey", log.key, one)
    assert (said.status, said.document["kind"]) == (1, "signature")


def test_a_proof_under_another_root_than_was_seen_is_a_fork(verify: Verify, tmp_path: Path) -> None:
    log = a_log(20)
    other = ALog([*log.entries[:19], an_entry(19, out="denied")])
    verify("log", log.publish(tmp_path / "log"), "--vkey", log.key)
    assert verify("proof", kept(tmp_path, log.proof(7))).status == 0  # the key is remembered as well
    said = verify("proof", kept(tmp_path, other.proof(7)))
    assert (said.status, said.document["kind"]) == (1, "fork")


def test_content_that_is_no_envelope_is_shown_as_bytes(verify: Verify, tmp_path: Path) -> None:
    log = ALog([b"anything"])
    said = verify("proof", kept(tmp_path, log.proof(0)), "--vkey", log.key)
    assert (said.status, said.document["entry"]) == (0, None)


def test_without_any_key_a_proof_is_not_judged(verify: Verify, tmp_path: Path) -> None:
    said = verify("proof", kept(tmp_path, a_log(3).proof(1)))
    assert (said.status, said.document["kind"]) == (2, "usage")
    assert verify("proof", tmp_path / "none").document["kind"] == "unreachable"
