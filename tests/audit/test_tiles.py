"""The log as files: C2SP tlog-tiles, its paths, its partial tiles, its bundles."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.audit import tiles, tree
from referral_hub.audit.tiles import TileError, parse_path, tile_path


def hashes(count: int) -> list[bytes]:
    return [sha256(i.to_bytes(4, "big")).digest() for i in range(count)]


class Shelf:
    """Tiles in memory, the widest of each."""

    def __init__(self) -> None:
        self.size = 0
        self.kept: dict[tuple[int, int], tiles.Tile] = {}

    def fetch(self, level: int, n: int, width: int) -> bytes:
        return self.kept[level, n].data[: width * 32]

    def add(self, new: list[bytes]) -> list[tiles.Tile]:
        grown = tiles.grow(self.size, new, self.fetch)
        self.kept.update({(tile.level, tile.n): tile for tile in grown})
        self.size += len(new)
        return grown


@pytest.mark.parametrize(
    ("level", "n", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 0, 1, "tile/0/000.p/1"),
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (3, 999, 255, "tile/3/999.p/255"),
        (63, 1000, 256, "tile/63/x001/000"),
        ("entries", 67, 12, "tile/entries/067.p/12"),
        ("entries", 1_000_000, 256, "tile/entries/x001/x000/000"),
    ],
)
def test_a_path_is_written_and_read_as_the_format_says(level: tiles.Level, n: int, width: int, path: str) -> None:
    assert tile_path(level, n, width) == path
    assert parse_path(path) == (level, n, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/1000",
        "tile/0/001/067",
        "tile/0/x001/x067",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/012",
        "tile/0/000.p/",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/0/../000",
        "tile/entry/000",
        "tile/0/٠٠٠",
        "tile/0/" + "x001/" * 100 + "000",
    ],
)
def test_any_other_path_is_refused(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path)


@given(st.text(max_size=60) | st.from_regex(r"tile/(entries|\d\d?)/(x?\d{3}/){0,3}\d{3}(\.p/\d{1,3})?", fullmatch=True))
def test_a_path_is_read_in_one_spelling_only(path: str) -> None:
    try:
        parts = parse_path(path)
    except TileError:
        return
    assert tile_path(*parts) == path


def test_there_is_no_tile_outside_of_the_format() -> None:
    for level, n, width in ((64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(TileError):
            tile_path(level, n, width)


def test_a_tree_of_70000_has_the_tiles_the_specification_lists() -> None:
    expected = [(0, n, 256) for n in range(273)] + [(0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)]
    assert list(tiles.tiles_of(70_000)) == expected


def test_a_tree_of_256_has_one_full_tile_and_one_of_width_1_above() -> None:
    assert list(tiles.tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles.tiles_of(255)) == [(0, 0, 255)]
    assert list(tiles.tiles_of(0)) == []


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000])
def test_tiles_give_the_root_and_every_proof(size: int) -> None:
    leaves = hashes(size)
    shelf = Shelf()
    shelf.add(leaves)
    assert {(t.level, t.n, t.width) for t in shelf.kept.values()} == set(tiles.tiles_of(size))
    subtree = tiles.subtree_reader(shelf.fetch, size)
    root = tree.root_of(leaves)
    assert tree.root_at(size, subtree) == root
    for index in {0, size // 2, size - 1} & set(range(size)):
        tree.verify_inclusion(index, size, leaves[index], tree.inclusion_proof(index, size, subtree), root)
    for old in {1, 256, size // 3} & set(range(1, size + 1)):
        proof = tree.consistency_proof(old, size, subtree)
        tree.verify_consistency(old, size, proof, tree.root_of(leaves[:old]), root)


@given(st.lists(st.integers(0, 600), max_size=6))
def test_a_log_that_grows_in_steps_has_the_tiles_of_one_that_grew_at_once(steps: list[int]) -> None:
    leaves, stepwise, at_once = hashes(sum(steps)), Shelf(), Shelf()
    for step in steps:
        before = stepwise.size
        grown = stepwise.add(leaves[before : before + step])
        assert [(t.level, t.n, t.width) for t in grown] == list(tiles.tiles_of(before + step, before))
    at_once.add(leaves)
    assert stepwise.kept == at_once.kept


def test_a_smaller_tree_is_read_from_the_tiles_of_a_larger_one() -> None:
    leaves, shelf = hashes(700), Shelf()
    shelf.add(leaves)
    for size in (1, 255, 256, 257, 512, 699):
        assert tree.root_at(size, tiles.subtree_reader(shelf.fetch, size)) == tree.root_of(leaves[:size])


def test_no_subtree_outside_of_the_tree_is_made_up() -> None:
    shelf = Shelf()
    shelf.add(hashes(300))
    subtree = tiles.subtree_reader(shelf.fetch, 300)
    for level, index in ((0, 300), (3, 37), (8, 1), (9, 0), (20, 0)):
        with pytest.raises(TileError):
            subtree(level, index)


def test_a_tile_of_another_length_is_refused() -> None:
    subtree = tiles.subtree_reader(lambda level, n, width: b"x" * 31, 1)
    with pytest.raises(TileError, match="32 bytes"):
        subtree(0, 0)


def test_a_bundle_holds_each_entry_after_its_length() -> None:
    assert tiles.bundle([b"ab", b"", b"c"]) == b"\x00\x02ab\x00\x00\x00\x01c"
    assert tiles.unbundle(b"\x00\x02ab\x00\x00\x00\x01c") == [b"ab", b"", b"c"]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert tiles.unbundle(tiles.bundle(entries)) == entries


def test_the_longest_entry_fits_and_no_longer_one() -> None:
    assert tiles.unbundle(tiles.bundle([b"x" * 65_535])) == [b"x" * 65_535]
    with pytest.raises(TileError):
        tiles.bundle([b"x" * 65_536])


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x01", b"\x00\x02a", b"\x00\x00\x00", b"\x00\x00" * 257])
def test_a_bundle_that_is_cut_or_too_full_is_refused(data: bytes) -> None:
    with pytest.raises(TileError):
        tiles.unbundle(data)


@given(st.binary(max_size=200))
def test_garbage_is_a_bundle_or_refused(data: bytes) -> None:
    try:
        entries = tiles.unbundle(data)
    except TileError:
        return
    assert tiles.bundle(entries) == data
