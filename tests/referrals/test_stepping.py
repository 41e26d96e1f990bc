"""Steps as committed acts: what they end, what they leave alone, who hears why it did not work."""

import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text

from referral_hub.access.gate import Refused
from referral_hub.cases.sections import read_sections
from referral_hub.consent import service as consents
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Forbidden, HubError, Invalid, NotFound
from referral_hub.referrals.drafting import NewReferral, draft
from referral_hub.referrals.errors import AnsweredAlready, NotShareable, StepNotAllowed
from referral_hub.referrals.models import Referral
from tests.builders import COVERED, a_case, a_consent, a_sent_referral, agency_id, take
from tests.conftest import Acting
from tests.people import POLICE
from tests.referrals.paths import REGULATION, another_referral, bring, inputs, reachable
from tests.story import Told, accepted_by, sent_to


def seen(acting: Acting, case: UUID, who: str = "cuong@cong-an-tinh") -> set[str]:
    with acting(who) as actor:
        return set(read_sections(actor, case, [*COVERED, "medical"], why="test", now=clock.now()))


def header(acting: Acting, referral: UUID, who: str = "lan@anh-duong") -> Any:
    with acting(who):
        return db.session.execute(select(*Referral.__table__.columns).where(Referral.id == referral)).one()


def state(admin: psycopg.Connection) -> dict[str, Any]:
    """Everything that a step may leave behind."""
    queries = ("referral", "referral_event", "access_grant", "consent", "referral_category", "audit_entry")
    return {t: admin.execute(f"SELECT t.*::text FROM {t} t ORDER BY 1".encode()).fetchall() for t in queries}


@pytest.mark.parametrize(
    ("verb", "who", "said"),
    [
        ("decline", "cuong@cong-an-tinh", {"reason": "wrong_competence"}),
        ("not_complete", "cuong@cong-an-tinh", {"reason": "no_show"}),
        ("cancel", "lan@anh-duong", {"reason": "wrong_recipient"}),
        ("withdraw", "lan@anh-duong", {"notes": {"her_wish": "dừng lại"}}),
        ("withdraw", "cuong@cong-an-tinh", {"notes": {"her_wish": "dừng lại"}}),
        ("withdraw", "mai@anh-duong", {"notes": {"her_wish": "dừng lại"}}),
    ],
)
def test_access_ends_in_the_transaction_of_the_step(
    acting: Acting, admin_connection: psycopg.Connection, verb: str, who: str, said: dict[str, Any]
) -> None:
    told = accepted_by(acting)
    assert seen(acting, told.case) == set(COVERED)
    with acting(who) as actor:
        take(actor, told.referral, verb, **said)
    assert seen(acting, told.case) == set()
    together = admin_connection.execute(
        "SELECT bool_and(g.xmin = r.xmin AND g.revoked_at IS NOT NULL), bool_and(r.access_ended_at IS NOT NULL)"
        " FROM access_grant g JOIN referral r ON r.id = g.referral_id"
    ).fetchone()
    assert together == (True, True)


def test_closing_a_completed_referral_ends_access_completing_does_not(acting: Acting) -> None:
    told = accepted_by(acting)
    for verb, said in (("start", {}), ("complete", {"outcome": "helped_fully"})):
        with acting("cuong@cong-an-tinh") as cuong:
            take(cuong, told.referral, verb, **said)
        assert seen(acting, told.case) == set(COVERED)
    with acting("lan@anh-duong") as lan:
        take(lan, told.referral, "close")
    assert seen(acting, told.case) == set()


