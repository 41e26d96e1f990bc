"""How long an entry takes, under a steady load, until it has its leaf and until agencies have sealed it."""

import threading
import time
from bisect import bisect_right

from bench.bars import Measured, percentile
from bench.entries import made, queue
from bench.house import House
from bench.processes import hub_process, witnesses
from referral_hub.audit.leading import Place
from referral_hub.audit.running import run_once

RATE = 200
"""Entries a second."""
LOAD_S = 30
WRITERS = 4
WITNESSES = 3
QUORUM = 2
TO_LEAF_S, TO_SEAL_S = 2, 15


def latencies(house: House) -> list[Measured]:
    """From commit to leaf, and to a quorum of local witnesses, with the log's own process at 200 entries a second."""
    place = Place(house.server.url("log"), house.log, house.settings.public_url)
    run_once(place)  # key and origin, which witnesses are configured with
    with witnesses(house, WITNESSES, QUORUM), hub_process(house, "log", "run"):
        _until_led(house)
        committed, placed, sealed = _watch(house)
    leaf = [placed[number] - at for number, at in committed.items()]
    seal = [sealed[number] - at for number, at in committed.items()]
    what = f"at {RATE} a second, p99"
    return [
        Measured(f"from commit to leaf {what}", (percentile(leaf, 99),), "s", bar=TO_LEAF_S, at_least=False),
        Measured(
            f"from commit to {QUORUM} cosignatures {what}", (percentile(seal, 99),), "s", bar=TO_SEAL_S, at_least=False
        ),
    ]


def _until_led(house: House) -> None:
    """Return once the log's process has taken an entry: starting a process is not what is measured."""
    with house.connect("admin") as connection:
        queue(connection, made(house, 1))
        while connection.execute("SELECT EXISTS (SELECT 1 FROM audit_queue)").fetchone() == (True,):
            time.sleep(0.05)


def _watch(house: House) -> tuple[dict[int, float], dict[int, float], dict[int, float]]:
    """Number of an entry -> when it was committed, had its leaf, was under a sealed checkpoint, by one clock."""
    committed: dict[int, float] = {}
    placed: dict[int, float] = {}
    sizes: list[tuple[int, float]] = []
    order: list[int] = []
    done = threading.Event()

    def look() -> None:
        with house.connect("auditor") as connection:
            row = connection.execute("SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf").fetchone()
            size = first = int(row[0]) if row else 0
            order.append(first)
            while not done.wait(0.01):
                rows = connection.execute(
                    "SELECT entry_id FROM audit_leaf WHERE seq >= %s ORDER BY seq", [size]
                ).fetchall()
                now = time.monotonic()
                size += len(rows)
                placed.update((number, now) for (number,) in rows)
                order.extend(number for (number,) in rows)
                head = connection.execute(
                    "SELECT size FROM audit_cosignature GROUP BY size HAVING count(*) >= %s ORDER BY size DESC LIMIT 1",
                    [QUORUM],
                ).fetchone()
                if head and (not sizes or head[0] > sizes[-1][0]):
                    sizes.append((head[0], now))

    watcher = threading.Thread(target=look)
    watcher.start()
    time.sleep(0.5)
    try:
        _load(house, committed)
        until = time.monotonic() + 60
        while time.monotonic() < until and not (sizes and sizes[-1][0] >= order[0] + len(order) - 1 > len(committed)):
            time.sleep(0.1)
    finally:
        done.set()
        watcher.join()
    first, *numbers = order
    places = {number: first + at for at, number in enumerate(numbers)}
    bounds = [size for size, _ in sizes]
    sealed = {number: sizes[bisect_right(bounds, places[number])][1] for number in committed}
    return committed, placed, sealed


def _load(house: House, committed: dict[int, float]) -> None:
    """Entries one by one at a steady rate, each a transaction of its own, from four connections."""
    began = time.monotonic()

    def write(first: int) -> None:
        with house.connect("admin") as connection:
            connection.execute("SET ROLE hub_owner")
            for place in range(first, RATE * LOAD_S, WRITERS):
                time.sleep(max(0.0, began + place / RATE - time.monotonic()))
                (one,) = made(house, 1)
                row = connection.execute(
                    "INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES (%s, %s, 'case', %s) RETURNING id",
                    [one.uid, one.subject, one.envelope],
                ).fetchone()
                assert row is not None
                committed[int(row[0])] = time.monotonic()

    writers = [threading.Thread(target=write, args=(first,)) for first in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
