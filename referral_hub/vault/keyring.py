"""The wrapping keys: a file of mode 0600 outside the database. Without it nothing in the database can be read."""

import base64
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.ids import new_id
from referral_hub.vault.sealing import KEY_BYTES, Key, Unsealable

FILE_NAME = "keyring.json"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key under a wrapping key."""

    sealed: bytes
    wrapping_key: str


@dataclass(frozen=True, slots=True)
class Keyring:
    """Wrapping keys by name; ``current`` wraps new data keys, the others open old ones."""

    current: str
    keys: Mapping[str, Key]

    def wrap(self, key: Key, identity: str) -> Wrapped:
        """``key`` under the current wrapping key, bound to ``identity``."""
        return Wrapped(self.keys[self.current].seal(key.secret, identity), self.current)

    def unwrap(self, wrapped: Wrapped, identity: str) -> Key:
        """The data key.

        :raises Unsealable: the wrapping key is not on this ring, or the row was exchanged.
        """
        wrapping = self.keys.get(wrapped.wrapping_key)
        if wrapping is None:
            raise Unsealable(f"wrapping key {wrapped.wrapping_key} is not on the keyring")
        return Key(wrapping.unseal(wrapped.sealed, identity))

    def rotated(self) -> "Keyring":
        """A ring with a new current key; the old ones stay to open what they wrapped."""
        name = str(new_id())
        return Keyring(name, {**self.keys, name: Key.fresh()})


def _broken(path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        f"Tệp khóa {path} hỏng hoặc không đọc được: hãy khôi phục từ bản sao lưu khóa, đừng tạo mới.",
        f"The keyring {path} is damaged or unreadable: restore it from the key backup, do not make a new one.",
    )


def load_keyring(path: Path) -> Keyring:
    """The ring in ``path``.

    :raises EnvironmentFault: missing, damaged, or readable by others than its owner.
    """
    try:
        mode = path.stat().st_mode
        raw = json.loads(path.read_text("utf-8"))
        keys = {name: Key(base64.b64decode(value, validate=True)) for name, value in raw["keys"].items()}
        ring = Keyring(raw["current"], keys)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(path) from error
    if ring.current not in keys or any(len(key.secret) != KEY_BYTES for key in keys.values()):
        raise _broken(path)
    if mode & 0o077:
        raise EnvironmentFault(
            f"Tệp khóa {path} mở cho người khác đọc: hãy chạy “chmod 600 {path}”.",
            f"The keyring {path} can be read by others: run `chmod 600 {path}`.",
        )
    return ring


def save_keyring(ring: Keyring, path: Path, *, new: bool = False) -> None:
    """Write ``ring`` to ``path`` (0600) in one step; with ``new`` an existing file is never replaced.

    :raises FileExistsError: ``new`` and somebody else was faster.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(
        {
            "current": ring.current,
            "keys": {name: base64.b64encode(key.secret).decode() for name, key in ring.keys.items()},
        }
    )
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if new:
            os.link(draft, path)
        else:
            os.replace(draft, path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def ensure_keyring(path: Path) -> Keyring:
    """The ring in ``path``, made with one random key when there is no file yet."""
    if not path.exists():
        name = str(new_id())
        with suppress(FileExistsError):
            save_keyring(Keyring(name, {name: Key.fresh()}), path, new=True)
    return load_keyring(path)
