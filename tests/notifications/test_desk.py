"""Requests about data and incidents: who keeps privacy hears of them, and the head when a clock has run out."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.cases.queries import header
from referral_hub.kernel import clock
from referral_hub.rights.breaches import NewBreach, Told, found, told
from referral_hub.rights.service import NewRequest, answer, ask, confirm
from tests.builders import a_case
from tests.conftest import Acting, Directory
from tests.working import Worker

LAN, YEN, DUNG = "lan@anh-duong", "yen@anh-duong", "dung@anh-duong"
DAY = timedelta(days=1)


@pytest.fixture
def worker(acting: Acting, admin_connection: psycopg.Connection) -> Worker:
    return Worker(acting, admin_connection, clock.now())


@pytest.fixture
def case(acting: Acting) -> UUID:
    with acting(LAN) as lan:
        return a_case(lan)


def hers(acting: Acting, case: UUID) -> UUID:
    now = clock.now()
    with acting(LAN) as lan:
        return ask(lan, NewRequest("herself", "access", "walk_in", now, header(lan, case).code), now=now)


def notices(admin: psycopg.Connection, directory: Directory, who: str) -> list[str]:
    rows = admin.execute(
        "SELECT kind FROM notice WHERE account_id = %s ORDER BY made_at, kind", [directory.accounts[who]]
    ).fetchall()
    return [kind for (kind,) in rows]


def test_who_keeps_privacy_hears_of_a_request_and_the_head_when_a_clock_has_run_out(
    acting: Acting, case: UUID, worker: Worker, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    made = hers(acting, case)
    worker.work()
    assert notices(admin_connection, directory, YEN) == ["right:new"]
    assert notices(admin_connection, directory, DUNG) == []
    worker.work(clock.now() + 10 * DAY)
    assert notices(admin_connection, directory, DUNG) == ["right:overdue"]
    with acting(LAN) as lan:
        answer(lan, made, "done", now=clock.now())
    worker.work(clock.now() + 40 * DAY)
    assert notices(admin_connection, directory, DUNG) == ["right:overdue"]


def test_what_was_done_in_time_is_told_to_nobody(
    acting: Acting, case: UUID, worker: Worker, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    made = hers(acting, case)
    with acting(LAN) as lan:
        confirm(lan, made, now=clock.now())
        answer(lan, made, "done", now=clock.now())
    worker.work(clock.now() + 40 * DAY)
    assert notices(admin_connection, directory, YEN) == []


def test_whom_she_denied_does_not_hear_of_her_request(
    acting: Acting, case: UUID, worker: Worker, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    with acting(LAN) as lan:
        deny(lan, case, DenialFact(None, account=directory.accounts[YEN]), now=clock.now())
    hers(acting, case)
    worker.work(clock.now() + 10 * DAY)
    assert notices(admin_connection, directory, YEN) == []


def test_an_incident_is_told_at_once_again_a_day_before_its_time_is_over_and_then(
    acting: Acting, worker: Worker, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    now = clock.now()
    with acting(YEN) as yen:
        first = found(yen, NewBreach("attack", True, now), now=now)
    worker.work()
    assert notices(admin_connection, directory, DUNG) == ["breach:new"]
    assert notices(admin_connection, directory, YEN) == []
    worker.work(now + 2.5 * DAY)
    assert notices(admin_connection, directory, YEN) == ["breach:soon"]
    with acting(YEN) as yen:
        told(yen, first, Told("authority", clock.now(), "1"), now=clock.now())
    worker.work(now + 4 * DAY)
    assert notices(admin_connection, directory, YEN) == ["breach:soon"]
