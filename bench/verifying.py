"""How fast a log is checked, as a share of what hashing alone would take (H), both measured in the same process."""

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from bench.bars import Measured, seconds
from bench.entries import made, queue
from bench.house import House
from bench.processes import VERIFIER
from referral_hub.audit.checking import check
from referral_hub.audit.leading import Place
from referral_hub.audit.running import run_once
from referral_hub.audit.tiles import WIDTH, bundle, grow, tile_path
from referral_hub.audit.tree import Frontier, leaf_hash
from referral_hub.vault.current import keyring
from referral_hub.vault.documents import AUDIT_KEY, open_key
from referral_hub.vault.sealing import Key

PUBLISHED = 200_000
SEALED = 40_000
ROUNDS = 3
LEAF_BYTES, NODE_BYTES = 200, 65
STRUCTURE_BAR, FULL_BAR = 0.2, 0.03


def shares(house: House) -> list[Measured]:
    """Entries a second of the verifier over a copy of a log, of ``audit verify`` over the database, and both over H."""
    _seal_entries(house, SEALED)
    verifier = _verifier()
    limits, structure, form, everything = [], [], [], []
    with _published(house, PUBLISHED) as (folder, root):
        place = verifier.Folder(folder)
        checkpoint = verifier.Checkpoint("log.example/bench", PUBLISHED, root)
        for _ in range(ROUNDS):
            limit = hashing_limit()
            limits.append(limit)
            structure.append(PUBLISHED / seconds(lambda: verifier.check_log(place, checkpoint, forms=False)) / limit)
            form.append(PUBLISHED / seconds(lambda: verifier.check_log(place, checkpoint)) / limit)
            everything.append(_database_rate(house) / limit)
    return [
        Measured("H: leaf and node hashes in one process", tuple(limits), "a second", digits=0),
        Measured(
            "structural verification, of H (referral-hub-verify log --structure)", tuple(structure), bar=STRUCTURE_BAR
        ),
        Measured("with the form of every entry, of H (referral-hub-verify log)", tuple(form), bar=FULL_BAR, digits=3),
        Measured(
            "full verification with sealed payloads, of H (audit verify)", tuple(everything), bar=FULL_BAR, digits=3
        ),
    ]


def hashing_limit(count: int = 200_000) -> float:
    """Entries a second if nothing but one leaf hash and one node hash had to be made for each."""
    sha = hashlib.sha256
    leaf, node = bytes(LEAF_BYTES), bytes(NODE_BYTES)
    took = 0.0
    for content in (leaf, node):
        took += seconds(lambda: [sha(content).digest() for _ in range(count)])  # noqa: B023
    return count / took


def _database_rate(house: House) -> float:
    """``audit verify`` over all that the database holds of the log."""
    with house.connect("auditor") as connection:
        connection.autocommit = False
        verdicts = []
        took = seconds(lambda: verdicts.append(check(connection, house.log, keyring())))
    (verdict,) = verdicts
    if verdict.finding is not None:
        raise RuntimeError(f"the log to be measured is not whole: {verdict.finding}")
    return float(verdict.entries / took)


def _seal_entries(house: House, count: int) -> None:
    """Entries with payloads, in the tree and under a checkpoint."""
    with house.connect("admin") as connection:
        queue(connection, made(house, count, _audit_key(house)))
    run_once(Place(house.server.url("log"), house.log, house.settings.public_url))


def _audit_key(house: House) -> Key:
    case = house.cases[0]
    with house.connect("admin") as connection:
        row = connection.execute(
            "SELECT wrapped, wrapping_key FROM data_key WHERE subject = %s AND category = %s", [case, AUDIT_KEY]
        ).fetchone()
    assert row is not None
    return open_key(case, AUDIT_KEY, bytes(row[0]), row[1])


@contextmanager
def _published(house: House, count: int) -> Iterator[tuple[Path, bytes]]:
    """A copy of a log as an auditor has it, and its root."""
    with tempfile.TemporaryDirectory(prefix="referral-hub-bench-log-") as name:
        folder, frontier = Path(name), Frontier()
        entries = [one.envelope for one in made(house, count)]
        hashes = [leaf_hash(entry) for entry in entries]
        frontier.extend(hashes)
        for tile in grow(0, hashes, _no_edge):
            _write(folder / tile_path(tile.level, tile.n, tile.width), tile.data)
        for n, first in enumerate(range(0, count, WIDTH)):
            some = entries[first : first + WIDTH]
            _write(folder / tile_path("entries", n, len(some)), bundle(some))
        yield folder, frontier.root()


def _no_edge(level: int, n: int, width: int) -> bytes:
    raise AssertionError("an empty tree has no edge")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _verifier() -> ModuleType:
    """The one file, loaded as it stands."""
    loader = SourceFileLoader("referral_hub_verify", str(VERIFIER))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module
