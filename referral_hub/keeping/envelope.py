"""Files that only the holder of one private key opens: HPKE (RFC 9180) for the file's key, AES-256-GCM in chunks.

A backup machine, a courier and a cloud see lengths and nothing else. A chunk that was changed, cut off, exchanged or
moved is refused, because each is bound to the file's name, its number and whether it is the last.
"""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.vault.sealing import Key, Unsealable

MAGIC = b"RHB1"
CHUNK = 1 << 20
KIND = "referral-hub-backup-key"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Damaged(Exception):
    """The file is not what was written: cut off, changed, exchanged, or for another key."""


def make_recipient(path: Path) -> bytes:
    """A new key pair: the private half into ``path`` (0600), which leaves the machine.

    :return: the public half, 32 bytes.
    :raises FileExistsError: there is a file already.
    """
    private = X25519PrivateKey.generate()
    document = {"kind": KIND, "private": base64.b64encode(private.private_bytes_raw()).decode()}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(document, file)
    return private.public_key().public_bytes_raw()


def read_private(path: Path) -> bytes:
    """:raises EnvironmentFault: no such file, or not the private key of backups."""
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["kind"] != KIND:
            raise ValueError(document["kind"])
        secret = base64.b64decode(document["private"], validate=True)
        X25519PrivateKey.from_private_bytes(secret)
        return secret
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFault(
            f"{path} không phải khóa mở bản sao lưu.", f"{path} is not the private key of backups."
        ) from error


def public_of(private: bytes) -> bytes:
    """The public half of a private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal(source: IO[bytes], target: IO[bytes], name: str, public: bytes) -> None:
    """``source`` to its end, sealed into ``target`` for the holder of the private half of ``public``."""
    key = Key.fresh()
    wrapped = _SUITE.encrypt(key.secret, X25519PublicKey.from_public_bytes(public), name.encode())
    target.write(MAGIC + len(wrapped).to_bytes(2, "big") + wrapped)
    number, chunk = 0, source.read(CHUNK)
    while True:
        following = source.read(CHUNK)
        sealed = key.seal(chunk, _place(name, number, last=not following))
        target.write(len(sealed).to_bytes(4, "big") + sealed)
        if not following:
            return
        number, chunk = number + 1, following


def opened(source: IO[bytes], name: str, private: bytes) -> Iterator[bytes]:
    """The chunks of a sealed file, in order.

    :raises Damaged: at the first thing that does not fit; what came before is whole.
    """
    head = source.read(len(MAGIC) + 2)
    if head[: len(MAGIC)] != MAGIC or len(head) < len(MAGIC) + 2:
        raise Damaged(name)
    wrapped = source.read(int.from_bytes(head[len(MAGIC) :], "big"))
    try:
        key = Key(_SUITE.decrypt(wrapped, X25519PrivateKey.from_private_bytes(private), name.encode()))
    except (InvalidTag, ValueError) as error:
        raise Damaged(name) from error
    number, sealed = 0, _next(source, name)
    while sealed is not None:
        following = _next(source, name)
        try:
            yield key.unseal(sealed, _place(name, number, last=following is None))
        except Unsealable as error:
            raise Damaged(name) from error
        number, sealed = number + 1, following
    if number == 0:
        raise Damaged(name)


def _next(source: IO[bytes], name: str) -> bytes | None:
    length = source.read(4)
    if not length:
        return None
    expected = int.from_bytes(length, "big")
    if len(length) < 4 or expected > CHUNK + 64:
        raise Damaged(name)
    sealed = source.read(expected)
    if len(sealed) < expected:
        raise Damaged(name)
    return sealed


def _place(name: str, number: int, *, last: bool) -> str:
    return f"backup/v1|{name}|{number}|{'last' if last else 'more'}"
