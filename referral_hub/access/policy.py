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
    """How the acting agency and person stand to the thing: facts, looked up before the decision.

    ``urgent``: it is an emergency, which nobody is ever kept from.
    """

    owns: bool = False
    holds: bool = False
    party: bool = False
    urgent: bool = False


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
OPENS_IN_EMERGENCY = has_role(
    "liaison", "caseworker", "hotline_worker", "duty_supervisor", "agency_supervisor", "agency_head"
)
REVIEWS = has_role("duty_supervisor", "agency_supervisor", "agency_head", "privacy_officer", "coordinator")
GIVES_WORK_BACK = has_role("agency_head")
AUDITS = has_role("auditor")
TAKES_PROOFS = has_role(
    *("liaison", "caseworker", "hotline_worker", "perpetrator_worker", "duty_supervisor", "agency_supervisor"),
    *("agency_head", "privacy_officer", "coordinator", "auditor"),
)
HEADS = has_role("agency_head")
#: What a supervisor gives and takes; the database's ``roles_of_case_work`` says the same.
ROLES_OF_CASE_WORK = frozenset(
    {"caseworker", "hotline_worker", "liaison", "duty_supervisor", "perpetrator_worker", "statistics_viewer"}
)
KEEPS_PRIVACY = has_role("privacy_officer")
COUNTS = has_role(
    "statistics_viewer", "agency_supervisor", "agency_head", "coordinator", "duty_supervisor", "privacy_officer"
)

