"""Signed texts: C2SP signed-note and tlog-cosignature (``cosignature/v1``), byte for byte.

Pure but for ``cryptography``. A signature line is given and taken with its final newline.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
"""A signature over the text alone: the log's."""
COSIGNATURE = 0x04
"""A time and a signature over time and text: a witness's."""

MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
"""The format asks for 16 at least; a bound keeps a hostile note cheap."""

_DASH = "— "
_TIME_BYTES = 8
_ID = re.compile(r"[0-9a-f]{8}")


class NoteError(ValueError):
    """A note, key or signature is malformed, or a signature does not hold."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as verifiers are given it. ``str()`` is its one-line form (a vkey)."""

    name: str
    type: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.type, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode64(bytes([self.type]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a note: whose key it claims, and the bytes after the key id."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        return f"{_DASH}{self.name} {encode64(self.key_id + self.value)}\n"

    def by(self, key: VerifierKey) -> bool:
        """Name and key id together say whose it is; whether it holds is another question."""
        return (self.name, self.key_id) == (key.name, key.id)


@dataclass(frozen=True, slots=True)
class Note:
    """A text (with its final newline) and who signed it."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()


def key_id(name: str, type: int, public: bytes) -> bytes:
    """Four bytes that, with the name, say which key a line is of (signed-note, "Signatures")."""
    return sha256(name.encode() + b"\n" + bytes([type]) + public).digest()[:4]


def vkey(name: str, type: int, public: bytes) -> str:
    """The one-line form ``name+id+key`` that verifiers are configured with.

    :raises NoteError: a name with a space or a plus.
    """
    return str(VerifierKey(name, type, public))


def parse_vkey(line: str) -> VerifierKey:
    """The key in ``name+id+key``.

    :raises NoteError: malformed, of a type this hub does not know, or the id is of another key.
    """
    parts = line.split("+", 2)
    if len(parts) != 3 or not _ID.fullmatch(parts[1]):
        raise NoteError("a key is written name+id+key")
    raw = decode64(parts[2])
    if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
        raise NoteError("not an Ed25519 key")
    key = VerifierKey(parts[0], raw[0], raw[1:])
    if key.id.hex() != parts[1]:
        raise NoteError("the id is of another key")
    return key


def generate(name: str, type: int = ED25519) -> tuple[Ed25519PrivateKey, VerifierKey]:
    """A new key and its public half."""
    private = Ed25519PrivateKey.generate()
    return private, VerifierKey(name, type, private.public_key().public_bytes_raw())


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """The signature line of ``name`` (type 0x01) over ``text``.

    :raises NoteError: the text cannot be a note's, or the name cannot be a key's.
    """
    check_text(text)
    return _line(name, ED25519, key, key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, time: int) -> str:
    """The cosignature line of a witness (type 0x04).

    :param time: seconds since 1970; says that at this moment the text was the largest tree the witness had seen.
    """
    check_text(text)
    stamp = _stamp(time)
    return _line(name, COSIGNATURE, key, stamp + key.sign(_cosigned(text, time)))


def parse_note(data: bytes) -> Note:
    """Text and signature lines of a note; nothing is verified yet.

    :raises NoteError: it is not a signed note.
    """
    if len(data) > MAX_NOTE:
        raise NoteError("the note is too long")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise NoteError("a note is UTF-8") from error
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise NoteError("a note is a text, an empty line and signatures")
    check_text(text + "\n")
    rows = lines.split("\n")[:-1]
    if len(rows) > MAX_SIGNATURES:
        raise NoteError("too many signatures")
    return Note(text + "\n", tuple(parse_signature(row + "\n") for row in rows))


def parse_signature(line: str) -> Signature:
    """The parts of a signature line, which ends in its newline.

    :raises NoteError: it is not one.
    """
    name, space, encoded = line.removeprefix(_DASH).removesuffix("\n").partition(" ")
    if not line.startswith(_DASH) or not line.endswith("\n") or not space:
        raise NoteError("not a signature line")
    check_name(name)
    raw = decode64(encoded)
    if len(raw) < 5:
        raise NoteError("not a signature")
    return Signature(name, raw[:4], raw[4:])


def verify(note: Note, key: VerifierKey | str) -> None:
    """That ``key`` (type 0x01) signed the note. Lines of other keys are ignored, as the format demands.

    :raises NoteError: no line of this key, or one that does not hold.
    """
    key = parse_vkey(key) if isinstance(key, str) else key
    _demand(key, ED25519)
    lines = [signature for signature in note.signatures if signature.by(key)]
    if not lines:
        raise NoteError(f"not signed by {key.name}")
    for signature in lines:
        _verify(key, signature.value, note.text.encode())


def verify_cosignature(line: str | Signature, key: VerifierKey | str, text: str) -> int:
    """That the witness ``key`` (type 0x04) cosigned ``text``.

    :returns: when, in seconds since 1970.
    :raises NoteError: another key's line, or one that does not hold.
    """
    key = parse_vkey(key) if isinstance(key, str) else key
    _demand(key, COSIGNATURE)
    signature = parse_signature(line) if isinstance(line, str) else line
    if not signature.by(key):
        raise NoteError(f"not cosigned by {key.name}")
    time = int.from_bytes(signature.value[:_TIME_BYTES], "big")
    if len(signature.value) <= _TIME_BYTES or time >= 1 << 63:
        raise NoteError("not a cosignature")
    _verify(key, signature.value[_TIME_BYTES:], _cosigned(text, time))
    return time


def cosignatures(note: Note, keys: Iterable[VerifierKey]) -> dict[str, int]:
    """The witnesses among ``keys`` whose cosignature of the note holds, with its time (of several, the first).

    One that does not hold counts as absent: a witness in trouble must not make the others' word worthless.
    """
    seen: dict[str, int] = {}
    for key in keys:
        for signature in note.signatures:
            try:
                seen.setdefault(key.name, verify_cosignature(signature, key, note.text))
            except NoteError:
                continue
    return seen


def check_text(text: str) -> None:
    """:raises NoteError: no final newline, control characters, or what is not Unicode text."""
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends in a newline")
    if any(c < " " and c != "\n" or "\ud800" <= c <= "\udfff" for c in text):
        raise NoteError("the text of a note has no control characters")


def check_name(name: str) -> None:
    """:raises NoteError: a key's name is empty or has a space, a plus or a control character."""
    if not name or any(c.isspace() or c == "+" or c < " " or "\ud800" <= c <= "\udfff" for c in name):
        raise NoteError("a key's name has no space, plus or control character")


def encode64(data: bytes) -> str:
    """Standard base64 (RFC 4648 section 4)."""
    return base64.b64encode(data).decode()


def decode64(text: str) -> bytes:
    """The bytes of standard base64, accepted in its one canonical spelling only.

    :raises NoteError: any other text.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if encode64(data) != text:
        raise NoteError("not base64")
    return data


def _line(name: str, type: int, key: Ed25519PrivateKey, value: bytes) -> str:
    check_name(name)
    return Signature(name, key_id(name, type, key.public_key().public_bytes_raw()), value).line()


def _stamp(time: int) -> bytes:
    if not 0 <= time < 1 << 63:
        raise NoteError("not a time")
    return time.to_bytes(_TIME_BYTES, "big")


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _demand(key: VerifierKey, type: int) -> None:
    if key.type != type:
        raise NoteError(f"{key.name} is a key of another type")


def _verify(key: VerifierKey, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise NoteError(f"the signature of {key.name} does not hold") from error
