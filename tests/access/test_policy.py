"""Who may do what: the policy, the gate before it, and what a refusal tells."""

import itertools
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.access.policy import POLICY, Relation, allowed
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Forbidden, NotFound
from referral_hub.regulation.loader import shipped
from tests.builders import a_case
from tests.conftest import Acting

ROLES = tuple(shipped().codes("roles"))
RELATIONS = [Relation(*flags) for flags in itertools.product([False, True], repeat=3)]
INSIDE_A_CASE = {Action.CASE_READ, Action.CASE_WRITE, Action.CASE_ASSIGN, Action.CONSENT_GIVE, Action.DENIAL_RECORD}
SOMEBODY = Actor(
    kind="liaison",
    person="p",
    account_id=UUID(int=1),
    name="",
    agency_id=UUID(int=2),
    agency_code="x",
    agency_type="ossc",
    desk_id=None,
    roles=frozenset(),
    locale="vi",
    channel="portal",
)


def of(*roles: str) -> Actor:
    return replace(SOMEBODY, roles=frozenset(roles))


@pytest.mark.parametrize("action", Action)
def test_without_a_role_only_ones_own_sign_in_and_list_are_open(action: Action) -> None:
    open_to_all = {
        *(Action.INBOX_READ, Action.SESSION_END, Action.LOCALE_CHOOSE, Action.NOTICE_READ, Action.COVER_ASK),
        Action.CONFLICT_DECLARE,
        Action.ACCOUNT_OWN,
    }
    for relation in RELATIONS:
        assert allowed(of(), action, relation) == (action in open_to_all)


@pytest.mark.parametrize("role", ["administrator", "privacy_officer", "auditor", "statistics_viewer", "coordinator"])
def test_no_office_opens_a_case(role: str) -> None:
    for action in INSIDE_A_CASE:
        for relation in RELATIONS:
            assert not allowed(of(role), action, relation), (action, relation)


def test_inside_a_case_nobody_passes_who_does_not_hold_it() -> None:
    for action in INSIDE_A_CASE:
        for role in ROLES:
            assert not allowed(of(role), action, Relation(owns=True, holds=False, party=True)), (role, action)


def test_work_with_perpetrators_opens_no_survivors_case() -> None:
    for action in INSIDE_A_CASE | {Action.CASE_OPEN, Action.REFERRAL_SEND}:
        for relation in RELATIONS:
            assert not allowed(of("perpetrator_worker"), action, relation)


def test_whoever_hears_her_stop_may_record_it() -> None:
    for role in ("caseworker", "hotline_worker", "duty_supervisor", "agency_supervisor", "agency_head"):
        assert allowed(of(role), Action.CONSENT_WITHDRAW, Relation(owns=True)), role
    for role in ("liaison", "caseworker", "agency_supervisor"):
        assert allowed(of(role), Action.CONSENT_WITHDRAW, Relation(party=True)), role
    assert not allowed(of("hotline_worker"), Action.CONSENT_WITHDRAW, Relation())


def test_a_task_acts_for_its_agency_and_reads_nothing() -> None:
    task = replace(SOMEBODY, kind="system", person="system:register-import", account_id=None)
    mine = Relation(owns=True)
    assert allowed(task, Action.CASE_WRITE, mine)
    assert not allowed(task, Action.CASE_READ, mine)
    assert not allowed(task, Action.INBOX_READ, mine)
    assert not allowed(task, Action.CASE_WRITE, Relation())


def test_more_closeness_never_takes_a_right_away() -> None:
    for action, role in itertools.product(POLICY, ROLES):
        for relation in RELATIONS:
            if allowed(of(role), action, relation):
                assert allowed(of(role), action, Relation(True, True, True)), (action, role)


def test_another_agencys_case_and_one_that_does_not_exist_are_the_same_answer(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    answers = []
    for subject in (case, uuid4()):
        for who in ("son@trung-tam-tgxh", "cuong@cong-an-tinh", "ha@trung-tam-tgxh"):
            with pytest.raises(Refused) as caught, acting(who) as actor:
                require(actor, Action.CASE_READ, subject=subject)
            answers.append(caught.value.answer)
    assert {type(answer) for answer in answers} == {NotFound}
    assert len({(answer.sentence, str(answer.details)) for answer in answers}) == 1


def test_a_colleague_is_told_whom_to_ask(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, now=clock.now())
    for who in ("thao@anh-duong", "mai@anh-duong", "binh@anh-duong", "phuc@anh-duong"):
        with pytest.raises(Refused) as caught, acting(who) as actor:
            require(actor, Action.CASE_READ, subject=case)
        assert isinstance(caught.value.answer, Forbidden)
        assert "lãnh đạo trực" in caught.value.answer.sentence.vi
    for who in ("lan@anh-duong", "hanh@anh-duong", "hung@anh-duong"):
        with acting(who) as actor:
            assert require(actor, Action.CASE_READ, subject=case) == Relation(owns=True, holds=True)
