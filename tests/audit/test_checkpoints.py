"""The three lines of a checkpoint: C2SP tlog-checkpoint."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.audit import checkpoints, notes
from referral_hub.audit.checkpoints import Checkpoint
from referral_hub.audit.notes import NoteError, VerifierKey

ROOT = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
LOG = VerifierKey("example.com/behind-the-sofa", notes.ED25519, KEY.public_key().public_bytes_raw())


def note(text: str, name: str = LOG.name) -> bytes:
    return (text + "\n" + notes.sign(text, name, KEY)).encode()


def test_the_example_of_the_specification_is_written_and_read() -> None:
    checkpoint = Checkpoint("example.com/behind-the-sofa", 20_852_163, ROOT)
    assert checkpoint.text() == SOFA
    assert checkpoints.parse(SOFA) == checkpoint


def test_an_empty_tree_has_size_0_and_extension_lines_are_kept() -> None:
    text = f"log\n0\n{base64.b64encode(ROOT).decode()}\none more\nand another\n"
    checkpoint = checkpoints.parse(text)
    assert (checkpoint.size, checkpoint.extensions) == (0, ("one more", "and another"))
    assert checkpoint.text() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        SOFA[:-1],
        "example.com/behind-the-sofa\n20852163\n",
        SOFA.replace("20852163", "020852163"),
        SOFA.replace("20852163", "-1"),
        SOFA.replace("20852163", "+1"),
        SOFA.replace("20852163", "1_0"),
        SOFA.replace("20852163", "٣"),
        SOFA.replace("20852163", "1" * 5000),
        SOFA.replace("20852163", ""),
        SOFA.replace("q2I=", "q2J="),
        SOFA.replace("q2I=", "q2I"),
        SOFA.replace("CsUYapGG", ""),
        SOFA + "\n",
        SOFA + "extension\n\nanother\n",
        "\n" + SOFA,
        SOFA.replace("\n", "\r\n"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        checkpoints.parse(text)


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 1, ROOT, ()),
        ("a\nb", 1, ROOT, ()),
        ("log", -1, ROOT, ()),
        ("log", 1, ROOT[:31], ()),
        ("log", 1, ROOT, ("",)),
        ("log", 1, ROOT, ("a\nb",)),
        ("lo\tg", 1, ROOT, ()),
    ],
)
def test_what_cannot_stand_in_a_checkpoint_is_refused(
    origin: str, size: int, root: bytes, extensions: tuple[str, ...]
) -> None:
    with pytest.raises(NoteError):
        Checkpoint(origin, size, root, extensions)


def test_a_signed_checkpoint_is_opened_by_the_key_of_its_log() -> None:
    assert checkpoints.open_checkpoint(note(SOFA), LOG).size == 20_852_163
    assert checkpoints.open_checkpoint(note(SOFA), str(LOG)).root == ROOT


def test_a_checkpoint_of_another_log_signed_by_the_same_key_is_refused() -> None:
    other = note(SOFA.replace("sofa", "door"))
    with pytest.raises(NoteError, match="not of"):
        checkpoints.open_checkpoint(other, LOG)
    assert checkpoints.open_checkpoint(other, LOG, "example.com/behind-the-door").size == 20_852_163


def test_a_checkpoint_signed_by_nobody_known_is_refused() -> None:
    with pytest.raises(NoteError, match="not signed"):
        checkpoints.open_checkpoint(note(SOFA, "somebody.else"), LOG)


def test_a_signed_text_that_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(NoteError):
        checkpoints.open_checkpoint(note("a poem\n"), LOG)


@given(st.text(max_size=120))
def test_garbage_is_a_checkpoint_or_refused(text: str) -> None:
    try:
        checkpoint = checkpoints.parse(text)
    except NoteError:
        return
    assert checkpoint.text() == text
