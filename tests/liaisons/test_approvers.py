"""Who approves for whom: in the agency, else its parents, else the coordinator; nobody for himself or herself."""

from uuid import UUID, uuid4

import pytest

from referral_hub.kernel import clock
from referral_hub.liaisons.queries import approvers_for
from referral_hub.liaisons.rules import Colleague, approvers, chain
from referral_hub.regulation.loader import shipped
from tests.conftest import Acting

HOUSE, CENTRE, DEPARTMENT, POLICE = (uuid4() for _ in range(4))
STEPS = chain(shipped().raw["approver_chain"], "duty_supervisor")


def person(agency: UUID, *roles: str) -> Colleague:
    return Colleague(uuid4(), "Một người", agency, frozenset(roles))


ASKING = person(HOUSE, "caseworker", "duty_supervisor")
HER_SUPERVISOR = person(HOUSE, "agency_supervisor")
HER_HEAD = person(HOUSE, "agency_head")
PARENTS = person(CENTRE, "agency_supervisor")
GRANDPARENTS = person(DEPARTMENT, "agency_supervisor")
COORDINATOR = person(CENTRE, "coordinator")
STRANGER = person(POLICE, "agency_supervisor", "duty_supervisor", "agency_head")
OTHER_ON_DUTY = person(HOUSE, "duty_supervisor")


@pytest.mark.parametrize(
    ("people", "found"),
    [
        ((ASKING, OTHER_ON_DUTY, HER_SUPERVISOR), OTHER_ON_DUTY),
        ((ASKING, HER_SUPERVISOR, HER_HEAD, STRANGER), HER_SUPERVISOR),
        ((ASKING, HER_HEAD, PARENTS), HER_HEAD),
        ((ASKING, PARENTS, COORDINATOR, STRANGER), PARENTS),
        ((ASKING, GRANDPARENTS, COORDINATOR), GRANDPARENTS),
        ((ASKING, COORDINATOR, STRANGER), COORDINATOR),
    ],
)
def test_the_first_step_of_the_chain_with_somebody_else_approves(
    people: tuple[Colleague, ...], found: Colleague
) -> None:
    named = approvers(STEPS, people, asking=ASKING.account_id, own_agency=HOUSE, parents=(CENTRE, DEPARTMENT))
    assert named == (found,)


def test_nobody_approves_for_herself_even_where_nobody_else_is_left() -> None:
    assert approvers(STEPS, (ASKING,), asking=ASKING.account_id, own_agency=HOUSE, parents=()) == ()


def test_the_house_and_a_small_agency_find_their_approvers(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        assert {one.agency_id for one in approvers_for(lan, "duty_supervisor", now=clock.now())} == {lan.agency_id}
    with acting("cuong@cong-an-tinh") as cuong:
        named = approvers_for(cuong, "duty_supervisor", now=clock.now())
        assert [one.name for one in named] == ["Mạc Thanh Huyền"]
