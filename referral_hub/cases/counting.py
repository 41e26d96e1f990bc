"""Whether she may be counted in figures without a name: a question of its own, part of no other consent (GBVIMS)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.models import CaseFact
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid

ANSWERS = ("given", "refused", "not_asked")


def say_counted(actor: Actor, case_id: UUID, answer: str, *, now: datetime) -> None:
    """Record what she said about statistics.

    :param answer: ``given``, ``refused`` or ``not_asked``.
    :raises Invalid: none of the three.
    :raises Refused: another agency's case, or a colleague's.
    """
    require(actor, Action.CONSENT_GIVE, subject=case_id)
    if answer not in ANSWERS:
        raise Invalid("answer", "Hãy chọn một câu trả lời.", "Choose an answer.")
    record(actor, Entry(Act.CASE_FACTS_CHANGED, case_id, {"facts": ["statistics_consent"]}), now=now)
    db.session.execute(update(CaseFact).where(CaseFact.case_id == case_id).values(statistics_consent=answer))
