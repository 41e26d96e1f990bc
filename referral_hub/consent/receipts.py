"""The receipt of a consent: what she agreed to, what was shared on it, whether it stopped. Made only if she wants one.

A paper or a file can get her hurt: nothing in it names her or says what happened (GBV rule of ISO/IEC TS 27560's use).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused, require
from referral_hub.access.models import AccessGrant
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.consent.models import Consent
from referral_hub.consent.queries import ConsentView, of_case
from referral_hub.directory.models import Agency
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import NotFound
from referral_hub.kernel.ids import new_id
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation
from referral_hub.tasks.models import Task
from schemas.receipt import VERSION, ReceiptSchema

STORED = {"vi": "Việt Nam, máy chủ của cổng chuyển gửi liên ngành", "en": "Viet Nam, the server of the referral hub"}
NOTICE = {
    "vi": "Chỉ cơ quan nêu tên được xem, cho mục đích nêu tên, đến ngày hết hạn hoặc đến khi rút lại.",
    "en": "Only the agency named may see it, for the purpose named, until it runs out or is withdrawn.",
}
WITHDRAWING = {
    "vi": "Nói với nhân viên, hoặc gọi tổng đài và đọc mã ghi trên giấy này; không cần nêu lý do.",
    "en": "Tell a worker, or call the hotline and read out the code on this paper; no reason is needed.",
}


@dataclass(frozen=True, slots=True)
class SharedOn:
    """What one referral shared on the consent. Instants; None: not yet, or never.

    ``seen_from``: since when the recipient could see any of it. ``stopped``: when it confirmed that, with the
    categories ``kept`` because a law says so; ``due``: until when it has to confirm.
    """

    categories: tuple[str, ...]
    seen_from: datetime | None
    ended: datetime | None
    due: datetime | None
    stopped: datetime | None
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is printed; ``document`` is the same as JSON (``schemas.receipt``)."""

    id: UUID
    view: ConsentView
    recipient: str
    shared: tuple[SharedOn, ...]
    document: dict[str, Any]


def make(
    actor: Actor, case_id: UUID, consent_id: UUID, *, code: str, locale: str, public_url: str, now: datetime
) -> Receipt:
    """The receipt of a consent of a case one holds. The making is an entry.

    :param code: of the case, by which she can say stop on the telephone.
    :raises Refused: not a holder of the case, or no such consent of it.
    """
    require(actor, Action.CASE_READ, subject=case_id)
    view = next((one for one in of_case(actor, case_id) if one.fact.id == consent_id), None)
    if view is None:
        raise Refused(Action.CASE_READ, consent_id, NotFound())
    made = new_id()
    record(actor, Entry(Act.CONSENT_RECEIPT, case_id, {"consent": str(consent_id)}, basis=consent_id), now=now)
    entry = db.session.scalar(select(Consent.entry_uid).where(Consent.id == consent_id))
    regulation = store.version(view.regulation_id)
    parties = [_party(one, locale) for one in (actor.agency_id, view.fact.recipient)]
    document = {
        "schema_version": VERSION,
        "receipt_id": str(made),
        "record_id": str(consent_id),
        "pii_principal_id": code,
        "pii_processing": [_processing(actor, view, regulation, locale)],
        "party_identification": parties,
        "events": _events(view, now),
        "proof": {"entry": str(entry), "url": f"{public_url}/audit/proof/{entry}"} if entry else None,
    }
    ReceiptSchema().load(document)
    return Receipt(made, view, parties[1]["name"], _shared(consent_id), document)


def _processing(actor: Actor, view: ConsentView, regulation: Regulation, locale: str) -> dict[str, Any]:
    categories = regulation.codes("data_categories")
    keep = regulation.codes("retention")["case_record_adult"].raw["keep"]
    return {
        "privacy_notice": NOTICE[locale],
        "language": locale,
        "purpose": view.fact.purpose,
        "service": view.fact.service,
        "lawful_basis": "consent",
        "pii_information": [
            {"pii_type": code, "sensitive": categories[code].raw["class"] == "sensitive"}
            for code in sorted(view.fact.categories)
        ],
        "pii_controllers": [str(actor.agency_id)],
        "recipient_third_parties": [str(view.fact.recipient)],
        "storage_locations": [STORED[locale]],
        "retention_period": keep,
        "jurisdiction": "VN",
        "withdrawal_method": WITHDRAWING[locale],
    }


def _events(view: ConsentView, now: datetime) -> list[dict[str, Any]]:
    """Oldest first; the last one says how it stands."""
    fact = view.fact
    happened = [(fact.given_at, "given")]
    if fact.withdrawn_at is not None:
        happened.append((fact.withdrawn_at, "withdrawn"))
    elif fact.valid_until <= now:
        happened.append((fact.valid_until, "expired"))
    return [
        {
            "event_time": at.isoformat(),
            "event_type": view.method,
            "event_state": state,
            "entity_id": str(fact.id),
            "valid_until": fact.valid_until.isoformat(),
        }
        for at, state in happened
    ]


def _party(agency: UUID, locale: str) -> dict[str, Any]:
    row = db.session.execute(select(Agency).where(Agency.id == agency)).scalar_one()
    name = row.name_en if locale == "en" else row.name_vi
    return {"id": str(row.id), "name": name, "type": row.type, "contact": row.phone, "address": None}


def _shared(consent_id: UUID) -> tuple[SharedOn, ...]:
    """One line for each referral that rested on the consent, the oldest first."""
    grants = db.session.scalars(
        select(AccessGrant)
        .where(AccessGrant.basis == "consent", AccessGrant.basis_id == consent_id)
        .order_by(AccessGrant.id)
    ).all()
    lines = []
    for referral in dict.fromkeys(grant.referral_id for grant in grants):
        own = [grant for grant in grants if grant.referral_id == referral]
        seen = [at for grant in own for at in (grant.active_from, grant.preview_from) if at is not None]
        shown = [grant.category for grant in own if grant.active_from is not None or grant.preview_from is not None]
        ended = [grant.revoked_at for grant in own if grant.revoked_at is not None]
        task = db.session.scalars(
            select(Task)
            .where(Task.referral_id == referral, Task.kind == "confirm-stopped")
            .order_by(Task.opened_at.desc())
            .limit(1)
        ).first()
        lines.append(
            SharedOn(
                tuple(sorted(shown)),
                min(seen) if seen else None,
                max(ended) if len(ended) == len(own) else None,
                task.due if task else None,
                task.done_at if task else None,
                tuple(task.kept or ()) if task else (),
            )
        )
    return tuple(lines)
