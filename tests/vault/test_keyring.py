"""The keyring: what wraps the data keys, where it lies, and that a row put in another's place is noticed."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from referral_hub.cases.sections import read_sections
from referral_hub.kernel import clock
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.vault.current import keyring, use_keyring
from referral_hub.vault.documents import fresh_key, open_document, open_key, seal_document
from referral_hub.vault.keyring import Keyring, Wrapped, ensure_keyring, load_keyring, save_keyring
from referral_hub.vault.sealing import KEY_BYTES, Key, Unsealable
from tests.builders import a_case
from tests.conftest import Acting


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keyring.json"


@pytest.fixture
def ring(path: Path) -> Keyring:
    return ensure_keyring(path)


def test_what_is_sealed_opens_with_its_key_and_identity_alone() -> None:
    key, other = Key.fresh(), Key.fresh()
    sealed = key.seal(b"Hoa", "a")
    assert key.unseal(sealed, "a") == b"Hoa"
    assert b"Hoa" not in sealed
    for wrong_key, identity, bytes_ in (
        (other, "a", sealed),
        (key, "b", sealed),
        (key, "a", sealed[:-1]),
        (key, "a", bytes([sealed[0] ^ 1]) + sealed[1:]),
        (key, "a", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (key, "a", b""),
    ):
        with pytest.raises(Unsealable):
            wrong_key.unseal(bytes_, identity)


def test_the_same_words_are_never_sealed_to_the_same_bytes() -> None:
    key = Key.fresh()
    assert len({key.seal(b"x", "a") for _ in range(50)}) == 50


def test_a_key_never_shows_itself() -> None:
    key = Key(b"k" * KEY_BYTES)
    ring = Keyring("one", {"one": key}, key)
    for shown in (repr(key), str(key), repr(ring), repr([key])):
        assert "kkk" not in shown
        assert "a2tr" not in shown


def test_the_file_is_its_owners_alone(path: Path, ring: Keyring) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert load_keyring(path) == ring


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644])
def test_a_file_that_others_may_touch_is_refused(path: Path, ring: Keyring, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(EnvironmentFault) as caught:
        load_keyring(path)
    assert "chmod 600" in caught.value.sentence.vi


def test_an_existing_ring_is_never_made_anew(path: Path, ring: Keyring) -> None:
    before = path.read_bytes()
    assert ensure_keyring(path) == ring
    assert path.read_bytes() == before
    with pytest.raises(FileExistsError):
        save_keyring(Keyring.fresh(), path, new=True)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir() if p.name.count(".json") and p != path and "lock" not in p.name] == []


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "null", '{"current": "a", "keys": {}}', '{"current": "a", "keys": {"a": "AAAA"}}', "\x00\xff"],
)
def test_a_damaged_ring_is_told_and_not_replaced(path: Path, ring: Keyring, content: str) -> None:
    path.write_text(content, "utf-8")
    for deed in (load_keyring, ensure_keyring):
        with pytest.raises(EnvironmentFault) as caught:
            deed(path)
        assert "bản sao lưu" in caught.value.sentence.vi
    assert path.read_text("utf-8") == content


def test_a_missing_ring_is_told(path: Path) -> None:
    with pytest.raises(EnvironmentFault):
        load_keyring(path)
    assert not path.exists()


def test_the_file_holds_every_key_of_the_ring(path: Path, ring: Keyring) -> None:
    turned = ring.rotated()
    save_keyring(turned, path)
    raw = json.loads(path.read_text("utf-8"))
    assert raw["current"] == turned.current != ring.current
    assert set(raw["keys"]) == {ring.current, turned.current}
    assert load_keyring(path).index == ring.index, "blind values must be found again after a rotation"


def test_after_a_rotation_old_keys_open_and_the_new_one_wraps(ring: Keyring) -> None:
    key = Key.fresh()
    old = ring.wrap(key, "row")
    turned = ring.rotated()
    assert turned.unwrap(old, "row") == key
    assert turned.wrap(key, "row").wrapping_key == turned.current
    with pytest.raises(Unsealable):
        ring.unwrap(turned.wrap(key, "row"), "row")


def test_a_key_taken_off_the_ring_opens_nothing_and_the_current_one_stays(ring: Keyring) -> None:
    key = Key.fresh()
    old = ring.wrap(key, "row")
    turned = ring.rotated()
    left = turned.without(ring.current, turned.current)
    assert set(left.keys) == {turned.current}
    with pytest.raises(Unsealable):
        left.unwrap(old, "row")


def test_a_wrapped_key_belongs_to_its_row(ring: Keyring) -> None:
    wrapped = ring.wrap(Key.fresh(), "row")
    with pytest.raises(Unsealable):
        ring.unwrap(wrapped, "another row")
    with pytest.raises(Unsealable):
        ring.unwrap(Wrapped(wrapped.sealed, str(uuid4())), "row")


def test_blind_values_meet_only_for_the_same_use(ring: Keyring) -> None:
    assert ring.blind("name", "hoa") == ring.blind("name", "hoa")
    assert len({ring.blind("name", "hoa"), ring.blind("phone", "hoa"), ring.blind("name", "hue")}) == 3
    assert ring.blind("name", "hoa") != Keyring.fresh().blind("name", "hoa")
    with pytest.raises(ValueError):
        ring.blind("na\0me", "hoa")


@pytest.fixture
def in_use(ring: Keyring) -> Callable[[], Keyring]:
    use_keyring(ring)
    return keyring


def test_a_running_process_notices_that_the_ring_was_turned(path: Path, in_use: Callable[[], Keyring]) -> None:
    before = in_use()
    save_keyring(before.rotated(), path)
    os.utime(path, ns=(1, 1))  # whatever the resolution of the file system's clock
    assert in_use().current != before.current


def test_a_document_opens_as_it_was_written(in_use: Callable[[], Keyring]) -> None:
    subject = uuid4()
    key, wrapped = fresh_key(subject, "identity")
    document = {"full_name": "Nguyễn Thị Hoa", "children": [{"age": 3}], "none": None}
    sealed = seal_document(key, document, "id")
    again = open_key(subject, "identity", wrapped.sealed, wrapped.wrapping_key)
    assert open_document(again, sealed, "id") == document


@pytest.mark.parametrize(("subject", "category"), [("same", "contact"), ("other", "identity")])
def test_a_data_key_opens_for_its_case_and_category_alone(
    in_use: Callable[[], Keyring], subject: str, category: str
) -> None:
    own = uuid4()
    _, wrapped = fresh_key(own, "identity")
    with pytest.raises(Unsealable):
        open_key(own if subject == "same" else uuid4(), category, wrapped.sealed, wrapped.wrapping_key)


@pytest.mark.parametrize(
    "exchange",
    [
        "UPDATE case_section s SET ciphertext = o.ciphertext FROM case_section o"
        " WHERE s.subject = %(a)s AND o.subject = %(b)s AND s.category = 'identity' AND o.category = 'identity'",
        "UPDATE data_key s SET wrapped = o.wrapped FROM data_key o"
        " WHERE s.subject = %(a)s AND o.subject = %(b)s AND s.category = 'identity' AND o.category = 'identity'",
        "UPDATE case_section s SET ciphertext = o.ciphertext FROM case_section o"
        " WHERE s.subject = %(a)s AND o.subject = %(a)s AND s.category = 'identity' AND o.category = 'medical'",
        "WITH k AS (UPDATE data_key s SET wrapped = o.wrapped FROM data_key o WHERE s.subject = %(a)s"
        " AND o.subject = %(b)s AND s.category = 'identity' AND o.category = 'identity')"
        " UPDATE case_section s SET ciphertext = o.ciphertext FROM case_section o"
        " WHERE s.subject = %(a)s AND o.subject = %(b)s AND s.category = 'identity' AND o.category = 'identity'",
    ],
    ids=["ciphertext", "data-key", "category", "both-together"],
)
def test_a_row_put_in_the_place_of_another_case_is_noticed(
    acting: Acting, admin_connection: psycopg.Connection, exchange: str
) -> None:
    with acting("lan@anh-duong") as lan:
        a, b = a_case(lan), a_case(lan)
    with admin_connection.transaction():
        admin_connection.execute("SET LOCAL session_replication_role = replica")
        assert admin_connection.execute(exchange.encode(), {"a": a, "b": b}).rowcount > 0
    with acting("lan@anh-duong") as lan:
        assert read_sections(lan, b, ["identity"], why="test", now=clock.now())["identity"].fields
    with pytest.raises(Unsealable), acting("lan@anh-duong") as lan:
        read_sections(lan, a, ["identity"], why="test", now=clock.now())
