"""Agencies, their names in time, areas, services and desks. Class: plumbing, public within the hub."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from referral_hub.kernel.db import Base, Id


class Agency(Base):
    """An agency of the mechanism. ``type`` and services are codes of the regulation; ``hours`` is shown, not run."""

    __tablename__ = "agency"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    name_vi: Mapped[str]
    name_en: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    phone: Mapped[str | None]
    hours: Mapped[dict[str, Any]] = mapped_column(JSONB)
    closed_at: Mapped[datetime | None]


class AgencyFormerName(Base):
    """What an agency was called before ``until``; old records print as they were, search finds both."""

    __tablename__ = "agency_former_name"
    __table_args__ = (UniqueConstraint("agency_id", "name_vi"),)

    id: Mapped[Id]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    name_vi: Mapped[str]
    name_en: Mapped[str]
    until: Mapped[date | None]


class Area(Base):
    """A commune-level unit, or a former district, with the days it existed."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name_vi: Mapped[str]
    name_en: Mapped[str]
    until: Mapped[date | None]
    successors: Mapped[list[str] | None] = mapped_column(JSONB)


class AgencyArea(Base):
    """Where an agency works; no row at all means the whole province."""

    __tablename__ = "agency_area"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"), primary_key=True)


class AgencyService(Base):
    """A service of the regulation that the agency offers."""

    __tablename__ = "agency_service"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)


class Desk(Base):
    """Where referrals to an agency arrive."""

    __tablename__ = "desk"
    __table_args__ = (UniqueConstraint("agency_id", "code"), CheckConstraint("code <> ''", name="code"))

    id: Mapped[Id]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    code: Mapped[str]
    name_vi: Mapped[str]
    name_en: Mapped[str]
    on_call: Mapped[bool]
    closed_at: Mapped[datetime | None]


class FreePlace(Base):
    """How many beds or slots of a service an agency said were free, and when; the last one counts. Class: capacity."""

    __tablename__ = "free_place"
    __table_args__ = (
        CheckConstraint("free BETWEEN 0 AND 999", name="free"),
        Index("ix_free_place_last", "agency_id", "service", "set_at"),
    )

    id: Mapped[Id]
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    service: Mapped[str]
    free: Mapped[int]
    set_at: Mapped[datetime]
    set_by: Mapped[str]
