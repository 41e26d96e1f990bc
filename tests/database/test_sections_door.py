"""Sections leave the database through `read_sections` alone, and only under a live grant that nobody denied."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest

from referral_hub import tables
from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.kernel import clock
from referral_hub.kernel.ids import new_id
from tests.builders import SECTIONS, a_case
from tests.conftest import Acting, ActingInSql, Directory
from tests.database.conftest import Tamper
from tests.database.world import World, entry, read
from tests.people import KEYS

ALL = tuple(SECTIONS)
SHARED = {("contact", "preview"), ("contact", "full"), ("identity", "full"), ("incident_summary", "full")}
SHARED |= {("demographics_min", "preview"), ("demographics_min", "full")}
EARLY = {("contact", "preview"), ("demographics_min", "preview")}
Seen = Callable[[str], set[tuple[str, str]]]


@pytest.fixture
def seen(world: World, acting_in_sql: ActingInSql) -> Seen:
    """What a person gets of every section of the case."""

    def look(who: str) -> set[tuple[str, str]]:
        with acting_in_sql(who) as connection:
            return read(connection, world.case, ALL)

    return look


@pytest.mark.parametrize("table", ["case_section", "case_section_history", "data_key", "referral_note"])
@pytest.mark.parametrize("who", ["lan@anh-duong", "cuong@cong-an-tinh"])
def test_no_person_touches_a_sealed_table(world: World, acting_in_sql: ActingInSql, table: str, who: str) -> None:
    for statement in (
        f"SELECT 1 FROM {table}",
        f"INSERT INTO {table} DEFAULT VALUES",
        f"UPDATE {table} SET ciphertext = ''" if table != "data_key" else f"UPDATE {table} SET wrapped = ''",
        f"DELETE FROM {table}",
        f"COPY {table} TO STDOUT",
    ):
        with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_nobody_reads_on_the_entry_of_another(
    world: World, acting_in_sql: ActingInSql, credential: Callable[[str], str]
) -> None:
    """Two people who share a transaction each answer for their own reading."""
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        entry(connection, world.case, "read")
        connection.execute("SELECT 1 FROM door_enter(%s)", [credential("lan@anh-duong")])
        with pytest.raises(psycopg.IntegrityError) as caught:
            connection.execute("SELECT * FROM read_sections(%s, %s)", [world.case, list(ALL)])
        assert caught.value.sqlstate == "23H02"


def test_the_recipient_gets_the_categories_agreed_to_and_no_other(seen: Seen) -> None:
    assert seen("cuong@cong-an-tinh") == SHARED


def test_the_team_and_the_supervisor_of_the_house_get_everything(seen: Seen) -> None:
    everything = SHARED | {(category, "full") for category in ALL}
    assert seen("lan@anh-duong") == seen("hanh@anh-duong") == everything


@pytest.mark.parametrize("who", [key for key in KEYS if not key.startswith(("lan@", "hanh@", "hung@"))])
def test_everybody_else_gets_nothing(seen: Seen, who: str) -> None:
    assert seen(who) == (SHARED if who.endswith("@cong-an-tinh") else set())


def test_nobody_gets_nothing(world: World, app_connection: psycopg.Connection) -> None:
    assert read(app_connection, world.case, ALL) == set()


@pytest.mark.parametrize("who", ["lan@anh-duong", "cuong@cong-an-tinh", "son@trung-tam-tgxh"])
def test_a_read_without_its_entry_is_an_error(world: World, acting_in_sql: ActingInSql, who: str) -> None:
    with acting_in_sql(who) as connection:
        with pytest.raises(psycopg.IntegrityError) as caught:
            connection.execute("SELECT * FROM read_sections(%s, %s)", [world.case, list(ALL)])
        assert caught.value.sqlstate == "23H02"


def test_the_entry_of_another_case_another_kind_or_a_step_taken_back_is_no_entry(
    world: World, acting_in_sql: ActingInSql
) -> None:
    with acting_in_sql("lan@anh-duong") as connection:
        entry(connection, world.bare, "read")
        entry(connection, world.case, "section", "access", "referral")
        with connection.transaction(force_rollback=True):
            entry(connection, world.case, "read")
        with pytest.raises(psycopg.IntegrityError) as caught:
            connection.execute("SELECT * FROM read_sections(%s, %s)", [world.case, list(ALL)])
        assert caught.value.sqlstate == "23H02"


def test_the_entry_of_an_earlier_transaction_is_no_entry(world: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("lan@anh-duong") as connection:
        read(connection, world.case, ALL)
    with acting_in_sql("lan@anh-duong") as connection, pytest.raises(psycopg.IntegrityError):
        connection.execute("SELECT * FROM read_sections(%s, %s)", [world.case, list(ALL)])


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("valid_until = now() - interval '1 second'", set()),
        ("revoked_at = now()", set()),
        ("active_from = NULL", EARLY),
        ("active_from = now() + interval '1 hour'", EARLY),
        ("active_from = NULL, preview_from = NULL", set()),
        ("active_from = NULL, preview_from = now() + interval '1 hour'", set()),
        ("category = 'legal'", set()),
    ],
    ids=["expired", "revoked", "not-active", "not-yet-active", "no-preview", "not-yet-preview", "another-category"],
)
def test_a_grant_that_does_not_live_shows_nothing(
    world: World, seen: Seen, tamper: Tamper, change: str, kept: set[tuple[str, str]]
) -> None:
    assert seen("cuong@cong-an-tinh") == SHARED
    assert tamper(f"UPDATE access_grant SET {change} WHERE referral_id = %s", world.referral) == 4
    assert seen("cuong@cong-an-tinh") == kept


def test_access_ends_with_the_last_live_grant_not_the_first(world: World, seen: Seen, tamper: Tamper) -> None:
    others = ", ".join(name for name in list(tables.metadata.tables["access_grant"].columns.keys()) if name != "id")
    tamper(
        f"INSERT INTO access_grant (id, {others}) SELECT gen_random_uuid(), {others} FROM access_grant"
        " WHERE category = 'identity'"
    )
    tamper(
        "UPDATE access_grant SET revoked_at = now() WHERE id = (SELECT min(id::text)::uuid FROM access_grant"
        " WHERE category = 'identity')"
    )
    assert ("identity", "full") in seen("cuong@cong-an-tinh")
    tamper("UPDATE access_grant SET revoked_at = now() WHERE category = 'identity'")
    assert ("identity", "full") not in seen("cuong@cong-an-tinh")


@pytest.mark.parametrize(
    ("target", "stopped"),
    [
        ("agency", {"cuong@cong-an-tinh", "huyen@cong-an-tinh"}),
        ("desk", {"cuong@cong-an-tinh", "huyen@cong-an-tinh"}),
        ("account", {"cuong@cong-an-tinh"}),
        ("colleague", {"hanh@anh-duong"}),
    ],
)
def test_whom_she_said_no_to_gets_nothing(
    world: World, acting: Acting, directory: Directory, seen: Seen, target: str, stopped: set[str]
) -> None:
    denials = {
        "agency": DenialFact(None, agency=world.police),
        "desk": DenialFact(None, desk=world.desk),
        "account": DenialFact(None, account=directory.accounts["cuong@cong-an-tinh"]),
        "colleague": DenialFact(None, account=directory.accounts["hanh@anh-duong"]),
    }
    with acting("lan@anh-duong") as lan:
        deny(lan, world.case, denials[target], now=clock.now())
    readers = {"cuong@cong-an-tinh", "huyen@cong-an-tinh", "hanh@anh-duong", "lan@anh-duong"}
    assert {who for who in readers if not seen(who)} == stopped


def test_a_no_to_one_category_hides_that_category(world: World, acting: Acting, seen: Seen, tamper: Tamper) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, world.case, DenialFact("identity", agency=world.police), now=clock.now())
    assert seen("cuong@cong-an-tinh") == SHARED - {("identity", "full")}
    tamper("UPDATE access_denial SET lifted_at = now()")
    assert seen("cuong@cong-an-tinh") == SHARED


def test_a_colleague_of_the_house_reads_after_joining_the_team_and_until_leaving_it(
    world: World, acting_in_sql: ActingInSql, seen: Seen, tamper: Tamper
) -> None:
    assert seen("thao@anh-duong") == set()
    with acting_in_sql("lan@anh-duong") as connection:
        entry(connection, world.case, "access")
        connection.execute(
            "INSERT INTO case_team (id, subject, owner_id, account_id, duty, since) VALUES (%s, %s, %s, %s, %s, %s)",
            [new_id(), world.case, world.house, world.thao, "cover", clock.now() - timedelta(minutes=1)],
        )
    assert ("medical", "full") in seen("thao@anh-duong")
    tamper("UPDATE case_team SET until = now() WHERE account_id = %s", world.thao)
    assert seen("thao@anh-duong") == set()


def test_whom_she_said_no_to_learns_nothing_from_the_grants_either(
    world: World, acting: Acting, acting_in_sql: ActingInSql
) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, world.case, DenialFact("identity", agency=world.police), now=clock.now())
    with acting_in_sql("cuong@cong-an-tinh") as connection:
        shown = {category for (category,) in connection.execute("SELECT category FROM access_grant")}
    assert shown == {"contact", "demographics_min", "incident_summary"}


def test_nobody_lifts_a_no_to_himself(
    world: World, acting: Acting, acting_in_sql: ActingInSql, directory: Directory
) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, world.case, DenialFact("medical", account=directory.accounts["hanh@anh-duong"]), now=clock.now())
    for who, lifted in (("hanh@anh-duong", 0), ("lan@anh-duong", 1)):
        with acting_in_sql(who) as connection:
            entry(connection, world.case, "access")
            assert connection.execute("UPDATE access_denial SET lifted_at = now()").rowcount == lifted


def test_at_the_recipient_only_those_who_answer_referrals_read(world: World, seen: Seen, tamper: Tamper) -> None:
    assert seen("cuong@cong-an-tinh") == SHARED
    tamper(
        "UPDATE account_role SET role = 'statistics_viewer' FROM account a"
        " WHERE a.id = account_id AND a.email = 'cuong@cong-an-tinh.example'"
    )
    assert seen("cuong@cong-an-tinh") == set()


def test_a_deactivated_account_enters_as_nobody(
    world: World, seen: Seen, app_connection: psycopg.Connection, credential: Callable[[str], str], tamper: Tamper
) -> None:
    tamper("UPDATE account SET active = false WHERE email = 'cuong@cong-an-tinh.example'")
    assert app_connection.execute("SELECT 1 FROM door_enter(%s)", [credential("cuong@cong-an-tinh")]).fetchone() is None
    assert read(app_connection, world.case, ALL) == set()


def test_work_with_perpetrators_is_a_compartment_of_its_own(world: World, acting_in_sql: ActingInSql) -> None:
    with acting_in_sql("binh@anh-duong") as connection:
        entry(connection, world.bare_perpetrator, "section")
        connection.execute(
            "SELECT write_section(%s, %s, 'perpetrator', 'full', 1, 'x', 'k', 'ring', now())",
            [new_id(), world.bare_perpetrator],
        )
    for who in KEYS:
        with acting_in_sql(who) as connection:
            got = read(connection, world.bare_perpetrator, ["perpetrator"])
        assert got == ({("perpetrator", "full")} if who == "binh@anh-duong" else set()), who


@pytest.mark.parametrize("who", ["thao@anh-duong", "mai@anh-duong", "binh@anh-duong", "cuong@cong-an-tinh"])
def test_who_does_not_hold_the_case_writes_no_section(world: World, acting_in_sql: ActingInSql, who: str) -> None:
    with acting_in_sql(who) as connection:
        entry(connection, world.case, "section")
        assert connection.execute("SELECT * FROM section_keys(%s, %s)", [world.case, list(ALL)]).fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "SELECT write_section(%s, %s, 'medical', 'full', 1, 'x', NULL, NULL, now())", [new_id(), world.case]
            )


def test_the_import_writes_sections_and_reads_none(world: World, acting: Acting, acting_in_sql: ActingInSql) -> None:
    with acting("system:register-import:anh-duong") as importer:
        case = a_case(importer, sections={"identity": {"full_name": "Trần Thị Bình"}})
    with acting_in_sql("system:register-import:anh-duong") as connection:
        assert read(connection, case, ALL) == read(connection, world.case, ALL) == set()
