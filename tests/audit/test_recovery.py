"""An older database restored: the signer refuses and says why, and commands lead out of it."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from referral_hub.audit.checkpoints import open_checkpoint, parse
from referral_hub.audit.leading import Place, leading
from referral_hub.audit.logkey import KeyLost, read_vkey
from referral_hub.audit.memory import MemoryLost, read_memory
from referral_hub.audit.notes import parse_note
from referral_hub.audit.recovery import Recovered, Unrecoverable, recover
from referral_hub.audit.reopening import Reopened, new_origin
from referral_hub.audit.running import Rhythm, run_once
from referral_hub.audit.sequencing import Sequencer
from referral_hub.audit.signing import Rollback
from referral_hub.kernel import clock
from referral_hub.kernel.errors import EnvironmentFault, Invalid
from referral_hub.kernel.roles import close_schema, open_schema
from referral_hub.kernel.server import Server
from tests.audit.log_child import HASTE
from tests.audit.log_world import (
    PUBLIC_URL,
    Running,
    assert_sound,
    log_session,
    owner_session,
    place,
    sequence,
    until,
    write_entries,
)
from tests.trial import PREFIX, Trial

OWNER = f"{PREFIX}_owner"


@dataclass
class Restored:
    """A log of 700 entries, and a database that was copied when it had 300, with three more waiting in its queue."""

    server: Server
    where: Place

    def recover(self) -> Recovered:
        return recover(self.server.require_admin_url(), OWNER, self.where.folder, now=clock.now())

    def new_origin(self, reason: str = "restored from a copy of last week") -> Reopened:
        url = self.server.require_admin_url()
        return new_origin(url, OWNER, self.where.folder, PUBLIC_URL, reason, now=clock.now())

    def query(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.server.require_admin_url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def entry(self, seq: int) -> dict[str, object]:
        ((envelope,),) = self.query(
            f"SELECT e.envelope FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id WHERE seq = {seq}"
        )
        assert isinstance(envelope, bytes)
        found: dict[str, object] = json.loads(envelope)
        return found


@pytest.fixture
def restored(installation: Trial, server: Server, tmp_path: Path) -> Iterator[Restored]:
    live = place(server, tmp_path)
    write_entries(server, 300)
    run_once(live)
    write_entries(server, 3)
    copy = f"{installation.name}_older"
    installation.hang_up()
    installation.create(copy, installation.name)
    try:
        with installation.admin(copy) as connection:
            open_schema(connection, PREFIX)
            close_schema(connection, PREFIX)
        for count in (297, 100):
            write_entries(server, count)
            run_once(live)
        older = installation.server(copy)
        yield Restored(older, place(older, tmp_path))
    finally:
        installation.drop(copy)


def test_the_signer_refuses_an_older_database_and_nothing_gets_a_place(restored: Restored) -> None:
    checkpoint = restored.where.folder.checkpoint.read_bytes()
    with pytest.raises(Rollback) as told:
        run_once(restored.where)
    assert told.value.details == {"signed": 700, "found": 300}
    assert "300" in told.value.sentence.vi and "700" in told.value.sentence.vi
    assert len(sequence(restored.server)) == 300
    assert restored.where.folder.checkpoint.read_bytes() == checkpoint


def test_nor_one_that_grew_beyond_it_on_another_way(restored: Restored) -> None:
    memory = restored.where.folder.signing / "memory.json"
    kept, published = memory.read_bytes(), restored.where.folder.checkpoint.read_bytes()
    write_entries(restored.server, 500)
    with log_session(restored.server) as connection:  # by somebody who did not ask the signer
        sequencer = Sequencer(connection)
        while sequencer.step():
            pass
    with pytest.raises(Rollback, match="no longer those"):
        run_once(restored.where)
    with pytest.raises(Unrecoverable, match="first 700 entries"):
        restored.recover()
    assert (memory.read_bytes(), restored.where.folder.checkpoint.read_bytes()) == (kept, published)


def test_a_running_log_says_its_refusal_once_and_keeps_refusing(restored: Restored) -> None:
    write_entries(restored.server, 2)
    with Running(restored.where, Rhythm(refused=0.02)) as said:
        time.sleep(1)
    assert [one.en.partition(":")[0] for one in said] == ["The signer refuses"]
    assert len(sequence(restored.server)) == 300
    restored.recover()
    with Running(restored.where, HASTE) as said:
        until(lambda: len(sequence(restored.server)) == 703)
    assert said == []


def test_recovering_brings_back_what_was_published_and_the_log_goes_on(restored: Restored) -> None:
    write_entries(restored.server, 2)  # written after the restore, before anybody noticed
    assert restored.recover() == Recovered(400, 700, True)
    assert read_memory(restored.where.folder).size == 700
    assert run_once(restored.where).size == 703, "the two that waited, and the entry that tells of it"
    assert assert_sound(restored.server, restored.where.folder) == 703
    told = restored.entry(702)
    assert (told["act"], told["from"], told["n"], told["why"]) == ("audit:log:recovered", 300, 400, "restore")


def test_what_waited_in_the_copy_and_has_its_place_is_not_doubled(restored: Restored) -> None:
    (before,) = restored.query("SELECT count(*) FROM audit_queue")
    assert before == (3,)
    restored.recover()
    assert restored.query("SELECT count(*) FROM audit_queue") == [(1,)], "the entry that tells of it"
    assert restored.query("SELECT count(*), count(DISTINCT uid) FROM audit_entry") == [(701, 701)]


def test_recovering_again_changes_nothing(restored: Restored) -> None:
    restored.recover()
    assert restored.recover() == Recovered(0, 700, False)
    assert restored.query("SELECT count(*) FROM audit_entry") == [(701,)]


def test_no_log_runs_while_it_is_brought_back(restored: Restored, server: Server) -> None:
    live = Place(server.url("log"), restored.where.folder, PUBLIC_URL)
    with leading(live), pytest.raises(EnvironmentFault, match="log run"):
        restored.recover()


@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_bundles_that_do_not_lead_to_the_signed_root_bring_nothing_back(restored: Restored, damage: str) -> None:
    path = restored.where.folder.public / "tile/entries/001"
    content = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[:-1])
    elif damage == "changed":
        path.write_bytes(content.replace(b"hub:test:done", b"hub:test:gone", 60))
    with pytest.raises(Unrecoverable, match="new-origin"):
        restored.recover()
    assert len(sequence(restored.server)) == 300
    assert restored.query("SELECT count(*) FROM audit_entry") == [(303,)]


def test_an_entry_that_says_something_else_in_the_copy_brings_nothing_back(restored: Restored) -> None:
    restored.query("ALTER TABLE audit_entry DISABLE TRIGGER unchanged")
    restored.query(
        "UPDATE audit_entry SET envelope = envelope || ' '::bytea WHERE id = (SELECT min(entry_id) FROM audit_queue)"
    )
    with pytest.raises(Unrecoverable, match="was changed"):
        restored.recover()


def test_a_lost_memory_comes_back_from_the_published_checkpoint(server: Server, tmp_path: Path) -> None:
    live = place(server, tmp_path)
    write_entries(server, 5)
    run_once(live)
    memory = read_memory(live.folder)
    (live.folder.signing / "memory.json").unlink()
    with pytest.raises(MemoryLost):
        run_once(live)
    assert recover(server.require_admin_url(), OWNER, live.folder, now=clock.now()) == Recovered(0, 5, True)
    assert read_memory(live.folder) == memory
    run_once(live)
    assert_sound(server, live.folder)


def test_a_checkpoint_that_the_log_did_not_sign_is_no_memory(server: Server, tmp_path: Path) -> None:
    live = place(server, tmp_path)
    write_entries(server, 5)
    run_once(live)
    (live.folder.signing / "memory.json").unlink()
    live.folder.checkpoint.write_text(live.folder.checkpoint.read_text().replace("\n5\n", "\n4\n"))
    with pytest.raises(Unrecoverable, match="no signed checkpoint"):
        recover(server.require_admin_url(), OWNER, live.folder, now=clock.now())


def test_an_older_memory_beside_a_newer_database_is_brought_up(server: Server, tmp_path: Path) -> None:
    live = place(server, tmp_path)
    write_entries(server, 5)
    run_once(live)
    shutil.copytree(live.folder.root, tmp_path / "copy")
    write_entries(server, 5)
    run_once(live)
    shutil.rmtree(live.folder.root)
    shutil.copytree(tmp_path / "copy", live.folder.root)
    with pytest.raises(MemoryLost):
        run_once(live)
    assert recover(server.require_admin_url(), OWNER, live.folder, now=clock.now()) == Recovered(0, 10, True)
    run_once(live)
    assert assert_sound(server, live.folder) == 11


def test_a_new_origin_begins_with_the_last_checkpoint_of_the_old_one(restored: Restored) -> None:
    folder = restored.where.folder
    last, old_key = folder.checkpoint.read_text(), read_vkey(folder)
    carried = sequence(restored.server)
    done = restored.new_origin()
    assert (done.size, done.carried) == (700, 300) and done.closed != done.origin
    assert read_vkey(folder) == done.vkey != old_key
    assert run_once(restored.where).size == 304
    assert assert_sound(restored.server, folder) == 304
    assert sequence(restored.server)[1:301] == carried, "in the order they had"
    first = restored.entry(0)
    assert (first["act"], first["quote"], first["why"]) == (
        "audit:log:opened",
        last,
        "restored from a copy of last week",
    )
    assert parse(parse_note(folder.checkpoint.read_bytes()).text).origin == done.origin


def test_what_was_public_of_a_closed_log_is_kept_and_still_verifies(restored: Restored) -> None:
    folder = restored.where.folder
    last, old_key = folder.checkpoint.read_bytes(), read_vkey(folder)
    assert old_key is not None
    done = restored.new_origin()
    kept = folder.closed / done.closed.replace("/", "_")
    assert (kept / "public" / "checkpoint").read_bytes() == last
    assert (kept / "public" / "tile" / "entries" / "001").exists()
    assert open_checkpoint(last, old_key).size == 700
    assert last.decode() in (kept / "checkpoints").read_text()


def test_nobody_signs_as_a_closed_log_any_more(restored: Restored) -> None:
    seed = json.loads((restored.where.folder.signing / "log.json").read_text())["seed"]
    restored.new_origin()
    assert all(
        seed.encode() not in path.read_bytes() for path in restored.where.folder.root.rglob("*") if path.is_file()
    )


@pytest.mark.parametrize("step", ["_put_away", "drop_key", "make_key"])
def test_closing_that_was_interrupted_is_finished_by_running_it_again(
    restored: Restored, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    last = restored.where.folder.checkpoint.read_text()
    with monkeypatch.context() as patch:
        patch.setattr(f"referral_hub.audit.reopening.{step}", interrupt)
        with pytest.raises(KeyboardInterrupt):
            restored.new_origin()
    with pytest.raises((Rollback, KeyLost)):
        run_once(restored.where)
    restored.new_origin()
    run_once(restored.where)
    assert assert_sound(restored.server, restored.where.folder) == 305
    quotes = [restored.entry(seq)["quote"] for seq in (0, 1)]
    assert quotes == [last, last]


def test_a_new_origin_opens_when_the_key_is_lost(restored: Restored, server: Server) -> None:
    live = Place(server.url("log"), restored.where.folder, PUBLIC_URL)
    (live.folder.signing / "log.json").unlink()
    with pytest.raises(KeyLost):
        run_once(live)
    done = new_origin(server.require_admin_url(), OWNER, live.folder, PUBLIC_URL, "lost key", now=clock.now())
    assert (done.size, done.carried) == (700, 700)
    run_once(live)
    assert assert_sound(server, live.folder) == 701


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 501])
def test_a_new_origin_wants_a_reason_of_one_line(restored: Restored, reason: str) -> None:
    with pytest.raises(Invalid):
        restored.new_origin(reason)


def test_where_no_log_was_there_is_none_to_close(server: Server, tmp_path: Path) -> None:
    folder = place(server, tmp_path).folder
    with pytest.raises(Invalid, match="no signed log"):
        new_origin(server.require_admin_url(), OWNER, folder, PUBLIC_URL, "why not", now=clock.now())


def test_the_guards_of_the_log_are_on_again_afterwards(restored: Restored) -> None:
    restored.new_origin()
    run_once(restored.where)
    for statement in ("DELETE FROM audit_leaf", "DELETE FROM audit_head"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            restored.query(statement)
    with owner_session(restored.server) as connection:
        found = connection.execute(
            "SELECT tgenabled::text FROM pg_trigger WHERE tgrelid IN ('audit_leaf'::regclass, 'audit_head'::regclass)"
            " AND tgname IN ('unchanged', 'undeleted')"
        ).fetchall()
    assert found == [("A",)] * 3
