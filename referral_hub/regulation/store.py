"""Adopted versions in the database: immutable, parsed once per process, the one in force found by date."""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select

from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import EnvironmentFault, Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.regulation.loader import load_text
from referral_hub.regulation.model import Regulation
from referral_hub.regulation.models import RegulationVersion


@lru_cache(maxsize=16)
def _parsed(digest: str, source: str) -> Regulation:
    return load_text(source, digest)


_by_id: dict[UUID, Regulation] = {}


def version(regulation_id: UUID) -> Regulation:
    """The version with this id, as adopted. A row never changes, so it is read once per process."""
    if regulation_id not in _by_id:
        row = db.session.execute(
            select(RegulationVersion.digest, RegulationVersion.source).where(RegulationVersion.id == regulation_id)
        ).one()
        _by_id[regulation_id] = _parsed(row.digest, row.source)
    return _by_id[regulation_id]


def in_force_id(now: datetime) -> UUID:
    """The id of the version in force on the day of ``now`` (Asia/Ho_Chi_Minh).

    For a day before the first adoption the first version stands: what an old register holds is decided by it.

    :raises EnvironmentFault: nothing was adopted yet.
    """
    day = now.astimezone(LOCAL).date()
    starts = RegulationVersion.effective_from
    found = (
        db.session.scalars(select(RegulationVersion.id).where(starts <= day).order_by(starts.desc()).limit(1)).first()
        or db.session.scalars(select(RegulationVersion.id).order_by(starts).limit(1)).first()
    )
    if found is None:
        raise EnvironmentFault(
            "Chưa ban hành quy chế nào: hãy chạy “referral-hub regulation adopt”.",
            "No regulation has been adopted: run `referral-hub regulation adopt`.",
        )
    return found


def next_after(now: datetime) -> tuple[datetime, Regulation] | None:
    """The next adopted version that is not in force on the day of ``now`` yet, and the instant (UTC) it begins."""
    day = now.astimezone(LOCAL).date()
    starts = RegulationVersion.effective_from
    row = db.session.execute(select(RegulationVersion.id, starts).where(starts > day).order_by(starts).limit(1)).first()
    if row is None:
        return None
    return datetime.combine(row.effective_from, time.min, LOCAL).astimezone(UTC), version(row.id)


def in_force(now: datetime) -> tuple[UUID, Regulation]:
    """Id and content of the version in force on the day of ``now``."""
    found = in_force_id(now)
    return found, version(found)


def add_version(source: str, regulation: Regulation, effective_from: date, *, by: UUID | None, now: datetime) -> UUID:
    """Store a checked version. It is immutable from here on.

    :raises Invalid: the version, or its first day, is taken.
    """
    taken = db.session.scalars(
        select(RegulationVersion.version).where(
            (RegulationVersion.effective_from == effective_from)
            | ((RegulationVersion.document == regulation.id) & (RegulationVersion.version == regulation.version))
        )
    ).first()
    if taken is not None:
        raise Invalid(
            "effective-from",
            f"Phiên bản {taken} đã được ban hành với số này hoặc từ ngày này; bản đã ban hành không thay đổi được.",
            f"Version {taken} was already adopted with this number or from this day; an adopted version never changes.",
        )
    row = RegulationVersion(
        id=new_id(),
        document=regulation.id,
        version=regulation.version,
        digest=regulation.digest,
        source=source,
        effective_from=effective_from,
        adopted_at=now,
        adopted_by=by,
    )
    db.session.add(row)
    db.session.flush()
    return row.id
