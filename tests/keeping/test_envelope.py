"""Sealed files: only the holder of the private key opens them, and nothing of them can be changed."""

import io
from pathlib import Path

import pytest

from referral_hub.keeping import envelope
from referral_hub.keeping.envelope import CHUNK, Damaged, make_recipient, opened, public_of, read_private, seal
from referral_hub.kernel.errors import EnvironmentFault


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("key") / "private"
    public = make_recipient(path)
    private = read_private(path)
    assert public_of(private) == public
    assert path.stat().st_mode & 0o777 == 0o600
    return private


def sealed(content: bytes, key: bytes, name: str = "a") -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(content), target, name, public_of(key))
    return target.getvalue()


def content_of(data: bytes, key: bytes, name: str = "a") -> bytes:
    return b"".join(opened(io.BytesIO(data), name, key))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_was_sealed_comes_back(size: int, key: bytes) -> None:
    content = bytes(i % 251 for i in range(size))
    assert content_of(sealed(content, key), key) == content


def test_nothing_of_the_content_shows(key: bytes) -> None:
    assert b"Hoa" not in sealed(b"Hoa " * 100, key)


def test_every_byte_counts(key: bytes) -> None:
    whole = sealed(b"chuyen gui", key)
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 1
        with pytest.raises(Damaged):
            content_of(bytes(broken), key)


def test_what_was_cut_off_is_refused_wherever_it_was_cut(key: bytes) -> None:
    whole = sealed(bytes(2 * CHUNK + 5), key)
    cuts = [*range(0, 100), CHUNK, len(whole) - 40, len(whole) - 1]
    for cut in cuts:
        with pytest.raises(Damaged):
            content_of(whole[:cut], key)


def test_chunks_are_not_exchanged_dropped_or_doubled(key: bytes) -> None:
    whole = sealed(bytes(CHUNK) + b"x" * CHUNK + b"end", key)
    head = 4 + 2 + int.from_bytes(whole[4:6], "big")
    size = 4 + int.from_bytes(whole[head : head + 4], "big")
    one, two, rest = whole[head : head + size], whole[head + size : head + 2 * size], whole[head + 2 * size :]
    for order in ((two, one, rest), (one, rest), (one, one, two, rest), (one, two)):
        with pytest.raises(Damaged):
            content_of(whole[:head] + b"".join(order), key)


def test_another_key_and_another_name_open_nothing(key: bytes, tmp_path: Path) -> None:
    make_recipient(tmp_path / "other")
    whole = sealed(b"x", key)
    with pytest.raises(Damaged):
        content_of(whole, read_private(tmp_path / "other"))
    with pytest.raises(Damaged):
        content_of(whole, key, "b")


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    make_recipient(tmp_path / "k")
    with pytest.raises(FileExistsError):
        make_recipient(tmp_path / "k")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"kind":"referral-hub-backup-key","private":"AA=="}', "\x00"])
def test_rubbish_is_no_key(tmp_path: Path, text: str) -> None:
    path = tmp_path / "k"
    path.write_text(text)
    with pytest.raises(EnvironmentFault):
        read_private(path)
    with pytest.raises(EnvironmentFault):
        read_private(tmp_path / "missing")
    assert envelope.MAGIC == b"RHB1"
