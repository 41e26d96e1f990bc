"""The register of incidents: 72 hours from discovery, kept by two roles alone, each look and each word in the log."""

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.rights.breaches import NewBreach, Told, breaches, close, found, one, told
from tests.conftest import Acting, ActingInSql
from tests.portal.world import entries

LAN, HANH, YEN, DUNG, PHUC, SON = (
    *("lan@anh-duong", "hanh@anh-duong", "yen@anh-duong"),
    *("dung@anh-duong", "phuc@anh-duong", "son@trung-tam-tgxh"),
)
HOUR = timedelta(hours=1)


@pytest.fixture
def incident(acting: Acting) -> UUID:
    with acting(YEN) as yen:
        return found(
            yen, NewBreach("lost-paper", True, clock.now() - HOUR, 3, ("identity", "contact")), now=clock.now()
        )


def test_the_authority_is_told_within_72_hours_of_the_discovery(incident: UUID, acting: Acting) -> None:
    with acting(DUNG) as dung:
        view = one(dung, incident, now=clock.now())
        assert view.waits_until == view.found_at + 72 * HOUR
        told(dung, incident, Told("head", clock.now(), ""), now=clock.now())
        with pytest.raises(Conflict):
            close(dung, incident, now=clock.now())
        told(dung, incident, Told("authority", clock.now(), "12/BC-AD"), now=clock.now())
        assert one(dung, incident, now=clock.now()).waits_until is None
        close(dung, incident, now=clock.now())
    with pytest.raises(Conflict), acting(YEN) as yen:
        close(yen, incident, now=clock.now())


def test_where_no_harm_can_come_of_it_nothing_waits(acting: Acting) -> None:
    with acting(YEN) as yen:
        made = found(yen, NewBreach("other", False, clock.now()), now=clock.now())
        assert one(yen, made, now=clock.now()).waits_until is None


def test_what_waits_leads_the_register(incident: UUID, acting: Acting) -> None:
    now = clock.now()
    with acting(YEN) as yen:
        found(yen, NewBreach("other", False, now - 200 * HOUR), now=now)
        late = found(yen, NewBreach("attack", True, now - 100 * HOUR), now=now)
        assert [view.id for view in breaches(yen)][:2] == [late, incident]


@pytest.mark.parametrize("who", [LAN, HANH, PHUC, SON])
def test_nobody_else_keeps_the_register(who: str, incident: UUID, acting: Acting) -> None:
    with pytest.raises(Refused), acting(who) as actor:
        breaches(actor)
    with pytest.raises(Refused), acting(who) as actor:
        found(actor, NewBreach("other", True, clock.now()), now=clock.now())


@pytest.mark.parametrize("who", [LAN, HANH, SON])
def test_in_sql_nobody_else_sees_or_writes_it(who: str, incident: UUID, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql(who) as connection:
        assert connection.execute("SELECT count(*) FROM breach").fetchone() == (0,)
    insert = (
        "INSERT INTO breach_notice (id, breach_id, owner_id, whom, told_at, reference, recorded_at, recorded_by)"
        " SELECT %s, %s, door_agency(), 'authority', now(), '', now(), door_person()"
    )
    with pytest.raises(psycopg.Error), acting_in_sql(who) as connection:
        connection.execute(insert, [uuid4(), incident])


def test_a_moment_to_come_and_words_in_place_of_a_number_are_refused(incident: UUID, acting: Acting) -> None:
    now = clock.now()
    with acting(YEN) as yen:
        for said in (Told("authority", now + HOUR, ""), Told("authority", now, "x" * 41), Told("nobody", now, "")):
            with pytest.raises(Invalid):
                told(yen, incident, said, now=now)
        with pytest.raises(Invalid):
            found(yen, NewBreach("other", True, now + HOUR), now=now)


def test_each_look_and_each_telling_leaves_its_entry(
    incident: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting(YEN) as yen:
        told(yen, incident, Told("persons", clock.now(), ""), now=clock.now())
    (said,) = entries(admin_connection, "rights:breach:told")
    assert said["basis"] == str(incident)
    assert entries(admin_connection, "rights:breach:read")[-1]["obj"] == str(incident)
