"""Adopting a new version of the regulation, and what becomes of grants that it would not allow.

An operator's act that reaches across agencies: it runs on the administrator's connection, in one transaction. A version
that allows more touches no grant: nobody agreed to more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text

from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, Operator, record
from referral_hub.directory.adoption import adopt_areas
from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import EnvironmentFault, Invalid
from referral_hub.liaisons.models import Role
from referral_hub.regulation import store
from referral_hub.regulation.changes import allowed_by, compatible
from referral_hub.regulation.faults import RegulationFaults
from referral_hub.regulation.model import Regulation
from referral_hub.regulation.models import RegulationVersion

TASK = "regulation-adoption"
CAUSE = "regulation-adopted"
LONGEST_REASON = 200

Barred = Literal["not-shared", "not-asked-by-name", "other-purpose"]

# Grants that rest on a consent and outlive the moment; those still waiting for an acceptance too.
_LIVE = text(
    """SELECT g.id, g.subject, g.category, g.valid_until, g.referral_id, r.code AS referral, r.service, r.purpose,
              o.code AS owner, a.code AS recipient, a.type AS recipient_type, coalesce(cc.named, false) AS named
       FROM access_grant g
       JOIN referral r ON r.id = g.referral_id
       JOIN agency o ON o.id = g.owner_id
       JOIN agency a ON a.id = g.agency_id
       LEFT JOIN consent_category cc ON cc.consent_id = g.basis_id AND cc.category = g.category
       WHERE g.basis = 'consent' AND g.revoked_at IS NULL AND (g.valid_until IS NULL OR g.valid_until > :ends)
       ORDER BY o.code, r.code, g.category"""
).execution_options(yield_per=2000)
_END = text(
    """UPDATE access_grant SET valid_until = :ends
       WHERE id = ANY (:ids) AND revoked_at IS NULL AND (valid_until IS NULL OR valid_until > :ends)"""
)


@dataclass(frozen=True, slots=True)
class BarredGrant:
    """A live grant that the new version would not allow, without a word about the person. ``until``: its own end."""

    id: UUID
    subject: UUID
    referral_id: UUID
    referral: str
    owner: str
    recipient: str
    category: str
    why: Barred
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Adoption:
    """A version that may be adopted. ``follows``: the one it replaces. ``ends``: when access ends that it does not
    allow (the first instant of its first day, Asia/Ho_Chi_Minh; this moment when that day is today)."""

    regulation: Regulation
    source: str
    follows: Regulation
    effective_from: date
    ends: datetime
    grants: tuple[BarredGrant, ...]


def prepare(source: str, regulation: Regulation, effective_from: date, *, now: datetime) -> Adoption:
    """Check that ``regulation`` (the model of ``source``) may follow what was adopted; find the grants it bars.

    :raises RegulationFaults: it takes the meaning from old records.
    :raises Invalid: adopted already, or a first day that is past or not after the last version's.
    """
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('referral-hub regulation adopt'))"))
    adopted = _adopted()
    _refuse_twice(regulation, adopted)
    last = adopted[-1]
    follows = store.version(last.id)
    if faults := compatible(follows, regulation):
        raise RegulationFaults(faults)
    _check_day(effective_from, last, now)
    ends = max(datetime.combine(effective_from, time.min, LOCAL), now)
    return Adoption(regulation, source, follows, effective_from, ends, tuple(_barred_grants(regulation, ends)))


def adopt(adoption: Adoption, credential: str, *, let_run_out: str | None = None, now: datetime) -> UUID:
    """Store the version, its areas and roles; end the grants it bars, or leave them to their own end.

    :param credential: ``operator:SECRET`` of this machine; the door opens each owner's log with it.
    :param let_run_out: why barred grants may run out; it goes into the log for good, so it names no person.
    :return: the id of the version.
    :raises Invalid: a reason that is empty or too long.
    """
    _check_reason(let_run_out)
    version = store.add_version(adoption.source, adoption.regulation, adoption.effective_from, by=None, now=now)
    session = db.session()
    adopt_areas(session, adoption.regulation)
    known = set(session.scalars(select(Role.name)))
    session.add_all(Role(name=code) for code in adoption.regulation.codes("roles") if code not in known)
    session.flush()
    count = len(adoption.grants)
    record(Operator(), Entry(Act.REGULATION_ADOPTED, version, why=let_run_out, count=count), now=now)
    if let_run_out is None and adoption.grants:
        _end(adoption, version, credential, now)
    return version


def barred(regulation: Regulation, grant: Any) -> Barred | None:
    """Why ``regulation`` would not allow a grant (``service``, ``recipient_type``, ``category``, ``named``,
    ``purpose``); None when it would."""
    allowed = allowed_by(regulation, grant.service, grant.recipient_type, grant.category)
    if allowed is None:
        return "not-shared"
    if allowed == "ask" and not grant.named:
        return "not-asked-by-name"
    row = regulation.need_to_know(grant.service, grant.recipient_type)
    if row is not None and row.purpose != grant.purpose:
        return "other-purpose"  # a consent holds for the purpose she was told (PDPL2025 Art. 9)
    return None


def _adopted() -> list[RegulationVersion]:
    found = list(db.session.scalars(select(RegulationVersion).order_by(RegulationVersion.effective_from)))
    if not found:
        raise EnvironmentFault(
            "Cơ sở dữ liệu chưa có quy chế nào: hãy chạy “referral-hub db upgrade”.",
            "The database holds no regulation yet: run `referral-hub db upgrade`.",
        )
    return found


def _refuse_twice(regulation: Regulation, adopted: Iterable[RegulationVersion]) -> None:
    for row in adopted:
        if row.digest == regulation.digest:
            raise Invalid(
                "file",
                f"Tệp này đã được ban hành: phiên bản {row.version}, áp dụng từ {row.effective_from}.",
                f"This file was adopted already: version {row.version}, from {row.effective_from}.",
            )


def _check_day(effective_from: date, last: RegulationVersion, now: datetime) -> None:
    today = now.astimezone(LOCAL).date()
    if effective_from < today:
        raise Invalid(
            "effective-from",
            f"Ngày áp dụng {effective_from} đã qua: quy chế không áp dụng ngược về trước.",
            f"{effective_from} is past: a regulation does not work backwards.",
        )
    if effective_from <= last.effective_from:
        raise Invalid(
            "effective-from",
            f"Phiên bản {last.version} áp dụng từ {last.effective_from}: phiên bản mới phải bắt đầu sau ngày đó.",
            f"Version {last.version} is in force from {last.effective_from}: a new one must begin after that day.",
        )


def _check_reason(reason: str | None) -> None:
    if reason is not None and not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Invalid(
            "let-run-out",
            f"Hãy ghi lý do, tối đa {LONGEST_REASON} ký tự, không nêu tên người nào.",
            f"Give a reason of at most {LONGEST_REASON} characters that names no person.",
        )


def _barred_grants(regulation: Regulation, ends: datetime) -> Iterator[BarredGrant]:
    # Seen as a role that row security binds, there would be no grant at all: then this raises instead.
    db.session.execute(text("SET LOCAL row_security = off"))
    for row in db.session.execute(_LIVE, {"ends": ends}):
        if why := barred(regulation, row):
            yield BarredGrant(
                row.id,
                row.subject,
                row.referral_id,
                row.referral,
                row.owner,
                row.recipient,
                row.category,
                why,
                row.valid_until,
            )
    db.session.execute(text("SET LOCAL row_security = on"))  # the door's own functions live under it


def _end(adoption: Adoption, version: UUID, credential: str, now: datetime) -> None:
    for owner, of_owner in groupby(adoption.grants, key=lambda one: one.owner):
        _enter(f"{credential}:system:{TASK}:{owner}")
        for (subject, referral), some in groupby(of_owner, key=lambda one: (one.subject, one.referral_id)):
            payload = {"referral": str(referral), "cause": CAUSE}
            entry = Entry(Act.ACCESS_ENDED, subject, payload, why=CAUSE, basis=version, count=len(list(some)))
            record(Operator(), entry, now=now)
    db.session.execute(_END, {"ids": [one.id for one in adoption.grants], "ends": adoption.ends})


def _enter(credential: str) -> None:
    if db.session.execute(text("SELECT 1 FROM door_enter(:credential)"), {"credential": credential}).first() is None:
        raise EnvironmentFault(
            "Cơ sở dữ liệu không nhận khóa dòng lệnh của máy này: hãy chạy “referral-hub db upgrade”.",
            "The database does not know this machine's operator's key: run `referral-hub db upgrade`.",
        )
