"""The worker takes jobs from the queue and does them. Any number may run; the jobs of a dead one are taken over."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import procrastinate
from procrastinate.exceptions import ConnectorException

from referral_hub.kernel import clock, logs
from referral_hub.kernel.jobs import DEAD_AFTER, QUEUE, BackOff, Task, Work

log = logging.getLogger(__name__)
TAKE_OVER = "jobs:take-over"
AT_ONCE = 4  # jobs one worker does at the same time; each waits on the database or the mail server most of its time
HEARTBEAT = 5.0
POLLING = 5.0  # should a notification of the database be lost
LONGEST_PAUSE = 30.0


def run(conninfo: str, tasks: Iterable[Task], work: Work) -> None:
    """Work until told to stop (SIGTERM, SIGINT); survives a restart of the database."""
    _calm_log()
    pause = 1.0
    while True:
        began = time.monotonic()
        try:
            asyncio.run(_work(_app(conninfo, tasks, work, again_and_again=True), wait=True))
            return
        except ConnectorException as error:
            if time.monotonic() - began > LONGEST_PAUSE:
                pause = 1.0
            log.warning("the database is away; tried again in %.0f s", pause, exc_info=error)
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def run_due(conninfo: str, tasks: Iterable[Task], work: Work) -> None:
    """Do what is due, and return."""
    _calm_log()
    asyncio.run(_work(_app(conninfo, tasks, work, again_and_again=False), wait=False))


def _calm_log() -> None:
    """Dead letters are told; every single job is not."""
    logging.getLogger("procrastinate").setLevel(logging.ERROR)


async def _work(app: procrastinate.App, *, wait: bool) -> None:
    async with app.open_async():
        await _take_over(app)
        await app.run_worker_async(
            queues=[QUEUE],
            concurrency=AT_ONCE,
            wait=wait,
            delete_jobs="successful",
            fetch_job_polling_interval=POLLING,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=DEAD_AFTER.total_seconds(),
            shutdown_graceful_timeout=20,
        )


def _app(conninfo: str, tasks: Iterable[Task], work: Work, *, again_and_again: bool) -> procrastinate.App:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4))
    for task in tasks:
        made = app.task(name=task.name, queue=QUEUE, retry=BackOff(task.attempts))(_call(task, work))
        if task.every and again_and_again:
            app.periodic(cron=task.every)(made)

    @app.task(name=TAKE_OVER, queue=QUEUE)
    async def take_over(timestamp: int = 0) -> None:
        await _take_over(app)

    if again_and_again:
        app.periodic(cron="*/15 * * * * *")(take_over)
    return app


def _call(task: Task, work: Work) -> Any:
    def call(**arguments: Any) -> None:
        arguments.pop("timestamp", None)  # of a task that runs again and again
        with logs.about(job=uuid4().hex):
            began = time.monotonic()
            try:
                task.run(work, **arguments)
            except Exception:
                log.exception("job failed", extra={"task": task.name})
                raise
            if not task.every:
                log.info("job done", extra={"task": task.name, "ms": round((time.monotonic() - began) * 1000, 1)})

    return call


async def _take_over(app: procrastinate.App) -> None:
    """The jobs of workers that died are to be done again; half done work was rolled back with its transaction."""
    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER.total_seconds()):
        if job.id is not None:
            await manager.retry_job_by_id_async(job_id=job.id, retry_at=clock.now())
