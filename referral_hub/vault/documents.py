"""Sealed JSON documents and the identities that bind them to their row."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from referral_hub.vault.current import keyring
from referral_hub.vault.keyring import Wrapped
from referral_hub.vault.sealing import Key

#: Key categories that are no data category: what entries say, and what parties write to one another.
AUDIT_KEY = "_audit"
NOTE_KEY = "_note"


def key_identity(subject: UUID, category: str) -> str:
    """What a wrapped data key is bound to."""
    return f"data-key/v1|{subject}|{category}"


def section_identity(subject: UUID, category: str, part: str) -> str:
    """What a section's ciphertext is bound to."""
    return f"section/v1|{subject}|{category}|{part}"


def totp_identity(row: UUID) -> str:
    """What the secret of an authenticator app is bound to: its row."""
    return f"totp/v1|{row}"


def fresh_key(subject: UUID, category: str) -> tuple[Key, Wrapped]:
    """A new data key and its wrapped form."""
    key = Key.fresh()
    return key, keyring().wrap(key, key_identity(subject, category))


def open_key(subject: UUID, category: str, wrapped: bytes, wrapping_key: str) -> Key:
    """:raises Unsealable: wrong ring or exchanged row."""
    return keyring().unwrap(Wrapped(wrapped, wrapping_key), key_identity(subject, category))


def seal_document(key: Key, document: Mapping[str, Any], identity: str) -> bytes:
    """Compact UTF-8 JSON, sealed."""
    return key.seal(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), identity)


def open_document(key: Key, sealed: bytes, identity: str) -> dict[str, Any]:
    """:raises Unsealable: the bytes do not belong here."""
    document: dict[str, Any] = json.loads(key.unseal(sealed, identity))
    return document
