"""Who is told of what: the other side of every answer, once, and nobody whom she refused."""

import psycopg
import pytest
from sqlalchemy import select

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.liaisons.duties import cover, put_on_call
from referral_hub.notifications.models import Notice
from referral_hub.referrals.assigning import assign
from tests.builders import a_case, a_consent, a_sent_referral, take
from tests.conftest import Acting, ActingInSql, Directory
from tests.notifications.conftest import Letters
from tests.referrals.paths import bring
from tests.story import accepted_by, sent_to
from tests.working import Worker

from datetime import timedelta  # isort: skip

NOW = clock.now()


def told(admin: psycopg.Connection) -> list[tuple[str, str]]:
    """(who, of what), in order."""
    rows = admin.execute(
        "SELECT replace(a.email, '.example', ''), n.kind FROM notice n JOIN account a ON a.id = n.account_id"
        " ORDER BY n.made_at, a.email"
    ).fetchall()
    return [(who, kind) for who, kind in rows]


def test_a_referral_that_was_sent_is_told_to_the_desk_it_went_to(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    sent_to(acting)
    worker.work()
    assert told(admin_connection) == [("cuong@cong-an-tinh", "step:send")]


@pytest.mark.parametrize("verb", ["acknowledge", "accept", "decline", "ask"])
def test_every_answer_is_told_to_who_keeps_the_case(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, verb: str
) -> None:
    story = sent_to(acting)
    worker.work()
    said = {"decline": {"reason": "no_capacity"}, "ask": {"notes": {"question": "?"}}}.get(verb, {})
    with acting("cuong@cong-an-tinh") as police:
        take(police, story.referral, verb, **said)
    worker.work(clock.now())
    assert told(admin_connection)[-1] == ("lan@anh-duong", f"step:{verb}")


def test_her_stop_is_told_to_both_sides_but_not_to_who_wrote_it_down(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    story = accepted_by(acting)
    worker.work()
    with acting("hanh@anh-duong") as supervisor:
        take(supervisor, story.referral, "withdraw", notes={"her_wish": "dừng lại"})
    worker.work(clock.now())
    last = {who for who, kind in told(admin_connection) if kind == "step:withdraw"}
    assert last == {"lan@anh-duong", "cuong@cong-an-tinh"}


def test_what_was_rolled_back_is_told_to_nobody(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    class Interrupted(Exception):
        pass

    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case)
    with pytest.raises(Interrupted), acting("lan@anh-duong") as lan:
        a_sent_referral(lan, case)
        raise Interrupted
    assert worker.waiting() == []
    worker.work()
    assert told(admin_connection) == []


def test_a_job_that_is_done_twice_tells_once(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    sent_to(acting)
    admin_connection.execute(
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args)"
        " SELECT queue_name, task_name, args FROM jobs.procrastinate_jobs"
    )
    worker.work()
    assert len(told(admin_connection)) == 1


def test_somebody_she_refused_is_never_told_and_the_next_above_is(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case)
        deny(lan, case, DenialFact(None, account=directory.accounts["cuong@cong-an-tinh"]), now=clock.now())
        a_sent_referral(lan, case)
    worker.work()
    assert told(admin_connection) == [("huyen@cong-an-tinh", "step:send")]


def test_whoever_covers_is_told_instead(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    story = sent_to(acting)
    worker.work()
    lan, thao = (directory.accounts[who] for who in ("lan@anh-duong", "thao@anh-duong"))
    with acting("hanh@anh-duong") as supervisor:
        cover(supervisor, lan, thao, NOW - timedelta(days=1), NOW + timedelta(days=7), now=NOW)
    with acting("cuong@cong-an-tinh") as police:
        take(police, story.referral, "acknowledge")
    worker.work(clock.now())
    assert told(admin_connection)[-1] == ("thao@anh-duong", "step:acknowledge")


def test_whoever_is_on_call_at_the_desk_is_told_alone(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    huyen, desk = directory.accounts["huyen@cong-an-tinh"], directory.desks["duty@cong-an-tinh"]
    with acting("huyen@cong-an-tinh") as supervisor:
        put_on_call(supervisor, desk, huyen, NOW - timedelta(hours=1), NOW + timedelta(hours=8), now=NOW)
    sent_to(acting)
    worker.work(clock.now())
    assert told(admin_connection) == [("huyen@cong-an-tinh", "step:send")]


def test_whoever_is_given_a_referral_is_told_and_told_of_what_follows(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    story = sent_to(acting)
    worker.work()
    with acting("huyen@cong-an-tinh") as supervisor:
        assign(supervisor, story.referral, directory.accounts["huyen@cong-an-tinh"], now=clock.now())
    with acting("cuong@cong-an-tinh") as police:
        take(police, story.referral, "ask", notes={"question": "?"})
    with acting("lan@anh-duong") as lan:
        take(lan, story.referral, "answer", notes={"answer": "!"})
    worker.work(clock.now())
    found = told(admin_connection)
    assert ("huyen@cong-an-tinh", "step:answer") in found
    assert ("cuong@cong-an-tinh", "step:answer") not in found


def test_nobody_reads_what_another_was_told(worker: Worker, acting: Acting) -> None:
    sent_to(acting)
    worker.work()
    for who, count in (("cuong@cong-an-tinh", 1), ("huyen@cong-an-tinh", 0), ("lan@anh-duong", 0)):
        with acting(who):
            assert len(db.session.scalars(select(Notice.id)).all()) == count


def test_nobody_writes_a_notice_but_the_task(acting: Acting, acting_in_sql: ActingInSql, directory: Directory) -> None:
    story = sent_to(acting)
    for who in ("lan@anh-duong", "cuong@cong-an-tinh", "system:deadlines:anh-duong"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
            connection.execute(
                "INSERT INTO notice (id, account_id, source_id, referral_id, kind, urgent, made_at)"
                " VALUES (gen_random_uuid(), %s, gen_random_uuid(), %s, 'step:send', false, now())",
                [directory.accounts["huyen@cong-an-tinh"], story.referral],
            )


def test_a_whole_story_leaves_nobody_untold(
    worker: Worker, acting: Acting, admin_connection: psycopg.Connection, letters: Letters
) -> None:
    story = sent_to(acting)
    bring(acting, story, "completed")
    worker.work(clock.now())
    kinds = [kind for _, kind in told(admin_connection)]
    assert kinds[0] == "step:send" and "step:accept" in kinds and kinds[-1] == "step:complete"
