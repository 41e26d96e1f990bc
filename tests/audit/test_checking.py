"""`audit verify` of logs that nobody touched: whole, in every state that a log can be in."""

import json
import string
import threading
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.audit.acts import Act
from referral_hub.audit.authentic import Walk
from referral_hub.audit.envelopes import canonical
from referral_hub.audit.folder import Folder
from referral_hub.audit.inspecting import read, read_slowly
from referral_hub.audit.notes import generate
from referral_hub.audit.recording import Entry, record
from referral_hub.audit.recovery import recover
from referral_hub.audit.reopening import new_origin
from referral_hub.audit.tree import leaf_hash, root_of
from referral_hub.config import Settings
from referral_hub.installation import keyring_file
from referral_hub.kernel import clock
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.server import Server
from referral_hub.vault.keyring import Keyring, load_keyring
from tests.audit.logs import Log, a_log, superuser
from tests.cli.commandline import CommandLine, variables
from tests.cli.logins import kept_logins
from tests.conftest import Acting
from tests.story import Told, accepted_by
from tests.trial import PREFIX, Trial

PUBLIC_URL = "http://localhost:8000"
OWNER = f"{PREFIX}_owner"


@pytest.fixture
def ring(settings: Settings) -> Keyring:
    return load_keyring(keyring_file(settings.home))


@pytest.fixture
def log(acting: Acting, server: Server, tmp_path: Path) -> Log:
    return a_log(acting, server, Folder(tmp_path / "audit"))


def test_a_log_nobody_touched_is_whole(log: Log, ring: Keyring, admin_connection: psycopg.Connection) -> None:
    verdict = log.check(ring)
    entries, payloads = admin_connection.execute(
        "SELECT (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM audit_payload)"
    ).fetchone() or (0, 0)
    assert verdict.finding is None
    assert (verdict.entries, verdict.pending) == (entries - 1, 1)
    assert (verdict.signed, verdict.heads, verdict.payloads) == (entries - 1, 3, payloads)


def test_an_empty_log_and_one_that_was_never_started_are_whole(
    server: Server, acting: Acting, ring: Keyring, tmp_path: Path
) -> None:
    log = Log(server, Folder(tmp_path / "audit"), Told(UUID(int=0), UUID(int=0), UUID(int=0)))
    assert log.check(ring).finding is None
    accepted_by(acting)
    verdict = log.check(ring)
    assert (verdict.finding, verdict.entries, verdict.signed) == (None, 0, None)
    assert verdict.pending > 5


def test_without_the_keyring_payloads_are_not_checked_and_it_says_so(log: Log) -> None:
    verdict = log.check(None)
    assert (verdict.finding, verdict.payloads) == (None, None)


def test_without_the_logs_public_key_signatures_are_not_checked_and_it_says_so(log: Log, ring: Keyring) -> None:
    log.folder.vkey.unlink()
    verdict = log.check(ring)
    assert (verdict.finding, verdict.signed) == (None, None)


def test_with_another_logs_public_key_no_head_holds(log: Log, ring: Keyring) -> None:
    name, _, _ = log.folder.vkey.read_text("utf-8").partition("+")
    log.folder.vkey.write_text(str(generate(name)[1]), "utf-8")
    finding = log.check(ring).finding
    assert finding is not None
    assert finding.kind == "head"
    log.folder.vkey.write_text("damaged", "utf-8")
    with pytest.raises(EnvironmentFault):
        log.check(ring)


def test_it_is_whole_while_others_write_and_the_log_runs(log: Log, ring: Keyring, acting: Acting) -> None:
    stop = threading.Event()

    def sequence() -> None:
        while not stop.is_set():
            log.sequence()

    worker = threading.Thread(target=sequence)
    worker.start()
    try:
        for _ in range(8):
            with acting("lan@anh-duong") as lan:
                record(lan, *(Entry(Act.ACCESS_REFUSED, log.told.case) for _ in range(40)), now=clock.now())
            assert log.check(ring).finding is None
    finally:
        stop.set()
        worker.join()
    assert log.check(ring).finding is None


def test_payloads_that_a_restored_backup_did_not_have_are_explained_by_the_entry_of_the_recovery(
    log: Log, ring: Keyring, admin_connection: psycopg.Connection
) -> None:
    _restored_older(admin_connection, 200)
    assert log.check(ring).finding is not None
    recover(log.server.require_admin_url(), OWNER, log.folder, now=clock.now())
    for _ in range(2):
        verdict = log.check(ring)
        assert verdict.finding is None
        assert verdict.unrestored > 0
        log.sequence()
    new_origin(log.server.require_admin_url(), OWNER, log.folder, PUBLIC_URL, "khóa cũ đã lộ", now=clock.now())
    log.sequence()
    assert log.check(ring).finding is None


def test_what_is_lost_beside_a_recovery_is_not_explained_by_it(
    log: Log, ring: Keyring, admin_connection: psycopg.Connection
) -> None:
    _restored_older(admin_connection, 200)
    recover(log.server.require_admin_url(), OWNER, log.folder, now=clock.now())
    with superuser(admin_connection) as do:
        do("DELETE FROM audit_payload WHERE entry_uid = (SELECT e.uid FROM audit_leaf l JOIN audit_entry e"
           " ON e.id = l.entry_id WHERE l.seq = 2)")  # fmt: skip
    finding = log.check(ring).finding
    assert finding is not None
    assert (finding.kind, finding.seq) == ("payload-missing", 2)


