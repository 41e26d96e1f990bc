"""Ways through the transition table, taken by the people who may take them."""

from collections import deque
from typing import Any

from sqlalchemy import select

from referral_hub.kernel.db import db
from referral_hub.referrals.models import Referral
from referral_hub.referrals.rules import WRITTEN_NEEDS, outcomes, reasons
from referral_hub.regulation.loader import shipped
from referral_hub.regulation.model import Regulation, Transition
from tests.builders import a_consent, a_sent_referral, take
from tests.people import HOSPITAL
from tests.story import Told

REGULATION = shipped()
STATUSES = tuple(REGULATION.codes("referral_statuses"))
VERBS = tuple(dict.fromkeys(t.verb for t in REGULATION.transitions))
PERSON = {
    "sender": "lan@anh-duong",
    "recipient": "cuong@cong-an-tinh",
    "coordinator": "ha@trung-tam-tgxh",
    "hotline": "mai@anh-duong",
}


def path(target: str, start: str = "sent") -> list[Transition]:
    """The shortest way from ``start`` to a status, over steps that nothing but the table conditions."""
    ways: deque[tuple[str, list[Transition]]] = deque([(start, [])])
    seen = {start}
    while ways:
        status, way = ways.popleft()
        if status == target:
            return way
        for step in REGULATION.transitions:
            if status in step.sources and step.target not in seen and step.when is None:
                seen.add(step.target)
                ways.append((step.target, [*way, step]))
    raise LookupError(f"no way from {start} to {target}")


def reachable(start: str = "sent") -> list[str]:
    """The statuses a sent referral can come to."""
    found = []
    for status in STATUSES:
        try:
            path(status, start)
        except LookupError:
            continue
        found.append(status)
    return found


def inputs(regulation: Regulation, step: Transition, service: str, **facts: Any) -> dict[str, Any]:
    """Something for everything that a step asks for."""
    said: dict[str, Any] = {"notes": {need: "đã ghi" for need in step.needs if need in WRITTEN_NEEDS}}
    if step.reason_list is not None:
        said["reason"] = reasons(regulation, step, facts)[0]
    if step.outcome_list is not None:
        said["outcome"] = outcomes(regulation, step, service)[0]
    return said


def bring(acting: Any, told: Told, target: str, service: str = "J2") -> None:
    """Take a sent referral to a status, step by step, each committed by somebody who may."""
    for step in path(target):
        said = inputs(REGULATION, step, service)
        if "new_referral" in step.needs:
            said["new_referral"] = another_referral(acting, told)
        side = next(side for side in ("recipient", "sender", "coordinator") if side in step.by)
        side = "sender" if "new_referral" in step.needs else side
        with acting(PERSON[side]) as actor:
            assert take(actor, told.referral, step.verb, **said) == step.target


def another_referral(acting: Any, told: Told, *, to: str = HOSPITAL, service: str = "H3") -> str:
    """The code of a second referral of the same case."""
    with acting(PERSON["sender"]) as lan:
        a_consent(lan, told.case, to=to, service=service, categories=("identity", "contact"))
        made = a_sent_referral(lan, told.case, to=to, service=service)
        return str(db.session.scalars(select(Referral.code).where(Referral.id == made)).one())
