"""What the signer signed last, in a file of its own beside the key; no restored database brings an older one."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from referral_hub.audit.folder import PRIVATE_FILE, Folder, write_file
from referral_hub.audit.tree import EMPTY_ROOT
from referral_hub.kernel.errors import EnvironmentFault, HubError


class SignerRefusal(HubError):
    """The signer does not sign; what it has signed so far stays true. ``code`` says why."""

    code = "refused"


class MemoryLost(SignerRefusal):
    """The signer cannot know what it signed last."""

    code = "memory-lost"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Bộ ký không còn nhớ đã ký đến đâu ({path}): hãy chạy “referral-hub log recover”.",
            f"The signer no longer knows what it signed last ({path}): run `referral-hub log recover`.",
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """What was signed last: entries, root, and the signed note (empty before the first)."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: str = ""


def read_memory(folder: Folder) -> Memory:
    """:raises MemoryLost: there is none, or a damaged one; a log that never signed has an empty one."""
    path = memory_file(folder)
    if not path.exists():
        raise MemoryLost(path)
    try:
        document = read_json(path)
        return Memory(int(document["size"]), base64.b64decode(document["root"]), str(document["note"]))
    except (KeyError, TypeError, ValueError) as error:
        raise MemoryLost(path) from error


def write_memory(folder: Folder, memory: Memory) -> None:
    """On the disk when this returns."""
    write_json(memory_file(folder), {"size": memory.size, "root": encoded(memory.root), "note": memory.note})


def memory_file(folder: Folder) -> Path:
    """Where it lies."""
    return folder.signing / "memory.json"


def encoded(data: bytes) -> str:
    """Bytes as a JSON file holds them."""
    return base64.b64encode(data).decode()


def write_json(path: Path, document: dict[str, Any]) -> None:
    """A file for the signer alone, on the disk when this returns."""
    write_file(path, json.dumps(document, ensure_ascii=False, indent=1).encode(), PRIVATE_FILE)


def read_json(path: Path) -> dict[str, Any]:
    """:raises ValueError: it is damaged.
    :raises EnvironmentFault: it may not be read.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise EnvironmentFault(
            f"Không đọc được {path}: hãy kiểm tra quyền của tài khoản chạy nhật ký.",
            f"{path} cannot be read: check the rights of the account that runs the log.",
        ) from error
    if not isinstance(document, dict):
        raise ValueError(path.name)
    return document
