"""Small logs in a folder, made with the hub's own tree, tiles and notes; and the verifier loaded as a module.

What the hub writes and what the verifier reads are two pieces of code on purpose: here they meet.
"""

import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referral_hub.audit.checkpoints import Checkpoint
from referral_hub.audit.envelopes import canonical
from referral_hub.audit.notes import COSIGNATURE, ED25519, VerifierKey, cosign, sign
from referral_hub.audit.proofs import Proof
from referral_hub.audit.tiles import WIDTH, bundle, grow, subtree_reader, tile_path, tiles_of
from referral_hub.audit.tree import Subtree, consistency_proof, inclusion_proof, leaf_hash, root_of

SCRIPT = Path(__file__).resolve().parents[2] / "script" / "referral-hub-verify"
ORIGIN = "hub.example/audit/0a1b2c3d"
NOW = 1_795_000_000


def load() -> Any:
    """The verifier as a module; nothing of it stays behind on the disk."""
    loader = SourceFileLoader("referral_hub_verify", str(SCRIPT))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module  # dataclasses look their module up
    keep, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = keep
    return module


verifier = load()


def an_entry(number: int, **changes: Any) -> bytes:
    """An envelope as the hub writes it."""
    fields: dict[str, Any] = {
        "v": 1,
        "id": str(UUID(int=(7 << 76) | (2 << 62) | number)),
        "at": f"2026-11-23T01:{number // 60 % 60:02}:{number % 60:02}.000000Z",
        "act": "referrals:referral:stepped",
        "out": "ok",
        "who": str(UUID(int=number % 5)),
        "org": "ctxh",
        "via": "session",
        "obj": str(UUID(int=number % 7)),
        "n": 1,
        "pl": number % 2,
        "pc": "A" * 43 + "=",
    }
    fields.update(changes)
    return canonical({name: value for name, value in fields.items() if value is not None})


def a_key(name: str, number: int, kind: int = ED25519) -> tuple[Ed25519PrivateKey, VerifierKey]:
    """A key that is the same in every run."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return private, VerifierKey(name, kind, private.public_key().public_bytes_raw())


def a_witness(number: int) -> tuple[Ed25519PrivateKey, VerifierKey]:
    return a_key(f"witness{number}.example/1", 100 + number, COSIGNATURE)


@dataclass
class ALog:
    """A log of entries that a hub keeps: any state of it, any proof, any file."""

    entries: list[bytes]
    origin: str = ORIGIN
    number: int = 1
    leaves: list[bytes] = field(init=False)
    tiles: dict[tuple[int, int, int], bytes] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.private, self.key = a_key(self.origin, self.number)
        self.leaves = [leaf_hash(entry) for entry in self.entries]

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = len(self.leaves) if size is None else size
        return Checkpoint(self.origin, size, root_of(self.leaves[:size]))

    def note(self, size: int | None = None, *witnesses: int) -> bytes:
        text = self.checkpoint(size).text()
        lines = [sign(text, self.origin, self.private)]
        for one in witnesses:
            private, key = a_witness(one)
            lines.append(cosign(text, key.name, private, NOW + one))
        return (text + "\n" + "".join(lines)).encode()

    def subtree(self, size: int) -> Subtree:
        grown = {(t.level, t.n, t.width): t.data for t in grow(0, self.leaves[:size], lambda *_: b"")}
        return subtree_reader(lambda level, n, width: grown[level, n, width], size)

    def consistency(self, old: int, size: int) -> list[bytes]:
        return consistency_proof(old, size, self.subtree(size))

    def proof(self, index: int, size: int | None = None, *witnesses: int) -> bytes:
        size = len(self.leaves) if size is None else size
        path = tuple(inclusion_proof(index, size, self.subtree(size)))
        return Proof(index, path, self.note(size, *witnesses), self.entries[index]).encode()

    def publish(self, folder: Path, size: int | None = None, *witnesses: int, entries: bool = True) -> Path:
        """The files of the log as the hub publishes them."""
        size = len(self.leaves) if size is None else size
        grown = {(t.level, t.n): t.data for t in grow(0, self.leaves[:size], lambda *_: b"")}
        for level, n, width in tiles_of(size):
            write(folder / tile_path(level, n, width), grown[level, n])
            if level == 0 and entries:
                write(folder / tile_path("entries", n, width), bundle(self.entries[n * WIDTH : n * WIDTH + width]))
        write(folder / "checkpoint", self.note(size, *witnesses))
        return folder


def a_log(size: int, **more: Any) -> ALog:
    return ALog([an_entry(number) for number in range(size)], **more)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@dataclass(frozen=True, slots=True)
class Said:
    """What a run of the verifier said."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def run(*arguments: object, home: Path, cwd: Path | None = None) -> Said:
    """The verifier as an agency runs it: a process of its own, with nothing of the hub to import."""
    command = [sys.executable, "-I", "-B", str(SCRIPT), *map(str, arguments)]
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, cwd=cwd or home)
    return Said(done.returncode, done.stdout, done.stderr)
