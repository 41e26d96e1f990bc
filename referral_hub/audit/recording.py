"""Writing entries, in the transaction of what they record."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, text

from referral_hub.audit.acts import Act
from referral_hub.audit.envelopes import SALT_BYTES, canonical, commitment, timestamp
from referral_hub.kernel.db import db
from referral_hub.kernel.ids import new_id
from referral_hub.vault.documents import AUDIT_KEY, open_key
from referral_hub.vault.sealing import Key


class Who(Protocol):
    """What an entry says about who acted (``access.Actor`` is one)."""

    @property
    def person(self) -> str: ...
    @property
    def agency_code(self) -> str: ...
    @property
    def channel(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry to write. ``count``: records concerned. ``basis``: consent or ground, when one decided."""

    act: Act
    subject: UUID
    payload: Mapping[str, Any] | None = None
    why: str | None = None
    basis: UUID | None = None
    count: int = 1
    outcome: str = "ok"


_INSERT = text("INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES (:uid, :subject, :kind, :envelope)")
_PAYLOAD = text("INSERT INTO audit_payload (entry_uid, subject, ciphertext) VALUES (:uid, :subject, :ciphertext)")


def record(who: Who, *entries: Entry, now: datetime, on: Connection | None = None) -> None:
    """Append ``entries``; the payloads are sealed with the audit key of their subject.

    :param on: another connection than the session's (sign-in has one of its own).

    An entry about a subject that has no audit key (a refusal, a contact without sealed details) has no payload.
    """
    rows, payloads = [], []
    keys: dict[UUID, Key | None] = {}
    for entry in entries:
        uid = new_id()
        salt = os.urandom(SALT_BYTES)
        plain = b""
        if entry.payload:
            unknown = set(entry.payload) - entry.act.value.keys
            if unknown:
                raise ValueError(f"{entry.act.value.code} may not carry {sorted(unknown)}")
            plain = canonical(entry.payload)
            if entry.subject not in keys:
                keys[entry.subject] = _audit_key(entry.subject)
            key = keys[entry.subject]
            if key is None:
                raise LookupError(f"{entry.act.value.code}: subject without an audit key")
            payloads.append(
                {"uid": uid, "subject": entry.subject, "ciphertext": key.seal(salt + plain, f"audit/v1|{uid}")}
            )
        rows.append(
            {
                "uid": uid,
                "subject": entry.subject,
                "kind": entry.act.value.kind,
                "envelope": _envelope(who, entry, uid, salt, plain, now),
            }
        )
    execute = db.session.execute if on is None else on.execute
    execute(_INSERT, rows)
    if payloads:
        execute(_PAYLOAD, payloads)


def _envelope(who: Who, entry: Entry, uid: UUID, salt: bytes, plain: bytes, now: datetime) -> bytes:
    fields: dict[str, Any] = {
        "v": 1,
        "id": str(uid),
        "at": timestamp(now),
        "act": entry.act.value.code,
        "out": entry.outcome,
        "who": who.person,
        "org": who.agency_code,
        "via": who.channel,
        "obj": str(entry.subject),
        "n": entry.count,
        "pl": 1 if plain else 0,
        "pc": commitment(salt, str(uid), plain),
    }
    if entry.why is not None:
        fields["why"] = entry.why
    if entry.basis is not None:
        fields["basis"] = str(entry.basis)
    return canonical(fields)


def _audit_key(subject: UUID) -> Key | None:
    row = db.session.execute(text("SELECT wrapped, wrapping_key FROM audit_key(:s)"), {"s": subject}).first()
    return open_key(subject, AUDIT_KEY, row.wrapped, row.wrapping_key) if row else None


def ids(values: Sequence[UUID]) -> list[str]:
    """UUIDs as canonical JSON can hold them."""
    return [str(value) for value in values]
