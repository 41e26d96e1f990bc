"""She says stop while somebody else is at work on her case: whatever comes first, nothing stays open."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from referral_hub.cases.sections import read_sections
from referral_hub.consent import service as consents
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, HubError
from tests.builders import COVERED, a_case, a_consent, a_sent_referral, take
from tests.conftest import Acting
from tests.story import sent_to

Work = Callable[[], object]


def together(hub: Flask, *works: Work) -> list[object]:
    """Run in threads that start at the same moment; what each returned, or the hub's own refusal."""
    start = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(position: int, work: Work) -> None:
        with hub.app_context():
            try:
                start.wait(10)
                results[position] = work()
            except HubError as refusal:
                results[position] = refusal
            except Exception as fault:  # a deadlock or the like: the test reports it
                results[position] = fault
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(i, work)) for i, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def open_grants(acting: Acting, case: UUID) -> int:
    with acting("lan@anh-duong"):
        query = "SELECT count(*) FROM access_grant WHERE subject = :c AND basis = 'consent' AND revoked_at IS NULL"
        return int(db.session.execute(text(query), {"c": case}).scalar_one())


def withdrawing(acting: Acting, consent: UUID) -> Work:
    def work() -> object:
        with acting("lan@anh-duong") as lan:
            return consents.withdraw(lan, consent, now=clock.now())

    return work


def stepping(acting: Acting, who: str, referral: UUID, verb: str, **said: Any) -> Work:
    def work() -> object:
        with acting(who) as actor:
            return take(actor, referral, verb, **said)

    return work


@pytest.mark.parametrize("round_", range(4))
def test_a_withdrawal_is_never_lost_to_an_acceptance_at_the_same_moment(
    hub: Flask, acting: Acting, round_: int
) -> None:
    told = sent_to(acting)
    withdrawn, accepted = together(
        hub, withdrawing(acting, told.consent), stepping(acting, "cuong@cong-an-tinh", told.referral, "accept")
    )
    assert withdrawn == (told.referral,)
    assert accepted == "accepted" or isinstance(accepted, Conflict)
    assert open_grants(acting, told.case) == 0
    with acting("lan@anh-duong"):
        status, versions = db.session.execute(
            text("SELECT r.status, r.version - (SELECT count(*) FROM referral_event) FROM referral r WHERE r.id = :r"),
            {"r": told.referral},
        ).one()
    assert (status, versions) == ("withdrawn", 1)


def test_nothing_sent_at_the_moment_of_a_withdrawal_stays_open(hub: Flask, acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        consent = a_consent(lan, case)

    def sending() -> object:
        with acting("lan@anh-duong") as lan:
            return a_sent_referral(lan, case, categories=COVERED)

    withdrawn, sent = together(hub, withdrawing(acting, consent), sending)
    assert isinstance(withdrawn, tuple)
    assert isinstance(sent, (UUID, HubError))
    assert open_grants(acting, case) == 0


def test_a_recipient_who_was_told_stop_ends_no_more_than_the_owner_would(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case, categories=("identity", "contact"))
        first = a_sent_referral(lan, case, categories=("identity", "contact"))
        a_consent(lan, case, categories=("incident_summary",))
        second = a_sent_referral(lan, case, categories=("contact", "incident_summary"))
    with acting("cuong@cong-an-tinh") as police:
        take(police, first, "accept")
        take(police, first, "withdraw", notes={"her_wish": "dừng"})
    with acting("lan@anh-duong"):
        states = {row.id: row.status for row in db.session.execute(text("SELECT id, status FROM referral"))}
    assert states == {first: "withdrawn", second: "sent"}
    with acting("cuong@cong-an-tinh") as police:
        take(police, second, "accept")
        seen = read_sections(police, case, COVERED, why="test", now=clock.now())
    assert set(seen) == {"incident_summary"}
