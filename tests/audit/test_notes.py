"""Signed notes and cosignatures: C2SP signed-note and tlog-cosignature, with the examples of their texts."""

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from referral_hub.audit import notes
from referral_hub.audit.notes import NoteError, VerifierKey

# The example of the reference implementation (golang.org/x/mod/sumdb/note): Ed25519 is deterministic, so a signer that
# agrees with it gives the same line.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"  # noqa: E501
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
# The example of tlog-cosignature.
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
WITNESS_LINE = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"  # noqa: E501

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
LOG = VerifierKey("log.example/qn", notes.ED25519, PUBLIC)
WITNESS = VerifierKey("witness.example/police", notes.COSIGNATURE, PUBLIC)


def signed(*lines: str, text: str = TEXT) -> notes.Note:
    return notes.parse_note((text + "\n" + "".join(lines)).encode())


def test_the_key_id_is_the_hash_of_name_type_and_key() -> None:
    assert notes.key_id("a", 4, b"k" * 32) == sha256(b"a\n\x04" + b"k" * 32).digest()[:4]
    assert notes.parse_vkey(PETER).id.hex() == "c74f20a3"


def test_a_key_is_written_as_the_reference_writes_it() -> None:
    key = notes.parse_vkey(PETER)
    assert (key.name, key.type, len(key.public)) == ("PeterNeumann", notes.ED25519, 32)
    assert str(key) == PETER == notes.vkey(key.name, key.type, key.public)


def test_the_same_key_has_another_id_as_a_witness() -> None:
    assert notes.key_id("a", notes.ED25519, PUBLIC) != notes.key_id("a", notes.COSIGNATURE, PUBLIC)
    assert notes.parse_vkey(str(WITNESS)) == WITNESS


@pytest.mark.parametrize(
    "line",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
        "PeterNeumann+c74f20a3+!!!!",
    ],
)
def test_a_malformed_key_is_refused(line: str) -> None:
    with pytest.raises(NoteError):
        notes.parse_vkey(line)