def _restored_older(admin: psycopg.Connection, size: int) -> None:
    """As after restoring a backup from when the log had this many entries."""
    with superuser(admin) as do:
        lost = "SELECT e.uid FROM audit_entry e JOIN audit_leaf l ON l.entry_id = e.id WHERE l.seq >= %s"
        do(f"DELETE FROM audit_payload WHERE entry_uid IN ({lost})", size)
        do(f"DELETE FROM audit_entry WHERE uid IN ({lost})", size)
        do("DELETE FROM audit_leaf WHERE seq >= %s", size)
        do("DELETE FROM audit_head WHERE size > %s", size)
        do("DELETE FROM audit_tile WHERE level > 0 OR n * 256 >= %s", size)
        do("UPDATE audit_tile SET width = %s, data = substr(data, 1, %s)", size, 32 * size)
        admin.execute("DELETE FROM audit_queue")
        admin.execute("DELETE FROM audit_entry e WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = e.id)")


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], server: Server, settings: Settings, log: Log
) -> CommandLine:
    made = CommandLine(monkeypatch, capfd)
    made.variable({**variables(server, settings), "AUDIT_DIR": str(log.folder.root)})
    return made


@pytest.fixture
def logins(installation: Trial, settings: Settings) -> object:
    with kept_logins(installation, settings.home):
        yield


def test_the_command_says_in_one_sentence_that_the_log_is_whole(cli: CommandLine, logins: None) -> None:
    said = cli("audit", "verify")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("Nhật ký nguyên vẹn: 311 mục, 1 mục đang chờ, 3 mốc.")
    document = cli("audit", "verify", "--format", "json").document
    assert document["ok"] is True
    assert (document["entries"], document["pending"], document["signed"]) == (311, 1, 311)


def test_the_command_names_the_first_bad_entry_in_both_languages(
    cli: CommandLine, logins: None, admin_connection: psycopg.Connection
) -> None:
    with superuser(admin_connection) as do:
        do("DELETE FROM audit_leaf WHERE seq IN (30, 31)")
    said = cli("audit", "verify", "--format", "json")
    assert said.status == 1
    assert (said.document["ok"], said.document["kind"], said.document["seq"]) == (False, "missing", 30)
    assert said.document["uid"] and "30" in said.document["detail"]
    assert "Mục số 30" in cli("audit", "verify").out
    assert "Entry 30" in cli("--locale", "en", "audit", "verify").out


def test_the_auditors_role_reads_the_log_and_no_other_key(
    log: Log, server: Server, admin_connection: psycopg.Connection
) -> None:
    with psycopg.connect(server.url("auditor")) as connection:
        found = connection.execute("SELECT count(*) FROM audit_keys(%s)", [[log.told.case]]).fetchone()
        assert found == (1,)
        for statement in ("SELECT * FROM data_key", "SELECT * FROM case_section", "UPDATE audit_leaf SET seq = 0"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement.encode())
    for role in ("app", "log", "stat"):
        with psycopg.connect(server.url(role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM audit_keys(%s)", [[log.told.case]])


PRINTABLE = st.text(string.printable + "ắđ", max_size=12)
ENVELOPES = st.fixed_dictionaries(
    {
        **dict.fromkeys(("act", "at", "org", "out", "pc", "via", "who"), PRINTABLE),
        **dict.fromkeys(("id", "obj"), st.uuids().map(str) | PRINTABLE),
        **{"v": st.just(1), "n": st.integers(-3, 99), "pl": st.integers(0, 2)},
    },
    optional={"why": PRINTABLE, "basis": PRINTABLE, "more": PRINTABLE},
)


@given(ENVELOPES)
def test_the_quick_way_of_reading_an_envelope_says_what_the_slow_one_says(envelope: dict[str, object]) -> None:
    raw = canonical(envelope)
    assert read(raw) == read_slowly(raw)
    loose = json.dumps(envelope).encode()
    assert read(loose) == read_slowly(loose)


@given(st.binary(max_size=200))
def test_what_is_no_envelope_is_read_as_none(raw: bytes) -> None:
    assert read(raw) is None


OTHERWISE = (
    (b'"n":1', b'"n":01'),
    (b'"n":1', b'"n":1.0'),
    (b'"v":1', b'"v":true'),
    (b"{", b"{ "),
    (b'"act":"a"', b'"act":"\\u0061"'),
    (b'"act":"a",', b'"act":"a","act":"a",'),
)


@pytest.mark.parametrize("change", OTHERWISE)
def test_another_spelling_of_the_same_envelope_is_none(change: tuple[bytes, bytes]) -> None:
    uid = str(UUID(int=7))
    fields = dict.fromkeys(("act", "at", "org", "out", "pc", "via", "who"), "a")
    raw = canonical({**fields, "id": uid, "obj": uid, "v": 1, "n": 1, "pl": 0})
    assert read(raw) is not None
    assert change[0] in raw
    assert read(raw.replace(*change, 1)) is None


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 700])
def test_a_walk_over_tiles_gives_the_root_at_every_size(count: int) -> None:
    leaves = [leaf_hash(bytes([i % 251, i // 251])) for i in range(count)]
    walk = Walk(range(1, count + 1))
    for n in range(0, count, 256):
        walk.add(b"".join(leaves[n : n + 256]))
    assert walk.roots == {size: root_of(leaves[:size]) for size in range(1, count + 1)}
