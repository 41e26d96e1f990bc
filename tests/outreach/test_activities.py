"""What was done so that people hear of the house: figures, and no person in them."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select

from referral_hub.access.gate import Refused
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.outreach.models import OutreachActivity
from referral_hub.outreach.service import NewActivity, record_activity
from referral_hub.regulation.loader import shipped
from tests.portal.world import entries

STORED = "SELECT channel, content, people_reached, held_at, recorded_at, imported FROM outreach_activity"


def an_activity(now: datetime, **said: Any) -> NewActivity:
    return NewActivity(**{"channel": "leaflet", "content": "Chợ phiên", "people_reached": 120, "held_at": now, **said})


@pytest.mark.parametrize("who", ["lan@anh-duong", "mai@anh-duong", "hung@anh-duong", "hanh@anh-duong"])
def test_whoever_takes_calls_records_what_was_held(
    who: str, acting: Any, now: datetime, admin_connection: psycopg.Connection
) -> None:
    held = now - timedelta(days=3)
    with acting(who) as actor:
        record_activity(actor, an_activity(now, held_at=held), now=now)
    assert admin_connection.execute(STORED).fetchall() == [("leaflet", "Chợ phiên", 120, held, now, False)]
    assert [one["org"] for one in entries(admin_connection, "outreach:activity:recorded")] == ["anh-duong"]


@pytest.mark.parametrize("who", ["binh@anh-duong", "phuc@anh-duong", "helen@koica", "cuong@cong-an-tinh"])
def test_others_do_not(who: str, acting: Any, now: datetime, admin_connection: psycopg.Connection) -> None:
    with pytest.raises(Refused), acting(who) as actor:
        record_activity(actor, an_activity(now), now=now)
    assert admin_connection.execute(STORED).fetchall() == []


def test_a_channel_that_the_regulation_does_not_know_is_refused(acting: Any, now: datetime) -> None:
    with pytest.raises(Invalid) as fault, acting("lan@anh-duong") as lan:
        record_activity(lan, an_activity(now, channel="pigeon"), now=now)
    assert fault.value.field == "channel"


@pytest.mark.parametrize("channel", list(shipped().codes("outreach_channels")))
def test_every_channel_of_the_regulation_can_be_recorded(channel: str, acting: Any, now: datetime) -> None:
    with acting("lan@anh-duong") as lan:
        record_activity(lan, an_activity(now, channel=channel), now=now)


def test_nobody_counted_is_not_the_same_as_nobody_came(
    acting: Any, now: datetime, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        for reached in (None, 0):
            record_activity(lan, an_activity(now, people_reached=reached), now=now)
    assert [row[2] for row in admin_connection.execute(STORED + " ORDER BY id").fetchall()] == [None, 0]


def test_fewer_than_none_cannot_be_reached(acting: Any, now: datetime, admin_connection: psycopg.Connection) -> None:
    with pytest.raises(Invalid), acting("lan@anh-duong") as lan:
        record_activity(lan, an_activity(now, people_reached=-1), now=now)
    assert admin_connection.execute(STORED).fetchall() == []


def test_an_agency_sees_its_own_activities_alone(acting: Any, now: datetime) -> None:
    with acting("lan@anh-duong") as lan:
        record_activity(lan, an_activity(now), now=now)
    counts = []
    for who in ("mai@anh-duong", "cuong@cong-an-tinh"):
        with acting(who):
            counts.append(db.session.scalar(select(func.count()).select_from(OutreachActivity)))
    assert counts == [1, 0]
