"""Whoever may do everything in the database still cannot change the log unnoticed: it is found, named and placed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from referral_hub.audit.acts import Act
from referral_hub.audit.findings import Finding
from referral_hub.audit.folder import Folder
from referral_hub.audit.tiles import grow
from referral_hub.config import Settings
from referral_hub.installation import keyring_file
from referral_hub.kernel.ids import new_id
from referral_hub.vault.keyring import load_keyring
from tests.audit.logs import Kept, Log, a_log, place_of, superuser, uid_at
from tests.trial import Trial

Admin = psycopg.Connection
Do = Callable[..., int]

EDITED = """UPDATE audit_entry
    SET envelope = convert_to(replace(convert_from(envelope, 'UTF8'), 'cong-an-tinh', 'so-y-te'), 'UTF8')"""
AT = " WHERE id = (SELECT entry_id FROM audit_leaf WHERE seq = %s)"
HASHED = r"""UPDATE audit_leaf l SET leaf_hash = sha256('\x00'::bytea || e.envelope) FROM audit_entry e
    WHERE e.id = l.entry_id AND l.seq = %s"""
AWAY = "UPDATE audit_leaf SET seq = -1 - (seq + %s) WHERE seq >= %s"
BACK = "UPDATE audit_leaf SET seq = -1 - seq WHERE seq < 0"


@pytest.fixture(scope="module")
def _kept() -> list[Kept]:
    return []


@pytest.fixture
def log(request: pytest.FixtureRequest, installation: Trial, _kept: list[Kept], tmp_path: Path) -> Log:
    """A sealed log, made once and put back before each test."""
    request.getfixturevalue("server")
    folder = Folder(tmp_path / "audit")
    if _kept:
        return _kept[0].put_back(installation, folder)
    files = tmp_path / "kept"
    made = a_log(request.getfixturevalue("acting"), installation.server(), Folder(files))
    _kept.append(Kept(made, installation.remember(), files))
    return Log(made.server, Folder(files), made.told)


@pytest.fixture
def found(log: Log, settings: Settings) -> Callable[[], Finding]:
    """What `audit verify` finds; that it finds something."""
    ring = load_keyring(keyring_file(settings.home))
    assert log.check(ring).finding is None

    def look() -> Finding:
        finding = log.check(ring).finding
        assert finding is not None, "nobody noticed"
        assert all((finding.sentence.vi, finding.sentence.en, "{" not in finding.sentence.vi))
        return finding

    return look


@pytest.fixture
def bare(log: Log) -> Iterator[None]:
    """The published files are not on this machine, but the log's key is."""
    for path in (log.folder.public / "tile", log.folder.checkpoint):
        path.rename(log.folder.root / path.name)
    yield


def retiled(admin: Admin, do: Do) -> None:
    """All tiles, made anew from the leaves."""
    hashes = [bytes(h) for (h,) in admin.execute("SELECT leaf_hash FROM audit_leaf ORDER BY seq")]
    do("DELETE FROM audit_tile")
    for tile in grow(0, hashes, lambda *_: b""):
        do("INSERT INTO audit_tile VALUES (%s, %s, %s, %s)", tile.level, tile.n, tile.width, tile.data)


def named(finding: Finding) -> tuple[Any, ...]:
    return finding.kind, finding.seq, finding.uid


@pytest.mark.parametrize("depth", ["entry", "entry and leaf", "entry, leaf and tiles"])
@pytest.mark.parametrize("seq", [15, 257, 280])
def test_a_changed_entry_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding], depth: str, seq: int
) -> None:
    uid = uid_at(admin_connection, seq)
    with superuser(admin_connection) as do:
        do(EDITED + AT, seq)
        if "leaf" in depth:
            do(HASHED, seq)
        if "tiles" in depth:
            retiled(admin_connection, do)
    assert named(found()) == ("edited", seq, uid)


def test_a_change_of_everything_the_database_holds_lies_between_two_checkpoints_where_no_file_is_left(
    admin_connection: Admin, log: Log, found: Callable[[], Finding], bare: None
) -> None:
    heads = [size for (size,) in admin_connection.execute("SELECT size FROM audit_head ORDER BY size")]
    with superuser(admin_connection) as do:
        do(EDITED + AT, 200)
        do(HASHED, 200)
        retiled(admin_connection, do)
    finding = found()
    assert (finding.kind, finding.seq, finding.what) == ("edited", heads[0], str(heads[1]))


