"""What people are called, for pages that know ids: names of staff, never of the people they help."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from referral_hub.directory.models import Desk
from referral_hub.kernel.db import db
from referral_hub.liaisons.models import Account


@dataclass(frozen=True, slots=True)
class Named:
    """A person of an agency, with the desk in both languages when there is one."""

    name: str
    desk_vi: str | None
    desk_en: str | None

    def desk(self, locale: str) -> str | None:
        """The desk in ``locale``."""
        return self.desk_en if locale == "en" else self.desk_vi


def people(ids: Iterable[str]) -> dict[str, Named]:
    """Id of an account, as entries of the log write it -> who that is. System tasks and unknown ids are left out."""
    wanted = {id for text in ids if (id := _account_id(text)) is not None}
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Account.id, Account.name, Desk.name_vi, Desk.name_en)
        .outerjoin(Desk, Desk.id == Account.desk_id)
        .where(Account.id.in_(wanted))
    )
    return {str(row.id): Named(row.name, row.name_vi, row.name_en) for row in rows}


def _account_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
