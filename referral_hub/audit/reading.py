"""Reading the log for people: the entries of one case with what they say, and envelopes for auditors.

The database decides who may, and demands the entry of the reading itself (error class 23H02 without it).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from referral_hub.audit.acts import HAPPENING
from referral_hub.audit.envelopes import SALT_BYTES, timestamp
from referral_hub.kernel.db import db
from referral_hub.vault.documents import AUDIT_KEY, open_key
from referral_hub.vault.sealing import Key, Unsealable

EVERYTHING = 100_000
"""More entries than one case ever gets."""
UNREADABLE = "?"
"""What an entry says of who, what and where that cannot be read any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of an agency (code), of a person (id), of some kinds, from a moment until before another."""

    org: str | None = None
    who: str | None = None
    kinds: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry as people read it.

    ``raw`` is the leaf of the log. ``seq``: its place there, None while it waits. ``said``: what the entry says beyond
    its envelope, None when that is nothing, was erased or is not for this reader. ``salt`` opens its commitment.
    ``sealed``: whether something is kept sealed for it.
    """

    id: int
    uid: UUID
    seq: int | None
    kind: str
    raw: bytes
    leaf_hash: bytes | None
    envelope: Mapping[str, Any]
    said: Mapping[str, Any] | None = None
    plain: bytes | None = None
    salt: bytes | None = None
    sealed: bool = False

    @property
    def at(self) -> datetime:
        """When it happened, UTC."""
        return datetime.fromisoformat(self.envelope["at"])

    @property
    def act(self) -> str:
        """Its code: what it says of itself where the envelope does not tell (``audit.acts``)."""
        return str((self.said or {}).get(HAPPENING, self.envelope["act"]))

    @property
    def who(self) -> str:
        """Id of an account, or ``system:<task>``."""
        return str(self.envelope["who"])

    @property
    def org(self) -> str:
        """Code of the agency."""
        return str(self.envelope["org"])

    @property
    def erased(self) -> bool:
        """It said something once, and that is gone."""
        return self.envelope.get("pl") == 1 and not self.sealed


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries, newest first, and how many there are in all."""

    lines: tuple[LogLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class CaseReader:
    """One person in the log of a case: entries in all, how often what the case holds was opened, when last."""

    org: str
    who: str
    entries: int
    openings: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A signed checkpoint as the database keeps it."""

    size: int
    note: bytes
    signed_at: datetime


_NEEDED = frozenset({"id", "at", "act", "out", "who", "org", "via", "obj", "n", "pl", "pc"})
_CASE_LOG = text("SELECT * FROM case_log(:subject, :org, :who, :kinds, :since, :until, :limit, :offset)")
_READERS = text("SELECT * FROM case_readers(:subject)")
_KEY = text("SELECT wrapped, wrapping_key FROM audit_key(:subject)")
_ENTRIES = text("SELECT * FROM log_entries(:org, :who, :kinds, :since, :until, :limit, :offset)")
_VOLUME = text("SELECT since, entries FROM log_volume(:edges)").bindparams(
    bindparam("edges", type_=ARRAY(DateTime(timezone=True)))
)
_SIGNED = text("SELECT size, note, signed_at FROM audit_head WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1")
_COSIGNED = text("SELECT DISTINCT ON (witness) witness, size, at FROM audit_cosignature ORDER BY witness, size DESC")
_TYPED = (
    bindparam("org", type_=Text()),
    bindparam("who", type_=Text()),
    bindparam("kinds", type_=ARRAY(Text())),
    bindparam("since", type_=DateTime(timezone=True)),
    bindparam("until", type_=DateTime(timezone=True)),
    bindparam("limit", type_=Integer()),
    bindparam("offset", type_=Integer()),
)


def entries_of_case(case_id: UUID, wanted: Wanted, *, limit: int = EVERYTHING, offset: int = 0) -> LogPage:
    """The entries of a case that who acts holds, opened with the case's audit key; accusations of one's own chain are
    not among them."""
    values = {"subject": case_id, **_values(wanted, limit, offset)}
    rows = db.session.execute(_CASE_LOG.bindparams(*_TYPED), values).all()
    key = _audit_key(case_id) if any(row.ciphertext is not None for row in rows) else None
    lines = tuple(_opened(row, key) for row in rows)
    return LogPage(lines, rows[0].total if rows else 0)


