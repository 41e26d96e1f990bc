"""Evidence to take away: C2SP tlog-proof, and what a touched proof is worth."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.audit import notes, proofs, tree
from referral_hub.audit.checkpoints import Checkpoint
from referral_hub.audit.notes import VerifierKey
from referral_hub.audit.proofs import Proof
from referral_hub.audit.tree import ProofError

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
LOG = VerifierKey("log.example/qn", notes.ED25519, KEY.public_key().public_bytes_raw())
ENTRIES = [f'{{"v":1,"id":"{i}"}}'.encode() for i in range(7)]
HASHES = [tree.leaf_hash(entry) for entry in ENTRIES]
ROOT = tree.root_of(HASHES)
TEXT = Checkpoint(LOG.name, 7, ROOT).text()
NOTE = (TEXT + "\n" + notes.sign(TEXT, LOG.name, KEY) + notes.cosign(TEXT, "police.example", KEY, 77)).encode()


def subtree(level: int, index: int) -> bytes:
    return tree.root_of(HASHES[index << level : (index + 1) << level])


def proof(index: int, extra: bytes = b"") -> Proof:
    return Proof(index, tuple(tree.inclusion_proof(index, 7, subtree)), NOTE, extra)


def test_a_proof_is_written_as_the_specification_says() -> None:
    lines = proof(5, b"extra").encode().decode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra ZXh0cmE=", "index 5"]
    assert lines[3:6] == [base64.b64encode(value).decode() for value in (HASHES[4], HASHES[6], subtree(2, 0))]
    assert "\n".join(lines[6:]) == "\n" + NOTE.decode()


def test_without_extra_data_the_line_is_left_out() -> None:
    assert proof(0).encode().startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n")


@pytest.mark.parametrize("index", range(7))
def test_every_entry_is_proved_by_its_file(index: int) -> None:
    read = proofs.parse(proof(index, ENTRIES[index]).encode())
    assert read == proof(index, ENTRIES[index])
    assert proofs.verify(read, read.extra, LOG) == Checkpoint(LOG.name, 7, ROOT)


def test_a_log_of_one_entry_needs_no_hashes() -> None:
    text = Checkpoint(LOG.name, 1, HASHES[0]).text()
    file = f"c2sp.org/tlog-proof@v1\nindex 0\n\n{text}\n{notes.sign(text, LOG.name, KEY)}".encode()
    assert proofs.verify(proofs.parse(file), ENTRIES[0], str(LOG)).size == 1


def test_a_proof_shows_no_other_entry() -> None:
    with pytest.raises(ProofError, match="does not lead"):
        proofs.verify(proof(3), ENTRIES[2], LOG)


def test_a_proof_of_another_log_is_refused() -> None:
    other = VerifierKey("other.example", notes.ED25519, LOG.public)
    with pytest.raises(ProofError, match="not signed by other.example"):
        proofs.verify(proof(3), ENTRIES[3], other)


FILE = proof(3, ENTRIES[3]).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        FILE.replace(b"proof@v1", b"proof@v2"),
        FILE.replace(b"index 3", b"index 03"),
        FILE.replace(b"index 3", b"index -3"),
        FILE.replace(b"index 3", b"index " + b"3" * 5000),
        FILE.replace(b"index 3\n", b""),
        FILE.replace(b"index 3\n", b"index 3\n\n"),
        FILE.replace(b"index 3\n", b"index 3\nAAAA\n"),
        FILE.replace(b"index 3\n", b"index 3\n" + (base64.b64encode(ROOT) + b"\n") * 62),
        b"c2sp.org/tlog-proof@v1\nextra \n" + proof(3).encode().split(b"\n", 1)[1],
        FILE.replace(b"\n", b"\r\n"),
        FILE.split(b"\n\n")[0],
        FILE.replace(b"\xe2\x80\x94 log", b"\xff log"),
        b"\xff" + FILE,
        FILE + b"x" * 1_000_000,
    ],
)
def test_what_is_no_proof_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        proofs.parse(data)


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_a_proof_with_one_byte_changed_shows_nothing_else(at: int, change: int) -> None:
    """A cosignature that no longer holds is the one byte that may change: it is not asked for here."""
    data = bytearray(FILE)
    data[at] ^= change
    try:
        read = proofs.parse(bytes(data))
        proofs.verify(read, read.extra, LOG)
    except ProofError:
        return
    assert at > FILE.index("— police".encode())


@given(st.binary(max_size=400))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        proofs.parse(data)
    with pytest.raises(ProofError):
        proofs.parse(b"c2sp.org/tlog-proof@v1\nindex 0\n" + data)
