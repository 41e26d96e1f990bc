"""Nobody gives itself access: grants come from the owner's consents and open at the recipient's acceptance alone."""

from typing import Any

import psycopg
import pytest

from referral_hub.kernel.ids import new_id
from tests.builders import a_case, a_consent
from tests.conftest import Acting, ActingInSql
from tests.database.conftest import Tamper
from tests.database.world import World, cover, put, read, rows

OTHERS = ["cuong@cong-an-tinh", "minh@tro-giup-phap-ly", "son@trung-tam-tgxh", "ha@trung-tam-tgxh"]
COLLEAGUES = ["thao@anh-duong", "mai@anh-duong", "binh@anh-duong"]
STAGE = "SELECT stage_grants(%s, %s::uuid[], %s, %s::timestamptz[], '{}', now())"
OPEN = "SELECT open_grants(%s, now())"
END = "SELECT end_grants(%s, now())"
END_CONSENTS = "SELECT count(*) FROM end_consents(%s::uuid[], now())"


def one(connection: psycopg.Connection, statement: str, *values: Any) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    return row and row[0]


def stage(connection: psycopg.Connection, referral: object, *categories: str) -> Any:
    return one(connection, STAGE, referral, [new_id() for _ in categories], list(categories), [None] * len(categories))


@pytest.mark.parametrize("who", ["lan@anh-duong", *OTHERS, *COLLEAGUES])
def test_nobody_writes_a_grant(world: World, acting_in_sql: ActingInSql, who: str) -> None:
    for statement in (
        "INSERT INTO access_grant (id, subject, owner_id, agency_id, category, basis, basis_id, active_from)"
        " SELECT gen_random_uuid(), id, owner_id, door_agency(), 'medical', 'owner', id, now() FROM subject",
        "UPDATE access_grant SET active_from = now(), revoked_at = NULL",
        "UPDATE access_grant SET category = 'medical'",
        "DELETE FROM access_denial",
    ):
        with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


@pytest.mark.parametrize("who", [*OTHERS, *COLLEAGUES])
def test_only_a_holder_of_the_case_stages_grants(waiting_world: World, acting_in_sql: ActingInSql, who: str) -> None:
    with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, waiting_world.subjects)
        stage(connection, waiting_world.referral, "identity")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent SET recipient_id = (SELECT id FROM agency WHERE code = 'benh-vien-tinh')",
        "UPDATE consent SET service = 'J8'",
        "UPDATE consent SET purpose = 'evidence'",
        "UPDATE consent SET withdrawn_at = now()",
        "UPDATE consent SET valid_until = now()",
        "UPDATE consent SET given_at = now() + interval '1 hour'",
        "DELETE FROM consent_category WHERE category = 'identity'",
        "DELETE FROM referral_category WHERE category = 'identity'",
        "UPDATE referral_category SET consent_id = NULL",
        "UPDATE referral SET case_id = (SELECT id FROM subject WHERE id NOT IN (SELECT id FROM case_file)"
        " AND kind = 'case')",
    ],
    ids=[
        *("another-recipient", "another-service", "another-purpose", "withdrawn", "expired", "not-yet-given"),
        *("category-not-agreed", "category-not-attached", "no-consent-noted", "another-case"),
    ],
)
def test_a_grant_needs_a_live_consent_for_exactly_this(
    waiting_world: World, acting_in_sql: ActingInSql, tamper: Tamper, change: str
) -> None:
    with acting_in_sql("lan@anh-duong") as connection:
        cover(connection, waiting_world.subjects)
        assert stage(connection, waiting_world.referral, "identity", "contact") == 2
    if "case_id" in change:
        tamper(
            "INSERT INTO case_team SELECT gen_random_uuid(), %s, owner_id, account_id, duty, since, until"
            " FROM case_team WHERE subject = %s",
            waiting_world.bare,
            waiting_world.case,
        )
    assert tamper(change) > 0
    with acting_in_sql("lan@anh-duong") as connection:
        cover(connection, waiting_world.subjects)
        with pytest.raises(psycopg.IntegrityError) as caught:
            stage(connection, waiting_world.referral, "contact", "identity")
        assert caught.value.sqlstate == "23H03"


def test_the_consent_for_another_agency_covers_no_referral_to_this_one(
    waiting_world: World, acting: Acting, acting_in_sql: ActingInSql, tamper: Tamper
) -> None:
    with acting("lan@anh-duong") as lan:
        elsewhere = a_consent(lan, waiting_world.case, to="benh-vien-tinh", service="H3", categories=("identity",))
    tamper("UPDATE referral_category SET consent_id = %s WHERE category = 'identity'", elsewhere)
    with acting_in_sql("lan@anh-duong") as connection:
        cover(connection, waiting_world.subjects)
        with pytest.raises(psycopg.IntegrityError) as caught:
            stage(connection, waiting_world.referral, "identity")
        assert caught.value.sqlstate == "23H03"


