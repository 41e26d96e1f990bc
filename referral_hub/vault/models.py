"""Wrapped data keys: one per subject and category."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base


class DataKey(Base):
    """A data key, wrapped by the keyring's key ``wrapping_key``. Deleting the row erases what it sealed.

    Class: plumbing; no right at all for the application role, the door hands a key out with its section.
    """

    __tablename__ = "data_key"

    subject: Mapped[UUID] = mapped_column(ForeignKey("subject.id"), primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]
    wrapping_key: Mapped[str]
