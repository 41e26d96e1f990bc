"""Every verb, from every status, by every side, on a real referral: taken exactly where the table allows it."""

from typing import Any

import pytest
from sqlalchemy import text

from referral_hub.access.gate import Refused
from referral_hub.kernel.db import db
from referral_hub.referrals.errors import StepNotAllowed
from referral_hub.referrals.rules import WRITTEN_NEEDS
from tests.builders import take
from tests.conftest import Acting
from tests.people import POLICE
from tests.referrals.paths import PERSON, REGULATION, STATUSES, VERBS, another_referral, inputs
from tests.referrals.test_rules import says_the_table
from tests.story import sent_to

UNSENT = {
    code for code, entry in REGULATION.codes("referral_statuses").items() if entry.raw["recipient_sees"] == "nothing"
}


@pytest.mark.parametrize("status", STATUSES)
def test_steps_from(status: str, acting: Acting, admin_connection: Any) -> None:
    told = sent_to(acting)
    code = another_referral(acting, told, to=POLICE, service="J3")
    with admin_connection.transaction():
        admin_connection.execute("SET LOCAL session_replication_role = replica")
        admin_connection.execute(
            "UPDATE referral SET status = %s, sent_at = CASE WHEN %s THEN NULL ELSE sent_at END WHERE id = %s",
            [status, status in UNSENT, told.referral],
        )
    facts = {"urgency": "standard", "reason_must_redirect": False}
    for side, who in PERSON.items():
        for verb in VERBS:
            said = says_the_table(verb, status, side, facts)
            if status in UNSENT and side == "recipient":
                said = set()  # it is not there for who has not got it yet
            assert _tried(acting, who, told.referral, verb, code) == said, (verb, side)


def _tried(acting: Acting, who: str, referral: Any, verb: str, code: str) -> set[str]:
    """Where the step led; it is taken back afterwards."""
    rows = [t for t in REGULATION.transitions if t.verb == verb]
    said = inputs(REGULATION, rows[0], "J2")
    said["notes"] = {need: "đã ghi" for row in rows for need in row.needs if need in WRITTEN_NEEDS}
    if any("new_referral" in row.needs for row in rows):
        said["new_referral"] = code
    try:
        with acting(who) as actor:
            reached = {take(actor, referral, verb, **said)}
            db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # as at commit: every change has its entry
            raise _TakenBack
    except _TakenBack:
        return reached
    except (StepNotAllowed, Refused):
        return set()


class _TakenBack(Exception):
    """So that the next verb starts from the same status."""
