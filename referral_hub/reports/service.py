"""Who may see which figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import NO_SUBJECT, Refused, require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import THE_HUB, Entry, record
from referral_hub.kernel.errors import Forbidden
from referral_hub.regulation.labels import Label
from referral_hub.regulation.model import Regulation
from referral_hub.reports.model import Period, Report
from referral_hub.reports.queries import report

#: roles of the regulation that see the figures of all agencies together
SEE_ALL = frozenset({"coordinator", "statistics_viewer"})


@dataclass(frozen=True, slots=True)
class Offer:
    """A report the actor may ask for: for whom it is, and of whom (``own`` agency, ``all`` agencies together)."""

    audience: str
    label: Label
    own: bool
    all: bool


def offers(actor: Actor, regulation: Regulation) -> tuple[Offer, ...]:
    """The audiences in the order of the regulation, the first being the usual one for this actor.

    An agency's own report shows one's own agency only; agencies without cases see all agencies together; who funds
    sees only what has its small numbers hidden. A named task speaks for the operator and may ask for everything.
    """
    return tuple(_offers(actor, regulation))


def _offers(actor: Actor, regulation: Regulation) -> Iterator[Offer]:
    kind = regulation.codes("agency_types")[actor.agency_type].raw
    keeps_cases = kind["data_access"] != "aggregate"
    sees_all = not keeps_cases or bool(SEE_ALL & actor.roles)
    for audience in regulation.codes("statistics.release").values():
        if kind["role"] == "donor" and audience.raw["small_cells"] != "suppress" and not actor.is_system:
            continue
        own = keeps_cases or actor.is_system
        together = actor.is_system or (sees_all and audience.raw["breakdown"] != "all_own")
        if own or together:
            yield Offer(audience.code, audience.label, own, together)


def figures(
    actor: Actor,
    connection: Connection | Session,
    regulation: Regulation,
    period: Period,
    audience: str,
    agency_id: UUID | None = None,
    *,
    now: datetime,
) -> Report:
    """The report, for an actor who may see it; the entry that it was made is written first.

    :param connection: of the role ``stat``.
    :param agency_id: one agency; None for all agencies together.
    :raises Refused: the actor may not see figures, not those of this agency, or not as this audience does.
    :raises Invalid: an unknown audience, asked for by somebody who may ask for everything.
    """
    require(actor, Action.REPORT_READ)
    offered = {one.audience: one for one in offers(actor, regulation)}.get(audience)
    own = agency_id is not None and agency_id == actor.agency_id
    allowed = actor.is_system or (offered is not None and (offered.own if own else offered.all and agency_id is None))
    if not allowed:
        raise Refused(
            Action.REPORT_READ,
            NO_SUBJECT,
            Forbidden(
                "Đơn vị hoặc vai trò của bạn không xem được báo cáo này; hãy chọn báo cáo của đơn vị mình.",
                "Your agency or your role does not see this report; choose one of your own agency.",
                action=str(Action.REPORT_READ),
            ),
        )
    record(actor, Entry(Act.REPORT_MADE, agency_id or THE_HUB, why=audience), now=now)
    return report(connection, regulation, period, audience, agency_id)