def test_a_changed_hash_beside_an_entry_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    with superuser(admin_connection) as do:
        do("UPDATE audit_leaf SET leaf_hash = sha256(leaf_hash) WHERE seq = 20")
    assert named(found()) == ("edited", 20, uid_at(admin_connection, 20))


@pytest.mark.parametrize("column", ["uid = gen_random_uuid()", "subject = gen_random_uuid()", "kind = 'read'"])
def test_a_changed_column_of_an_entry_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding], column: str
) -> None:
    with superuser(admin_connection) as do:
        do(f"UPDATE audit_entry SET {column}{AT}", 40)
    assert named(found())[:2] == ("edited", 40)


@pytest.mark.parametrize("depth", ["entry", "entry and leaf", "renumbered", "renumbered and tiled"])
def test_a_deleted_entry_is_named(admin_connection: Admin, log: Log, found: Callable[[], Finding], depth: str) -> None:
    uid = uid_at(admin_connection, 100)
    with superuser(admin_connection) as do:
        do("DELETE FROM audit_entry" + AT, 100)
        if depth != "entry":
            do("DELETE FROM audit_leaf WHERE seq = 100")
        if "renumbered" in depth:
            do(AWAY, -1, 101)
            do(BACK)
        if "tiled" in depth:
            retiled(admin_connection, do)
    assert named(found()) == ("missing", 100, uid)


def test_an_entry_taken_out_of_the_tree_alone_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    uid = uid_at(admin_connection, 100)
    with superuser(admin_connection) as do:
        do("DELETE FROM audit_leaf WHERE seq = 100")
    assert named(found()) == ("missing", 100, uid)


@pytest.mark.parametrize("heads_too", [False, True])
@pytest.mark.parametrize("files", [True, False])
def test_a_log_cut_short_is_noticed_at_its_first_missing_entry(
    request: pytest.FixtureRequest,
    admin_connection: Admin,
    log: Log,
    found: Callable[[], Finding],
    heads_too: bool,
    files: bool,
) -> None:
    if not files:
        (log.folder.public / "tile").rename(log.folder.root / "tile")
    uid = uid_at(admin_connection, 290)
    with superuser(admin_connection) as do:
        do(
            "DELETE FROM audit_payload WHERE entry_uid IN (SELECT e.uid FROM audit_entry e JOIN audit_leaf l"
            " ON l.entry_id = e.id WHERE l.seq >= 290)"
        )
        do("DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf WHERE seq >= 290)")
        do("DELETE FROM audit_leaf WHERE seq >= 290")
        retiled(admin_connection, do)
        if heads_too:
            do("DELETE FROM audit_head WHERE size > 290")
    assert named(found()) == ("missing", 290, uid if files else None)


def _forged(do: Do, admin: Admin, like: int) -> int:
    """A well-formed entry that nobody wrote."""
    row = admin.execute(
        "SELECT e.uid::text, convert_from(e.envelope, 'UTF8') FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id"
        " WHERE l.seq = %s",
        [like],
    ).fetchone()
    assert row is not None
    uid = new_id()
    do(
        "INSERT INTO audit_entry (uid, xid, subject, kind, envelope)"
        " SELECT %s, xid, subject, kind, %s FROM audit_entry WHERE uid = %s",
        uid,
        row[1].replace(row[0], str(uid)).encode(),
        row[0],
    )
    number = admin.execute("SELECT id FROM audit_entry WHERE uid = %s", [uid]).fetchone()
    assert number is not None
    return int(number[0])


LEAF = r"INSERT INTO audit_leaf SELECT %s, id, sha256('\x00'::bytea || envelope) FROM audit_entry WHERE id = %s"


