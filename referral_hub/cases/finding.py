"""Finding a case of one's own agency that one may open: by its exact code, by her name, by her telephone number.

What was typed is hashed before it reaches the database and written nowhere. A stranger's case, one that is not there
for this person and one that does not exist are the same: nothing found.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import NO_SUBJECT, Refused, require
from referral_hub.access.policy import Relation, allowed
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.marking import name_mark, telephone_mark
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid

#: SQLSTATE of the door when somebody searches faster than a person does.
TOO_FAST = "23H07"
_FIND = text(
    "SELECT c.id, c.code, c.opened_at, c.closed_at FROM find_cases(:code, :digests) AS f (id)"
    " JOIN case_file c ON c.id = f.id ORDER BY c.opened_at DESC, c.id"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody types; empty: not asked for. Name and telephone together: both must be of the same case."""

    code: str = ""
    name: str = ""
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case this person may open; nothing about her."""

    id: UUID
    code: str
    opened_at: datetime
    closed_at: datetime | None


def find(actor: Actor, wanted: Wanted, *, now: datetime) -> list[FoundCase]:
    """The cases of the actor's agency that this person may open and that ``wanted`` names exactly, newest first.

    The entry of the log says that this person searched, never the words.

    :raises Refused: no role that searches; thirty searches in five minutes, with :class:`Conflict`.
    :raises Invalid: nothing to search by, or a telephone number without digits.
    """
    require(actor, Action.CASE_SEARCH)
    digests = _digests(actor, wanted)
    if not digests and not wanted.code.strip():
        raise Invalid("code", "Hãy nhập mã, họ tên hoặc số điện thoại.", "Type a code, a name or a telephone number.")
    record(actor, Entry(Act.CASES_SEARCHED, actor.agency_id), now=now)
    try:
        with db.session.begin_nested():
            rows = db.session.execute(_FIND, {"code": wanted.code.strip()[:40], "digests": digests}).all()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != TOO_FAST:
            raise
        raise Refused(Action.CASE_SEARCH, NO_SUBJECT, _too_fast()) from error
    if not allowed(actor, Action.CASE_READ, Relation(owns=True, holds=True)):
        return []  # after the search: whoever may open no case learns nothing from how long it takes
    return [FoundCase(**row._mapping) for row in rows]


def _digests(actor: Actor, wanted: Wanted) -> list[bytes]:
    found = []
    if wanted.name.strip():
        found.append(name_mark(actor.agency_id, wanted.name[:200]))
    if wanted.telephone.strip():
        if sum(c.isdigit() for c in wanted.telephone) < 6:
            raise Invalid("telephone", "Hãy nhập cả số điện thoại.", "Type the whole telephone number.")
        found.append(telephone_mark(actor.agency_id, wanted.telephone[:40]))
    return found


def _too_fast() -> Conflict:
    return Conflict(
        "Bạn đã tìm quá nhiều lần. Hãy đợi năm phút rồi thử lại.",
        "That was too many searches. Wait five minutes, then try again.",
    )
