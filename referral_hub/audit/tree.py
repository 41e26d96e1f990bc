"""The Merkle tree of the log: RFC 6962 section 2.1 (the same tree as RFC 9162 section 2.1), SHA-256.

Pure: standard library only. A hash is 32 bytes. ``subtree(level, index)`` stands for wherever the tree is kept: it
gives the hash of the complete subtree over the leaves ``index * 2**level`` to ``(index + 1) * 2**level - 1``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Subtree = Callable[[int, int], bytes]


class ProofError(ValueError):
    """A proof does not show what it claims."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry: ``SHA-256(0x00 || data)``. The first byte keeps an entry from passing for a node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: ``SHA-256(0x01 || left || right)``."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over ``leaf_hashes`` (MTH of RFC 6962): level by level, an odd last one moves up as it is."""
    if not leaf_hashes:
        return EMPTY_ROOT
    row = list(leaf_hashes)
    while len(row) > 1:
        # Written out instead of calling node_hash: this line is most of the time of a check of the whole log.
        above = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        if len(row) % 2:
            above.append(row[-1])
        row = above
    return row[0]


class Frontier:
    """What is needed to extend a tree: the hashes of its largest complete subtrees, largest first (a compact range).

    :param size: leaves so far.
    :param hashes: as many as ``size`` has binary ones.
    :raises ValueError: another number of hashes, or one that is not 32 bytes.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self._size = size
        self._hashes = list(hashes)
        if size < 0 or len(self._hashes) != size.bit_count():
            raise ValueError(f"a frontier of size {size} has {size.bit_count()} hashes, not {len(self._hashes)}")
        if any(len(value) != HASH_BYTES for value in self._hashes):
            raise ValueError("a hash has 32 bytes")

    @classmethod
    def of(cls, size: int, subtree: Subtree) -> "Frontier":
        """The frontier of a stored tree of ``size`` leaves."""
        return cls(size, [subtree(level, index) for level, index in _complete(0, size)])

    @property
    def size(self) -> int:
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the right."""
        size = self._size
        while size & 1:
            leaf = node_hash(self._hashes.pop(), leaf)
            size >>= 1
        self._hashes.append(leaf)
        self._size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes at the right, in their order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """The root of the tree so far."""
        return _folded(self._hashes)


def root_at(size: int, subtree: Subtree) -> bytes:
    """The root of the first ``size`` leaves of a stored tree."""
    return Frontier.of(size, subtree).root()


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 section 2.1.1: the leaf's sibling first, the root's child last.

    :raises ValueError: ``index`` is not among ``size`` leaves.
    """
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not in a tree of {size}")
    low, high = 0, size
    path: list[bytes] = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_root(middle, high, subtree))
            high = middle
        else:
            path.append(_range_root(low, middle, subtree))
            low = middle
    return path[::-1]


def consistency_proof(old: int, size: int, subtree: Subtree) -> list[bytes]:
    """PROOF(old, D[size]) of RFC 6962 section 2.1.2. Empty for ``old`` 0 (nothing to be consistent with) and ``size``.

    :raises ValueError: ``old`` is larger than ``size``.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} never had {old} entries")
    if old in (0, size):
        return []
    low, high = 0, size
    path: list[bytes] = []
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_range_root(middle, high, subtree))
            high = middle
        else:
            path.append(_range_root(low, middle, subtree))
            low = middle
    if low:
        # The old tree's last subtree begins elsewhere than at leaf 0: whoever checks does not know its hash yet.
        path.append(_range_root(low, high, subtree))
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """That ``leaf`` (its hash) is entry ``index`` of the tree of ``size`` leaves under ``root``; RFC 9162, 2.1.3.2.

    :raises ProofError: it is not shown.
    """
    if not 0 <= index < size:
        raise ProofError(f"entry {index} is not in a tree of {size}")
    _check_hashes(leaf, root, *proof)
    node, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            value = node_hash(sibling, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    if value != root:
        raise ProofError(f"entry {index} does not lead to the root of {size}")


def verify_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> None:
    """That the tree of ``size`` begins with the very tree of ``old`` leaves; RFC 9162 section 2.1.4.2.

    An empty old tree is the beginning of every tree (the proof is empty then), see C2SP tlog-witness.

    :raises ProofError: it is not shown.
    """
    if not 0 <= old <= size:
        raise ProofError(f"a tree of {size} is no extension of {old}")
    _check_hashes(old_root, root, *proof)
    if old in (0, size):
        if proof:
            raise ProofError("the proof is too long")
        if old_root != (root if old == size else EMPTY_ROOT):
            raise ProofError(f"two different roots of {old}")
        return
    seen_old, seen_new = _roots_of(old, size, proof, old_root)
    if seen_old != old_root:
        raise ProofError(f"the proof does not lead to the root of {old}")
    if seen_new != root:
        raise ProofError(f"the proof does not lead to the root of {size}")


def _roots_of(old: int, size: int, proof: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """Both roots as the proof builds them."""
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    rest = iter(proof)
    first = old_root if not node else next(rest, None)
    if first is None:
        raise ProofError("the proof is too short")
    seen_old = seen_new = first
    for value in rest:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            seen_old, seen_new = node_hash(value, seen_old), node_hash(value, seen_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            seen_new = node_hash(seen_new, value)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return seen_old, seen_new


def _check_hashes(*values: bytes) -> None:
    if any(len(value) != HASH_BYTES for value in values):
        raise ProofError("a hash has 32 bytes")


def _split(count: int) -> int:
    """The largest power of two below ``count`` (>= 2)."""
    return 1 << (count - 1).bit_length() - 1


def _complete(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees that cover the leaves from ``low``, which begins a subtree of the tree, to ``high``."""
    while low < high:
        level = (high - low).bit_length() - 1
        yield level, low >> level
        low += 1 << level


def _range_root(low: int, high: int, subtree: Subtree) -> bytes:
    return _folded([subtree(level, index) for level, index in _complete(low, high)])


def _folded(hashes: Sequence[bytes]) -> bytes:
    """One root over complete subtrees, largest first."""
    if not hashes:
        return EMPTY_ROOT
    value = hashes[-1]
    for left in reversed(hashes[:-1]):
        value = node_hash(left, value)
    return value
