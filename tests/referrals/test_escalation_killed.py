"""Real workers, killed at random while thirty deadlines fall due: each step happens once, and each happens."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest

from referral_hub.config import Settings
from referral_hub.kernel import clock
from referral_hub.kernel.server import Server
from tests.builders import a_case, a_consent, a_sent_referral
from tests.cli.commandline import variables
from tests.conftest import Acting

HOW_MANY = 10
#: An emergency that nobody answered for 35 minutes: the reminder and the first two rungs.
EACH = 3
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(server: Server, settings: Settings, tmp_path: object) -> Iterator[Start]:
    """`start()` a worker process of the tests' hub; what still runs at the end is stopped."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("REFERRAL_HUB_")}
    environ |= {f"REFERRAL_HUB_{k}": v for k, v in variables(server, settings).items() if v is not None}
    made: list[subprocess.Popen[bytes]] = []

    def go(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "from referral_hub.cli import main; main()", "worker", *arguments]
        made.append(subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL))
        return made[-1]

    yield go
    for child in made:
        if child.poll() is None:
            child.kill()
        child.wait()


def steps(admin: psycopg.Connection) -> int:
    row = admin.execute("SELECT count(*) FROM deadline_step").fetchone()
    return int(row[0]) if row else 0


def _until_more(admin: psycopg.Connection, before: int) -> None:
    for _ in range(400):
        if steps(admin) > before or steps(admin) == HOW_MANY * EACH:
            return
        time.sleep(0.02)


def _forget(admin: psycopg.Connection) -> None:
    """A while passes: the dead are known to be dead, and what was handed out is to be looked at again."""
    admin.execute("UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    admin.execute("UPDATE referral_watch SET look_at = now() WHERE look_at IS NOT NULL")


def test_each_deadline_is_one_change_and_one_entry_however_often_workers_are_killed(
    acting: Acting, admin_connection: psycopg.Connection, start: Start
) -> None:
    sent = clock.now() - timedelta(minutes=35)
    for _ in range(HOW_MANY):
        with acting("lan@anh-duong") as lan:
            case = a_case(lan, now=sent, risk_level="extreme")
            a_consent(lan, case, now=sent)
            a_sent_referral(lan, case, now=sent)
    chance = random.Random(20261123)
    for _ in range(3):
        before = steps(admin_connection)
        workers = [start(), start()]
        _until_more(admin_connection, before)
        time.sleep(chance.random() * 0.1)
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        _forget(admin_connection)
    assert steps(admin_connection) > 0, "they did not get as far as that: the test shows nothing"
    assert start("--once").wait(120) == 0
    assert steps(admin_connection) == HOW_MANY * EACH
    entries = admin_connection.execute(
        "SELECT count(*) FROM audit_entry WHERE convert_from(envelope, 'UTF8')::jsonb ->> 'act' = %s",
        ["referrals:deadline:passed"],
    ).fetchone()
    assert entries == (HOW_MANY * EACH,)
    untold = admin_connection.execute(
        "SELECT count(*) FROM deadline_step s WHERE NOT EXISTS (SELECT 1 FROM notice n WHERE n.source_id = s.id)"
    ).fetchone()
    assert untold == (0,), "a step that nobody was told of"
