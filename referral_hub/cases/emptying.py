"""Erasing parts of a record: what a data category says now and said before, its key and its search marks.

The header, codes and times, and the entries of the log stay. Who may is decided by the door (``erase_parts``): the task
of retention for what is over, or who keeps privacy with the approval of the agency's head.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from referral_hub.access.actors import Actor
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid

_KEPT = text("SELECT kept_categories(:subject)")
_ERASE = text("SELECT erase_parts(:subject)")
_DE_IDENTIFY = text("SELECT de_identify(:subject)")


def kept(subject: UUID) -> tuple[str, ...]:
    """The parts that a record of the actor's agency still holds: data categories, ``_note`` for notes of referrals."""
    return tuple(db.session.scalars(_KEPT, {"subject": subject}))


def empty(actor: Actor, subject: UUID, parts: Mapping[str, UUID | None], ground: str, *, now: datetime) -> int:
    """Erase ``parts`` of a record for good: data category -> the approval of its erasure, None for a task of retention.

    Each part has an entry of its own, whose envelope names the category: after an older backup was restored, it alone
    says what has to be erased again.

    :param ground: a code of the regulation.
    :return: how many parts went; 0 when there was nothing left.
    :raises Invalid: nobody else approved it.
    """
    if not parts:
        return 0
    said = {"categories": sorted(parts), "ground": ground}
    each = [Entry(Act.CATEGORY_ERASED, subject, why=part, basis=approval) for part, approval in parts.items()]
    record(actor, *each, Entry(Act.SECTIONS_ERASED, subject, said, why=ground, count=len(parts)), now=now)
    try:
        with db.session.begin_nested():
            return int(db.session.execute(_ERASE, {"subject": subject}).scalar_one())
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "23H05":
            raise Invalid(
                "approval",
                "Việc xóa này chưa được thủ trưởng đơn vị duyệt.",
                "The head of the agency has not approved this erasure.",
            ) from error
        raise


def take_out_names(actor: Actor, subject: UUID, kind: str, *, now: datetime) -> None:
    """Take out of the coded facts what is no band: the year of birth. ``kind``: ``case`` or ``contact``.

    For a task of retention; the facts go on being counted.
    """
    if kind == "case":
        record(actor, Entry(Act.FACTS_ERASED, subject, {"facts": ["birth_year"]}), now=now)
    else:
        record(actor, Entry(Act.CONTACT_DE_IDENTIFIED, subject), now=now)
    db.session.execute(_DE_IDENTIFY, {"subject": subject})
