"""Erasing what entries say: two people, for good, and the log stays whole."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.audit.acts import Act
from referral_hub.audit.folder import Folder
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.erasing import approve_erasure, erase
from referral_hub.config import Settings
from referral_hub.consent import service as consents
from referral_hub.installation import keyring_file
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.kernel.server import Server
from referral_hub.vault.keyring import Keyring, load_keyring
from tests.audit.logs import Log, a_log, place_of, superuser, uid_at
from tests.builders import take
from tests.conftest import Acting, ActingInSql
from tests.story import Told, accepted_by
from tests.trial import Trial

HEAD, OFFICER, GROUND = "dung@anh-duong", "yen@anh-duong", "dsr_erase"


@pytest.fixture
def ring(settings: Settings) -> Keyring:
    return load_keyring(keyring_file(settings.home))


@pytest.fixture
def log(acting: Acting, server: Server, tmp_path: Path) -> Log:
    return a_log(acting, server, Folder(tmp_path / "audit"))


def payloads(admin: psycopg.Connection, subject: UUID) -> int:
    row = admin.execute("SELECT count(*) FROM audit_payload WHERE subject = %s", [subject]).fetchone()
    assert row is not None
    return int(row[0])


def erased(acting: Acting, subject: UUID) -> int:
    with acting(HEAD) as head:
        approval = approve_erasure(head, subject, GROUND, now=clock.now())
    with acting(OFFICER) as officer:
        return erase(officer, subject, GROUND, approval, now=clock.now())


def test_after_an_erasure_nothing_can_be_opened_and_the_log_is_whole(
    acting: Acting, log: Log, ring: Keyring, admin_connection: psycopg.Connection
) -> None:
    case = log.told.case
    before = payloads(admin_connection, case)
    assert erased(acting, case) == before > 5
    assert payloads(admin_connection, case) == 0
    key = "SELECT count(*) FROM data_key WHERE subject = %s AND category = '_audit'"
    assert admin_connection.execute(key, [case]).fetchone() == (0,)
    for sequenced in (False, True):
        if sequenced:
            log.sequence()
        verdict = log.check(ring)
        assert (verdict.finding, verdict.erased) == (None, before)


def test_what_is_written_later_about_the_case_has_its_entries_and_no_payload(
    acting: Acting, log: Log, ring: Keyring, admin_connection: psycopg.Connection
) -> None:
    erased(acting, log.told.case)
    with acting("cuong@cong-an-tinh") as cuong:
        take(cuong, log.told.referral, "hold", reason="survivor_asked")
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, log.told.consent, now=clock.now())
    assert payloads(admin_connection, log.told.case) == 0
    log.sequence()
    assert log.check(ring).finding is None


def test_a_payload_that_vanished_after_the_erasure_of_another_case_is_still_a_failure(
    acting: Acting, log: Log, ring: Keyring, admin_connection: psycopg.Connection
) -> None:
    other = accepted_by(acting)
    log.sequence()
    erased(acting, log.told.case)
    seq = place_of(admin_connection, Act.CONSENT_GIVEN, other.case)
    with superuser(admin_connection) as do:
        do("DELETE FROM audit_payload WHERE entry_uid = %s", uid_at(admin_connection, seq))
    finding = log.check(ring).finding
    assert finding is not None
    assert (finding.kind, finding.seq) == ("payload-missing", seq)


def test_a_payload_that_came_back_from_an_older_backup_is_named(
    acting: Acting, log: Log, ring: Keyring, admin_connection: psycopg.Connection
) -> None:
    rows = admin_connection.execute("SELECT * FROM audit_payload ORDER BY entry_uid LIMIT 1").fetchall()
    erased(acting, log.told.case)
    with superuser(admin_connection) as do:
        do("INSERT INTO audit_payload VALUES (%s, %s, %s)", *rows[0])
    finding = log.check(ring).finding
    assert finding is not None
    assert (finding.kind, finding.uid) == ("payload-kept", str(rows[0][0]))


@pytest.fixture
def told(acting: Acting) -> Told:
    return accepted_by(acting)


def test_one_person_alone_erases_nothing(
    acting: Acting, told: Told, admin_connection: psycopg.Connection, installation: Trial
) -> None:
    admin_connection.execute("SET session_replication_role = replica")
    admin_connection.execute(
        "INSERT INTO account_role SELECT id, r FROM account, (VALUES ('agency_head'), ('privacy_officer')) AS v (r)"
        " WHERE email IN ('dung@anh-duong.example', 'yen@anh-duong.example') ON CONFLICT DO NOTHING"
    )
    with acting(OFFICER) as officer:
        own = approve_erasure(officer, told.case, GROUND, now=clock.now())
    for approval in (own, new_id()):
        with pytest.raises(Invalid, match="approved"), acting(OFFICER) as officer:
            erase(officer, told.case, GROUND, approval, now=clock.now())
    with pytest.raises(Invalid), acting(HEAD) as head:  # nor in one transaction
        erase(head, told.case, GROUND, approve_erasure(head, told.case, GROUND, now=clock.now()), now=clock.now())
    assert payloads(admin_connection, told.case) > 0


@pytest.mark.parametrize("how", ["another ground", "another case", "approver left", "approver lost the role"])
def test_an_approval_holds_for_its_case_and_ground_and_as_long_as_who_gave_it_is_the_head(
    acting: Acting, told: Told, admin_connection: psycopg.Connection, how: str
) -> None:
    about = told.case if how != "another case" else accepted_by(acting).case
    with acting(HEAD) as head:
        approval = approve_erasure(head, about, GROUND, now=clock.now())
    admin_connection.execute("SET session_replication_role = replica")
    if how == "approver left":
        admin_connection.execute("UPDATE account SET active = false WHERE email = 'dung@anh-duong.example'")
    elif how == "approver lost the role":
        admin_connection.execute("UPDATE account_role SET role = 'liaison' WHERE role = 'agency_head'")
    ground = "case_record_adult" if how == "another ground" else GROUND
    with pytest.raises(Invalid, match="approved"), acting(OFFICER) as officer:
        erase(officer, told.case, ground, approval, now=clock.now())
    assert payloads(admin_connection, told.case) > 0


def test_a_ground_stands_in_the_regulation(acting: Acting, told: Told) -> None:
    with pytest.raises(Invalid, match="no ground"), acting(HEAD) as head:
        approve_erasure(head, told.case, "because", now=clock.now())


OTHERS = ("lan@anh-duong", "hanh@anh-duong", "phuc@anh-duong", "cuong@cong-an-tinh", "ha@trung-tam-tgxh")


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_approves_or_erases(acting: Acting, told: Told, who: str) -> None:
    with pytest.raises(Refused), acting(who) as actor:
        approve_erasure(actor, told.case, GROUND, now=clock.now())
    with pytest.raises(Refused), acting(who) as actor:
        erase(actor, told.case, GROUND, new_id(), now=clock.now())


def test_what_is_erased_is_not_erased_again(acting: Acting, told: Told) -> None:
    erased(acting, told.case)
    with pytest.raises(Conflict, match="already"):
        erased(acting, told.case)


ENTRY = """INSERT INTO audit_entry (uid, subject, kind, envelope) SELECT %s, %s, %s, convert_to((
    jsonb_build_object('obj', %s, 'who', door_person(), 'org', (SELECT code FROM agency WHERE id = door_agency()))
    || %s::jsonb)::text, 'UTF8')"""


@pytest.mark.parametrize("who", ["lan@anh-duong", OFFICER, "cuong@cong-an-tinh"])
@pytest.mark.parametrize("act", [None, "audit:payloads:erased", "cases:file:opened"])
def test_the_database_itself_erases_nothing_without_entry_and_approval(
    acting: Acting,
    told: Told,
    acting_in_sql: ActingInSql,
    admin_connection: psycopg.Connection,
    who: str,
    act: str | None,
) -> None:
    with acting_in_sql(who) as connection:
        if act is not None:
            said = json.dumps({"act": act, "why": GROUND, "basis": str(new_id())})
            connection.execute(ENTRY, [new_id(), told.case, "erasure", told.case, said])
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("SELECT erase_payloads(%s)", [told.case])
    assert caught.value.sqlstate == ("23H05" if who == OFFICER else "42501")
    assert payloads(admin_connection, told.case) > 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_payload",
        "DELETE FROM data_key",
        "UPDATE audit_payload SET subject = entry_uid",
        "TRUNCATE audit_payload",
    ],
)
def test_nor_does_the_administrator_without_an_entry(
    told: Told, admin_connection: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        admin_connection.execute(statement.encode())
    assert caught.value.sqlstate in ("23H01", "42501")


def test_an_erasure_waits_for_who_is_writing_and_does_not_take_what_came_after_its_own_entry(
    acting: Acting,
    told: Told,
    acting_in_sql: ActingInSql,
    server: Server,
    credential: Any,
    ring: Keyring,
    tmp_path: Path,
) -> None:
    with acting(HEAD) as head:
        approval = approve_erasure(head, told.case, GROUND, now=clock.now())
    with psycopg.connect(server.app_url) as other:
        other.execute("SELECT door_enter(%s)", [credential("cuong@cong-an-tinh")])
        other.execute("SELECT * FROM audit_key(%s)", [told.case])  # is about to write an entry with a payload
        with pytest.raises(Conflict, match="just now"), acting(OFFICER) as officer:
            erase(officer, told.case, GROUND, approval, now=clock.now())
    with acting(OFFICER) as officer:
        assert erase(officer, told.case, GROUND, approval, now=clock.now()) > 0
    log = Log(server, Folder(tmp_path / "audit"), told)
    log.sequence()
    assert log.check(ring).finding is None


def test_who_writes_while_an_erasure_is_on_its_way_writes_without_a_payload_afterwards(
    acting: Acting, told: Told, server: Server, credential: Any, admin_connection: psycopg.Connection
) -> None:
    with acting(HEAD) as head:
        approval = approve_erasure(head, told.case, GROUND, now=clock.now())
    with acting(OFFICER) as officer:
        erase(officer, told.case, GROUND, approval, now=clock.now())
        with psycopg.connect(server.app_url) as other:
            other.execute("SELECT door_enter(%s)", [credential("cuong@cong-an-tinh")])
            other.execute("SET LOCAL lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("SELECT * FROM audit_key(%s)", [told.case])
    with acting("cuong@cong-an-tinh") as cuong:
        record(cuong, Entry(Act.SECTIONS_READ, told.case, {"categories": ["identity"]}), now=clock.now())
    assert payloads(admin_connection, told.case) == 0
