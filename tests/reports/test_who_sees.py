"""Who may see which figures."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from sqlalchemy import Connection

from referral_hub.access.actors import Actor
from referral_hub.access.gate import Refused
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Forbidden
from referral_hub.regulation.model import Regulation
from referral_hub.reports.service import figures, offers
from tests.reports.conftest import PERIOD

Acting = Callable[..., AbstractContextManager[Actor]]

OWN, ALL = "own", "all"
EVERY = ("operational", "steering", "donor", "public")

# person -> what is offered: (audience, of whom)
OFFERED = {
    "hanh@anh-duong": {(audience, OWN) for audience in EVERY},
    "huyen@cong-an-tinh": {(audience, OWN) for audience in EVERY},
    "ha@trung-tam-tgxh": {(a, OWN) for a in EVERY} | {(a, ALL) for a in EVERY[1:]},
    "tam@so-y-te": {(audience, ALL) for audience in EVERY[1:]},
    "helen@koica": {("donor", ALL), ("public", ALL)},
}


@pytest.mark.parametrize("who", OFFERED)
def test_each_agency_is_offered_the_reports_that_are_for_it(
    who: str, acting: Acting, stat: Connection, regulation: Regulation, agency: Callable[[str], UUID]
) -> None:
    with acting(who) as actor:
        offered = offers(actor, regulation)
        assert {(one.audience, OWN) for one in offered if one.own} | {
            (one.audience, ALL) for one in offered if one.all
        } == OFFERED[who]
        for audience in EVERY:
            for whose, agency_id in ((OWN, actor.agency_id), (ALL, None)):
                if (audience, whose) in OFFERED[who]:
                    found = figures(actor, stat, regulation, PERIOD, audience, agency_id, now=clock.now())
                    assert found.audience == audience
                else:
                    _refused(actor, stat, regulation, audience, agency_id)
            other = agency("benh-vien-tinh")
            _refused(actor, stat, regulation, audience, other)


def _refused(actor: Actor, stat: Connection, regulation: Regulation, audience: str, agency_id: UUID | None) -> None:
    with pytest.raises(Refused) as refused:
        figures(actor, stat, regulation, PERIOD, audience, agency_id, now=clock.now())
    assert isinstance(refused.value.answer, Forbidden)


@pytest.mark.parametrize("who", ["lan@anh-duong", "mai@anh-duong", "binh@anh-duong", "cuong@cong-an-tinh"])
def test_who_has_no_business_with_figures_is_refused(
    who: str, acting: Acting, stat: Connection, regulation: Regulation
) -> None:
    with acting(who) as actor:
        _refused(actor, stat, regulation, "operational", actor.agency_id)


def test_the_operators_task_sees_every_report(
    acting: Acting, stat: Connection, regulation: Regulation, agency: Callable[[str], UUID]
) -> None:
    with acting("system:report:anh-duong") as actor:
        for audience in EVERY:
            for agency_id in (None, agency("cong-an-tinh")):
                assert figures(actor, stat, regulation, PERIOD, audience, agency_id, now=clock.now()).indicators


def test_an_audience_nobody_knows_is_refused(acting: Acting, stat: Connection, regulation: Regulation) -> None:
    with acting("ha@trung-tam-tgxh") as actor:
        _refused(actor, stat, regulation, "neighbours", None)
