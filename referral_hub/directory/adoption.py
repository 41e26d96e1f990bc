"""Putting the shipped directory and the regulation's areas into an empty database (done by ``db upgrade``)."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, Operator, record
from referral_hub.directory.models import Agency, AgencyArea, AgencyFormerName, AgencyService, Area, Desk
from referral_hub.directory.seed import DirectorySeed
from referral_hub.kernel.ids import new_id
from referral_hub.regulation.model import Regulation


def adopt_areas(session: Session, regulation: Regulation) -> int:
    """The commune-level units and the former districts of the regulation that are not there yet; how many."""
    known = set(session.scalars(select(Area.code)))
    added = 0
    for kind, list_name in (("unit", "admin_units.units"), ("former", "areas_former")):
        for entry in regulation.codes(list_name).values():
            if entry.code in known:
                continue
            raw = entry.raw
            successors = raw.get("successors")
            session.add(
                Area(
                    code=entry.code,
                    kind=str(raw.get("type", kind)),
                    name_vi=entry.label.vi,
                    name_en=entry.label.en,
                    until=raw.get("until"),
                    successors=list(successors) if isinstance(successors, (tuple, list)) else None,
                )
            )
            added += 1
    session.flush()
    return added


def is_empty(session: Session) -> bool:
    """No agency yet."""
    return session.scalar(select(func.count()).select_from(Agency)) == 0


def adopt_directory(session: Session, seed: DirectorySeed, *, now: datetime) -> None:
    """Agencies with their names, areas, services and desks. The database must hold none of them yet."""
    made: dict[str, Agency] = {}
    for item in seed.agencies:
        agency = Agency(
            id=new_id(),
            code=item.code,
            type=item.type,
            name_vi=item.label.vi,
            name_en=item.label.en,
            parent_id=None,
            phone=item.phone,
            hours=item.hours_document(),
            closed_at=None,
        )
        made[item.code] = agency
        session.add(agency)
    session.flush()
    for item in seed.agencies:
        agency = made[item.code]
        agency.parent_id = made[item.parent].id if item.parent else None
        for former in item.former:
            session.add(
                AgencyFormerName(
                    id=new_id(),
                    agency_id=agency.id,
                    name_vi=former.label.vi,
                    name_en=former.label.en,
                    until=former.until,
                )
            )
        session.add_all(AgencyArea(agency_id=agency.id, area_code=code) for code in item.areas)
        session.add_all(AgencyService(agency_id=agency.id, service=code) for code in item.services)
        for desk in item.desks:
            session.add(
                Desk(
                    id=new_id(),
                    agency_id=agency.id,
                    code=desk.code,
                    name_vi=desk.label.vi,
                    name_en=desk.label.en,
                    on_call=desk.on_call,
                    closed_at=None,
                )
            )
    session.flush()
    entries = (Entry(Act.DIRECTORY_ADOPTED, agency.id) for agency in made.values())
    record(Operator(), *entries, now=now, on=session.connection())
