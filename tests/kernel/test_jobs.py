"""Jobs leave with the commit or not at all; what fails is tried again, then kept; the dead are replaced."""

import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import psycopg
import pytest
from flask import Flask

from migrations.statements import sql_files
from referral_hub.kernel import clock, jobs, working
from referral_hub.kernel.db import db, transaction
from referral_hub.kernel.jobs import Job, Task, wait_after
from referral_hub.kernel.server import Server
from tests.conftest import Acting
from tests.story import sent_to


class Idle:
    """Work that never acts."""

    now = datetime(2026, 3, 2, tzinfo=UTC)

    @contextmanager
    def acting(self, who: str) -> Iterator[Any]:
        raise AssertionError(who)
        yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def work_off(server: Server, done: list[str]) -> Callable[..., None]:
    """Do what is due with these tasks (by default: note the argument)."""

    def note(_work: jobs.Work, what: str = "") -> None:
        done.append(what)

    def go(*tasks: Task) -> None:
        working.run_due(server.app_url, tasks or (Task("test:note", note),), Idle())

    return go


def enqueue(*wanted: Job) -> None:
    with transaction(None):
        jobs.enqueue(*wanted)


def test_a_committed_job_is_done_once(hub: Flask, work_off: Callable[..., None], done: list[str]) -> None:
    enqueue(Job("test:note", {"what": "a"}), Job("test:note", {"what": "b"}))
    work_off()
    work_off()
    assert sorted(done) == ["a", "b"]


def test_a_rolled_back_job_never_happened(hub: Flask, work_off: Callable[..., None], done: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), transaction(None):
        jobs.enqueue(Job("test:note", {"what": "a"}))
        _ = 1 / 0
    work_off()
    assert done == []


def test_however_many_jobs_a_request_writes_it_is_one_statement(hub: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    plain = psycopg.Cursor.execute

    def counted(self: psycopg.Cursor[Any], query: Any, *rest: Any, **more: Any) -> Any:
        seen.append(str(query))
        return plain(self, query, *rest, **more)

    with transaction(None):
        db.session.connection()
        monkeypatch.setattr(psycopg.Cursor, "execute", counted)
        jobs.enqueue(*(Job("test:note", {"what": str(n)}) for n in range(20)))
        monkeypatch.undo()
    assert len(seen) == 1


def test_a_job_for_later_waits_and_counts_as_no_delay(
    hub: Flask, work_off: Callable[..., None], done: list[str]
) -> None:
    enqueue(Job("test:note", {"what": "later"}, at=clock.now() + timedelta(hours=1)))
    work_off()
    assert done == []
    with transaction(None):
        found = jobs.figures(now=clock.now())
    assert (found.due, found.lag) == (0, 0.0)


def test_the_lag_is_how_long_the_oldest_due_job_has_waited(hub: Flask) -> None:
    enqueue(Job("test:note"))
    with transaction(None):
        found = jobs.figures(now=clock.now() + timedelta(minutes=5))
    assert found.due == 1
    assert 299 < found.lag < 330


def test_what_fails_is_tried_again_and_again_then_kept_for_a_person(
    hub: Flask, work_off: Callable[..., None], done: list[str], admin_connection: psycopg.Connection
) -> None:
    broken = True

    def once_mended(_work: jobs.Work, what: str) -> None:
        if broken:
            raise OSError("no mail server")
        done.append(what)

    task = Task("test:mend", once_mended, attempts=3)
    enqueue(Job("test:mend", {"what": "a"}))
    for _ in range(3):
        work_off(task)
        admin_connection.execute("UPDATE jobs.procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    with transaction(None):
        (dead,) = jobs.dead_letters()
        assert (dead.task, dead.arguments, dead.attempts) == ("test:mend", {"what": "a"}, 3)
        assert jobs.figures(now=clock.now()).dead == 1
    broken = False
    with transaction(None):
        assert jobs.run_again(dead.id, now=clock.now())
    work_off(task)
    assert done == ["a"]
    with transaction(None):
        assert jobs.dead_letters() == []
        assert not jobs.run_again(dead.id, now=clock.now())


def test_the_pause_between_two_attempts_grows_to_an_hour_and_no_further() -> None:
    pauses = [wait_after(n) for n in range(12)]
    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=45)]
    assert pauses == sorted(pauses)
    assert max(pauses) == timedelta(hours=1)


def _hang(url: str) -> None:
    def never(_work: jobs.Work, what: str) -> None:
        time.sleep(60)

    working.run_due(url, (Task("test:note", never),), Idle())


def test_the_job_of_a_worker_that_was_killed_is_taken_over(
    hub: Flask, server: Server, work_off: Callable[..., None], done: list[str], admin_connection: psycopg.Connection
) -> None:
    enqueue(Job("test:note", {"what": "a"}))
    child = multiprocessing.get_context("spawn").Process(target=_hang, args=(server.app_url,))
    child.start()
    try:
        _until(admin_connection, "SELECT count(*) = 1 FROM jobs.procrastinate_jobs WHERE status = 'doing'")
    finally:
        assert child.pid is not None
        os.kill(child.pid, 9)
        child.join(10)
    work_off()
    assert done == [], "the dead worker may only be slow"
    admin_connection.execute("UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    work_off()
    assert done == ["a"]


def _until(connection: psycopg.Connection, query: str) -> None:
    for _ in range(300):
        row = connection.execute(query.encode()).fetchone()
        if row == (True,):
            return
        time.sleep(0.1)
    raise AssertionError(query)


def test_the_queue_is_the_one_of_the_installed_library() -> None:
    """A newer library with another schema needs a revision of its own."""
    shipped = (files("procrastinate") / "sql" / "schema.sql").read_text("utf-8")
    ours = dict(sql_files("0004"))["10_jobs.sql"]
    body = shipped[shipped.index("-- Enums") :].strip()
    assert body in ours


def test_the_queue_has_no_door_of_its_own(admin_connection: psycopg.Connection) -> None:
    found = admin_connection.execute(
        "SELECT p.proname, p.prosecdef, p.proconfig, p.proowner::regrole::text, EXISTS (SELECT 1 FROM aclexplode("
        "coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)"
        " FROM pg_proc p WHERE p.pronamespace = 'jobs'::regnamespace"
    ).fetchall()
    assert len(found) > 10
    for name, definer, settings, owner, public in found:
        assert (definer, settings, public) == (False, ["search_path=jobs, pg_temp"], False), name
        assert owner.endswith("_owner"), name
    makers = admin_connection.execute(
        "SELECT count(*) FROM pg_roles r WHERE has_schema_privilege(r.oid, 'jobs', 'CREATE')"
        " AND NOT r.rolsuper AND r.rolname NOT LIKE '%owner'"
    ).fetchone()
    assert makers == (0,)


IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9:_-]+")


def test_a_job_carries_ids_and_codes_and_nothing_else(acting: Acting, admin_connection: psycopg.Connection) -> None:
    sent_to(acting)
    found = [args for (args,) in admin_connection.execute("SELECT args FROM jobs.procrastinate_jobs")]
    assert found
    assert [value for args in found for value in args.values() if not IDS.fullmatch(value)] == []