def test_signing_gives_the_line_of_the_reference() -> None:
    assert notes.sign(TEXT, "PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED)) == PETER_LINE


def test_a_note_with_two_signatures_is_read_and_the_known_one_verified() -> None:
    note = signed(PETER_LINE, ENOCH_LINE)
    assert note.text == TEXT
    assert [signature.name for signature in note.signatures] == ["PeterNeumann", "EnochRoot"]
    assert note.encode() == (TEXT + "\n" + PETER_LINE + ENOCH_LINE).encode()
    notes.verify(note, PETER)


def test_the_poem_of_the_specification_keeps_its_empty_line() -> None:
    note = notes.parse_note(POEM.encode())
    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    assert note.signatures[0].name == "quasimodo.example/salvatore"
    assert note.encode() == POEM.encode()


def test_a_note_without_a_signature_of_the_key_is_refused() -> None:
    with pytest.raises(NoteError, match="not signed by PeterNeumann"):
        notes.verify(signed(ENOCH_LINE), PETER)


def test_a_signature_over_another_text_is_refused() -> None:
    with pytest.raises(NoteError, match="does not hold"):
        notes.verify(signed(PETER_LINE, text=TEXT.replace("problem", "Problem")), PETER)


def test_a_second_line_of_the_same_key_that_does_not_hold_spoils_the_note() -> None:
    false = notes.parse_signature(PETER_LINE)
    false = notes.Signature(false.name, false.key_id, bytes(64))
    with pytest.raises(NoteError, match="does not hold"):
        notes.verify(signed(PETER_LINE, false.line()), PETER)


def test_a_line_that_shares_the_name_alone_is_ignored() -> None:
    other = notes.Signature("PeterNeumann", b"\0\0\0\0", bytes(64))
    notes.verify(signed(other.line(), PETER_LINE), PETER)


def test_a_witness_key_does_not_verify_as_a_log_key_nor_the_reverse() -> None:
    line = notes.sign(TEXT, WITNESS.name, KEY)
    with pytest.raises(NoteError, match="another type"):
        notes.verify(signed(line), WITNESS)
    with pytest.raises(NoteError, match="another type"):
        notes.verify_cosignature(line, VerifierKey(WITNESS.name, notes.ED25519, PUBLIC), TEXT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        TEXT.encode(),
        (TEXT + PETER_LINE).encode(),
        (TEXT + "\n" + PETER_LINE.rstrip("\n")).encode(),
        (TEXT + "\n" + PETER_LINE + "\n").encode(),
        (TEXT + "\n" + PETER_LINE + "x\n").encode(),
        (TEXT + "\r\n\n" + PETER_LINE).encode(),
        ("tab\there\n\n" + PETER_LINE).encode(),
        ("\x00\n\n" + PETER_LINE).encode(),
        (TEXT + "\n" + PETER_LINE.replace("— ", "- ")).encode(),
        (TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Peter+Neumann")).encode(),
        (TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Peter\u00a0Neumann")).encode(),
        (TEXT + "\n" + PETER_LINE.replace("PeterNeumann ", "")).encode(),
        (TEXT + "\n— PeterNeumann x08gow==\n").encode(),
        (TEXT + "\n— PeterNeumann x08go\n").encode(),
        (TEXT + "\n" + PETER_LINE.replace("nAM=", "nAN=")).encode(),
        (TEXT + "\n" + PETER_LINE.replace("nAM=", "nAM==")).encode(),
        (TEXT + "\n").encode() + b"\xff" + PETER_LINE.encode(),
        (TEXT + "\n" + PETER_LINE * 101).encode(),
        ("a" * 1_000_000 + "\n\n" + PETER_LINE).encode(),
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(NoteError):
        notes.parse_note(data)


def test_sixteen_signatures_and_more_are_accepted() -> None:
    assert len(signed(*[PETER_LINE] * 100).signatures) == 100


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "return\r\n", "\ud800\n"])
def test_a_text_that_cannot_be_a_notes_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        notes.sign(text, "log", KEY)
    with pytest.raises(NoteError):
        notes.cosign(text, "log", KEY, 1)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb"])
def test_a_name_that_cannot_be_a_keys_is_refused(name: str) -> None:
    with pytest.raises(NoteError):
        notes.sign(TEXT, name, KEY)
    with pytest.raises(NoteError):
        notes.vkey(name, notes.ED25519, PUBLIC)


def test_the_cosignature_of_the_specification_is_taken_apart() -> None:
    signature = notes.parse_signature(WITNESS_LINE)
    assert signature.name == "witness.example.com/w1"
    assert signature.key_id.hex() == "8d66cf3f"
    assert int.from_bytes(signature.value[:8], "big") == 1_679_315_147
    assert len(signature.value) == 8 + 64
    assert signature.line() == WITNESS_LINE


def test_a_cosignature_is_a_time_and_a_signature_over_header_time_and_text() -> None:
    line = notes.cosign(SOFA, WITNESS.name, KEY, 1_679_315_147)
    message = b"cosignature/v1\ntime 1679315147\n" + SOFA.encode()
    raw = WITNESS.id + (1_679_315_147).to_bytes(8, "big") + KEY.sign(message)
    assert line == f"— witness.example/police {base64.b64encode(raw).decode()}\n"
    assert notes.verify_cosignature(line, WITNESS, SOFA) == 1_679_315_147
    assert notes.verify_cosignature(line, str(WITNESS), SOFA) == 1_679_315_147


def test_a_cosignature_does_not_hold_for_another_text_time_or_key() -> None:
    line = notes.cosign(SOFA, WITNESS.name, KEY, 100)
    signature = notes.parse_signature(line)
    later = notes.Signature(signature.name, signature.key_id, (101).to_bytes(8, "big") + signature.value[8:])
    other = VerifierKey(WITNESS.name, notes.COSIGNATURE, b"\x01" * 32)
    for claim in ((line, WITNESS, TEXT), (later, WITNESS, SOFA), (line, other, SOFA)):
        with pytest.raises(NoteError):
            notes.verify_cosignature(*claim)


@pytest.mark.parametrize("value", [b"x", b"\0" * 8, b"\0" * 71, b"\xff" * 72])
def test_a_cosignature_of_another_shape_is_refused(value: bytes) -> None:
    line = notes.Signature(WITNESS.name, WITNESS.id, value).line()
    with pytest.raises(NoteError):
        notes.verify_cosignature(line, WITNESS, SOFA)


@pytest.mark.parametrize("time", [-1, 1 << 63])
def test_a_time_outside_of_the_format_is_not_cosigned(time: int) -> None:
    with pytest.raises(NoteError):
        notes.cosign(SOFA, WITNESS.name, KEY, time)


def test_the_cosignatures_that_hold_are_counted_once_for_each_witness() -> None:
    first, second = notes.cosign(SOFA, WITNESS.name, KEY, 5), notes.cosign(SOFA, WITNESS.name, KEY, 9)
    broken_key, broken = notes.generate("witness.example/broken", notes.COSIGNATURE)
    false = notes.cosign(TEXT, broken.name, broken_key, 5)
    note = signed(notes.sign(SOFA, LOG.name, KEY), first, second, false, WITNESS_LINE, text=SOFA)
    notes.verify(note, LOG)
    assert notes.cosignatures(note, [WITNESS, broken]) == {WITNESS.name: 5}


@given(st.binary(max_size=300))
@example(b"\n\n\xe2\x80\x94 a AAAAAAA=\n")
def test_garbage_is_a_note_or_refused(data: bytes) -> None:
    try:
        note = notes.parse_note(data)
    except NoteError:
        return
    assert note.encode() == data


@given(st.text(max_size=80))
def test_garbage_is_a_key_or_a_line_or_refused(line: str) -> None:
    for read in (notes.parse_vkey, notes.parse_signature):
        with pytest.raises(NoteError):
            read(line)


@given(st.integers(0, 700), st.integers(1, 255))
def test_a_note_with_one_byte_changed_never_verifies(at: int, change: int) -> None:
    data = bytearray((SOFA + "\n" + notes.sign(SOFA, LOG.name, KEY)).encode())
    data[at % len(data)] ^= change
    with pytest.raises(NoteError):
        notes.verify(notes.parse_note(bytes(data)), LOG)
