"""Committed entries get their place in the tree once, in an order that nobody can dispute, and nobody waits for it."""

import threading
from pathlib import Path

import psycopg
import pytest

from referral_hub.audit.leading import Place
from referral_hub.audit.running import run_once
from referral_hub.audit.sequencing import Sequencer
from referral_hub.audit.stored import LogDamaged, load_edge, stored_tree
from referral_hub.audit.tree import root_at, root_of
from referral_hub.kernel.server import Server
from tests.audit.log_world import (
    append_entry,
    assert_sound,
    log_session,
    owner_session,
    place,
    sequence,
    write_entries,
)


@pytest.fixture
def where(server: Server, tmp_path: Path) -> Place:
    return place(server, tmp_path)


def test_entries_stand_in_the_order_of_their_numbers(server: Server, where: Place) -> None:
    write_entries(server, 300)
    done = run_once(where)
    assert (done.sequenced, done.size, done.elsewhere) == (300, 300, False)
    assert sequence(server) == sorted(sequence(server))
    assert assert_sound(server, where.folder) == 300


def test_the_tree_of_many_batches_is_the_tree_of_one(server: Server) -> None:
    write_entries(server, 600)
    with log_session(server) as connection:
        sequencer = Sequencer(connection)
        sizes = [1, 2, 254, 255, 256, 257, 511, 512, 513, 600]
        for size in sizes:
            assert sequencer.step(size - sequencer.size) > 0
            rows = connection.execute("SELECT leaf_hash FROM audit_leaf ORDER BY seq").fetchall()
            root = root_of([bytes(one) for (one,) in rows])
            assert (sequencer.size, sequencer.root) == (size, root)
            assert load_edge(connection).frontier.root() == root, "what a new process would begin with"
            assert root_at(size, stored_tree(connection, size)) == root
        assert sequencer.step() == 0


def test_an_open_transaction_delays_its_own_entries_alone(server: Server, where: Place) -> None:
    with owner_session(server) as slow:
        mine = append_entry(slow)
        write_entries(server, 5)
        assert run_once(where).sequenced == 5
        assert mine not in sequence(server)
        slow.commit()
    assert run_once(where).sequenced == 1
    assert sequence(server)[-1] == mine < max(sequence(server)[:-1]), "a low number that comes late is not lost"
    assert_sound(server, where.folder)


def test_an_open_batch_keeps_no_writer_waiting(server: Server) -> None:
    write_entries(server, 3)
    with log_session(server) as connection, connection.transaction(force_rollback=True):
        sequencer = Sequencer(connection)
        assert sequencer.step() == 3
        with owner_session(server) as writer:
            writer.execute("SET lock_timeout = '2s'")
            append_entry(writer)


def test_what_was_rolled_back_is_not_in_the_log(server: Server, where: Place) -> None:
    with owner_session(server) as connection:
        kept = append_entry(connection)
        connection.commit()
        append_entry(connection)
        connection.rollback()
        later = append_entry(connection)
        connection.commit()
    run_once(where)
    assert sequence(server) == [kept, later]


