"""Writing entries, in the transaction of what they record."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, text

from referral_hub.audit.acts import HAPPENING, Act
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


#: What an entry is about when it is about the hub itself, or about nobody that is known.
THE_HUB = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs this hub, as the log names it: no agency's officer. ``person`` ``nobody``: it is not known who."""

    person: str = "operator"
    agency_code: str = "hub"
    channel: str = "cli"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry to write. ``count``: records concerned. ``basis``: consent or ground, when one decided; the approval of
    an erasure."""

    act: Act
    subject: UUID
    payload: Mapping[str, Any] | None = None
    why: str | None = None
    basis: UUID | None = None
    count: int = 1
    outcome: str = "ok"


_APPEND = text("SELECT audit_append(:uid, :subject, :kind, :envelope, :ciphertext)")


def record(who: Who, *entries: Entry, now: datetime, on: Connection | None = None) -> tuple[UUID, ...]:
    """Append ``entries``; the payloads are sealed with the audit key of their subject.

    :return: the uids of the entries, in their order.
    :param on: another connection than the session's (sign-in has one of its own).

    An entry about a subject that has no audit key (a refusal, a contact without sealed details) has no payload. Nor has
    one about a subject whose key was erased: what was to be forgotten does not begin anew.
    """
    rows: list[dict[str, Any]] = []
    keys: dict[UUID, Key | None] = {}
    for entry in entries:
        uid = new_id()
        salt = os.urandom(SALT_BYTES)
        plain, sealed = b"", None
        if payload := _payload(entry):
            if entry.subject not in keys:
                keys[entry.subject] = _audit_key(entry)
            if key := keys[entry.subject]:
                plain = canonical(payload)
                sealed = key.seal(salt + plain, f"audit/v1|{uid}")
        rows.append(
            {
                "uid": uid,
                "subject": entry.subject,
                "kind": entry.act.value.kind,
                "envelope": _envelope(who, entry, uid, salt, plain, now),
                "ciphertext": sealed,
            }
        )
    (db.session if on is None else on).execute(_APPEND, rows)
    return tuple(row["uid"] for row in rows)


def _payload(entry: Entry) -> Mapping[str, Any]:
    """What the entry says beyond its envelope, its act too where the leaf does not tell it.

    :raises ValueError: a key that its act may not carry.
    """
    act, said = entry.act.value, entry.payload or {}
    unknown = set(said) - act.keys
    if unknown:
        raise ValueError(f"{act.code} may not carry {sorted(unknown)}")
    return said if act.leaf == act.code else {**said, HAPPENING: act.code}


def _envelope(who: Who, entry: Entry, uid: UUID, salt: bytes, plain: bytes, now: datetime) -> bytes:
    fields: dict[str, Any] = {
        "v": 1,
        "id": str(uid),
        "at": timestamp(now),
        "act": entry.act.value.leaf,
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


def _audit_key(entry: Entry) -> Key | None:
    """The key of the entry's subject; None when it was erased.

    :raises LookupError: the subject never had one, or is none of the actor's.
    """
    subject = entry.subject
    row = db.session.execute(text("SELECT wrapped, wrapping_key FROM audit_key(:s)"), {"s": subject}).first()
    if row is None:
        raise LookupError(f"{entry.act.value.code}: subject without an audit key")
    return None if row.wrapped is None else open_key(subject, AUDIT_KEY, row.wrapped, row.wrapping_key)


def ids(values: Sequence[UUID]) -> list[str]:
    """UUIDs as canonical JSON can hold them."""
    return [str(value) for value in values]
