"""Work that leaves the request: written down on the request's own connection, done by a worker afterwards.

A rolled-back request leaves no job, a committed one loses none. Arguments are ids, never data; what a job may see is
decided anew when it runs. The queue is Procrastinate's, in the schema ``jobs``.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import procrastinate
import psycopg
from procrastinate.jobs import Job as QueuedJob
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from sqlalchemy import text

from referral_hub.kernel import clock
from referral_hub.kernel.db import db

QUEUE = "default"
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
#: A worker that has not been heard of for so long is dead; its jobs are taken over.
DEAD_AFTER = timedelta(seconds=30)

#: Never opened: it writes jobs on connections that others hold.
_writer = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. ``arguments``: ids and codes. ``at``: not before this moment. ``urgent`` goes first."""

    task: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    urgent: bool = False


class Work(Protocol):
    """What a job gets: the moment, and a way to act (one committed transaction each) as a named task of an agency."""

    @property
    def now(self) -> datetime: ...
    def acting(self, who: str) -> AbstractContextManager[Any]: ...
    def reading(self) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Task:
    """What is done for a job of this name. ``attempts``: after so many it is a dead letter, kept for a person.

    ``every``: a cron line in UTC, seconds last, for what is looked at again and again.
    """

    name: str
    run: Callable[..., None]
    attempts: int = 9
    every: str | None = None


def enqueue(*jobs: Job) -> None:
    """Write ``jobs`` down in the session's transaction: one statement, however many."""
    if not jobs:
        return
    raw = db.session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    queued = [
        QueuedJob(
            queue=QUEUE,
            lock=None,
            queueing_lock=None,
            task_name=job.task,
            task_kwargs=dict(job.arguments),
            scheduled_at=job.at,
            priority=1 if job.urgent else 0,
        )
        for job in jobs
    ]
    _writer.job_manager.batch_defer_jobs(queued, connection=raw)


def enqueue_once(job: Job) -> None:
    """As ``enqueue``, unless the same job already waits for the same moment."""
    same = {"task": job.task, "arguments": json.dumps(dict(job.arguments)), "at": job.at}
    if db.session.execute(_SAME, same).first() is None:
        enqueue(job)


_SAME = text(
    "SELECT 1 FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'"
    " AND scheduled_at = :at AND args = CAST(:arguments AS jsonb) LIMIT 1"
)


class BackOff(BaseRetryStrategy):
    """5 s, 15 s, 45 s ... at most an hour apart; then it waits for a person."""

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        """None: given up."""
        if job.attempts + 1 >= self.attempts or not isinstance(exception, Exception):
            return None
        return RetryDecision(retry_at=clock.now() + wait_after(job.attempts))


def wait_after(attempts: int) -> timedelta:
    """How long a job waits after it failed for the ``attempts + 1``-th time."""
    growth: int = 3 ** min(attempts, 12)
    return min(FIRST_WAIT * growth, LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Figures:
    """How the queue stands: jobs due now, dead letters, how long the oldest due work has waited (seconds)."""

    due: int
    dead: int
    lag: float


_FIGURES = text(
    "SELECT count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= :now)) AS due,"
    " count(*) FILTER (WHERE status = 'failed') AS dead, worker_lag(:now) AS lag FROM procrastinate_jobs"
)


def figures(*, now: datetime) -> Figures:
    """How the queue stands, for /health, metrics and the operator."""
    row = db.session.execute(_FIGURES, {"now": now}).one()
    return Figures(row.due, row.dead, float(row.lag))


def worker_lag(*, now: datetime) -> float:
    """Seconds that the oldest due work has waited; 0 when none waits."""
    return round(float(db.session.execute(text("SELECT worker_lag(:now)"), {"now": now}).scalar_one()), 1)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was given up."""

    id: int
    task: str
    arguments: Mapping[str, str]
    attempts: int
    since: datetime | None


_DEAD = text(
    "SELECT j.id, j.task_name, j.args, j.attempts,"
    " (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id) AS since"
    " FROM procrastinate_jobs j WHERE j.status = 'failed' ORDER BY j.id"
)
_AGAIN = text("SELECT procrastinate_retry_job_v2(:id, :now, NULL, NULL, NULL) FROM procrastinate_jobs WHERE id = :id")
_FAILED = text("SELECT 1 FROM procrastinate_jobs WHERE id = :id AND status = 'failed' FOR UPDATE")
_HASTEN = text(
    "UPDATE procrastinate_jobs SET scheduled_at = NULL"
    " WHERE status = 'todo' AND attempts = 0 AND scheduled_at <= :until"
)


def dead_letters() -> list[DeadLetter]:
    """The jobs that were given up, the oldest first."""
    return [DeadLetter(r.id, r.task_name, r.args, r.attempts, r.since) for r in db.session.execute(_DEAD)]


def run_again(job_id: int, *, now: datetime) -> bool:
    """Give a dead letter another chance; False when there is none of this id."""
    if db.session.execute(_FAILED, {"id": job_id}).first() is None:
        return False
    db.session.execute(_AGAIN, {"id": job_id, "now": now})
    return True


def hasten(*, until: datetime) -> None:
    """What is to be done up to a moment is due now (the demo sets the clock forward)."""
    db.session.execute(_HASTEN, {"until": until})
