"""Lowering the urgency below what the facts imply: a supervisor decides, the reason stays sealed with the case."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, update

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.service import check_codes, conditions_facts
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid, NotFound
from referral_hub.kernel.ids import new_id
from referral_hub.referrals.models import Referral, UrgencyLowering
from referral_hub.referrals.notes import LONGEST
from referral_hub.regulation import store
from referral_hub.regulation.deadlines import implied_urgency
from referral_hub.regulation.model import Regulation
from referral_hub.vault.documents import NOTE_KEY, open_key, seal_document

_KEY = text("SELECT wrapped, wrapping_key FROM note_key(:referral)")


def lower_urgency(actor: Actor, referral_id: UUID, urgency: str, reason: str, *, now: datetime) -> None:
    """Before it is sent: from now on it may go with this urgency, while the facts imply no more than they do today.

    :raises Refused: not a supervisor of the owner. :raises Conflict: it was sent. :raises Invalid: no reason, no code.
    """
    row = db.session.execute(
        select(*Referral.__table__.columns).where(Referral.id == referral_id).with_for_update()
    ).first()
    if row is None:
        raise Refused(Action.URGENCY_LOWER, referral_id, NotFound())
    require(actor, Action.URGENCY_LOWER, subject=row.case_id)
    if row.sent_at is not None:
        raise Conflict("Chuyển gửi đã gửi thì không hạ mức khẩn.", "What was sent is not lowered any more.")
    regulation = store.version(row.regulation_id)
    check_codes(regulation, {"urgency": urgency}, {"urgency": "urgency_levels"})
    if not reason.strip() or len(reason) > LONGEST:
        raise Invalid("reason", "Hãy ghi lý do (tối đa 500 ký tự).", "Write the reason (at most 500 characters).")
    least = implied_urgency(regulation, conditions_facts(row.case_id) | {"service": row.service})
    payload = {"referral": str(row.id), "from": least, "to": urgency}
    record(actor, Entry(Act.URGENCY_LOWERED, row.case_id, payload, why=row.purpose), now=now)
    lowering = new_id()
    db.session.execute(
        insert(UrgencyLowering).values(
            id=lowering,
            referral_id=row.id,
            case_id=row.case_id,
            least=least,
            urgency=urgency,
            reason=_sealed(row, lowering, reason.strip()),
            lowered_at=now,
            lowered_by=actor.person,
        )
    )
    db.session.execute(update(Referral).where(Referral.id == row.id).values(urgency=urgency, version=row.version + 1))


def urgency_at_sending(row: Row[Any], regulation: Regulation) -> str:
    """The urgency with which it goes: never below what the facts imply at this moment, unless that much was lowered."""
    levels = regulation.codes("urgency_levels")
    least = implied_urgency(regulation, conditions_facts(row.case_id) | {"service": row.service})
    if _order(levels, row.urgency) >= _order(levels, least):
        return str(row.urgency)
    allowed = db.session.execute(
        select(UrgencyLowering.least, UrgencyLowering.urgency).where(UrgencyLowering.referral_id == row.id)
    ).all()
    covered = any(
        _order(levels, one.least) >= _order(levels, least)
        and _order(levels, one.urgency) <= _order(levels, row.urgency)
        for one in allowed
    )
    return str(row.urgency) if covered else least


def _order(levels: Any, code: str) -> int:
    return levels[code].order or 0


def _sealed(row: Row[Any], lowering: UUID, reason: str) -> bytes:
    wrapped = db.session.execute(_KEY, {"referral": row.id}).one()
    key = open_key(row.case_id, NOTE_KEY, wrapped.wrapped, wrapped.wrapping_key)
    return seal_document(key, {"reason": reason}, f"lowering/v1|{lowering}")
