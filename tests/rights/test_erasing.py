"""Erasing her record part by part: two people, neither of them who took the request; what stays by law is named."""

from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.audit.folder import Folder
from referral_hub.cases.emptying import empty
from referral_hub.cases.queries import header
from referral_hub.cases.sections import read_sections, write_sections
from referral_hub.config import Settings
from referral_hub.installation import keyring_file
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.kernel.server import Server
from referral_hub.regulation.loader import shipped
from referral_hub.rights.erasing import approve, erase, of_request, propose
from referral_hub.rights.service import NewRequest, answer, ask
from referral_hub.vault.documents import AUDIT_KEY
from referral_hub.vault.keyring import load_keyring
from tests.audit.logs import a_log
from tests.builders import SECTIONS, a_case, take
from tests.conftest import Acting, ActingInSql
from tests.portal.world import entries
from tests.story import sent_to

LAN, HANH, YEN, DUNG, SON = (
    *("lan@anh-duong", "hanh@anh-duong", "yen@anh-duong"),
    *("dung@anh-duong", "son@trung-tam-tgxh"),
)
STAYS = "medical-record"


@pytest.fixture
def case(acting: Acting) -> UUID:
    with acting(LAN) as lan:
        return a_case(lan)


@pytest.fixture
def wanted(case: UUID, acting: Acting) -> UUID:
    now = clock.now()
    with acting(LAN) as lan:
        return ask(lan, NewRequest("herself", "erasure", "walk_in", now, header(lan, case).code), now=now)


def proposed(acting: Acting, wanted: UUID, *stays: str) -> None:
    with acting(YEN) as yen:
        parts = of_request(yen, wanted, now=clock.now()).parts
        said = {part.category: STAYS if part.category in stays else None for part in parts}
        propose(yen, wanted, said, now=clock.now())


def approved(acting: Acting, wanted: UUID) -> None:
    with acting(DUNG) as dung:
        approve(dung, wanted, now=clock.now())


def held(admin: psycopg.Connection, case: UUID) -> set[str]:
    rows = admin.execute(
        "SELECT category FROM case_section WHERE subject = %(s)s UNION SELECT category FROM case_section_history"
        " WHERE subject = %(s)s UNION SELECT category FROM data_key WHERE subject = %(s)s",
        {"s": case},
    ).fetchall()
    return {category for (category,) in rows}


