"""The database as the rest of the hub sees it: one metadata, one session, one transaction per request or job."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, LargeBinary, MetaData, Row, Text, Uuid, text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import UserDefinedType

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Parent of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        str: Text,
        UUID: Uuid,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
    }


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's ``xid8``: the number of the top-level transaction, never supplied by the application."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The column type in DDL."""
        return "xid8"


Id = Annotated[UUID, mapped_column(primary_key=True)]

db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True, session_options={"expire_on_commit": False})


@contextmanager
def transaction(credential: str | None) -> Iterator[Row[Any] | None]:
    """One unit of work: entered through the door, committed at the end, rolled back on any error.

    Nothing below the edge commits. Yields the row of ``door_enter`` (who acts, for which agency), or None when
    the credential is unknown or none was given; then every policy shows nothing.
    """
    session = db.session
    session.rollback()  # a look-up before the actor was known (sign-in) must not lend its transaction
    try:
        entered = None
        if credential is not None:
            entered = session.execute(text("SELECT * FROM door_enter(:credential)"), {"credential": credential}).first()
        yield entered
        session.commit()
    except BaseException:
        session.rollback()
        raise
