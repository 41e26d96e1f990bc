"""Where the files of the log lie: what is served to everybody, and what belongs to the signer alone.

``signing/`` (0700) holds the log's key and the signer's memory; ``public/`` what any web server may hand out;
``witnesses.json`` who cosigns; ``closed/`` what is left of logs that were closed.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

PRIVATE_DIRECTORY, PUBLIC_DIRECTORY, GROUP_DIRECTORY = 0o700, 0o755, 0o750
PRIVATE_FILE, PUBLIC_FILE, GROUP_FILE = 0o600, 0o644, 0o640


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one log (``REFERRAL_HUB_AUDIT_DIR``)."""

    root: Path

    @property
    def signing(self) -> Path:
        """The signer's own: ``log.json``, ``memory.json``, ``lock``."""
        return self.root / "signing"

    @property
    def public(self) -> Path:
        """What is served: ``checkpoint``, ``vkey``, ``tile/...``."""
        return self.root / "public"

    @property
    def checkpoint(self) -> Path:
        """The newest signed checkpoint, cosignatures included."""
        return self.public / "checkpoint"

    @property
    def vkey(self) -> Path:
        """One line: the key by which everybody checks the log (``origin+id+key``)."""
        return self.public / "vkey"

    @property
    def witnesses(self) -> Path:
        """Who cosigns, and how many of them seal a checkpoint."""
        return self.root / "witnesses.json"

    @property
    def witness_faults(self) -> Path:
        """The last fault of each witness."""
        return self.root / "witness-faults.json"

    @property
    def closed(self) -> Path:
        """What was public of logs that were closed."""
        return self.root / "closed"


def write_file(path: Path, content: bytes, mode: int = PUBLIC_FILE) -> None:
    """``content`` at ``path``, whole or not at all, on the disk when this returns.

    :raises OSError: the machine does not allow it; what was there before stays.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask says
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_directory(path.parent)


def make_directory(path: Path, mode: int) -> None:
    """``path`` with its parents; an existing directory keeps its rights."""
    if path.is_dir():
        return
    make_directory(path.parent, mode)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode)
        path.chmod(mode)
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """A rename is on the disk only when its directory is."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
