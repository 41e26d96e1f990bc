"""The audit log's tables. Entries are appended in the transaction of what they record; nobody changes them.

Class: plumbing: written by every actor, read by the log's own roles alone.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, TransactionId


class AuditEntry(Base):
    """One thing that happened; ``envelope`` is the exact leaf of the log (canonical JSON, no personal data)."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject"),
        CheckConstraint("octet_length(envelope) <= 65535", name="fits_a_bundle"),  # C2SP tlog-tiles: uint16 length
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True)
    xid: Mapped[int] = mapped_column(TransactionId, server_default=text("pg_current_xact_id()"))
    subject: Mapped[UUID]
    kind: Mapped[str]
    envelope: Mapped[bytes] = mapped_column(LargeBinary)


class AuditPayload(Base):
    """What an entry says beyond its envelope, salt included, sealed with the subject's audit key (erasable)."""

    __tablename__ = "audit_payload"

    entry_uid: Mapped[UUID] = mapped_column(primary_key=True)  # of an entry of the same transaction: trigger "belongs"
    subject: Mapped[UUID]
    ciphertext: Mapped[bytes]


class AuditQueue(Base):
    """Committed entries the sequencer has not yet put into the tree; filled by a trigger."""

    __tablename__ = "audit_queue"

    xid: Mapped[int] = mapped_column(TransactionId)
    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    queued_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class AuditSubject(Base):
    """Which subjects and kinds a transaction has entries for, by whom; what the commit check and reads look up."""

    __tablename__ = "audit_subject"

    xid: Mapped[int] = mapped_column(TransactionId, primary_key=True)
    subject: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)


class AuditLeaf(Base):
    """Which entry stands at which place of the log, and its leaf hash (RFC 6962, 2.1). Written once."""

    __tablename__ = "audit_leaf"
    __table_args__ = (CheckConstraint("octet_length(leaf_hash) = 32", name="one_hash"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    leaf_hash: Mapped[bytes]


class AuditTile(Base):
    """A tile of the tree (C2SP tlog-tiles): up to 256 hashes of one level. Only its widest version is kept."""

    __tablename__ = "audit_tile"
    __table_args__ = (
        CheckConstraint("width BETWEEN 1 AND 256 AND octet_length(data) = 32 * width", name="whole_hashes"),
    )

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    width: Mapped[int]
    data: Mapped[bytes]


class AuditHead(Base):
    """A size and root that the log signed (``note``: the checkpoint) or is about to sign (NULL)."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("octet_length(root) = 32", name="one_hash"),)

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    signed_at: Mapped[datetime | None]


class AuditCosignature(Base):
    """A witness's line under a signed head. ``at``: the time inside the line."""

    __tablename__ = "audit_cosignature"

    size: Mapped[int] = mapped_column(ForeignKey("audit_head.size"), primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str]
    at: Mapped[datetime]
