"""Which tiles the proof of an entry reads."""

from hashlib import sha256

import pytest

from referral_hub.audit.proving import _touched
from referral_hub.audit.tiles import HEIGHT, grow, subtree_reader, tile_width
from referral_hub.audit.tree import Frontier, inclusion_proof, verify_inclusion


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_049, 131_329])
def test_the_tiles_that_are_read_are_enough_for_a_proof(size: int) -> None:
    kept: dict[tuple[int, int], bytes] = {}
    leaves = [sha256(n.to_bytes(4, "big")).digest() for n in range(size)]
    for tile in grow(0, leaves, lambda *_: b""):
        kept[tile.level, tile.n] = tile.data
    frontier = Frontier()
    frontier.extend(leaves)
    for index in {0, 1, 254, 255, 256, size // 2, size - 257, size - 256, size - 2, size - 1}:
        if not 0 <= index < size:
            continue
        there = _touched(index, size)
        assert len(there) <= 2 * (1 + (size.bit_length() // HEIGHT))

        def fetch(level: int, n: int, width: int, there: set[tuple[int, int]] = there) -> bytes:
            assert (level, n) in there
            return kept[level, n][: 32 * width]

        proof = inclusion_proof(index, size, subtree_reader(fetch, size))
        verify_inclusion(index, size, leaves[index], proof, frontier.root())


def test_no_tile_is_asked_for_that_a_tree_of_this_size_has_not() -> None:
    for size in range(1, 1200):
        for index in (0, size // 2, size - 1):
            assert all(tile_width(size, level, n) for level, n in _touched(index, size))
