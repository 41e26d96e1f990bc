"""Eight writers, a log that is killed twenty times, and two logs at once: lost, doubled, misordered entries: none."""

import random
import threading
import time
from pathlib import Path

import pytest

from referral_hub.audit.leading import Place, leading
from referral_hub.audit.running import Rhythm, run_once
from referral_hub.kernel.server import Server
from tests.audit.log_child import HASTE
from tests.audit.log_world import (
    Running,
    append_entry,
    assert_sound,
    log_process,
    owner_session,
    place,
    sequence,
    until,
    write_entries,
)

WRITERS, KILLS = 8, 20


@pytest.fixture
def where(server: Server, tmp_path: Path) -> Place:
    return place(server, tmp_path)


class Writers:
    """Eight that write at once: some transactions roll back, some take their time. Each remembers what it could know.

    ``committed``: numbers in the order in which their commits were answered. ``knew``: number -> how many of those were
    committed before it was written.
    """

    def __init__(self, server: Server, seed: int) -> None:
        self.committed: list[int] = []
        self.knew: dict[int, int] = {}
        self._server, self._seed, self._enough = server, seed, threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(i,)) for i in range(WRITERS)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        chance = random.Random(self._seed * 100 + number)
        with owner_session(self._server) as connection:
            while not self._enough.is_set():
                mine = {}
                for _ in range(chance.randint(1, 3)):
                    known = len(self.committed)
                    mine[append_entry(connection)] = known
                    time.sleep(chance.random() * 0.02)
                if chance.random() < 0.1:
                    connection.rollback()
                    continue
                connection.commit()
                self.knew |= mine
                self.committed += mine


def assert_nothing_lost_doubled_or_misordered(server: Server, writers: Writers) -> None:
    order = sequence(server)
    assert len(order) == len(set(order))
    assert set(order) == set(writers.committed)
    seq = {entry: place for place, entry in enumerate(order)}
    latest = [-1]  # of the first n commits, the highest place
    for entry in writers.committed:
        latest.append(max(latest[-1], seq[entry]))
    misordered = [entry for entry, known in writers.knew.items() if seq[entry] <= latest[known]]
    assert misordered == [], "who saw an entry stands after it"


def test_twenty_kills_at_random_moments_lose_double_and_misorder_nothing(server: Server, where: Place) -> None:
    chance = random.Random(20)
    with owner_session(server) as open_all_the_time:
        late = append_entry(open_all_the_time)
        with Writers(server, 1) as writers:
            for _ in range(KILLS):
                with log_process(where):
                    time.sleep(0.02 + chance.random() * 0.2)
        assert len(writers.committed) > 1000
        assert len(sequence(server)) > 500, "it was killed at work"
        run_once(where)
        assert_nothing_lost_doubled_or_misordered(server, writers)
        open_all_the_time.commit()
    run_once(where)
    assert sequence(server)[-1] == late, "one transaction was open for the whole run"
    assert assert_sound(server, where.folder) == len(writers.committed) + 1


def test_two_logs_at_once_are_one_log_and_the_second_takes_over(server: Server, where: Place) -> None:
    with log_process(where) as first, log_process(where):
        with Writers(server, 2) as writers:
            until(lambda: len(sequence(server)) > 50)
            first.kill()
            before = len(writers.committed)
            until(lambda: len(sequence(server)) > before + 50)
        done = run_once(where)
        assert (done.elsewhere, done.size) == (True, len(writers.committed)), "the second one leads, and is asked"
    assert_nothing_lost_doubled_or_misordered(server, writers)
    assert assert_sound(server, where.folder) == done.size


def test_once_waits_for_the_leader_and_the_work_is_done(server: Server, where: Place) -> None:
    write_entries(server, 1)
    with Running(where, Rhythm(tick=0.01, checkpoint=3600)):
        until(lambda: where.folder.checkpoint.exists())
        write_entries(server, 7)
        done = run_once(where, patience_s=20)
    assert (done.elsewhere, done.size) == (True, 8)
    assert assert_sound(server, where.folder) == 8


def test_a_log_that_is_asked_to_stop_ends_and_another_may_lead(server: Server, where: Place) -> None:
    write_entries(server, 1)
    with Running(where, HASTE):
        until(lambda: where.folder.checkpoint.exists())
        with leading(where) as leader:
            assert leader is None
    with leading(where) as leader:
        assert leader is not None


def test_a_lost_connection_is_said_once_and_the_log_goes_on(server: Server, where: Place) -> None:
    write_entries(server, 1)
    with Running(where, HASTE) as said:
        for expected in (1, 3, 5):
            until(lambda n=expected: where.folder.checkpoint.exists() and len(sequence(server)) == n)
            with owner_session(server) as connection:
                connection.execute("RESET ROLE")
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name = 'log'"
                )
            write_entries(server, 2)
        until(lambda: len(sequence(server)) == 7)
    run_once(where)
    assert assert_sound(server, where.folder) == 7
    assert 1 <= len(said) <= 3
    assert all("PostgreSQL" in one.vi for one in said)