@pytest.mark.parametrize("where", ["beside the log", "at its end", "in the middle", "in the middle, tiled"])
def test_an_entry_that_nobody_wrote_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding], where: str
) -> None:
    (end,) = admin_connection.execute("SELECT max(seq) + 1 FROM audit_leaf").fetchone() or (0,)
    place = {"beside the log": None, "at its end": end}.get(where, 123)
    with superuser(admin_connection) as do:
        number = _forged(do, admin_connection, 120)
        if "middle" in where:
            do(AWAY, 1, 123)
            do(BACK)
        if place is not None:
            do(LEAF, place, number)
        if "tiled" in where:
            retiled(admin_connection, do)
    (uid,) = admin_connection.execute("SELECT uid::text FROM audit_entry WHERE id = %s", [number]).fetchone() or ("",)
    assert named(found()) == ("inserted", place, uid)


@pytest.mark.parametrize("way", ["places", "envelopes", "places, tiled"])
def test_two_entries_that_changed_places_are_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding], way: str
) -> None:
    with superuser(admin_connection) as do:
        if "places" in way:
            do("UPDATE audit_leaf SET seq = -1 - seq WHERE seq IN (60, 61)")
            do("UPDATE audit_leaf SET seq = 61 WHERE seq = -61")
            do("UPDATE audit_leaf SET seq = 60 WHERE seq = -62")
        else:
            do(
                "UPDATE audit_entry a SET envelope = b.envelope FROM audit_entry b"
                " JOIN audit_leaf lb ON lb.entry_id = b.id, audit_leaf la"
                " WHERE la.entry_id = a.id AND la.seq IN (60, 61) AND lb.seq = 121 - la.seq"
            )
        if "tiled" in way:
            retiled(admin_connection, do)
    finding = found()
    assert (finding.kind, finding.seq) == ("reordered", 60)


def test_a_payload_that_is_gone_is_named(admin_connection: Admin, log: Log, found: Callable[[], Finding]) -> None:
    seq = place_of(admin_connection, Act.SECTIONS_READ, log.told.case)
    uid = uid_at(admin_connection, seq)
    with superuser(admin_connection) as do:
        do("DELETE FROM audit_payload WHERE entry_uid = %s", uid)
    assert named(found()) == ("payload-missing", seq, uid)


def test_an_erasure_that_nobody_approved_explains_nothing(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    seq = place_of(admin_connection, Act.SECTIONS_READ, log.told.case)
    uid, forged = uid_at(admin_connection, seq), str(new_id())
    said = {
        "act": Act.PAYLOADS_ERASED.value.code, "at": "2026-11-23T01:02:03.000004Z", "basis": str(new_id()),
        "id": forged, "n": 1, "obj": str(log.told.case), "org": "anh-duong", "out": "ok", "pc": "m1", "pl": 0, "v": 1,
        "via": "cli", "who": "operator", "why": "asked",
    }  # fmt: skip
    with superuser(admin_connection) as do:
        do("DELETE FROM audit_payload WHERE entry_uid = %s", uid)
        do(
            "INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES (%s, %s, 'erasure', %s)",
            forged, log.told.case, json.dumps(said, sort_keys=True, separators=(",", ":")).encode(),
        )  # fmt: skip
        do("INSERT INTO audit_queue (xid, entry_id) SELECT xid, id FROM audit_entry WHERE uid = %s", forged)
    assert named(found()) == ("payload-missing", seq, uid)


@pytest.mark.parametrize(
    "change", ["DELETE FROM data_key WHERE category = '_audit'", "UPDATE data_key SET wrapped = sha256(wrapped)"]
)
def test_payloads_whose_key_is_gone_are_missing(
    admin_connection: Admin, log: Log, found: Callable[[], Finding], change: str
) -> None:
    with superuser(admin_connection) as do:
        do(change)
    assert named(found()) == ("payload-missing", 0, uid_at(admin_connection, 0))


def test_payloads_exchanged_between_two_entries_are_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    one, other = uid_at(admin_connection, 1), uid_at(admin_connection, 2)
    with superuser(admin_connection) as do:
        do("UPDATE audit_payload a SET ciphertext = b.ciphertext FROM audit_payload b"
           " WHERE a.entry_uid IN (%s, %s) AND b.entry_uid IN (%s, %s) AND a.entry_uid <> b.entry_uid",
           one, other, one, other)  # fmt: skip
    assert named(found()) == ("edited", 1, one)


def test_a_payload_given_to_an_entry_that_had_none_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    with superuser(admin_connection) as do:
        do("INSERT INTO audit_payload SELECT e.uid, e.subject, 'x' FROM audit_entry e" + AT, 99)
    assert named(found()) == ("inserted", 99, uid_at(admin_connection, 99))


def test_a_payload_moved_to_another_subject_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    with superuser(admin_connection) as do:
        do("UPDATE audit_payload SET subject = gen_random_uuid() WHERE entry_uid = %s", uid_at(admin_connection, 3))
    assert named(found()) == ("edited", 3, uid_at(admin_connection, 3))


@pytest.mark.parametrize("files", [True, False])
@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE audit_tile SET data = sha256('x') || substr(data, 33) WHERE level = 0 AND n = 1", 256),
        ("UPDATE audit_tile SET data = overlay(data placing sha256('x') from 321) WHERE level = 0 AND n = 0", 10),
        ("UPDATE audit_tile SET data = sha256(data) WHERE level = 1", 0),
        ("DELETE FROM audit_tile WHERE level = 0 AND n = 0", 0),
        ("DELETE FROM audit_tile WHERE level = 1", 0),
        ("INSERT INTO audit_tile VALUES (1, 1, 1, sha256('x'))", 65536),
    ],
)  # fmt: skip
def test_a_wrong_tile_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding], change: str, seq: int, files: bool
) -> None:
    if not files:
        (log.folder.public / "tile").rename(log.folder.root / "tile")
    with superuser(admin_connection) as do:
        do(change)
    assert named(found()) == ("tile", seq, None)


