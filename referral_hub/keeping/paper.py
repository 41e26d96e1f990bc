"""What of a keyring is written on paper, and the mark that it was."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.vault.keyring import Keyring
from referral_hub.vault.sealing import KEY_BYTES, Key

_VERSION = 1
_NAME_BYTES = 16


def packed(ring: Keyring) -> bytes:
    """The ring as few bytes: version, number of keys, the current one first, each with its name; then the index key."""
    names = [ring.current, *sorted(name for name in ring.keys if name != ring.current)]
    keys = b"".join(UUID(name).bytes + ring.keys[name].secret for name in names)
    return bytes([_VERSION, len(names)]) + keys + ring.index.secret


def unpacked(data: bytes) -> Keyring:
    """:raises ValueError: no packed ring."""
    if len(data) < 2 or data[0] != _VERSION or data[1] == 0:
        raise ValueError("no keyring")
    size = _NAME_BYTES + KEY_BYTES
    if len(data) != 2 + data[1] * size + KEY_BYTES:
        raise ValueError("no keyring")
    rows = [data[2 + i * size : 2 + (i + 1) * size] for i in range(data[1])]
    keys = {str(UUID(bytes=row[:_NAME_BYTES])): Key(row[_NAME_BYTES:]) for row in rows}
    return Keyring(next(iter(keys)), keys, Key(data[-KEY_BYTES:]))


def fingerprint(names: Iterable[str]) -> str:
    """Which keys a ring holds, without a byte of them: 16 hexadecimal digits."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def mark_exported(home: Path, ring: Keyring, at: datetime) -> None:
    """Note that these keys are on paper (``keys/exported.json``)."""
    document = {"fingerprint": fingerprint(ring.keys), "at": at.isoformat()}
    (home / "keys" / "exported.json").write_text(json.dumps(document), "utf-8")


def is_exported(home: Path, ring: Keyring) -> bool:
    """Whether exactly these keys were exported."""
    try:
        document = json.loads((home / "keys" / "exported.json").read_text("utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise EnvironmentFault("Không đọc được keys/exported.json.", "keys/exported.json cannot be read.") from error
    return bool(document.get("fingerprint") == fingerprint(ring.keys))