def readers_of_case(case_id: UUID) -> tuple[CaseReader, ...]:
    """Who is in the log of a case; the most recent opening first."""
    found = [CaseReader(**row._mapping) for row in db.session.execute(_READERS, {"subject": case_id})]
    return tuple(sorted(found, key=lambda one: (one.last_at is None, one.last_at and -one.last_at.timestamp())))


def envelopes(wanted: Wanted, *, limit: int, offset: int = 0) -> tuple[LogLine, ...]:
    """Envelopes for an auditor, newest first; ``since`` and ``until`` are needed."""
    rows = db.session.execute(_ENTRIES.bindparams(*_TYPED), _values(wanted, limit, offset))
    return tuple(
        LogLine(row.id, row.uid, row.seq, row.kind, bytes(row.envelope), None, _envelope(row)) for row in rows
    )


def volume(edges: Sequence[datetime]) -> tuple[tuple[datetime, int], ...]:
    """How many entries were written from each moment until the next one."""
    return tuple((row.since, row.entries) for row in db.session.execute(_VOLUME, {"edges": list(edges)}))


def newest_signed() -> SignedHead | None:
    """The newest signed checkpoint, which is public; None before there is one."""
    row = db.session.execute(_SIGNED).first()
    return None if row is None else SignedHead(row.size, row.note.encode(), row.signed_at)


def cosigned() -> dict[str, tuple[int, datetime]]:
    """Name of a witness -> the largest size it cosigned, and when."""
    return {row.witness: (row.size, row.at) for row in db.session.execute(_COSIGNED)}


def _values(wanted: Wanted, limit: int, offset: int) -> dict[str, Any]:
    return {
        "org": wanted.org,
        "who": wanted.who,
        "kinds": None if wanted.kinds is None else list(wanted.kinds),
        "since": wanted.since,
        "until": wanted.until,
        "limit": limit,
        "offset": offset,
    }


def _audit_key(subject: UUID) -> Key | None:
    row = db.session.execute(_KEY, {"subject": subject}).first()
    if row is None or row.wrapped is None:
        return None
    return open_key(subject, AUDIT_KEY, row.wrapped, row.wrapping_key)


def _envelope(row: Row[Any]) -> Mapping[str, Any]:
    """What the envelope says. Of one that somebody made unreadable nothing, and the moment in its uid: the entry is
    shown all the same, and the check names it."""
    try:
        said = json.loads(row.envelope)
        if datetime.fromisoformat(said["at"]).tzinfo is not None and said.keys() >= _NEEDED:
            return dict(said)
    except (ValueError, TypeError, KeyError):
        pass
    at = datetime.fromtimestamp((row.uid.int >> 80) / 1000, UTC)
    unread = {"id": str(row.uid), "at": timestamp(at), "n": 0, "pl": 0}
    return dict.fromkeys(_NEEDED, UNREADABLE) | unread


def _opened(row: Row[Any], key: Key | None) -> LogLine:
    line = LogLine(
        row.id,
        row.uid,
        row.seq,
        row.kind,
        bytes(row.envelope),
        None if row.leaf_hash is None else bytes(row.leaf_hash),
        _envelope(row),
        sealed=row.ciphertext is not None,
    )
    if row.ciphertext is None or key is None:
        return line
    try:
        whole = key.unseal(bytes(row.ciphertext), f"audit/v1|{row.uid}")
        salt, plain = whole[:SALT_BYTES], whole[SALT_BYTES:]
        said = json.loads(plain)
    except (Unsealable, ValueError):
        return line  # the check says so in words; the list still shows that the entry is there
    return LogLine(
        line.id, line.uid, line.seq, line.kind, line.raw, line.leaf_hash, line.envelope, said, plain, salt, sealed=True
    )