@pytest.mark.parametrize("which", ["min", "max"])
@pytest.mark.parametrize(
    "change",
    [
        "root = sha256(root)",
        "note = replace(note, E'\\n\\n', E'\\nx\\n\\n')",
        "note = 'nothing'",
        "note = overlay(note placing 'AAAA' from length(note) - 30 for 4)",
        "root = sha256(root), note = replace(note, encode(root, 'base64'), encode(sha256(root), 'base64'))",
    ],
)
def test_a_changed_head_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding], change: str, which: str
) -> None:
    (size,) = admin_connection.execute(f"SELECT {which}(size) FROM audit_head".encode()).fetchone() or (0,)
    with superuser(admin_connection) as do:
        do(f"UPDATE audit_head SET {change} WHERE size = %s", size)
    assert named(found()) == ("head", size, None)


def test_a_head_that_is_gone_but_was_published_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    (size,) = admin_connection.execute("SELECT max(size) FROM audit_head").fetchone() or (0,)
    with superuser(admin_connection) as do:
        do("DELETE FROM audit_head WHERE size = %s", size)
    assert named(found()) == ("head", size, None)


def test_a_waiting_entry_that_is_gone_or_taken_from_the_queue_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    (number, uid) = admin_connection.execute(
        "SELECT e.id, e.uid::text FROM audit_queue q JOIN audit_entry e ON e.id = q.entry_id"
    ).fetchone() or (0, "")
    with superuser(admin_connection) as do:
        do("DELETE FROM audit_queue")
    assert named(found()) == ("inserted", None, uid)
    with superuser(admin_connection) as do:
        do("INSERT INTO audit_queue (xid, entry_id) VALUES ('1', %s)", number)
        do("DELETE FROM audit_entry WHERE id = %s", number)
    finding = found()
    assert (finding.kind, finding.what) == ("missing", str(number))


def test_an_entry_with_a_place_that_is_queued_again_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    with superuser(admin_connection) as do:
        do("INSERT INTO audit_queue (xid, entry_id) SELECT '1', entry_id FROM audit_leaf WHERE seq = 5")
    assert named(found()) == ("inserted", 5, uid_at(admin_connection, 5))


def test_a_waiting_entry_that_was_changed_out_of_form_is_named(
    admin_connection: Admin, log: Log, found: Callable[[], Finding]
) -> None:
    with superuser(admin_connection) as do:
        do("UPDATE audit_entry SET envelope = envelope || ' ' WHERE id IN (SELECT entry_id FROM audit_queue)")
    assert found().kind == "edited"