@pytest.mark.parametrize("who", ["lan@anh-duong", "hanh@anh-duong", *OTHERS[1:], "system:register-import:anh-duong"])
def test_only_the_recipient_opens_grants(
    waiting_world: World, acting_in_sql: ActingInSql, tamper: Tamper, who: str
) -> None:
    tamper("UPDATE referral SET first_accepted_at = now()")
    with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, waiting_world.subjects)
        one(connection, OPEN, waiting_world.referral)


def test_nothing_opens_before_the_acceptance(waiting_world: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("cuong@cong-an-tinh") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, waiting_world.subjects)
        one(connection, OPEN, waiting_world.referral)


def test_opening_twice_opens_nothing_more(world: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        cover(connection, world.subjects)
        before = read(connection, world.case, ["identity", "medical"])
        assert one(connection, OPEN, world.referral) == 0
        assert read(connection, world.case, ["identity", "medical"]) == before == {("identity", "full")}


def test_staging_twice_shares_nothing_more(waiting_world: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("lan@anh-duong") as connection:
        cover(connection, waiting_world.subjects)
        stage(connection, waiting_world.referral, "identity")
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        assert ("identity", "full") not in read(connection, waiting_world.case, ["identity"])


@pytest.mark.parametrize("ending", [END, END_CONSENTS])
def test_what_ended_never_opens_again(
    waiting_world: World, acting_in_sql: ActingInSql, tamper: Tamper, ending: str
) -> None:
    given = [waiting_world.consent] if ending == END_CONSENTS else waiting_world.referral
    with acting_in_sql("lan@anh-duong") as connection:
        cover(connection, waiting_world.subjects)
        one(connection, ending, given)
    tamper("UPDATE referral SET first_accepted_at = now()")
    for who, deed in (
        ("cuong@cong-an-tinh", lambda c: one(c, OPEN, waiting_world.referral)),
        ("lan@anh-duong", lambda c: stage(c, waiting_world.referral, "identity")),
    ):
        with acting_in_sql(who) as connection:
            cover(connection, waiting_world.subjects)
            try:
                with connection.transaction():
                    assert deed(connection) == 0
            except (psycopg.errors.InsufficientPrivilege, psycopg.IntegrityError):
                pass
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        everything = ["identity", "contact", "demographics_min", "incident_summary"]
        assert read(connection, waiting_world.case, everything) == set()


@pytest.mark.parametrize("who", ["minh@tro-giup-phap-ly", "son@trung-tam-tgxh"])
def test_a_stranger_ends_nothing(world: World, acting_in_sql: ActingInSql, who: str) -> None:
    for statement, given in ((END, world.referral), (END_CONSENTS, [world.consent])):
        with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            cover(connection, world.subjects)
            one(connection, statement, given)


def test_the_coordinator_ends_no_consent_and_no_access(world: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("ha@trung-tam-tgxh") as connection:
        cover(connection, world.subjects)
        assert one(connection, END, world.referral) == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            one(connection, END_CONSENTS, [world.consent])
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        assert read(connection, world.case, ["identity"]) == {("identity", "full")}
        assert one(connection, "SELECT access_ended_at FROM referral") is None


@pytest.mark.parametrize("who", ["lan@anh-duong", "mai@anh-duong", "cuong@cong-an-tinh"])
def test_whoever_was_told_ends_it_once_and_the_first_time_stands(
    world: World, acting_in_sql: ActingInSql, admin_connection: psycopg.Connection, who: str
) -> None:
    ended = "SELECT withdrawn_at, withdrawn_by FROM consent"
    with acting_in_sql(who) as connection:
        cover(connection, world.subjects)
        assert one(connection, END_CONSENTS, [world.consent]) == 1
    first = admin_connection.execute(ended).fetchall()
    with acting_in_sql("lan@anh-duong") as connection:
        cover(connection, world.subjects)
        assert one(connection, END_CONSENTS, [world.consent]) == 0
    assert admin_connection.execute(ended).fetchall() == first
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        assert read(connection, world.case, ["identity", "contact"]) == set()


def test_ending_a_consent_leaves_what_rests_on_another(
    world: World, acting: Acting, acting_in_sql: ActingInSql
) -> None:
    with acting("lan@anh-duong") as lan:
        other_case = a_case(lan)
        other = a_consent(lan, other_case)
    with acting_in_sql("lan@anh-duong") as connection:
        cover(connection, (world.case, other_case))
        assert one(connection, END_CONSENTS, [other]) == 0
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        assert read(connection, world.case, ["identity"]) == {("identity", "full")}


def test_one_foreign_consent_among_own_ones_ends_none(world: World, acting: Acting, acting_in_sql: ActingInSql) -> None:
    with acting("son@trung-tam-tgxh") as son:
        own = a_consent(son, a_case(son))
    with acting_in_sql("son@trung-tam-tgxh") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, world.subjects)
        one(connection, END_CONSENTS, [own, world.consent])


def test_a_colleague_widens_no_consent(world: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("thao@anh-duong") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cover(connection, world.subjects)
        put(connection, "consent_category", rows(world)["consent_category"])
