"""Reading the directory: open to every liaison, nothing about a person in it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select

from referral_hub.directory.models import Agency, Desk
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class AgencyName:
    """An agency as it is called now."""

    id: UUID
    code: str
    type: str
    vi: str
    en: str

    def text(self, locale: str) -> str:
        """The name in ``locale``."""
        return self.en if locale == "en" else self.vi


def agency(agency_id: UUID) -> AgencyName:
    """The agency with this id."""
    row = db.session.execute(_names().where(Agency.id == agency_id)).one()
    return AgencyName(*row)


def agencies() -> list[AgencyName]:
    """All agencies that still exist, by code."""
    return [
        AgencyName(*row) for row in db.session.execute(_names().where(Agency.closed_at.is_(None)).order_by(Agency.code))
    ]


def agency_by_code(code: str) -> AgencyName:
    """:raises Invalid: no agency has this code."""
    row = db.session.execute(_names().where(Agency.code == code.strip().lower())).first()
    if row is None:
        raise Invalid("agency", f"Danh bạ không có đơn vị “{code}”.", f"The directory has no agency “{code}”.")
    return AgencyName(*row)


def parents(agency_id: UUID) -> list[UUID]:
    """The agencies above this one, the nearest first (the directory has no cycles)."""
    above = {row.id: row.parent_id for row in db.session.execute(select(Agency.id, Agency.parent_id))}
    found: list[UUID] = []
    here = above.get(agency_id)
    while here is not None and here not in found:
        found.append(here)
        here = above.get(here)
    return found


def _names() -> Select[UUID, str, str, str, str]:
    return select(Agency.id, Agency.code, Agency.type, Agency.name_vi, Agency.name_en)


@dataclass(frozen=True, slots=True)
class DeskName:
    """A desk of an agency as it is called now."""

    id: UUID
    agency_id: UUID
    vi: str
    en: str

    def text(self, locale: str) -> str:
        """The name in ``locale``."""
        return self.en if locale == "en" else self.vi


def all_desks() -> list[DeskName]:
    """All desks that still exist, agency by agency."""
    rows = db.session.execute(
        select(Desk.id, Desk.agency_id, Desk.name_vi, Desk.name_en)
        .join(Agency, Agency.id == Desk.agency_id)
        .where(Desk.closed_at.is_(None))
        .order_by(Agency.code, Desk.code)
    )
    return [DeskName(*row) for row in rows]
