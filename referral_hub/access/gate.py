"""The gate: every service passes it first. A refusal is an error here and an entry of its own after the rollback."""

from uuid import UUID

from sqlalchemy import text

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.policy import Relation, allowed, suspended
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Forbidden, HubError, NotFound

NO_SUBJECT = UUID(int=0)


class Refused(Exception):
    """Raised through the rollback; the edge records it, then answers with ``answer``."""

    def __init__(self, action: Action, subject: UUID, answer: HubError) -> None:
        super().__init__(f"{action} refused")
        self.action = action
        self.subject = subject
        self.answer = answer


def relation_to(actor: Actor, subject: UUID) -> Relation:
    """How ``actor`` stands to a subject. Another agency's and a missing one are the same: no relation at all."""
    row = db.session.execute(
        text("SELECT door_holds(s.id) AS holds FROM subject s WHERE s.id = :subject"), {"subject": subject}
    ).first()
    return Relation() if row is None else Relation(owns=True, holds=bool(row.holds))


def require(actor: Actor, action: Action, *, subject: UUID = NO_SUBJECT, relation: Relation | None = None) -> Relation:
    """Let ``actor`` pass, or refuse.

    :raises Refused: with :class:`NotFound` for a stranger to the thing, :class:`Forbidden` for a colleague.
    """
    stands = relation_to(actor, subject) if relation is None and subject != NO_SUBJECT else relation or Relation()
    if allowed(actor, action, stands):
        if suspended(actor, action, stands):
            raise Refused(action, subject, resting(action))
        return stands
    known = subject == NO_SUBJECT or stands.owns or stands.party
    raise Refused(action, subject, _forbidden(action) if known else NotFound())


def resting(action: Action) -> Forbidden:
    """What somebody reads whose emergency act waits too long for its review."""
    return Forbidden(
        "Một lần sử dụng khẩn cấp của bạn quá hạn hậu kiểm, nên việc không khẩn cấp tạm dừng."
        " Việc khẩn cấp vẫn làm được. Thủ trưởng đơn vị trả lại quyền làm việc.",
        "An emergency act of yours waits too long for its review, so work that is no emergency rests. Emergencies stay"
        " open. The head of your agency gives the work back.",
        action=str(action),
    )


def _forbidden(action: Action) -> Forbidden:
    return Forbidden(
        "Bạn chưa được giao việc này. Hãy hỏi lãnh đạo trực hoặc người giám sát của đơn vị bạn.",
        "This has not been assigned to you. Ask the supervisor on duty in your agency.",
        action=str(action),
    )
