"""Erasing what the log says about a subject beyond its envelopes: who, when and what kind of act stay, and every proof.

Two people: the owner's head approves, the person in charge of data protection erases. Both leave their entry; the
database looks for the first before it lets the second happen (``erase_payloads``).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.regulation import store

#: Lists of the regulation whose codes may be the ground: what somebody asks for, and periods that ran out.
GROUNDS = ("statutory_deadlines", "retention")

_ERASE = text("SELECT erase_payloads(:subject)")


def approve_erasure(actor: Actor, subject: UUID, ground: str, *, now: datetime) -> UUID:
    """Approve that what entries say about ``subject`` is erased.

    :param ground: a code of the regulation.
    :return: the approval, the id of its entry; ``erase`` needs it, in a later transaction.
    :raises Refused: not the head of the subject's owner.
    :raises Invalid: no such ground.
    """
    require(actor, Action.ERASURE_APPROVE, subject=subject)
    _check(ground, now)
    return record(actor, Entry(Act.ERASURE_APPROVED, subject, why=ground), now=now)[0]


def erase(actor: Actor, subject: UUID, ground: str, approval: UUID, *, now: datetime) -> int:
    """Erase the audit key of ``subject`` and the payloads of its entries, for good; the entries stay.

    Later entries about it have no payload.

    :return: how many payloads went.
    :raises Refused: not in charge of data protection at the subject's owner.
    :raises Invalid: no such ground, or nobody else approved this erasure on this ground.
    :raises Conflict: erased already, or somebody is writing about the subject at this moment.
    """
    require(actor, Action.ERASURE_DO, subject=subject)
    _check(ground, now)
    record(actor, Entry(Act.PAYLOADS_ERASED, subject, why=ground, basis=approval), now=now)
    try:
        with db.session.begin_nested():
            return int(db.session.execute(_ERASE, {"subject": subject}).scalar_one())
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == "23H05":
            raise Invalid(
                "approval",
                "Việc xóa này chưa được thủ trưởng đơn vị duyệt.",
                "The head of the agency has not approved this erasure.",
            ) from error
        if state == "23H06":
            raise Conflict("Nội dung này đã được xóa.", "This was erased already.") from error
        if state in ("40001", "55P03"):
            raise Conflict(
                "Có người đang ghi vào hồ sơ này: hãy thử lại.", "Somebody is writing about this just now: try again."
            ) from error
        raise


def _check(ground: str, now: datetime) -> None:
    _id, regulation = store.in_force(now)
    if not any(ground in regulation.codes(name) for name in GROUNDS):
        raise Invalid("ground", f"Không có căn cứ “{ground}”.", f"There is no ground “{ground}”.")
