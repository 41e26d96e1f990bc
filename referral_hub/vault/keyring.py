"""The wrapping keys: a file of mode 0600 outside the database. Without it nothing in the database can be read."""

import base64
import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
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
    """Wrapping keys by name; ``current`` wraps new data keys, the others open old ones.

    ``index`` never rotates: what was looked up by a blind value must be found again. ``source``: the file it came from.
    """

    current: str
    keys: Mapping[str, Key]
    index: Key
    source: Path | None = field(default=None, compare=False)

    @classmethod
    def fresh(cls) -> "Keyring":
        """A ring with one wrapping key, all of it random."""
        name = str(new_id())
        return cls(name, {name: Key.fresh()}, Key.fresh())

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
        return replace(self, current=name, keys={**self.keys, name: Key.fresh()})

    def without(self, *names: str) -> "Keyring":
        """A ring that has forgotten these keys; never the current one."""
        kept = {name: key for name, key in self.keys.items() if name == self.current or name not in names}
        return replace(self, keys=kept)

    def blind(self, purpose: str, value: str) -> bytes:
        """32 bytes by which equal values are recognised and none can be guessed: HMAC-SHA-256 under the index key.

        :param purpose: a constant of the caller, so that values of different uses never meet.
        :raises ValueError: a purpose with a zero byte, which would run into the value.
        """
        if "\0" in purpose:
            raise ValueError("a purpose has no zero byte")
        return hmac.new(self.index.secret, f"{purpose}\0{value}".encode(), hashlib.sha256).digest()


def load_keyring(path: Path) -> Keyring:
    """The ring in ``path``. A file from before the index key gets one.

    :raises EnvironmentFault: missing, damaged, or readable by others than its owner.
    """
    ring = _read(path)
    if ring is not None:
        return ring
    with changing(path):
        ring = _read(path)
        if ring is None:  # not yet completed by another process
            ring = _read(path, index=Key.fresh())
            assert ring is not None
            save_keyring(ring, path)
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
            "index": base64.b64encode(ring.index.secret).decode(),
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
        _settle(path.parent)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def ensure_keyring(path: Path) -> Keyring:
    """The ring in ``path``, made with one random key when there is no file yet."""
    if not path.exists():
        with suppress(FileExistsError):
            save_keyring(Keyring.fresh(), path, new=True)
    return load_keyring(path)


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Who reads a ring in order to write it back holds this: of two rings written at once, one would lose its key."""
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(path: Path, *, index: Key | None = None) -> Keyring | None:
    """The ring, or None when its file has no index key and none is given."""
    try:
        mode = path.stat().st_mode
        raw = json.loads(path.read_text("utf-8"))
        keys = {name: _key(value) for name, value in raw["keys"].items()}
        index = _key(raw["index"]) if "index" in raw else index
        current = raw["current"]
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(path) from error
    if current not in keys:
        raise _broken(path)
    if mode & 0o077:
        raise EnvironmentFault(
            f"Tệp khóa {path} mở cho người khác đọc: hãy chạy “chmod 600 {path}”.",
            f"The keyring {path} can be read by others: run `chmod 600 {path}`.",
        )
    return None if index is None else Keyring(current, keys, index, path)


def _key(text: str) -> Key:
    secret = base64.b64decode(text, validate=True)
    if len(secret) != KEY_BYTES:
        raise ValueError("not a key")
    return Key(secret)


def _settle(directory: Path) -> None:
    """The new name itself reaches the disk: a key must not be lost that rows are wrapped with already."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing(path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        f"Không có tệp khóa {path}: hãy chạy “referral-hub db upgrade” nếu là bản cài mới,"
        " nếu không thì khôi phục tệp từ bản sao lưu khóa.",
        f"There is no keyring {path}: run `referral-hub db upgrade` on a new installation,"
        " otherwise restore the file from the key backup.",
    )


def _broken(path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        f"Tệp khóa {path} hỏng hoặc không đọc được: hãy khôi phục từ bản sao lưu khóa, đừng tạo mới.",
        f"The keyring {path} is damaged or unreadable: restore it from the key backup, do not make a new one.",
    )
