"""Whether she may be counted in figures without a name: a question of its own, part of no other consent (GBVIMS)."""

from datetime import datetime
from uuid import UUID

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.cases.service import describe
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
    describe(actor, case_id, {"statistics_consent": answer}, now=now)
