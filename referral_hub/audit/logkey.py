"""The log's name and key, made once, kept outside of the database; and its public half for everybody."""

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referral_hub.audit.folder import (
    PRIVATE_DIRECTORY,
    PUBLIC_DIRECTORY,
    Folder,
    make_directory,
    sync_directory,
    write_file,
)
from referral_hub.audit.memory import (
    Memory,
    SignerRefusal,
    encoded,
    memory_file,
    read_json,
    write_json,
    write_memory,
)
from referral_hub.audit.notes import ED25519, VerifierKey
from referral_hub.kernel.errors import EnvironmentFault

KEY_TYPES = {ED25519: "Ed25519"}


class KeyLost(SignerRefusal):
    """A log was published, and its key is gone."""

    code = "key-lost"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Mất khóa của nhật ký ({path}): hãy khôi phục từ bản sao, hoặc “referral-hub log new-origin”.",
            f"The log's key is gone ({path}): restore it from its copy, or `referral-hub log new-origin`.",
        )


@dataclass(frozen=True, slots=True)
class LogKey:
    """The name of a log and the key it signs with. Whoever has it can sign as the log."""

    origin: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> VerifierKey:
        """What everybody checks the log with; ``str()`` of it is the vkey."""
        return VerifierKey(self.origin, ED25519, self.private.public_key().public_bytes_raw())


def ensure_key(folder: Folder, public_url: str, *, was_signed: bool) -> None:
    """Key, origin and an empty memory, made once for a log that never was.

    :param was_signed: the database holds signed checkpoints, so there was a key.
    """
    path = _key_file(folder)
    if path.exists():
        return
    if was_signed or folder.checkpoint.exists() or folder.vkey.exists() or memory_file(folder).exists():
        raise KeyLost(path)
    make_key(folder, public_url)


def make_key(folder: Folder, public_url: str) -> LogKey:
    """A new log: an origin nobody else has, its key, and a memory that is empty."""
    make_directory(folder.root, PUBLIC_DIRECTORY)
    make_directory(folder.signing, PRIVATE_DIRECTORY)
    host = urlsplit(public_url).hostname or "localhost"
    origin, private = f"{host}/audit/{secrets.token_hex(4)}", Ed25519PrivateKey.generate()
    document = {"origin": origin, "key_type": ED25519, "seed": encoded(private.private_bytes_raw())}
    write_memory(folder, Memory())  # before the key: a key without a memory is one that lost it
    write_json(_key_file(folder), document)
    return LogKey(origin, private)


def drop_key(folder: Folder) -> None:
    """Nobody signs as the closed log any more; its public half lies with what is kept of it."""
    _key_file(folder).unlink(missing_ok=True)
    sync_directory(folder.signing)


def read_key(folder: Folder) -> LogKey:
    """The log's key.

    :raises EnvironmentFault: it is damaged, missing or of a type this version cannot sign with.
    """
    path = _key_file(folder)
    try:
        document = read_json(path)
        key_type, origin, seed = document["key_type"], str(document["origin"]), base64.b64decode(document["seed"])
        if key_type in KEY_TYPES:
            return LogKey(origin, Ed25519PrivateKey.from_private_bytes(seed))
    except (KeyError, TypeError, ValueError) as error:
        raise EnvironmentFault(
            f"Tệp {path} hỏng: hãy khôi phục nó từ bản sao.", f"The file {path} is damaged: restore it from its copy."
        ) from error
    known = ", ".join(f"{code} ({name})" for code, name in KEY_TYPES.items())
    raise EnvironmentFault(
        f"Không ký được bằng khóa loại {key_type} ({path}): phiên bản này biết {known}.",
        f"Cannot sign with a key of type {key_type} ({path}): this version knows {known}.",
    )


def publish_vkey(folder: Folder, key: LogKey) -> None:
    """The public half for whoever serves the log; the signer's own folder is closed to them."""
    line = f"{key.public}\n".encode()
    if not folder.vkey.exists() or folder.vkey.read_bytes() != line:
        make_directory(folder.public, PUBLIC_DIRECTORY)
        write_file(folder.vkey, line)


def read_vkey(folder: Folder) -> str | None:
    """The log's public key as one line; None as long as no log was started."""
    try:
        return folder.vkey.read_text("utf-8").strip()
    except FileNotFoundError:
        return None


def _key_file(folder: Folder) -> Path:
    return folder.signing / "log.json"
