"""What the web's own role cannot do, whatever SQL it runs: become somebody, change the rules, rewrite the past."""

from datetime import timedelta

import psycopg
import pytest

from referral_hub.kernel import clock
from tests.conftest import Acting, ActingInSql
from tests.database.world import entry
from tests.story import accepted_by, sent_to

FORBIDDEN = (
    "INSERT INTO sign_in_session (digest, account_id, started_at, expires_at)"
    " SELECT sha256('y'), id, now(), now() + interval '1 day' FROM account LIMIT 1",
    "UPDATE sign_in_session SET ended_at = NULL",
    "SELECT * FROM sign_in_session",
    "UPDATE account SET password = 'x'",
    "UPDATE account SET fs_uniquifier = 'x'",
    "INSERT INTO account_role SELECT id, 'coordinator' FROM account",
    "INSERT INTO regulation_version SELECT * FROM regulation_version",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_web_cannot_make_sessions_accounts_or_rules(app_connection: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app_connection.execute(statement.encode())


@pytest.mark.parametrize(
    "envelope",
    [
        "{}",
        '{"obj":"%(case)s","who":"somebody-else","org":"anh-duong"}',
        '{"obj":"%(case)s","who":"%(lan)s","org":"cong-an-tinh"}',
        '{"obj":"00000000-0000-0000-0000-000000000000","who":"%(lan)s","org":"anh-duong"}',
    ],
)
def test_an_entry_that_lies_about_who_or_what_is_none(
    acting: Acting, acting_in_sql: ActingInSql, envelope: str
) -> None:
    told = sent_to(acting)
    with pytest.raises(psycopg.errors.IntegrityError) as refused, acting_in_sql("lan@anh-duong") as connection:
        row = connection.execute("SELECT door_person()").fetchone()
        assert row is not None
        said = envelope % {"case": told.case, "lan": row[0]}
        connection.execute(
            "INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES (gen_random_uuid(), %s, 'read', %s)",
            [told.case, said.encode()],
        )
    assert refused.value.sqlstate == "23H04"


@pytest.mark.parametrize(
    "change",
    [
        "acknowledge_due = '2099-01-01'",
        "sent_at = '2020-01-01'",
        "first_accepted_at = NULL",
        "status = 'closed'",
        "version = 1",
    ],
)
@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "lan@anh-duong", "ha@trung-tam-tgxh"])
def test_no_party_and_no_coordinator_rewrites_the_past(
    acting: Acting, acting_in_sql: ActingInSql, who: str, change: str
) -> None:
    told = accepted_by(acting)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
        entry(connection, told.case, "referral")
        connection.execute(f"UPDATE referral SET {change} WHERE id = %s".encode(), [told.referral])


def test_nobody_writes_a_step_in_anothers_name(acting: Acting, acting_in_sql: ActingInSql) -> None:
    told = accepted_by(acting)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        acting_in_sql("cuong@cong-an-tinh") as connection,
    ):
        entry(connection, told.case, "referral")
        connection.execute(
            """INSERT INTO referral_event (id, referral_id, case_id, verb, from_status, to_status, occurred_at,
                                           recorded_at, agency_id, actor, actor_name, noted, imported)
               SELECT gen_random_uuid(), %s, %s, 'complete', 'in_service', 'completed', now(), now(), door_agency(),
                      door_person(), 'Nguyễn Ngọc Lan', false, false""",
            [told.referral, told.case],
        )


@pytest.mark.parametrize("who", ["thao@anh-duong", "mai@anh-duong", "binh@anh-duong"])
def test_a_colleague_off_the_team_neither_reads_her_facts_nor_closes_her_case(
    acting: Acting, acting_in_sql: ActingInSql, who: str
) -> None:
    told = sent_to(acting)
    with acting_in_sql(who) as connection:
        assert connection.execute("SELECT count(*) FROM case_fact").fetchone() == (0,)
        entry(connection, told.case, "case")
        assert connection.execute("UPDATE case_file SET closed_at = now()").rowcount == 0


def test_a_denied_supervisor_cannot_lift_the_denial_against_herself(
    acting: Acting, acting_in_sql: ActingInSql, directory: object
) -> None:
    told = sent_to(acting)
    with acting_in_sql("lan@anh-duong") as connection:
        entry(connection, told.case, "access")
        connection.execute(
            """INSERT INTO access_denial (id, subject, owner_id, account_id, denied_at)
               SELECT gen_random_uuid(), %s, door_agency(), id, %s FROM account
               WHERE email = 'hanh@anh-duong.example'""",
            [told.case, clock.now() - timedelta(seconds=1)],
        )
    with acting_in_sql("hanh@anh-duong") as connection:
        entry(connection, told.case, "access")
        assert connection.execute("UPDATE access_denial SET lifted_at = now()").rowcount == 0
        assert connection.execute("SELECT door_holds(%s)", [told.case]).fetchone() == (False,)