def test_a_withdrawn_consent_ends_access_and_the_referral_at_once(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = accepted_by(acting)
    with acting("lan@anh-duong") as lan:
        ended = consents.withdraw(lan, told.consent, wish="dừng lại", now=clock.now())
    assert ended == (told.referral,)
    assert seen(acting, told.case) == set()
    assert header(acting, told.referral).status == "withdrawn"
    xmins = admin_connection.execute(
        "SELECT count(DISTINCT x) FROM (SELECT xmin::text AS x FROM access_grant WHERE referral_id IS NOT NULL"
        " UNION ALL SELECT xmin::text FROM referral UNION ALL SELECT xmin::text FROM consent) AS all_of_them"
    ).fetchone()
    assert xmins == (1,)


def test_withdrawing_the_consent_of_a_closed_referral_still_works(acting: Acting) -> None:
    told = sent_to(acting)
    bring(acting, told, "closed")
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    assert header(acting, told.referral).status == "closed"
    with acting("lan@anh-duong"):
        assert db.session.scalar(
            text("SELECT withdrawn_at IS NOT NULL FROM consent WHERE id = :c"), {"c": told.consent}
        )


def test_a_referral_stays_while_another_consent_still_covers_part_of_it(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        first = a_consent(lan, case, categories=("identity",))
        a_consent(lan, case, categories=("contact",))
        referral = a_sent_referral(lan, case)
    with acting("cuong@cong-an-tinh") as cuong:
        take(cuong, referral, "accept")
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, first, now=clock.now())
    assert seen(acting, case) == {"contact"}
    assert header(acting, referral).status == "accepted"


@pytest.mark.parametrize("status", reachable())
def test_the_sender_takes_back_what_went_to_the_wrong_agency_whatever_its_status(acting: Acting, status: str) -> None:
    told = sent_to(acting)
    bring(acting, told, status)
    for verb, said in (
        ("cancel", {"reason": "wrong_recipient"}),
        ("void", {"reason": "wrong_recipient"}),
        ("withdraw", {"notes": {"her_wish": "không muốn nơi này biết"}}),
    ):
        try:
            with acting("lan@anh-duong") as lan:
                take(lan, told.referral, verb, **said)
            break
        except StepNotAllowed:
            continue
    assert seen(acting, told.case) == set()
    assert header(acting, told.referral).access_ended_at is not None


def test_of_two_people_who_answer_at_once_one_wins_and_the_other_is_told_who(
    hub: Flask, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = sent_to(acting)
    version = header(acting, told.referral).version
    start = threading.Barrier(2)
    results: dict[str, object] = {}

    def answer(who: str, verb: str, said: dict[str, Any]) -> None:
        with hub.app_context():
            try:
                start.wait(10)
                with acting(who) as actor:
                    results[who] = take(actor, told.referral, verb, version=version, **said)
            except AnsweredAlready as late:
                results[who] = late
            finally:
                db.session.remove()

    answers = (("cuong@cong-an-tinh", "accept", {}), ("huyen@cong-an-tinh", "decline", {"reason": "no_capacity"}))
    threads = [threading.Thread(target=answer, args=one) for one in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    late = [result for result in results.values() if isinstance(result, AnsweredAlready)]
    won = {who: result for who, result in results.items() if isinstance(result, str)}
    assert len(late) == len(won) == 1
    ((winner, status),) = won.items()
    name = {"cuong@cong-an-tinh": "Ngô Mạnh Cường", "huyen@cong-an-tinh": "Mạc Thanh Huyền"}[winner]
    for sentence in (late[0].sentence.vi, late[0].sentence.en):
        assert name in sentence
    assert "Công an tỉnh Quảng Ninh" in late[0].sentence.vi
    assert header(acting, told.referral).status == status
    steps = admin_connection.execute("SELECT count(*) FROM referral_event WHERE verb IN ('accept', 'decline')")
    assert steps.fetchone() == (1,)


@pytest.mark.parametrize(
    ("who", "verb", "said", "error"),
    [
        ("cuong@cong-an-tinh", "start", {}, StepNotAllowed),
        ("cuong@cong-an-tinh", "cancel", {"reason": "other"}, StepNotAllowed),
        ("lan@anh-duong", "accept", {}, StepNotAllowed),
        ("cuong@cong-an-tinh", "fly", {}, StepNotAllowed),
        ("cuong@cong-an-tinh", "accept", {"version": 1}, AnsweredAlready),
        ("cuong@cong-an-tinh", "decline", {}, Invalid),
        ("cuong@cong-an-tinh", "decline", {"reason": "wrong_recipient"}, Invalid),
        ("cuong@cong-an-tinh", "ask", {}, Invalid),
        ("cuong@cong-an-tinh", "ask", {"notes": {"question": "  "}}, Invalid),
        ("cuong@cong-an-tinh", "ask", {"notes": {"question": "x" * 501}}, Invalid),
    ],
)
def test_a_refused_step_leaves_nothing(
    acting: Acting,
    admin_connection: psycopg.Connection,
    who: str,
    verb: str,
    said: dict[str, Any],
    error: type[HubError],
) -> None:
    told = sent_to(acting)
    before = state(admin_connection)
    with pytest.raises(error) as caught, acting(who) as actor:
        take(actor, told.referral, verb, **said)
    assert caught.value.sentence.vi != caught.value.sentence.en
    assert state(admin_connection) == before


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("thao@anh-duong", Forbidden),
        ("phuc@anh-duong", Forbidden),
        ("son@trung-tam-tgxh", NotFound),
        ("minh@tro-giup-phap-ly", NotFound),
        ("tam@so-y-te", NotFound),
    ],
)
def test_a_colleague_is_told_to_ask_and_a_stranger_that_there_is_nothing(
    acting: Acting, admin_connection: psycopg.Connection, who: str, answer: type[HubError]
) -> None:
    told = sent_to(acting)
    before = state(admin_connection)
    with pytest.raises(Refused) as caught, acting(who) as actor:
        take(actor, told.referral, "cancel", reason="other")
    assert type(caught.value.answer) is answer
    assert state(admin_connection) == before


def test_a_version_that_never_was_is_a_conflict_also_for_a_draft(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        made = draft(lan, NewReferral(case, agency_id(POLICE), "J2"), now=clock.now())
    with pytest.raises(Conflict), acting("lan@anh-duong") as lan:
        take(lan, made, "send", version=7)
    assert header(acting, made).status == "draft"


def test_the_coordinator_redirects_what_was_declined_and_answers_nothing(acting: Acting) -> None:
    told = sent_to(acting)
    with pytest.raises(StepNotAllowed), acting("ha@trung-tam-tgxh") as ha:
        take(ha, told.referral, "accept")
    with acting("cuong@cong-an-tinh") as cuong:
        take(cuong, told.referral, "decline", reason="no_capacity")
    with pytest.raises(StepNotAllowed), acting("lan@anh-duong") as lan:
        take(lan, told.referral, "close")  # another provider is due
    code = another_referral(acting, told)
    with acting("ha@trung-tam-tgxh") as ha:
        assert take(ha, told.referral, "redirect", new_referral=code) == "redirected"


@pytest.mark.parametrize("wrong", ["CG-2222-2222", "", "itself", "another-case"])
def test_a_redirect_names_another_sent_referral_of_the_same_case(acting: Acting, wrong: str) -> None:
    told = sent_to(acting)
    bring(acting, told, "declined")
    codes = {"itself": told.referral, "another-case": sent_to(acting).referral}
    code = header(acting, codes[wrong]).code if wrong in codes else wrong
    with pytest.raises(Invalid), acting("lan@anh-duong") as lan:
        take(lan, told.referral, "redirect", new_referral=code)


def test_sending_without_her_consent_is_refused_with_the_reason_for_each_category(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case, categories=("identity",))
    with pytest.raises(NotShareable) as caught, acting("lan@anh-duong") as lan:
        a_sent_referral(lan, case, categories=("identity", "contact", "psychosocial"))
    assert caught.value.details["reasons"] == {"contact": "no-consent", "psychosocial": "never"}
    assert admin_connection.execute("SELECT count(*) FROM referral").fetchone() == (0,)


def test_a_clock_that_stood_still_is_given_back(acting: Acting) -> None:
    told = sent_to(acting)
    due = header(acting, told.referral).act_due
    with acting("cuong@cong-an-tinh") as cuong:
        take(cuong, told.referral, "ask", notes={"question": "ở đâu?"})
    with acting("lan@anh-duong") as lan:
        take(lan, told.referral, "answer", notes={"answer": "đã bổ sung"})
    row = header(acting, told.referral)
    assert row.act_due > due
    assert row.acknowledged_at is not None


def test_an_import_speaks_for_both_sides_of_what_it_imported_and_of_nothing_else(acting: Acting) -> None:
    told = sent_to(acting)
    with pytest.raises((Refused, StepNotAllowed)), acting("system:register-import:anh-duong") as importer:
        take(importer, told.referral, "accept")
    assert header(acting, told.referral).status == "sent"


def test_every_step_of_a_whole_life_leaves_its_line(acting: Acting, admin_connection: psycopg.Connection) -> None:
    told: Told = accepted_by(acting)
    for verb in ("start", "hold", "resume", "complete"):
        row = next(t for t in REGULATION.transitions if t.verb == verb)
        with acting("cuong@cong-an-tinh") as cuong:
            take(cuong, told.referral, verb, **inputs(REGULATION, row, "J2"))
    with acting("lan@anh-duong") as lan:
        take(lan, told.referral, "close")
    verbs = admin_connection.execute("SELECT verb, version FROM referral_event, referral ORDER BY referral_event.id")
    found = verbs.fetchall()
    assert [verb for verb, _ in found] == ["send", "accept", "start", "hold", "resume", "complete", "close"]
    assert found[0][1] == 1 + len(found)
