"""The audit log's tables. Entries are appended in the transaction of what they record; nobody changes them.

Class: plumbing: written by every actor, read by the log's own roles alone.
"""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, TransactionId


class AuditEntry(Base):
    """One thing that happened; ``envelope`` is the exact leaf of the log (canonical JSON, no personal data)."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True)
    xid: Mapped[int] = mapped_column(TransactionId, server_default=text("pg_current_xact_id()"))
    subject: Mapped[UUID]
    kind: Mapped[str]
    envelope: Mapped[bytes] = mapped_column(LargeBinary)


class AuditPayload(Base):
    """What an entry says beyond its envelope, salt included, sealed with the subject's audit key (erasable)."""

    __tablename__ = "audit_payload"

    entry_uid: Mapped[UUID] = mapped_column(ForeignKey("audit_entry.uid"), primary_key=True)
    subject: Mapped[UUID]
    ciphertext: Mapped[bytes]


class AuditQueue(Base):
    """Committed entries the sequencer has not yet put into the tree; filled by a trigger."""

    __tablename__ = "audit_queue"

    xid: Mapped[int] = mapped_column(TransactionId, primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class AuditSubject(Base):
    """Which subjects and kinds a transaction has entries for, by whom; what the commit check and reads look up."""

    __tablename__ = "audit_subject"

    xid: Mapped[int] = mapped_column(TransactionId, primary_key=True)
    subject: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
