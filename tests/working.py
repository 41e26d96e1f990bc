"""A worker for tests: the same tasks, in this process, at whatever time it is told."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from referral_hub.hub import TASKS
from referral_hub.kernel.db import transaction
from tests.conftest import Acting

BY_NAME = {task.name: task for task in TASKS}


@dataclass(slots=True)
class Worker:
    """Does every job of the queue, in order, until none is due; time is what the test says."""

    enter: Acting
    admin: psycopg.Connection
    now: datetime

    def acting(self, who: str) -> AbstractContextManager[Any]:
        return self.enter(who, "job")

    @contextmanager
    def reading(self) -> Iterator[None]:
        with transaction(None):
            yield

    def work(self, now: datetime | None = None, *, only: str | None = None) -> int:
        """What is due at ``now``: how many jobs were done."""
        self.now = now or self.now
        for task in TASKS:
            if task.every and (only is None or task.name == only):
                task.run(self)
        done = 0
        while job := self._next(only):
            BY_NAME[job["task_name"]].run(self, **job["args"])
            done += 1
        return done

    def waiting(self) -> list[str]:
        """The tasks of the jobs that are not done yet."""
        return [name for (name,) in self.admin.execute("SELECT task_name FROM jobs.procrastinate_jobs ORDER BY id")]

    def _next(self, only: str | None) -> dict[str, Any] | None:
        with self.admin.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(
                "DELETE FROM jobs.procrastinate_jobs WHERE id = (SELECT min(id) FROM jobs.procrastinate_jobs"
                " WHERE (scheduled_at IS NULL OR scheduled_at <= %s) AND (%s::text IS NULL OR task_name = %s))"
                " RETURNING task_name, args",
                [self.now, only, only],
            ).fetchone()
