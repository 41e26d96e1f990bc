"""Who is told of a task, and who hears that it was not done in time."""

from datetime import timedelta

import psycopg
import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.consent import service as consents
from referral_hub.kernel import clock
from referral_hub.referrals.stopping import Heard, stop
from referral_hub.tasks import service as tasks
from tests.conftest import Acting, Directory
from tests.notifications.test_telling import told
from tests.story import accepted_by
from tests.working import Worker

LAN, CUONG = "lan@anh-duong", "cuong@cong-an-tinh"


def about_tasks(admin: psycopg.Connection) -> set[tuple[str, str]]:
    return {(who, kind) for who, kind in told(admin) if kind.startswith(("task:", "overdue:"))}


def test_the_recipient_is_told_that_it_has_to_confirm(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    case = accepted_by(acting, risk_level="low")
    with acting(LAN) as lan:
        consents.withdraw(lan, case.consent, now=clock.now())
    worker.work()
    assert about_tasks(admin_connection) == {(CUONG, "task:confirm-stopped")}


def test_what_one_role_alone_sees_is_told_to_that_role_alone(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    case = accepted_by(acting, risk_level="high")
    with acting(LAN) as lan:
        stop(lan, case.case, Heard("herself"), now=clock.now())
    worker.work()
    assert about_tasks(admin_connection) == {
        (LAN, "task:safe-call-back"),
        ("hung@anh-duong", "task:maybe-coerced"),
    }


def test_somebody_she_refused_is_not_told_and_the_next_above_is(
    worker: Worker, acting: Acting, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    case = accepted_by(acting, risk_level="low")
    with acting(LAN) as lan:
        deny(lan, case.case, DenialFact(None, account=directory.accounts[CUONG]), now=clock.now())
        consents.withdraw(lan, case.consent, now=clock.now())
    worker.work()
    assert about_tasks(admin_connection) == {("huyen@cong-an-tinh", "task:confirm-stopped")}


@pytest.mark.parametrize("done", [False, True])
def test_what_is_not_done_in_time_is_told_above_and_to_who_asked_once(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, done: bool
) -> None:
    case = accepted_by(acting, risk_level="low")
    with acting(LAN) as lan:
        consents.withdraw(lan, case.consent, now=clock.now())
    worker.work()
    with acting(CUONG) as cuong:
        (task,) = tasks.open_ones(cuong)
        if done:
            tasks.complete(cuong, task.id, "stopped", now=clock.now())
    for days in (1, 4, 5):
        worker.work(clock.now() + timedelta(days=days))
    overdue = {one for one in about_tasks(admin_connection) if one[1].startswith("overdue")}
    expected = {("huyen@cong-an-tinh", "overdue:confirm-stopped"), (LAN, "overdue:confirm-stopped")}
    assert overdue == (set() if done else expected)