POLICY: Mapping[Action, tuple[tuple[Predicate, ...], ...]] = {
    Action.CASE_OPEN: ((KEEPS_CASES,), (system_task,)),
    Action.CASE_READ: ((KEEPS_CASES, owner, holder),),
    Action.CASE_SEARCH: ((ANSWERS,), (HEARS_HER,), (COORDINATES,)),
    Action.CASE_WRITE: ((KEEPS_CASES, owner, holder), (system_task, owner)),
    Action.CASE_ASSIGN: ((SUPERVISES, owner, holder),),
    Action.SERVICE_RECORD: (
        (KEEPS_CASES, owner, holder),
        (WORKS_WITH_PERPETRATORS, owner, holder),
        (system_task, owner),
    ),
    Action.CONSENT_GIVE: ((KEEPS_CASES, owner, holder), (system_task, owner)),
    Action.CONSENT_WITHDRAW: ((HEARS_HER, owner), (ANSWERS, party), (system_task, owner)),
    Action.STOP_HEAR: ((HEARS_HER, owner),),
    Action.HOLD_LIFT: ((KEEPS_CASES, owner, holder),),
    Action.TASK_READ: ((ANSWERS, liaison), (HEARS_HER, liaison), (REVIEWS, liaison)),
    Action.DENIAL_RECORD: ((KEEPS_CASES, owner, holder), (system_task, owner)),
    Action.CONFLICT_DECLARE: ((liaison,),),
    Action.EMERGENCY_SEND: ((KEEPS_CASES, owner, holder),),
    Action.EMERGENCY_OPEN: ((OPENS_IN_EMERGENCY, liaison),),
    Action.EMERGENCY_REVIEW: ((REVIEWS, liaison), (OPENS_IN_EMERGENCY, liaison)),
    Action.WORK_GIVE_BACK: ((GIVES_WORK_BACK, liaison),),
    Action.REFERRAL_SEND: ((KEEPS_CASES, owner, holder), (system_task, owner)),
    Action.REFERRAL_READ: ((ANSWERS, party), (KEEPS_CASES, owner, holder), (COORDINATES,), (HEARS_HER, owner)),
    Action.REFERRAL_ASSIGN: ((SUPERVISES, party), (SUPERVISES, owner, holder), (COORDINATES,)),
    Action.REFERRAL_TAKE: ((ANSWERS, party), (KEEPS_CASES, owner, holder), (COORDINATES,)),
    Action.URGENCY_LOWER: ((has_role("agency_supervisor"), owner, holder),),
    Action.COVER_ARRANGE: ((has_role("agency_supervisor", "duty_supervisor", "agency_head"), owner),),
    Action.COVER_ASK: ((liaison,),),
    Action.DUTY_ARRANGE: ((has_role("agency_supervisor", "duty_supervisor", "agency_head"), owner),),
    Action.DUTY_READ: ((OPENS_IN_EMERGENCY, liaison), (COORDINATES, liaison)),
    Action.PLACES_READ: ((ANSWERS,), (HEARS_HER,), (COORDINATES,)),
    Action.PLACES_SET: ((ANSWERS, owner),),
    Action.NOTICE_READ: ((liaison,),),
    Action.REFERRAL_STEP: ((ANSWERS, party), (KEEPS_CASES, owner, holder), (COORDINATES,), (system_task, owner)),
    Action.CONTACT_RECORD: ((TAKES_CALLS,), (system_task,)),
    Action.REGISTER_IMPORT: ((system_task,),),
    Action.PERPETRATOR_RECORD: ((WORKS_WITH_PERPETRATORS,), (system_task,)),
    Action.INBOX_READ: ((liaison,),),
    Action.BOARD_READ: ((COORDINATES, liaison),),
    Action.REPORT_READ: ((COUNTS,), (system_task,)),
    Action.CASE_LOG_READ: ((KEEPS_CASES, owner, holder),),
    Action.LOG_READ: ((AUDITS,), (KEEPS_PRIVACY,), (COORDINATES,)),
    Action.LOG_MILESTONE_PRINT: ((TAKES_PROOFS,),),
    Action.LOG_PROOF_TAKE: ((TAKES_PROOFS,),),
    Action.LOG_ENTRIES_READ: ((AUDITS,),),
    Action.SESSION_END: ((liaison,),),
    Action.ACCOUNT_OWN: ((liaison,),),
    Action.PEOPLE_MANAGE: ((has_role("agency_supervisor"), liaison), (HEADS, liaison)),
    Action.PERSON_LET_IN: ((SUPERVISES, liaison), (HEADS, liaison)),
    Action.LOCALE_CHOOSE: ((liaison,),),
    Action.RIGHTS_RECORD: ((KEEPS_CASES, liaison), (TAKES_CALLS, liaison), (KEEPS_PRIVACY, liaison)),
    Action.RIGHTS_READ: ((HEARS_HER, liaison), (KEEPS_PRIVACY, liaison)),
    Action.RIGHTS_ANSWER: ((KEEPS_CASES, liaison), (KEEPS_PRIVACY, liaison)),
    Action.RIGHTS_DECIDE: ((KEEPS_PRIVACY, liaison),),
    Action.BREACH_KEEP: ((KEEPS_PRIVACY, liaison), (HEADS, liaison)),
    Action.RETENTION_READ: ((KEEPS_PRIVACY, liaison), (HEADS, liaison), (system_task,)),
    Action.ERASURE_APPROVE: ((HEADS, owner),),
    Action.ERASURE_DO: ((KEEPS_PRIVACY, owner),),
}


#: What an overdue review never takes away: emergencies, stopping, signing out, and seeing what there is to do.
NEVER_SUSPENDED = frozenset(
    {
        *(Action.EMERGENCY_SEND, Action.EMERGENCY_OPEN, Action.EMERGENCY_REVIEW, Action.CONFLICT_DECLARE),
        *(Action.CONSENT_WITHDRAW, Action.DENIAL_RECORD, Action.INBOX_READ, Action.SESSION_END, Action.LOCALE_CHOOSE),
        *(Action.ACCOUNT_OWN, Action.PERSON_LET_IN),
        *(Action.NOTICE_READ, Action.STOP_HEAR, Action.HOLD_LIFT, Action.TASK_READ),
    }
)


def suspended(actor: Actor, action: Action, relation: Relation) -> bool:
    """Whether an overdue review keeps ``actor`` from ``action``: from everything but emergencies."""
    return actor.suspended and action not in NEVER_SUSPENDED and not relation.urgent


def allowed(actor: Actor, action: Action, relation: Relation) -> bool:
    """Whether one alternative of ``action`` holds entirely."""
    return any(all(check(actor, relation) for check in rule) for rule in POLICY.get(action, ()))