def test_two_sequencers_without_a_lock_between_them_double_nothing(server: Server, where: Place) -> None:
    write_entries(server, 400)
    sequencers = [Sequencer(log_session(server)) for _ in range(2)]

    def work(sequencer: Sequencer) -> None:
        try:
            while sequencer.step(20):
                pass
        except psycopg.errors.UniqueViolation:
            pass  # the other one had the place first; this one's batch is rolled back as a whole

    threads = [threading.Thread(target=work, args=(one,)) for one in sequencers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in sequencers:
        one.connection.close()
    run_once(where)
    assert assert_sound(server, where.folder) == 400


def test_a_batch_that_fails_leaves_the_sequencer_as_it_was(server: Server, where: Place) -> None:
    write_entries(server, 10)
    with log_session(server) as connection:
        sequencer = Sequencer(connection)
        sequencer.step(4)
        before = (sequencer.size, sequencer.root)
        with log_session(server) as other:
            Sequencer(other).step(2)
        with pytest.raises(psycopg.errors.UniqueViolation):
            sequencer.step()
        assert (sequencer.size, sequencer.root) == before
    run_once(where)
    assert assert_sound(server, where.folder) == 10


def test_a_row_of_the_queue_without_its_entry_or_with_a_place_stops_nobody(
    server: Server, where: Place, admin_connection: psycopg.Connection
) -> None:
    write_entries(server, 2)
    run_once(where)
    write_entries(server, 2)
    first = sequence(server)[0]
    admin_connection.execute("INSERT INTO audit_queue (xid, entry_id) VALUES ('7', 0), ('7', %s)", [first])
    assert run_once(where).sequenced == 2
    left = admin_connection.execute("SELECT entry_id FROM audit_queue ORDER BY 1").fetchall()
    assert left == [(0,), (first,)], "what cannot have a place stays for `audit verify` to name"
    assert len(sequence(server)) == 4


def test_the_commit_checks_own_rows_go_once_they_are_not_needed(
    server: Server, where: Place, admin_connection: psycopg.Connection
) -> None:
    with owner_session(server) as slow:
        append_entry(slow)
        write_entries(server, 5)
        run_once(where)
        assert admin_connection.execute("SELECT count(*) FROM audit_subject").fetchone() == (0,)
        slow.commit()
    assert admin_connection.execute("SELECT count(*) FROM audit_subject").fetchone() == (1,)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_leaf SET leaf_hash = decode(repeat('00', 32), 'hex')",
        "DELETE FROM audit_leaf",
        "UPDATE audit_head SET root = decode(repeat('00', 32), 'hex')",
        "UPDATE audit_head SET note = 'another'",
        "DELETE FROM audit_head",
        "DELETE FROM audit_tile",
        "UPDATE audit_tile SET n = 7",
        "DELETE FROM audit_cosignature",
        "UPDATE audit_entry SET kind = 'read'",
        "INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES"
        " (gen_random_uuid(), gen_random_uuid(), 'read', '')",
        "INSERT INTO audit_queue (xid, entry_id) VALUES ('7', 7)",
        "SELECT * FROM audit_payload",
        "SELECT uid FROM audit_entry",
        "SELECT * FROM account",
    ],
)
def test_the_logs_own_role_rewrites_no_past_and_reads_nothing_sealed(server: Server, where: Place, change: str) -> None:
    write_entries(server, 3)
    run_once(where)
    with log_session(server) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(change.encode())


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM audit_leaf",
        "UPDATE audit_leaf SET seq = seq + 9",
        "TRUNCATE audit_leaf",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET note = NULL",
        "UPDATE audit_head SET size = 9",
    ],
)
@pytest.mark.parametrize("replica", [False, True], ids=["origin", "replica"])
def test_nor_does_the_administrator_by_a_slip(
    server: Server, where: Place, admin_connection: psycopg.Connection, change: str, replica: bool
) -> None:
    write_entries(server, 3)
    run_once(where)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"), admin_connection.transaction():
        if replica:
            admin_connection.execute("SET LOCAL session_replication_role = replica")
        admin_connection.execute(change.encode())


@pytest.mark.parametrize(
    "damage", ["DELETE FROM audit_tile WHERE level = 1", "DELETE FROM audit_tile WHERE level = 0 AND n = 1"]
)
def test_a_tree_that_contradicts_itself_is_not_extended(
    server: Server, where: Place, admin_connection: psycopg.Connection, damage: str
) -> None:
    write_entries(server, 300)
    run_once(where)
    admin_connection.execute(damage.encode())
    write_entries(server, 1)
    with pytest.raises(LogDamaged, match="audit verify"):
        run_once(where)
    assert len(sequence(server)) == 300


def test_an_entry_longer_than_a_bundle_can_hold_is_refused_where_it_is_written(server: Server) -> None:
    with owner_session(server) as connection, pytest.raises(psycopg.errors.CheckViolation):
        append_entry(connection, "x" * 65_536)


def test_the_state_of_the_log_tells_what_waits_and_for_how_long(
    server: Server, where: Place, app_connection: psycopg.Connection
) -> None:
    state = "SELECT entries, queued, lag_s, size, signed_at IS NOT NULL FROM log_state()"
    assert app_connection.execute(state).fetchone() == (0, 0, 0.0, None, False)
    write_entries(server, 3)
    row = app_connection.execute(state).fetchone()
    assert row is not None
    assert row[:2] == (0, 3) and 0 < row[2] < 60
    run_once(where)
    app_connection.rollback()
    assert app_connection.execute(state).fetchone() == (3, 0, 0.0, 3, True)
