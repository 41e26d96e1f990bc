"""Who may do what. Read it aloud: an action is allowed when all predicates of one alternative hold. Default: no.

There is no administrator row for survivor data. What the database's own door also checks is checked here first,
so that a person gets a sentence instead of an empty page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor


@dataclass(frozen=True, slots=True)
class Relation:
    """How the acting agency and person stand to the thing: facts, looked up before the decision."""

    owns: bool = False
    holds: bool = False
    party: bool = False


Predicate = Callable[[Actor, Relation], bool]


def has_role(*roles: str) -> Predicate:
    """The person has one of these roles of the regulation."""
    wanted = frozenset(roles)

    def check(actor: Actor, _: Relation) -> bool:
        return bool(wanted & actor.roles)

    return check


def system_task(_actor: Actor, _: Relation) -> bool:
    """A named task of the agency itself (the register import), never a person."""
    return _actor.is_system


def liaison(actor: Actor, _: Relation) -> bool:
    """A signed-in person."""
    return not actor.is_system


def owner(_: Actor, relation: Relation) -> bool:
    """The case belongs to the actor's agency."""
    return relation.owns


def holder(_: Actor, relation: Relation) -> bool:
    """On the case's team, or a supervisor of its owner."""
    return relation.holds


def party(_: Actor, relation: Relation) -> bool:
    """The agency sends or receives this referral."""
    return relation.party


KEEPS_CASES = has_role("caseworker", "duty_supervisor", "agency_supervisor")
SUPERVISES = has_role("duty_supervisor", "agency_supervisor")
ANSWERS = has_role("liaison", "caseworker", "duty_supervisor", "agency_supervisor", "agency_head")
HEARS_HER = has_role("caseworker", "hotline_worker", "duty_supervisor", "agency_supervisor", "agency_head")
TAKES_CALLS = has_role("hotline_worker", "caseworker", "duty_supervisor", "agency_supervisor")
WORKS_WITH_PERPETRATORS = has_role("perpetrator_worker")
COORDINATES = has_role("coordinator")
COUNTS = has_role(
    "statistics_viewer", "agency_supervisor", "agency_head", "coordinator", "duty_supervisor", "privacy_officer"
)

POLICY: Mapping[Action, tuple[tuple[Predicate, ...], ...]] = {
    Action.CASE_OPEN: ((KEEPS_CASES,), (system_task,)),
    Action.CASE_READ: ((KEEPS_CASES, owner, holder),),
    Action.CASE_WRITE: ((KEEPS_CASES, owner, holder), (system_task, owner)),
    Action.CASE_ASSIGN: ((SUPERVISES, owner, holder),),
    Action.SERVICE_RECORD: (
        (KEEPS_CASES, owner, holder),
        (WORKS_WITH_PERPETRATORS, owner, holder),
        (system_task, owner),
    ),
    Action.CONSENT_GIVE: ((KEEPS_CASES, owner, holder), (system_task, owner)),
    Action.CONSENT_WITHDRAW: ((HEARS_HER, owner), (ANSWERS, party), (system_task, owner)),
    Action.DENIAL_RECORD: ((KEEPS_CASES, owner, holder),),
    Action.REFERRAL_SEND: ((KEEPS_CASES, owner, holder), (system_task, owner)),
    Action.REFERRAL_READ: ((ANSWERS, party), (KEEPS_CASES, owner, holder), (COORDINATES,), (HEARS_HER, owner)),
    Action.REFERRAL_STEP: ((ANSWERS, party), (KEEPS_CASES, owner, holder), (COORDINATES,), (system_task, owner)),
    Action.CONTACT_RECORD: ((TAKES_CALLS,), (system_task,)),
    Action.REGISTER_IMPORT: ((system_task,),),
    Action.PERPETRATOR_RECORD: ((WORKS_WITH_PERPETRATORS,), (system_task,)),
    Action.INBOX_READ: ((liaison,),),
    Action.REPORT_READ: ((COUNTS,), (system_task,)),
    Action.SESSION_END: ((liaison,),),
    Action.LOCALE_CHOOSE: ((liaison,),),
}


def allowed(actor: Actor, action: Action, relation: Relation) -> bool:
    """Whether one alternative of ``action`` holds entirely."""
    return any(all(check(actor, relation) for check in rule) for rule in POLICY.get(action, ()))
