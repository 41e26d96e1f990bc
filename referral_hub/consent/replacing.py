"""Asking her again: to reaffirm, to narrow, to extend. A new consent takes the place of one that lives.

Running referrals keep what both cover, on the new one, and lose the rest in the same transaction.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, text

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.models import AccessGrant
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.consent.events import ConsentsEnded
from referral_hub.consent.models import Consent, ConsentCategory
from referral_hub.consent.rules import NewConsent
from referral_hub.consent.service import give
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.kernel.events import publish

_HELD = text("SELECT door_held(:case)")
_REPLACE = text("SELECT referral_id, still_covered FROM replace_consent(:old, :new, :at)")


def replace(actor: Actor, case_id: UUID, old_id: UUID, new: NewConsent, *, now: datetime) -> UUID:
    """Record what she says now in the place of what she said then.

    :param new: for the same service and recipient; fewer, the same or more categories, any end the regulation allows.
    :return: the new consent.
    :raises Invalid: what cannot stand as a consent, or is about another service or agency.
    :raises Conflict: the old one has ended, or the case waits until she was called back.
    :raises Refused: another agency's case, or a colleague's.
    """
    require(actor, Action.CONSENT_GIVE, subject=case_id)
    old = db.session.scalars(select(Consent).where(Consent.id == old_id, Consent.case_id == case_id)).first()
    if old is None or old.withdrawn_at is not None or old.valid_until <= now:
        raise Conflict("Sự đồng ý này đã hết. Hãy hỏi lại từ đầu.", "This consent has ended. Ask her anew.")
    if db.session.scalar(_HELD, {"case": case_id}):
        raise Conflict(
            "Trường hợp đang tạm giữ: hãy gọi lại cho chị ấy trước.", "The case is on hold: call her back first."
        )
    if (old.service, old.recipient_id) != (new.service, new.recipient_id):
        raise Invalid("service", "Phải cùng dịch vụ và đơn vị.", "It has to be the same service and agency.")
    had = set(db.session.scalars(select(ConsentCategory.category).where(ConsentCategory.consent_id == old_id)))
    new_id = give(actor, case_id, new, now=now)
    dropped = sorted(had - new.categories)
    pair = {"consent": str(old_id), "by": str(new_id)}
    entries = [
        Entry(Act.CONSENT_REPLACED, case_id, pair | {"dropped": dropped}, basis=new_id),
        Entry(Act.REFERRAL_REBASED, case_id, pair, basis=new_id),
        Entry(Act.ACCESS_ENDED, case_id, {"cause": "consent-replaced"}),
        Entry(
            Act.ACCESS_STAGED,
            case_id,
            {"categories": sorted(had & new.categories), "recipient": str(new.recipient_id)},
            basis=new_id,
        ),
    ]
    record(actor, *entries, now=now)
    rows = db.session.execute(_REPLACE, {"old": old_id, "new": new_id, "at": now}).all()
    bare = tuple(row.referral_id for row in rows if not row.still_covered)
    touched = tuple(dict.fromkeys((*bare, *_lost_something(old_id, dropped))))
    if touched:
        publish(ConsentsEnded(actor, case_id, (old_id,), bare, touched, None, now, now))
    return new_id


def _lost_something(old_id: UUID, dropped: Collection[str]) -> list[UUID]:
    """The referrals on which a category was shown that she leaves out now: they confirm that they stopped using it."""
    grant = AccessGrant
    rows = (
        select(grant.referral_id)
        .where(
            grant.basis == "consent",
            grant.basis_id == old_id,
            grant.category.in_(dropped),
            or_(grant.active_from.is_not(None), grant.preview_from.is_not(None)),
        )
        .distinct()
    )
    return [one for one in db.session.scalars(rows) if one is not None]
