"""She says stop: everything ends at once, whoever was given something confirms it, and a forced word is looked at."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.consent import service as consents
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid, NotFound
from referral_hub.referrals.disclosing import NewDisclosure, disclose
from referral_hub.referrals.errors import NotShareable
from referral_hub.referrals.queries import detail
from referral_hub.referrals.sharing import preview
from referral_hub.referrals.stopping import Heard, case_of_code, is_held, questions, stop
from referral_hub.tasks import service as tasks
from tests.builders import COVERED, SECTIONS, SERVICE, a_case, a_consent, a_sent_referral, agency_id, take
from tests.conftest import Acting, ActingInSql
from tests.people import POLICE
from tests.story import Told, accepted_by, sent_to

CHECKS = {
    "duress_word": "áo mưa vàng",
    "check_questions": [
        {"question": "Con mèo nhà chị tên gì?", "answer": "Mướp"},
        {"question": "Chị thích ăn gì nhất?", "answer": "Bún bề bề"},
    ],
}
AGREED = {**SECTIONS, "contact_check": CHECKS}
RIGHT = ("muop", "bún  bề bề")


def running(acting: Acting, **more: Any) -> Told:
    return accepted_by(acting, sections=AGREED, **more)


def hear(acting: Acting, who: str, case: UUID, **said: Any) -> None:
    with acting(who) as actor:
        stop(actor, case, Heard(**({"by": "herself"} | said)), now=clock.now())


def kinds(acting: Acting, who: str) -> list[str]:
    with acting(who) as actor:
        return [one.kind for one in tasks.open_ones(actor)]


def the_task(acting: Acting, who: str, kind: str) -> UUID:
    with acting(who) as actor:
        return next(one.id for one in tasks.open_ones(actor) if one.kind == kind)


def shared(acting: Acting, referral: UUID) -> list[str]:
    with acting("cuong@cong-an-tinh") as cuong:
        return [line.category for line in detail(cuong, referral, now=clock.now()).shared]


def live(admin: psycopg.Connection) -> int:
    row = admin.execute("SELECT count(*) FROM consent WHERE withdrawn_at IS NULL").fetchone()
    assert row is not None
    return int(row[0])


def code_of(admin: psycopg.Connection, case: UUID) -> str:
    row = admin.execute("SELECT code FROM case_file WHERE id = %s", [case]).fetchone()
    assert row is not None
    return str(row[0])


def test_with_her_spoken_code_everything_ends_at_once(acting: Acting, admin_connection: psycopg.Connection) -> None:
    told = running(acting)
    with acting("lan@anh-duong") as lan:
        a_consent(lan, told.case, categories=("identity",))
    hear(acting, "mai@anh-duong", told.case, code=code_of(admin_connection, told.case).lower())
    assert live(admin_connection) == 0
    assert shared(acting, told.referral) == []
    assert "safe-call-back" not in kinds(acting, "hung@anh-duong")


def test_two_right_answers_count_as_she_whatever_the_accents(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = running(acting)
    with acting("lan@anh-duong") as lan:
        assert questions(lan, told.case, now=clock.now()) == ("Con mèo nhà chị tên gì?", "Chị thích ăn gì nhất?")
    hear(acting, "lan@anh-duong", told.case, answers=RIGHT)
    assert live(admin_connection) == 0


@pytest.mark.parametrize("answers", [(), ("muop",), ("muop", "phở"), ("", "")])
def test_who_cannot_show_that_it_is_she_stops_everything_until_she_was_called_back(
    acting: Acting, admin_connection: psycopg.Connection, answers: tuple[str, ...]
) -> None:
    told = running(acting)
    assert shared(acting, told.referral)
    hear(acting, "lan@anh-duong", told.case, answers=answers)
    assert live(admin_connection) == 1, "nothing is withdrawn in her name"
    assert shared(acting, told.referral) == []
    with acting("lan@anh-duong") as lan:
        assert is_held(told.case)
        (call,) = [one for one in tasks.open_ones(lan) if one.kind == "safe-call-back"]
    assert call.due is not None
    assert timedelta(0) <= call.due - call.opened_at - timedelta(minutes=60) < timedelta(seconds=30)


def test_without_agreed_questions_nobody_answers_them(acting: Acting, admin_connection: psycopg.Connection) -> None:
    told = accepted_by(acting)
    hear(acting, "lan@anh-duong", told.case, answers=("", ""))
    assert live(admin_connection) == 1
    with acting("lan@anh-duong"):
        assert is_held(told.case)


def test_a_held_case_sends_nothing_new(acting: Acting) -> None:
    told = running(acting)
    hear(acting, "lan@anh-duong", told.case)
    with acting("lan@anh-duong") as lan:
        offered = preview(lan, told.case, agency_id(POLICE), SERVICE, now=clock.now())
    assert not offered.recipient
    assert {line.reason for line in offered.owner if line.category in COVERED} == {"on-hold"}
    for categories in (None, ("identity",)):
        with pytest.raises(NotShareable), acting("lan@anh-duong") as lan:
            a_sent_referral(lan, told.case, categories=categories)


def test_the_door_keeps_a_held_case_shut_by_itself(
    acting: Acting, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection
) -> None:
    told = running(acting)
    hear(acting, "lan@anh-duong", told.case)
    with acting_in_sql("cuong@cong-an-tinh") as police:
        seen = police.execute("SELECT count(*) FROM access_grant WHERE subject = %s", [told.case]).fetchone()
        assert seen == (0,)
        assert police.execute("SELECT count(*) FROM case_hold").fetchone() == (0,)


def test_an_emergency_goes_on_while_the_case_is_held(acting: Acting) -> None:
    told = running(acting)
    hear(acting, "lan@anh-duong", told.case)
    with acting("lan@anh-duong") as lan:
        why = "Chồng cầm dao trước cửa nhà."
        new = NewDisclosure(told.case, agency_id(POLICE), "imminent_danger", why, "raises_danger")
        sent = disclose(lan, new, now=clock.now())
    assert sent.referral is not None
    assert shared(acting, sent.referral)


def test_a_call_back_in_which_she_goes_on_opens_what_was_open(acting: Acting) -> None:
    told = running(acting)
    before = shared(acting, told.referral)
    hear(acting, "lan@anh-duong", told.case)
    call = the_task(acting, "lan@anh-duong", "safe-call-back")
    with acting("lan@anh-duong") as lan:
        tasks.complete(lan, call, "she-goes-on", now=clock.now())
    assert shared(acting, told.referral) == before
    with acting("lan@anh-duong"):
        assert not is_held(told.case)


def test_a_call_back_in_which_she_stops_ends_everything(acting: Acting, admin_connection: psycopg.Connection) -> None:
    told = running(acting)
    hear(acting, "lan@anh-duong", told.case)
    call = the_task(acting, "hung@anh-duong", "safe-call-back")
    with acting("hung@anh-duong") as hung:
        tasks.complete(hung, call, "she-stops", now=clock.now())
    assert live(admin_connection) == 0
    with acting("lan@anh-duong"):
        assert not is_held(told.case)
    with pytest.raises(Conflict), acting("lan@anh-duong") as lan:
        tasks.complete(lan, call, "she-goes-on", now=clock.now())


def test_a_second_call_changes_nothing_while_the_case_is_held(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = running(acting)
    hear(acting, "lan@anh-duong", told.case)
    hear(acting, "mai@anh-duong", told.case)
    assert admin_connection.execute("SELECT count(*) FROM case_hold").fetchone() == (1,)
    assert kinds(acting, "lan@anh-duong").count("safe-call-back") == 1


def test_whoever_was_given_something_confirms_that_it_stopped(acting: Acting) -> None:
    told = running(acting)
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    with acting("cuong@cong-an-tinh") as cuong:
        (task,) = tasks.open_ones(cuong)
        assert (task.kind, task.referral) == ("confirm-stopped", told.referral)
        assert task.due is not None
        assert timedelta(0) <= task.due - task.opened_at - timedelta(hours=72) < timedelta(seconds=30)
        done = tasks.complete(cuong, task.id, "kept-by-law", kept=["identity"], now=clock.now())
    assert done.kept == ("identity",)
    with acting("lan@anh-duong") as lan:
        (seen,) = [one for one in tasks.of_case(lan, told.case) if one.kind == "confirm-stopped"]
    assert (seen.outcome, seen.kept, seen.mine) == ("kept-by-law", ("identity",), False)


@pytest.mark.parametrize(
    ("outcome", "kept"), [("stopped", ["identity"]), ("kept-by-law", []), ("kept-by-law", ["medical"]), ("done", [])]
)
def test_a_confirmation_says_what_is_kept_and_only_of_what_was_given(
    acting: Acting, outcome: str, kept: list[str]
) -> None:
    told = running(acting)
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    task = the_task(acting, "cuong@cong-an-tinh", "confirm-stopped")
    with pytest.raises(Invalid), acting("cuong@cong-an-tinh") as cuong:
        tasks.complete(cuong, task, outcome, kept=kept, now=clock.now())


def test_who_was_shown_nothing_is_asked_nothing(acting: Acting) -> None:
    told = sent_to(acting, categories=("identity", "incident_summary"))
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    assert kinds(acting, "cuong@cong-an-tinh") == []


@pytest.mark.parametrize("who", ["minh@tro-giup-phap-ly", "ha@trung-tam-tgxh", "yen@anh-duong", "thao@anh-duong"])
def test_nobody_else_sees_a_task(acting: Acting, who: str) -> None:
    told = running(acting)
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    task = the_task(acting, "cuong@cong-an-tinh", "confirm-stopped")
    assert kinds(acting, who) == []
    with pytest.raises(Refused) as caught, acting(who) as actor:
        tasks.complete(actor, task, "stopped", now=clock.now())
    assert isinstance(caught.value.answer, NotFound)


def test_the_owner_sees_what_it_asked_and_does_not_do_it(acting: Acting) -> None:
    told = running(acting)
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
        (asked,) = [one for one in tasks.of_case(lan, told.case) if one.kind == "confirm-stopped"]
    assert not asked.mine
    with pytest.raises(Conflict), acting("lan@anh-duong") as lan:
        tasks.complete(lan, asked.id, "stopped", now=clock.now())


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"risk_level": "high"}, {"answers": RIGHT}),
        ({"risk_level": "extreme"}, {}),
        ({"risk_level": "low"}, {"answers": RIGHT, "word": "Ao mua vang"}),
        ({"risk_level": "low"}, {"word": "áo mưa vàng"}),
    ],
)
def test_a_word_that_may_be_forced_stands_and_the_supervisor_on_duty_looks_at_once(
    acting: Acting, facts: dict[str, Any], said: dict[str, Any]
) -> None:
    told = running(acting, **facts)
    hear(acting, "lan@anh-duong", told.case, **said)
    assert shared(acting, told.referral) == []
    assert "maybe-coerced" in kinds(acting, "hung@anh-duong")
    for who in ("lan@anh-duong", "mai@anh-duong", "hanh@anh-duong", "cuong@cong-an-tinh"):
        assert "maybe-coerced" not in kinds(acting, who)
    with acting("lan@anh-duong") as lan:
        assert "maybe-coerced" not in [one.kind for one in tasks.of_case(lan, told.case)]


def test_one_click_at_a_high_risk_is_looked_at_too(acting: Acting) -> None:
    told = running(acting, risk_level="high")
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    assert "maybe-coerced" in kinds(acting, "hung@anh-duong")


@pytest.mark.parametrize("risk", ["high", "low"])
def test_who_hears_her_without_seeing_her_case_has_somebody_look(
    acting: Acting, admin_connection: psycopg.Connection, risk: str
) -> None:
    told = running(acting, risk_level=risk)
    hear(acting, "mai@anh-duong", told.case, code=code_of(admin_connection, told.case))
    assert "maybe-coerced" in kinds(acting, "hung@anh-duong")


def test_while_an_emergency_is_on_its_way_it_is_looked_at(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, sections=AGREED, risk_level="low")
        a_consent(lan, case)
        a_sent_referral(lan, case, urgency="emergency")
    hear(acting, "lan@anh-duong", case, answers=RIGHT)
    assert "maybe-coerced" in kinds(acting, "hung@anh-duong")


def test_a_quiet_withdrawal_is_looked_at_by_nobody(acting: Acting) -> None:
    told = running(acting, risk_level="low")
    hear(acting, "lan@anh-duong", told.case, answers=RIGHT, word="mèo")
    assert "maybe-coerced" not in kinds(acting, "hung@anh-duong")


def test_where_another_agency_heard_her_somebody_looks_in_any_case(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = running(acting, risk_level="low")
    with acting("cuong@cong-an-tinh") as cuong:
        take(cuong, told.referral, "withdraw", notes={"her_wish": "Chị nói dừng."})
    assert live(admin_connection) == 0
    assert kinds(acting, "hung@anh-duong") == ["maybe-coerced"]
    assert kinds(acting, "cuong@cong-an-tinh") == ["confirm-stopped"]


def test_who_acts_for_her_changes_nothing_before_he_was_checked(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = running(acting)
    before = shared(acting, told.referral)
    hear(acting, "lan@anh-duong", told.case, by="somebody-else", code=code_of(admin_connection, told.case))
    assert live(admin_connection) == 1
    assert shared(acting, told.referral) == before
    assert "check-representative" not in kinds(acting, "lan@anh-duong")
    task = the_task(acting, "hung@anh-duong", "check-representative")
    with acting("hung@anh-duong") as hung:
        tasks.complete(hung, task, "may-act", now=clock.now())
    assert live(admin_connection) == 0


def test_who_may_not_act_for_her_never_changes_anything(acting: Acting, admin_connection: psycopg.Connection) -> None:
    told = running(acting)
    hear(acting, "lan@anh-duong", told.case, by="somebody-else")
    task = the_task(acting, "hung@anh-duong", "check-representative")
    with acting("hung@anh-duong") as hung:
        tasks.complete(hung, task, "may-not-act", now=clock.now())
    assert live(admin_connection) == 1


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "son@trung-tam-tgxh", "yen@anh-duong", "phuc@anh-duong"])
def test_nobody_else_says_stop_for_a_case(acting: Acting, admin_connection: psycopg.Connection, who: str) -> None:
    told = running(acting)
    with pytest.raises(Refused), acting(who) as actor:
        stop(actor, told.case, Heard("herself", code="X"), now=clock.now())
    assert admin_connection.execute("SELECT count(*) FROM case_hold").fetchone() == (0,)


def test_a_code_read_out_leads_to_a_case_of_the_own_agency_alone(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = running(acting)
    code = code_of(admin_connection, told.case)
    row = admin_connection.execute("SELECT code FROM referral WHERE id = %s", [told.referral]).fetchone()
    assert row is not None
    with acting("mai@anh-duong") as mai:
        assert case_of_code(mai, f" {code.lower()} ") == told.case
        assert case_of_code(mai, row[0]) == told.case
    answers = set()
    for said in (code, "HS-0000-0000"):
        with pytest.raises(Invalid) as caught, acting("son@trung-tam-tgxh") as son:
            case_of_code(son, said)
        answers.add(caught.value.sentence)
    assert len(answers) == 1


def test_a_change_of_a_task_without_its_entry_does_not_commit(acting: Acting, acting_in_sql: ActingInSql) -> None:
    told = running(acting)
    hear(acting, "lan@anh-duong", told.case)
    for change in (
        "UPDATE task SET done_at = now(), done_by = door_person(), outcome = 'she-stops'",
        "UPDATE case_hold SET lifted_at = now(), lifted_by = door_person()",
    ):
        with pytest.raises(psycopg.Error) as caught, acting_in_sql("lan@anh-duong") as lan:
            lan.execute(change)  # type: ignore[arg-type]
            lan.commit()
        assert caught.value.sqlstate == "23H01"


def test_a_narrowed_consent_on_a_running_referral_takes_away_what_was_dropped(acting: Acting) -> None:
    told = running(acting, categories=("identity",))
    with acting("lan@anh-duong") as lan:
        more = a_consent(lan, told.case, categories=("contact",))
        a_sent_referral(lan, told.case)
        consents.withdraw(lan, more, now=clock.now())
    assert shared(acting, told.referral) == ["identity"]


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "minh@tro-giup-phap-ly", "thao@anh-duong", "phuc@anh-duong"])
def test_in_sql_no_stranger_sees_does_or_opens_a_task_or_a_hold(
    acting: Acting, acting_in_sql: ActingInSql, who: str
) -> None:
    told = running(acting, risk_level="high")
    hear(acting, "lan@anh-duong", told.case)
    with acting_in_sql(who) as stranger:
        for table in ("task", "case_hold"):
            assert stranger.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)
        done = "UPDATE task SET done_at = now(), done_by = door_person(), outcome = 'she-goes-on'"
        assert stranger.execute(done).rowcount == 0
        lifted = "UPDATE case_hold SET lifted_at = now(), lifted_by = door_person()"
        assert stranger.execute(lifted).rowcount == 0
        stranger.rollback()
    with pytest.raises(psycopg.Error) as caught, acting_in_sql("minh@tro-giup-phap-ly") as minh:
        minh.execute("SELECT hold_case(gen_random_uuid(), %s, now())", [told.case])
    assert caught.value.sqlstate == "42501"
    asked = "SELECT open_tasks(%s, jsonb_build_array(jsonb_build_object('id', gen_random_uuid(), 'kind', 'x')), now())"
    with pytest.raises(psycopg.Error) as caught, acting_in_sql("minh@tro-giup-phap-ly") as minh:
        minh.execute(asked.encode(), [told.case])
    assert caught.value.sqlstate == "42501"
