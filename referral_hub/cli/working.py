"""``worker``, ``worker dead`` and ``worker retry``."""

from contextlib import AbstractContextManager
from datetime import datetime

import click

from referral_hub.access.actors import Actor
from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.hub import TASKS
from referral_hub.kernel import clock, jobs, logs, working
from referral_hub.kernel.demohome import is_demo
from referral_hub.kernel.errors import EnvironmentFault, Invalid, NotFound

ROUNDS = 20


class _Work:
    """A job's way into the hub: the machine's own credential, one transaction each."""

    def __init__(self, run: Run, fixed: datetime | None = None) -> None:
        self._run, self._fixed = run, fixed

    @property
    def now(self) -> datetime:
        return self._fixed or clock.now()

    def acting(self, who: str) -> AbstractContextManager[Actor]:
        return self._run.acting(who, channel="job")

    def reading(self) -> AbstractContextManager[None]:
        return self._run.reading()


@click.group("worker", invoke_without_command=True)
@click.option("--once", is_flag=True, help="Do what is due, then end.")
@click.option("--now", "moment", metavar="TIME", help="In a demo only: as if it were this time (ISO 8601).")
@answering
@pass_run
def worker(run: Run, once: bool, moment: str | None) -> None:
    """Sends notices, watches deadlines; runs until it is stopped."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    if moment is not None and not once:
        raise Invalid("now", "--now chỉ đi cùng --once.", "--now goes with --once.")
    fixed = _moment(run, moment) if moment is not None else None
    logs.configure("worker")
    app = run.hub  # a fault of the environment is told before any work starts
    assert app is not None
    if not once:
        working.run(run.server.app_url, TASKS, _Work(run))
        return
    do_what_is_due(run, fixed)
    with run.reading():
        found = jobs.figures(now=fixed or clock.now())
    answer({"dead": found.dead, "due": found.due}, _sentence(run, found))


def do_what_is_due(run: Run, fixed: datetime | None = None) -> None:
    """All that is due now (or at a moment of the demo), with what follows from it."""
    work = _Work(run, fixed)
    again = [task for task in TASKS if task.every]
    for task in again:
        task.run(work)
    for _ in range(ROUNDS):  # what one job asks for is due as well
        with run.reading():
            jobs.hasten(until=work.now)
        working.run_due(run.server.app_url, TASKS, work)
        with run.reading():
            if jobs.figures(now=clock.now()).due == 0:
                break


@worker.command("dead")
@answering
@pass_run
def dead(run: Run) -> None:
    """Jobs that were given up after every attempt."""
    with run.reading():
        found = jobs.dead_letters()
    document = [
        {"id": one.id, "task": one.task, "arguments": dict(one.arguments), "attempts": one.attempts, "since": one.since}
        for one in found
    ]
    lines = [f"{one.id}  {one.task}  {one.attempts}x  {_local(one.since)}" for one in found]
    none = {"vi": "Không có việc nào bị bỏ lại.", "en": "Nothing was given up."}[run.locale]
    answer(document, "\n".join(lines) or none)


@worker.command("retry")
@click.argument("job", type=int)
@answering
@pass_run
def retry(run: Run, job: int) -> None:
    """Give one of them another chance."""
    with run.reading():
        again = jobs.run_again(job, now=clock.now())
    if not again:
        raise NotFound()
    answer({"id": job}, {"vi": "Sẽ làm lại ngay.", "en": "It will be done again now."}[run.locale])


def _moment(run: Run, text: str) -> datetime:
    if not is_demo(run.settings.home):
        raise EnvironmentFault(
            "--now chỉ dùng trong bản thử: giờ thật không ai được chỉnh.",
            "--now works in a demo alone: nobody moves the real clock.",
        )
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("now", "Giờ phải theo ISO 8601.", "The time must be ISO 8601.") from error
    return found if found.tzinfo else found.replace(tzinfo=clock.LOCAL)


def _local(at: datetime | None) -> str:
    return at.astimezone(clock.LOCAL).strftime("%d/%m/%Y %H:%M") if at else ""


def _sentence(run: Run, found: jobs.Figures) -> str:
    if run.locale == "en":
        return f"Done. Given up: {found.dead}."
    return f"Đã xong. Việc bị bỏ lại: {found.dead}."


COMMANDS = (worker,)
