"""The Merkle tree against RFC 6962: vectors, trees computed by hand, every small proof, touched proofs."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.audit import tree
from referral_hub.audit.tree import EMPTY_ROOT, Frontier, ProofError

# The eight entries and the roots of 1 to 8 of them that every implementation of RFC 6962 is tested with.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAVES_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
LEAVES_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LEAVES_4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
LEAVES_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"


def leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(f"entry {i}".encode()) for i in range(count)]


def stored(hashes: list[bytes]) -> tree.Subtree:
    """A tree kept as its leaves; refuses subtrees that are not complete."""

    def subtree(level: int, index: int) -> bytes:
        part = hashes[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "asked for an incomplete subtree"
        return tree.root_of(part)

    return subtree


def mth(hashes: list[bytes]) -> bytes:
    """MTH as RFC 6962 section 2.1 writes it, with hashlib alone."""
    if not hashes:
        return sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


SIZES = 40
HASHES = leaves(SIZES)


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT == sha256(b"").digest() == tree.root_of([]) == Frontier().root()


def test_a_leaf_and_a_node_are_hashed_apart() -> None:
    assert tree.leaf_hash(b"") == sha256(b"\x00").digest()
    assert tree.leaf_hash(b"abc") == sha256(b"\x00abc").digest()
    assert tree.node_hash(b"l" * 32, b"r" * 32) == sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()


@pytest.mark.parametrize("count", range(1, 9))
def test_the_known_roots_come_out(count: int) -> None:
    hashes = [tree.leaf_hash(data) for data in INPUTS[:count]]
    frontier = Frontier()
    frontier.extend(hashes)
    assert tree.root_of(hashes).hex() == frontier.root().hex() == ROOTS[count - 1]
    assert tree.root_at(count, stored(hashes)).hex() == ROOTS[count - 1]


def test_a_tree_of_three_and_of_five_by_hand() -> None:
    def h(data: bytes) -> bytes:
        return sha256(data).digest()

    a, b, c, d, e = (h(b"\x00" + data) for data in (b"a", b"b", b"c", b"d", b"e"))
    ab, cd = h(b"\x01" + a + b), h(b"\x01" + c + d)
    assert tree.root_of([a, b, c]) == h(b"\x01" + ab + c)
    assert tree.root_of([a, b, c, d, e]) == h(b"\x01" + h(b"\x01" + ab + cd) + e)


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (0, 8, [LEAF_1, LEAVES_2_3, LEAVES_4_7]),
        (5, 8, [LEAF_4, LEAVES_6_7, ROOTS[3]]),
        (2, 3, [ROOTS[1]]),
        (1, 5, [ROOTS[0], LEAVES_2_3, LEAF_4]),
    ],
)
def test_known_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    hashes = [tree.leaf_hash(data) for data in INPUTS[:size]]
    assert [value.hex() for value in tree.inclusion_proof(index, size, stored(hashes))] == proof


@pytest.mark.parametrize(
    ("old", "size", "proof"),
    [
        (1, 1, []),
        (1, 8, [LEAF_1, LEAVES_2_3, LEAVES_4_7]),
        (6, 8, [LEAVES_4_5, LEAVES_6_7, ROOTS[3]]),
        (2, 5, [LEAVES_2_3, LEAF_4]),
    ],
)
def test_known_consistency_proofs(old: int, size: int, proof: list[str]) -> None:
    hashes = [tree.leaf_hash(data) for data in INPUTS[:size]]
    assert [value.hex() for value in tree.consistency_proof(old, size, stored(hashes))] == proof


def test_every_entry_of_every_small_tree_is_proved() -> None:
    for size in range(1, SIZES + 1):
        root, subtree = mth(HASHES[:size]), stored(HASHES[:size])
        for index in range(size):
            proof = tree.inclusion_proof(index, size, subtree)
            tree.verify_inclusion(index, size, HASHES[index], proof, root)


def test_every_small_tree_is_proved_to_extend_every_smaller_one() -> None:
    for size in range(SIZES + 1):
        root, subtree = mth(HASHES[:size]), stored(HASHES[:size])
        for old in range(size + 1):
            proof = tree.consistency_proof(old, size, subtree)
            tree.verify_consistency(old, size, proof, mth(HASHES[:old]), root)


def test_a_frontier_gives_the_root_of_every_size_and_is_restored_from_its_hashes() -> None:
    frontier = Frontier()
    for size in range(SIZES):
        frontier = Frontier(frontier.size, frontier.hashes)
        assert (frontier.size, frontier.root()) == (size, mth(HASHES[:size]))
        assert Frontier.of(size, stored(HASHES[:size])).hashes == frontier.hashes
        frontier.append(HASHES[size])


def test_a_frontier_of_the_wrong_number_of_hashes_is_refused() -> None:
    with pytest.raises(ValueError, match="2 hashes"):
        Frontier(5, [b"x" * 32])
    with pytest.raises(ValueError, match="32 bytes"):
        Frontier(1, [b"x"])


@pytest.mark.parametrize("size", [255, 256, 257, 65_535, 65_536, 65_537])
def test_sizes_around_a_full_tile(size: int) -> None:
    hashes = [sha256(i.to_bytes(4, "big")).digest() for i in range(size)]
    subtree, root = stored(hashes), mth(hashes)
    assert tree.root_of(hashes) == tree.root_at(size, subtree) == root
    for index in (0, 254, size - 1):
        tree.verify_inclusion(index, size, hashes[index], tree.inclusion_proof(index, size, subtree), root)
    for old in (1, 128, 254, size - 1):
        proof = tree.consistency_proof(old, size, subtree)
        tree.verify_consistency(old, size, proof, tree.root_at(old, subtree), root)


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(ValueError):
            tree.inclusion_proof(index, size, stored(HASHES))
        with pytest.raises(ProofError):
            tree.verify_inclusion(index, size, HASHES[0], [], HASHES[0])
    for old, size in ((4, 3), (-1, 3)):
        with pytest.raises(ValueError):
            tree.consistency_proof(old, size, stored(HASHES))
        with pytest.raises(ProofError):
            tree.verify_consistency(old, size, [], HASHES[0], HASHES[0])


def test_an_empty_old_tree_has_the_empty_root_and_no_proof() -> None:
    tree.verify_consistency(0, 3, [], EMPTY_ROOT, mth(HASHES[:3]))
    with pytest.raises(ProofError):
        tree.verify_consistency(0, 3, [], HASHES[0], mth(HASHES[:3]))
    with pytest.raises(ProofError):
        tree.verify_consistency(0, 3, [HASHES[0]], EMPTY_ROOT, mth(HASHES[:3]))


def test_an_empty_leaf_hash_proves_nothing() -> None:
    with pytest.raises(ProofError, match="32 bytes"):
        tree.verify_inclusion(0, 1, b"", [], b"")


INCLUSIONS = st.integers(1, SIZES).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size)))
TOUCHES = st.sampled_from(["flip", "drop", "add", "swap", "leaf", "root", "index", "size"])


def _touched(proof: list[bytes], touch: str, at: int) -> list[bytes]:
    changed = list(proof)
    place = at % max(len(proof), 1)
    if touch == "flip" and proof:
        changed[place] = bytes([proof[place][0] ^ 1]) + proof[place][1:]
    elif touch == "drop" and proof:
        del changed[place]
    elif touch == "add":
        changed.insert(place, HASHES[at % SIZES])
    elif touch == "swap" and len(proof) > 1:
        changed[place - 1], changed[place] = changed[place], changed[place - 1]
    return changed


@given(INCLUSIONS, TOUCHES, st.integers(0, 1000))
def test_a_touched_inclusion_proof_never_verifies(where: tuple[int, int], touch: str, at: int) -> None:
    index, size = where
    proof = tree.inclusion_proof(index, size, stored(HASHES[:size]))
    claim = [index, size, HASHES[index], _touched(proof, touch, at), mth(HASHES[:size])]
    if touch == "leaf":
        claim[2] = sha256(HASHES[index]).digest()
    elif touch == "root":
        claim[4] = mth(HASHES[: size - 1])
    elif touch == "index":
        claim[0] = (index + 1 + at) % (2 * SIZES)
    elif touch == "size":
        claim[1] = max(1, at % SIZES)
    if claim[:1] + claim[2:] == [index, HASHES[index], proof, mth(HASHES[:size])]:
        return  # Nothing was touched, or only the size: some other sizes have the same path, and the root decides.
    with pytest.raises(ProofError):
        tree.verify_inclusion(*claim)  # type: ignore[arg-type]


@given(st.integers(2, SIZES), st.integers(1, SIZES), TOUCHES, st.integers(0, 1000))
def test_a_touched_consistency_proof_never_verifies(size: int, old: int, touch: str, at: int) -> None:
    old = min(old, size - 1)
    roots = [mth(HASHES[:old]), mth(HASHES[:size])]
    proof = tree.consistency_proof(old, size, stored(HASHES[:size]))
    changed = _touched(proof, touch, at)
    if touch == "leaf":
        roots[0] = mth(HASHES[: old - 1])
    elif touch == "root":
        roots[1] = mth(HASHES[: size - 1])
    elif changed == proof:
        return
    with pytest.raises(ProofError):
        tree.verify_consistency(old, size, changed, roots[0], roots[1])


@given(st.integers(-3, 70), st.integers(-3, 70), st.lists(st.binary(max_size=33), max_size=9), st.binary(), st.binary())
def test_garbage_is_refused_and_never_crashes(a: int, b: int, proof: list[bytes], one: bytes, two: bytes) -> None:
    try:
        tree.verify_inclusion(a, b, one, proof, two)
        raise AssertionError("verified garbage") if (a, b, one) != (0, 1, two) else ProofError()
    except ProofError:
        pass
    try:
        tree.verify_consistency(a, b, proof, one, two)
        raise AssertionError("verified garbage") if a != b or one != two else ProofError()
    except ProofError:
        pass
