"""Danger now: sending without her consent, opening by code, and what every use of a ground leaves behind."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.access.gate import Refused
from referral_hub.cases.openings import opened
from referral_hub.cases.queries import header
from referral_hub.consent import reviews
from referral_hub.consent.emergencies import NothingOpened, Opening, open_by_code
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Forbidden, Invalid
from referral_hub.referrals import queries
from referral_hub.referrals.disclosing import Disclosed, NewDisclosure, disclose
from tests.builders import SECTIONS, a_case, a_consent, a_sent_referral, agency_id, take
from tests.conftest import Acting, Directory

REASON = "Anh ta cầm dao đứng trước cửa, chị ấy đang ở trong nhà."
WARD, POLICE = "cong-an-hong-gai", "cong-an-tinh"
MOST = {"identity", "demographics_min", "contact", "incident_summary", "risk"}


@pytest.fixture
def case(acting: Acting) -> UUID:
    with acting("lan@anh-duong") as lan:
        return a_case(lan)


@pytest.fixture
def code(case: UUID, acting: Acting) -> str:
    with acting("lan@anh-duong") as lan:
        return header(lan, case).code


@pytest.fixture
def fresh(admin_connection: psycopg.Connection, directory: Directory) -> Callable[..., None]:
    """Somebody signed in so many minutes ago."""

    def sign_in(who: str, minutes: float = 0) -> None:
        admin_connection.execute("SET session_replication_role = replica")
        admin_connection.execute("DELETE FROM sign_in_session WHERE account_id = %s", [directory.accounts[who]])
        admin_connection.execute(
            "INSERT INTO sign_in_session (digest, account_id, started_at, expires_at)"
            " VALUES (gen_random_uuid()::text::bytea, %s, now() - %s * interval '1 minute', now() + interval '1 hour')",
            [directory.accounts[who], minutes],
        )
        admin_connection.execute("SET session_replication_role = origin")

    return sign_in


def send(acting: Acting, case: UUID, *, to: str = POLICE, who: str = "lan@anh-duong", **said: Any) -> Disclosed:
    wanted = {"ground": "imminent_danger", "reason": REASON, "inform": "raises_danger", **said}
    with acting(who) as actor:
        return disclose(actor, NewDisclosure(case, agency_id(to), **wanted), now=clock.now())


def shown(acting: Acting, who: str, referral: UUID) -> dict[str, str]:
    with acting(who) as actor:
        return {line.category: line.basis for line in queries.detail(actor, referral, now=clock.now()).shared}


def pull(acting: Acting, who: str, code: str, ground: str = "imminent_danger", reason: str = REASON) -> Any:
    with acting(who, "portal") as actor:
        return open_by_code(actor, Opening(code, ground, reason), now=clock.now())


def later(admin: psycopg.Connection, **times: str) -> None:
    """Time passes for what an emergency left behind."""
    admin.execute("SET session_replication_role = replica")
    for column, interval in times.items():
        admin.execute(f"UPDATE emergency_task SET {column} = {column} - interval '{interval}'".encode())
    admin.execute("SET session_replication_role = origin")


def test_in_danger_the_holder_sends_without_consent_and_it_is_seen_before_anybody_accepts(
    case: UUID, acting: Acting
) -> None:
    sent = send(acting, case)
    assert sent.referral is not None
    assert shown(acting, "cuong@cong-an-tinh", sent.referral) == dict.fromkeys(MOST, "exception")
    assert {"113", "115"} <= set(sent.numbers)


def test_the_ground_shows_no_more_than_its_most(case: UUID, acting: Acting) -> None:
    sent = send(acting, case, to="benh-vien-tinh")
    assert sent.referral is not None
    assert set(shown(acting, "thu@benh-vien-tinh", sent.referral)) == MOST - {"incident_summary"}
    assert "psychosocial" in SECTIONS and "medical" in SECTIONS


def test_the_approver_is_told_and_a_review_is_due_in_the_same_transaction(case: UUID, acting: Acting) -> None:
    send(acting, case)
    for who, kinds in (("hung@anh-duong", {"told"}), ("dung@anh-duong", {"review"})):
        with acting(who) as actor:
            assert {task.kind for task in reviews.tasks(actor, now=clock.now()) if task.mine} == kinds, who
    with acting("lan@anh-duong") as lan:
        assert reviews.tasks(lan, now=clock.now()) == []


def test_an_act_without_its_review_does_not_commit(case: UUID, acting: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("referral_hub.consent.emergencies._leave", lambda *_: None)
    with pytest.raises(DBAPIError, match="without reason or review"):
        send(acting, case)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"reason": "có dao, nguy hiểm"}, "reason"),
        ({"reason": " " * 40}, "reason"),
        ({"ground": "court_or_authority"}, "ground"),
        ({"ground": "nothing"}, "ground"),
        ({"inform": ""}, "inform"),
        ({"to": "tro-giup-phap-ly"}, "recipient"),
        ({"ground": "suicide_risk"}, "recipient"),
    ],
)
def test_a_disclosure_needs_a_ground_that_waits_for_nobody_and_a_reason(
    case: UUID, acting: Acting, said: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        send(acting, case, **said)
    assert caught.value.field == field


@pytest.mark.parametrize("who", ["thao@anh-duong", "mai@anh-duong", "cuong@cong-an-tinh"])
def test_only_who_holds_the_case_sends_in_an_emergency(case: UUID, acting: Acting, who: str) -> None:
    with pytest.raises(Refused):
        send(acting, case, to="benh-vien-tinh", who=who)


def test_the_nearest_post_denied_sends_to_the_next_unit_up_in_the_same_act(case: UUID, acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, case, DenialFact(None, agency=agency_id(WARD)), now=clock.now())
    sent = send(acting, case, to=WARD)
    with acting("lan@anh-duong"):
        assert (sent.recipient, sent.passed_over) == (agency_id(POLICE), (agency_id(WARD),))
    assert sent.referral is not None
    assert set(shown(acting, "cuong@cong-an-tinh", sent.referral)) == MOST


def test_when_every_unit_is_denied_there_is_a_number_to_call(case: UUID, acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, case, DenialFact(None, agency=agency_id(POLICE), with_units=True), now=clock.now())
    sent = send(acting, case, to=WARD)
    assert (sent.referral, sent.recipient) == (None, None)
    assert "113" in sent.numbers


def test_a_denied_person_sees_nothing_in_an_emergency_either(case: UUID, acting: Acting, directory: Directory) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, case, DenialFact(None, account=directory.accounts["cuong@cong-an-tinh"]), now=clock.now())
    sent = send(acting, case)
    assert sent.referral is not None
    with pytest.raises(Refused):
        shown(acting, "cuong@cong-an-tinh", sent.referral)
    assert set(shown(acting, "huyen@cong-an-tinh", sent.referral)) == MOST


def test_a_denied_desk_is_passed_over_for_another_of_the_same_agency(
    case: UUID, acting: Acting, directory: Directory
) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, case, DenialFact(None, desk=directory.desks["emergency@benh-vien-tinh"]), now=clock.now())
    sent = send(acting, case, to="benh-vien-tinh")
    assert sent.referral is not None
    assert shown(acting, "dai@benh-vien-tinh", sent.referral)
    with pytest.raises(Refused):
        shown(acting, "thu@benh-vien-tinh", sent.referral)


def test_yesterdays_open_review_blocks_no_emergency_of_today(
    case: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    send(acting, case)
    later(admin_connection, due="30 hours")
    assert send(acting, case, to="benh-vien-tinh").referral is not None


def test_what_was_sent_in_an_emergency_ends_with_its_referral(case: UUID, acting: Acting) -> None:
    sent = send(acting, case)
    assert sent.referral is not None
    with acting("lan@anh-duong") as lan:
        take(lan, sent.referral, "cancel", reason="duplicate")
    assert shown(acting, "cuong@cong-an-tinh", sent.referral) == {}


def test_a_later_referral_to_the_same_agency_does_not_rest_on_the_emergency(case: UUID, acting: Acting) -> None:
    send(acting, case)
    with acting("lan@anh-duong") as lan:
        plain = a_sent_referral(lan, case)
    assert shown(acting, "cuong@cong-an-tinh", plain) == {}


# ---------------------------------------------------------------- opening by code


def test_a_liaison_opens_by_code_what_the_ground_shows_for_an_hour_and_alone(
    code: str, case: UUID, acting: Acting, fresh: Any, admin_connection: psycopg.Connection
) -> None:
    fresh("cuong@cong-an-tinh")
    act = pull(acting, "cuong@cong-an-tinh", code.lower() + " ")
    assert timedelta(minutes=59) < act.until - clock.now() <= timedelta(minutes=60)
    with acting("cuong@cong-an-tinh") as cuong:
        assert set(opened(cuong, act.act, now=clock.now()).sections) == MOST
    with acting("huyen@cong-an-tinh") as huyen, pytest.raises(Refused):
        opened(huyen, act.act, now=clock.now())
    admin_connection.execute("SET session_replication_role = replica")
    admin_connection.execute("UPDATE access_grant SET valid_until = now() WHERE basis = 'opening'")
    admin_connection.execute("UPDATE emergency_act SET until = now()")
    admin_connection.execute("SET session_replication_role = origin")
    with acting("cuong@cong-an-tinh") as cuong, pytest.raises(Refused):
        opened(cuong, act.act, now=clock.now())


def test_the_code_of_a_referral_opens_its_case_as_well(case: UUID, acting: Acting, fresh: Any) -> None:
    sent = send(acting, case, to="benh-vien-tinh")
    with acting("lan@anh-duong") as lan:
        referral_code = queries.detail(lan, sent.referral, now=clock.now()).code  # type: ignore[arg-type]
    fresh("cuong@cong-an-tinh")
    assert pull(acting, "cuong@cong-an-tinh", referral_code).subject == case


def test_a_wrong_code_a_denied_person_and_an_agency_the_ground_does_not_name_get_one_answer(
    code: str, case: UUID, acting: Acting, fresh: Any, directory: Directory
) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, case, DenialFact(None, account=directory.accounts["cuong@cong-an-tinh"]), now=clock.now())
    answers = set()
    for who, typed, ground in (
        ("cuong@cong-an-tinh", code, "imminent_danger"),
        ("cuong@cong-an-tinh", "HS-AAAA-AAAA", "imminent_danger"),
        ("minh@tro-giup-phap-ly", code, "imminent_danger"),
        ("thu@benh-vien-tinh", code, "child_harm"),
    ):
        fresh(who)
        with pytest.raises(Refused) as caught:
            pull(acting, who, typed, ground)
        assert isinstance(caught.value.answer, NothingOpened)
        answers.add((caught.value.subject, caught.value.answer.sentence))
    assert len(answers) == 1


def test_an_opening_needs_a_sign_in_of_the_last_minutes(code: str, acting: Acting, fresh: Any) -> None:
    fresh("cuong@cong-an-tinh", minutes=6)
    with pytest.raises(DBAPIError, match="not this actor's to open"):
        pull(acting, "cuong@cong-an-tinh", code)


def test_an_opening_gives_nothing_to_send_on(code: str, case: UUID, acting: Acting, fresh: Any) -> None:
    fresh("cuong@cong-an-tinh")
    pull(acting, "cuong@cong-an-tinh", code)
    with pytest.raises(Refused):
        send(acting, case, to="benh-vien-tinh", who="cuong@cong-an-tinh")


def test_an_opening_tells_the_house_at_once_and_is_reviewed_by_who_leads_the_one_who_opened(
    code: str, acting: Acting, fresh: Any
) -> None:
    fresh("cuong@cong-an-tinh")
    act = pull(acting, "cuong@cong-an-tinh", code)
    for who in ("hung@anh-duong", "dung@anh-duong"):
        with acting(who) as actor:
            assert [task.kind for task in reviews.tasks(actor, now=clock.now()) if task.mine] == ["told"], who
    with acting("huyen@cong-an-tinh") as huyen:  # no head there: the chain leads to the supervisor
        todo = [task for task in reviews.tasks(huyen, now=clock.now()) if task.mine]
        assert {task.kind for task in todo} == {"review", "second-review"}
        assert reviews.act(huyen, act.act, now=clock.now()).reason == REASON
        reviews.review(huyen, todo[0].id, "justified", now=clock.now())
        with pytest.raises(Conflict):
            reviews.review(huyen, todo[0].id, "unjustified", now=clock.now())


def test_nobody_reviews_what_he_did(case: UUID, acting: Acting, acting_in_sql: Any) -> None:
    send(acting, case, who="hanh@anh-duong")
    with acting_in_sql("hanh@anh-duong") as connection:
        touched = connection.execute("UPDATE emergency_task SET done_at = now(), outcome = NULL WHERE kind = 'told'")
        assert touched.rowcount == 0


def test_a_denied_supervisor_is_not_told(case: UUID, acting: Acting, directory: Directory) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, case, DenialFact(None, account=directory.accounts["hung@anh-duong"]), now=clock.now())
    send(acting, case)
    with acting("hung@anh-duong") as hung:
        assert reviews.tasks(hung, now=clock.now()) == []
    with acting("hanh@anh-duong") as hanh:
        assert [task.kind for task in reviews.tasks(hanh, now=clock.now()) if task.mine] == ["told"]


def test_after_three_days_without_review_only_emergencies_are_left_until_the_head_gives_work_back(
    case: UUID, acting: Acting, admin_connection: psycopg.Connection, directory: Directory
) -> None:
    send(acting, case)
    later(admin_connection, due="4 days", suspends_at="4 days")
    with acting("lan@anh-duong") as lan:
        with pytest.raises(Refused) as caught:
            header(lan, case)
        assert isinstance(caught.value.answer, Forbidden)
    assert send(acting, case, to="benh-vien-tinh").referral is not None
    with acting("dung@anh-duong") as dung:
        heavy = [t for t in reviews.tasks(dung, now=clock.now()) if t.returnable]
        assert {t.kind for t in heavy} == {"review", "second-review"}
        assert all(t.alert for t in heavy)
        assert reviews.give_back(dung, heavy[0].account, now=clock.now()) == 2
    with acting("lan@anh-duong") as lan:
        assert header(lan, case).id == case


def test_a_ground_that_is_no_danger_to_life_now_rests_with_the_other_work(
    case: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    send(acting, case)
    later(admin_connection, suspends_at="4 days")
    with pytest.raises(Refused):
        send(acting, case, to="benh-vien-tinh", ground="suicide_risk")
    assert send(acting, case, to=WARD, ground="child_harm").referral is not None


def test_who_rests_still_answers_an_emergency_but_nothing_else(
    case: UUID, acting: Acting, code: str, fresh: Any, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        a_consent(lan, case)
        plain = a_sent_referral(lan, case)
    urgent = send(acting, case).referral
    fresh("cuong@cong-an-tinh")
    pull(acting, "cuong@cong-an-tinh", code)
    later(admin_connection, suspends_at="4 days")
    with acting("cuong@cong-an-tinh") as cuong:
        assert cuong.suspended
        take(cuong, urgent, "accept")  # type: ignore[arg-type]
        with pytest.raises(Refused):
            take(cuong, plain, "accept")


def test_she_is_told_of_an_opening_by_who_keeps_her_case(code: str, case: UUID, acting: Acting, fresh: Any) -> None:
    fresh("cuong@cong-an-tinh")
    act = pull(acting, "cuong@cong-an-tinh", code)
    with acting("lan@anh-duong") as lan:
        (seen,) = reviews.of_case(lan, case)
        assert (seen.inform, seen.told_at) == ("not-yet", None)
        reviews.told(lan, act.act, now=clock.now())
        assert reviews.of_case(lan, case)[0].told_at is not None
    with acting("cuong@cong-an-tinh") as cuong, pytest.raises(Refused):
        reviews.told(cuong, act.act, now=clock.now())


# ---------------------------------------------------------------- straight SQL


def test_nobody_opens_an_emergency_past_the_functions(
    case: UUID, acting: Acting, acting_in_sql: Any, directory: Directory
) -> None:
    for who in ("lan@anh-duong", "cuong@cong-an-tinh"):
        for statement in (
            "INSERT INTO emergency_act SELECT * FROM emergency_act",
            "INSERT INTO emergency_task SELECT * FROM emergency_task",
            "UPDATE emergency_task SET suspends_at = NULL",
            "UPDATE emergency_act SET until = now() + interval '1 year'",
            "INSERT INTO account_mark SELECT id, 'x' FROM account",
            "SELECT * FROM spoken_code",
        ):
            with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_stranger_begins_no_disclosure_and_leaves_no_task(case: UUID, acting: Acting, acting_in_sql: Any) -> None:
    sent = send(acting, case)
    for who in ("cuong@cong-an-tinh", "thao@anh-duong", "minh@tro-giup-phap-ly"):
        with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "SELECT begin_disclosure(gen_random_uuid(), %s, 'imminent_danger', '{identity}', now(), 'told', '')",
                [sent.referral],
            )
    with acting_in_sql("minh@tro-giup-phap-ly") as connection:
        assert connection.execute("SELECT count(*) FROM emergency_act").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM emergency_task").fetchone() == (0,)


def test_the_reason_lies_sealed(case: UUID, acting: Acting, admin_connection: psycopg.Connection) -> None:
    send(acting, case)
    (reason,) = admin_connection.execute("SELECT reason FROM emergency_act").fetchone() or (b"",)
    assert reason and REASON.encode() not in reason
    entries = admin_connection.execute("SELECT envelope FROM audit_entry").fetchall()
    assert all("dao" not in json.dumps(json.loads(one[0]), ensure_ascii=False) for one in entries)
