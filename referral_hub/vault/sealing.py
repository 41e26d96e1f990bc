"""Authenticated encryption: AES-256-GCM, with the row's identity as associated data."""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32


class Unsealable(Exception):
    """The ciphertext, the key and the row do not belong together: damage, tampering or a missing key."""


@dataclass(frozen=True, slots=True)
class Key:
    """256 bits. Never printed: its ``repr`` holds no byte of it."""

    secret: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> "Key":
        """A new random key."""
        return cls(os.urandom(KEY_BYTES))

    def seal(self, plain: bytes, identity: str) -> bytes:
        """``plain`` encrypted and bound to ``identity`` (what the row is), with a random nonce in front."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, plain, identity.encode())

    def unseal(self, sealed: bytes, identity: str) -> bytes:
        """The plain bytes.

        :raises Unsealable: not sealed with this key for this identity.
        """
        try:
            return AESGCM(self.secret).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], identity.encode())
        except (InvalidTag, ValueError) as error:
            raise Unsealable(identity) from error
