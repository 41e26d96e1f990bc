"""Deadlines that pass: each step once, whoever dies when; somebody who may be told is named; help stays possible."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.referrals.escalating import take_steps
from referral_hub.referrals.models import DeadlineStep
from tests.builders import a_case, a_consent, a_sent_referral, take
from tests.conftest import Acting, ActingInSql, Directory
from tests.people import CENTRE, POLICE
from tests.working import Worker

NOON = clock.now()  # all spans here are of the wall clock; the calendar is in test_clocks.py
Steps = list[tuple[str, str, str, str | None]]


@pytest.fixture
def worker(acting: Acting, admin_connection: psycopg.Connection) -> Worker:
    return Worker(acting, admin_connection, NOON)


@pytest.fixture
def emergency(acting: Acting) -> tuple[UUID, UUID]:
    """Case and referral: sent to the police at noon, very high risk."""
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, now=NOON, risk_level="extreme")
        a_consent(lan, case, now=NOON)
        return case, a_sent_referral(lan, case, now=NOON)


def after(**span: float) -> datetime:
    return NOON + timedelta(**span)


def fired(acting: Acting, referral: UUID, who: str = "lan@anh-duong") -> Steps:
    with acting(who):
        rows = db.session.execute(
            select(DeadlineStep.clock, DeadlineStep.kind, DeadlineStep.side, DeadlineStep.role)
            .where(DeadlineStep.referral_id == referral)
            .order_by(DeadlineStep.due_at, DeadlineStep.kind.desc())
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


def test_nothing_happens_before_its_minute(worker: Worker, acting: Acting, emergency: tuple[UUID, UUID]) -> None:
    worker.work(after(minutes=9, seconds=59))
    assert fired(acting, emergency[1]) == []


def test_an_unanswered_emergency_climbs_to_the_coordinator(
    worker: Worker, acting: Acting, emergency: tuple[UUID, UUID]
) -> None:
    for minute in (10, 15, 30, 60):
        worker.work(after(minutes=minute))
    assert fired(acting, emergency[1]) == [
        ("acknowledge", "reminder", "recipient", None),
        ("acknowledge", "escalation", "recipient", "agency_supervisor"),
        ("acknowledge", "escalation", "sender", "duty_supervisor"),
        ("acknowledge", "escalation", "coordinator", "coordinator"),
    ]


def test_a_worker_that_slept_for_a_day_takes_each_step_once(
    worker: Worker, acting: Acting, emergency: tuple[UUID, UUID]
) -> None:
    worker.work(after(days=1))
    first = fired(acting, emergency[1])
    worker.work(after(days=1, minutes=6))
    assert len(first) == 8
    assert fired(acting, emergency[1]) == first


def entries(admin: psycopg.Connection, case: UUID) -> int:
    row = admin.execute(
        "SELECT count(*) FROM audit_entry WHERE subject = %s AND convert_from(envelope, 'UTF8')::jsonb ->> 'act' = %s",
        [case, "referrals:deadline:passed"],
    ).fetchone()
    return int(row[0]) if row else 0


def test_each_step_leaves_one_entry(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, emergency: tuple[UUID, UUID]
) -> None:
    worker.work(after(hours=1))
    worker.work(after(hours=1, minutes=10))
    case, referral = emergency
    assert entries(admin_connection, case) == len(fired(acting, referral)) == 4


def test_a_worker_killed_in_the_middle_leaves_nothing_half_done(
    worker: Worker, acting: Acting, emergency: tuple[UUID, UUID]
) -> None:
    case, referral = emergency

    class Killed(BaseException):
        pass

    with pytest.raises(Killed), acting("system:deadlines:anh-duong", "job") as actor:
        assert len(take_steps(actor, referral, now=after(minutes=20))) == 2
        raise Killed
    assert fired(acting, referral) == []
    worker.work(after(minutes=20))
    assert len(fired(acting, referral)) == 2


def test_a_job_that_was_lost_is_found_again_by_the_next_look(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, emergency: tuple[UUID, UUID]
) -> None:
    worker.work(after(minutes=10), only="deadlines:sweep")
    admin_connection.execute("DELETE FROM jobs.procrastinate_jobs")
    worker.work(after(minutes=14))
    assert fired(acting, emergency[1]) == []
    worker.work(after(minutes=15))
    assert len(fired(acting, emergency[1])) == 2


def test_what_was_acknowledged_is_left_alone_and_the_other_clock_runs_on(
    worker: Worker, acting: Acting, emergency: tuple[UUID, UUID]
) -> None:
    with acting("cuong@cong-an-tinh") as police:
        take(police, emergency[1], "acknowledge", now=after(minutes=5))
    worker.work(after(minutes=100))
    assert fired(acting, emergency[1]) == [("act", "reminder", "recipient", None)]


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_an_answer_is_possible_after_every_escalation(
    worker: Worker, acting: Acting, emergency: tuple[UUID, UUID], verb: str
) -> None:
    worker.work(after(hours=5))
    said = {"reason": "force_majeure"} if verb == "decline" else {}
    with acting("cuong@cong-an-tinh") as police:
        take(police, emergency[1], verb, now=after(hours=5), **said)


def asked(acting: Acting, now: datetime = NOON, **more: Any) -> UUID:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, now=now, risk_level="high")
        a_consent(lan, case, now=now)
        return a_sent_referral(lan, case, now=now, **more)


def test_while_an_answer_is_awaited_the_clock_to_act_stands_and_then_goes_on(worker: Worker, acting: Acting) -> None:
    referral = asked(acting)
    with acting("cuong@cong-an-tinh") as police:
        take(police, referral, "ask", notes={"question": "Ở đâu?"}, now=after(hours=1))
    worker.work(after(hours=30))
    assert fired(acting, referral) == []
    with acting("lan@anh-duong") as lan:
        take(lan, referral, "answer", notes={"answer": "Ở xã"}, now=after(hours=31))
    worker.work(after(hours=31, minutes=1))
    assert fired(acting, referral) == []
    worker.work(after(hours=50))  # 20 hours that ran, and the 30 that stood
    assert fired(acting, referral) == [("act", "reminder", "recipient", None)]


def test_somebody_she_refused_is_passed_over(
    worker: Worker, acting: Acting, emergency: tuple[UUID, UUID], directory: Directory
) -> None:
    case, referral = emergency
    with acting("lan@anh-duong") as lan:
        deny(lan, case, DenialFact(None, account=directory.accounts["huyen@cong-an-tinh"]), now=NOON)
    worker.work(after(minutes=15))
    assert fired(acting, referral)[-1] == ("acknowledge", "escalation", "sender", "duty_supervisor")


def test_the_accused_agency_does_not_learn_that_its_supervisor_was_passed_over(
    worker: Worker, acting: Acting, emergency: tuple[UUID, UUID], directory: Directory
) -> None:
    case, referral = emergency
    with acting("lan@anh-duong") as lan:
        deny(lan, case, DenialFact(None, account=directory.accounts["huyen@cong-an-tinh"]), now=NOON)
    worker.work(after(minutes=30))
    assert {step[2] for step in fired(acting, referral, "cuong@cong-an-tinh")} <= {"recipient"}


# straight SQL: what the database itself refuses


def test_nobody_but_the_task_takes_what_is_due(acting_in_sql: ActingInSql) -> None:
    for who in ("lan@anh-duong", "cuong@cong-an-tinh", "system:notices:anh-duong"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
            connection.execute("SELECT * FROM take_due(now(), 10)")


FIRE_SQL = "SELECT fire_step(gen_random_uuid(), %s, %s, 'escalation', %s, %s, %s, 'coordinator', 'coordinator', %s)"


@pytest.mark.parametrize("who", ["lan@anh-duong", "cuong@cong-an-tinh", "system:deadlines:cong-an-tinh"])
def test_nobody_but_the_owners_task_fires_a_deadline(
    acting_in_sql: ActingInSql, emergency: tuple[UUID, UUID], agency: Callable[[str], UUID], who: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
        connection.execute(
            FIRE_SQL, [emergency[1], "acknowledge", 7, after(minutes=15), after(minutes=15), agency(CENTRE)]
        )


def test_no_step_is_written_before_its_time_or_of_a_clock_that_was_met(
    acting: Acting, acting_in_sql: ActingInSql, emergency: tuple[UUID, UUID], agency: Callable[[str], UUID]
) -> None:
    with acting("cuong@cong-an-tinh") as police:
        take(police, emergency[1], "acknowledge", now=after(minutes=5))
    for which, at in (("acknowledge", after(minutes=15)), ("act", after(minutes=1))):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            acting_in_sql("system:deadlines:anh-duong") as connection,
        ):
            connection.execute(FIRE_SQL, [emergency[1], which, 7, after(minutes=15), at, agency(CENTRE)])


def test_a_step_cannot_be_written_without_its_entry(
    acting_in_sql: ActingInSql, emergency: tuple[UUID, UUID], agency: Callable[[str], UUID]
) -> None:
    with (
        pytest.raises(psycopg.errors.IntegrityError) as refused,
        acting_in_sql("system:deadlines:anh-duong") as connection,
    ):
        connection.execute(FIRE_SQL, [emergency[1], "act", 0, after(hours=2), after(hours=2), agency(POLICE)])
    assert refused.value.sqlstate == "23H01"


def test_a_stranger_watches_no_referral_of_another(
    acting: Acting, acting_in_sql: ActingInSql, agency: Callable[[str], UUID], admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, now=NOON)
        a_consent(lan, case, now=NOON)
        referral = a_sent_referral(lan, case, now=NOON)
    admin_connection.execute("DELETE FROM referral_watch")
    put = "INSERT INTO referral_watch (referral_id, owner_id, look_at) VALUES (%s, %s, now())"
    for who, owner in (("minh@tro-giup-phap-ly", "anh-duong"), ("cuong@cong-an-tinh", POLICE)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
            connection.execute(put, [referral, agency(owner)])
    with acting_in_sql("lan@anh-duong") as connection:
        connection.execute(put, [referral, agency("anh-duong")])


def test_a_stranger_sees_no_deadline(worker: Worker, acting: Acting, emergency: tuple[UUID, UUID]) -> None:
    worker.work(after(hours=1))
    assert fired(acting, emergency[1], "minh@tro-giup-phap-ly") == []
    with acting("minh@tro-giup-phap-ly"):
        assert db.session.execute(text("SELECT count(*) FROM referral_watch")).scalar_one() == 0
