"""She says stop, to whomever: it is recorded at once, once, and stands."""

from datetime import timedelta

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.consent import service as consents
from referral_hub.kernel import clock
from referral_hub.kernel.errors import NotFound
from tests.builders import a_case, a_consent, take
from tests.conftest import Acting
from tests.story import accepted_by, sent_to


def ended(admin: psycopg.Connection) -> list[tuple[object, ...]]:
    return admin.execute("SELECT id, withdrawn_at, withdrawn_by FROM consent ORDER BY id").fetchall()


@pytest.mark.parametrize(
    "who", ["lan@anh-duong", "thao@anh-duong", "mai@anh-duong", "hung@anh-duong", "dung@anh-duong"]
)
def test_anybody_of_the_house_who_hears_it_records_it(
    acting: Acting, admin_connection: psycopg.Connection, who: str
) -> None:
    told = accepted_by(acting)
    with acting(who) as actor:
        assert consents.withdraw(actor, told.consent, now=clock.now()) == (told.referral,)
        person = actor.person
    ((_, at, by),) = ended(admin_connection)
    assert at is not None
    assert by == person


@pytest.mark.parametrize("who", ["son@trung-tam-tgxh", "minh@tro-giup-phap-ly", "ha@trung-tam-tgxh"])
def test_a_stranger_ends_no_consent(acting: Acting, admin_connection: psycopg.Connection, who: str) -> None:
    told = accepted_by(acting)
    before = ended(admin_connection)
    with pytest.raises(Refused) as caught, acting(who) as actor:
        consents.withdraw(actor, told.consent, now=clock.now())
    assert isinstance(caught.value.answer, NotFound)
    assert ended(admin_connection) == before


def test_a_consent_ends_once_and_the_first_time_stands(acting: Acting, admin_connection: psycopg.Connection) -> None:
    told = sent_to(acting)
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    first = ended(admin_connection)
    with acting("hanh@anh-duong") as hanh:
        assert consents.withdraw(hanh, told.consent, now=clock.now()) == ()
    assert ended(admin_connection) == first


def test_what_was_declined_before_she_said_stop_is_not_sent_on(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = sent_to(acting)
    with acting("cuong@cong-an-tinh") as cuong:
        take(cuong, told.referral, "decline", reason="no_capacity")
    with acting("lan@anh-duong") as lan:
        assert consents.withdraw(lan, told.consent, now=clock.now()) == (told.referral,)
    status = "SELECT status FROM referral WHERE id = %s"
    assert admin_connection.execute(status, [told.referral]).fetchone() == ("withdrawn",)


def test_a_consent_without_a_referral_ends_too(acting: Acting, admin_connection: psycopg.Connection) -> None:
    with acting("lan@anh-duong") as lan:
        made = a_consent(lan, a_case(lan))
        assert consents.withdraw(lan, made, now=clock.now()) == ()
    assert ended(admin_connection)[0][1] is not None


def test_what_was_said_earlier_counts_from_then_but_never_before_it_was_given(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    given = clock.now() - timedelta(days=3)
    for before, counted in ((timedelta(days=1), True), (timedelta(days=9), False)):
        with acting("lan@anh-duong") as lan:
            made = a_consent(lan, a_case(lan), given_at=given)
            said = clock.now() - before
            consents.withdraw(lan, made, occurred=said, now=clock.now())
        times = {row[0]: row[1] for row in ended(admin_connection)}
        assert times[made] == (said if counted else given)


def test_a_withdrawal_said_to_come_later_counts_at_once(acting: Acting, admin_connection: psycopg.Connection) -> None:
    told = sent_to(acting)
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, occurred=clock.now() + timedelta(days=1), now=clock.now())
    (at,) = admin_connection.execute("SELECT withdrawn_at <= now() FROM consent").fetchone() or (None,)
    assert at is True


def test_one_consent_ends_the_others_stay(acting: Acting, admin_connection: psycopg.Connection) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        first, second = a_consent(lan, case), a_consent(lan, case)
        consents.withdraw(lan, first, now=clock.now())
    times = {row[0]: row[1] for row in ended(admin_connection)}
    assert times[first] is not None
    assert times[second] is None
