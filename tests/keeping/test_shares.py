"""The keyring on paper: enough shares give it back, fewer say nothing, a typing error is told."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referral_hub.keeping.paper import fingerprint, packed, unpacked
from referral_hub.keeping.shares import WrongShares, _at_zero, _inverse, _times, join, split
from referral_hub.vault.keyring import Keyring

SECRET = bytes(range(80))


def test_multiplication_is_that_of_fips_197() -> None:
    assert _times(0x57, 0x83) == 0xC1
    assert _times(0x57, 0x13) == 0xFE
    assert all(_times(a, _inverse(a)) == 1 for a in range(1, 256))


def test_a_line_through_two_points_worked_out_by_hand() -> None:
    # f(x) = 5 + 3x: f(1) = 5 ^ 3 = 6, f(2) = 5 ^ 6 = 3
    assert _at_zero({1: 6, 2: 3}) == 5


@given(st.binary(min_size=1, max_size=60), st.integers(2, 6), st.data())
@settings(max_examples=50, deadline=None)
def test_any_enough_of_them_give_it_back(secret: bytes, need: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(need, 8))
    lines = split(secret, count, need)
    chosen = data.draw(st.permutations(lines))[:need]
    assert join(chosen) == secret


def test_every_pair_of_three_gives_it_back_and_one_alone_does_not() -> None:
    lines = split(SECRET, 3, 2)
    for pair in itertools.combinations(lines, 2):
        assert join(pair) == SECRET
    with pytest.raises(WrongShares, match="too-few"):
        join(lines[:1])


def test_one_share_alone_says_nothing_of_the_secret() -> None:
    """The same share fits every secret: among many exports a byte of it takes every value."""
    seen = {join_first_byte(split(b"\x00", 2, 2)[0]) for _ in range(2000)}
    assert len(seen) > 250


def join_first_byte(line: str) -> int:
    import base64

    text = "".join(line.partition(":")[2].split())
    return base64.b32decode(text + "=" * (-len(text) % 8))[6]


def test_small_letters_missing_blanks_and_missing_numbers_are_read() -> None:
    first, second, _third = split(SECRET, 3, 2)
    assert join([first.partition(":")[2].lower(), second.replace(" ", ""), "", "  "]) == SECRET


def with_another_letter(line: str) -> str:
    return line[:9] + ("B" if line[9] != "B" else "C") + line[10:]


@pytest.mark.parametrize("change", [lambda line: line[:-3], with_another_letter])
def test_a_typing_error_names_its_line(change: Callable[[str], str]) -> None:
    first, second, _third = split(SECRET, 3, 2)
    typed = change(second)
    with pytest.raises(WrongShares) as caught:
        join([first, typed])
    assert (caught.value.why, caught.value.line) == ("unreadable", 2)


def test_shares_of_two_exports_and_the_same_share_twice_are_refused() -> None:
    one, other = split(SECRET, 3, 2), split(SECRET, 3, 2)
    with pytest.raises(WrongShares, match="mixed"):
        join([one[0], other[1]])
    with pytest.raises(WrongShares, match="twice"):
        join([one[0], one[0]])


@pytest.mark.parametrize(("count", "need"), [(1, 1), (3, 1), (2, 3), (17, 2)])
def test_numbers_that_make_no_sense_are_refused(count: int, need: int) -> None:
    with pytest.raises(ValueError, match="need"):
        split(SECRET, count, need)


def test_a_ring_goes_on_paper_and_comes_back_whole() -> None:
    ring = Keyring.fresh().rotated().rotated()
    back = unpacked(packed(ring))
    assert (back.current, dict(back.keys), back.index) == (ring.current, dict(ring.keys), ring.index)
    assert fingerprint(back.keys) == fingerprint(ring.keys) != fingerprint(ring.rotated().keys)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x02" + bytes(81), b"\x01\x01" + bytes(79), b"\x01\x00" + bytes(32)])
def test_what_is_no_ring_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="keyring"):
        unpacked(data)