def test_what_was_approved_is_erased_what_stays_by_law_is_there_and_named(
    case: UUID, wanted: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    before = held(admin_connection, case)
    proposed(acting, wanted, "contact", AUDIT_KEY)
    approved(acting, wanted)
    with acting(YEN) as yen:
        assert erase(yen, wanted, now=clock.now()).answer == "partly"
        parts = {part.category: part for part in of_request(yen, wanted, now=clock.now()).parts}
    assert held(admin_connection, case) == {"contact", AUDIT_KEY} < before
    assert parts["contact"].stays_because == STAYS and parts["identity"].erased_at is not None
    with acting(LAN) as lan:
        assert set(read_sections(lan, case, sorted(before - {AUDIT_KEY}), why="own-case", now=clock.now())) == {
            "contact"
        }
    assert {one["why"] for one in entries(admin_connection, "cases:category:erased")} == before - {"contact", AUDIT_KEY}


def test_when_nothing_stays_the_words_of_the_log_go_as_well(
    case: UUID, wanted: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    proposed(acting, wanted)
    approved(acting, wanted)
    with acting(YEN) as yen:
        assert erase(yen, wanted, now=clock.now()).answer == "done"
    assert held(admin_connection, case) == set()
    count = "SELECT count(*) FROM audit_payload WHERE subject = %s"
    assert admin_connection.execute(count, [case]).fetchone() == (0,)
    with pytest.raises(Conflict), acting(YEN) as yen:
        erase(yen, wanted, now=clock.now())


def test_the_log_is_whole_after_an_erasure_and_says_that_it_was_by_rule(
    acting: Acting, server: Server, settings: Settings, tmp_path: Path
) -> None:
    log = a_log(acting, server, Folder(tmp_path / "audit"))
    now = clock.now()
    with acting(LAN) as lan:
        code = header(lan, log.told.case).code
        wanted = ask(lan, NewRequest("herself", "erasure", "walk_in", now, code), now=now)
    proposed(acting, wanted)
    approved(acting, wanted)
    with acting(YEN) as yen:
        erase(yen, wanted, now=clock.now())
    log.sequence()
    verdict = log.check(load_keyring(keyring_file(settings.home)))
    assert verdict.finding is None
    assert verdict.erased > 5


def test_the_other_side_goes_on_working_and_its_new_notes_are_not_kept(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told, now = sent_to(acting), clock.now()
    with acting(LAN) as lan:
        code = header(lan, told.case).code
        wanted = ask(lan, NewRequest("herself", "erasure", "walk_in", now, code), now=now)
    proposed(acting, wanted, AUDIT_KEY)
    approved(acting, wanted)
    with acting(YEN) as yen:
        erase(yen, wanted, now=clock.now())
    with acting("cuong@cong-an-tinh") as cuong:
        assert take(cuong, told.referral, "ask", notes={"question": "Gọi giờ nào?"})
    count = "SELECT count(*) FROM referral_note WHERE subject = %s"
    assert admin_connection.execute(count, [told.case]).fetchone() == (0,)


def test_an_approval_serves_once_and_not_for_what_is_written_later(
    case: UUID, wanted: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    proposed(acting, wanted, AUDIT_KEY)
    approved(acting, wanted)
    with acting(YEN) as yen:
        approvals = {part.category: part.approval for part in of_request(yen, wanted, now=clock.now()).parts}
        erase(yen, wanted, now=clock.now())
    with acting(LAN) as lan:
        write_sections(lan, case, {"contact": SECTIONS["contact"]}, shipped(), now=clock.now())
    with pytest.raises(Invalid), acting(YEN) as yen:
        empty(yen, case, {"contact": approvals["contact"]}, "dsr_erase", now=clock.now())
    assert held(admin_connection, case) == {"contact", AUDIT_KEY}


def test_nothing_is_erased_before_the_head_approved(
    case: UUID, wanted: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    before = held(admin_connection, case)
    proposed(acting, wanted)
    with pytest.raises(Conflict), acting(YEN) as yen:
        erase(yen, wanted, now=clock.now())
    with pytest.raises(Refused), acting(YEN) as yen:
        approve(yen, wanted, now=clock.now())
    with pytest.raises(Refused), acting(HANH) as hanh:
        approve(hanh, wanted, now=clock.now())
    with pytest.raises(Refused), acting(SON) as son:
        of_request(son, wanted, now=clock.now())
    assert held(admin_connection, case) == before


def test_who_took_the_request_neither_proposes_nor_erases(
    wanted: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("SET session_replication_role = replica")
    yen = admin_connection.execute("SELECT id::text FROM account WHERE name = 'Tạ Hải Yến'").fetchone()
    admin_connection.execute("UPDATE rights_request SET recorded_by = %s WHERE id = %s", [(yen or ("",))[0], wanted])
    admin_connection.execute("SET session_replication_role = origin")
    with pytest.raises(Invalid):
        proposed(acting, wanted)


def test_every_part_is_decided_and_a_worker_cannot_call_it_done(wanted: UUID, acting: Acting) -> None:
    with pytest.raises(Invalid), acting(YEN) as yen:
        propose(yen, wanted, {"identity": None}, now=clock.now())
    for outcome in ("done", "partly"):
        with pytest.raises(Invalid), acting(LAN) as lan:
            answer(lan, wanted, outcome, now=clock.now())
    with acting(LAN) as lan:
        assert answer(lan, wanted, "taken-back", now=clock.now()).answer == "taken-back"


def test_where_every_part_stays_she_is_refused_and_nothing_goes(
    case: UUID, wanted: UUID, acting: Acting, admin_connection: psycopg.Connection
) -> None:
    before = held(admin_connection, case)
    proposed(acting, wanted, *before)
    with acting(YEN) as yen:
        assert erase(yen, wanted, now=clock.now()).answer == "refused"
    assert held(admin_connection, case) == before


def test_in_sql_the_officer_cannot_approve_in_the_place_of_the_head(
    wanted: UUID, acting: Acting, acting_in_sql: ActingInSql
) -> None:
    proposed(acting, wanted)
    said = "UPDATE erasure_part SET approval = %s, approved_at = now(), approved_by = door_person()"
    with pytest.raises(psycopg.Error), acting_in_sql(YEN) as connection:
        connection.execute(said, [uuid4()])
    with acting_in_sql(HANH) as connection:
        assert connection.execute(said, [uuid4()]).rowcount == 0
    with pytest.raises(psycopg.IntegrityError) as caught, acting_in_sql(DUNG) as connection:
        connection.execute(said, [uuid4()])
    assert caught.value.sqlstate == "23H01"
