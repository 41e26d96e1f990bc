"""Who reads the log, what it shows and what it never shows: through the services and straight in SQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from referral_hub.access.conflicts import checked, describe
from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny, lift, of_case
from referral_hub.access.gate import Refused
from referral_hub.access.log_reading import PAGE_SIZE, case_log, log_entries, unusual, volume
from referral_hub.audit.acts import Act
from referral_hub.audit.reading import Wanted
from referral_hub.audit.recording import Entry, record
from referral_hub.audit.watching import MANY_CASES, REFUSALS, Hint, Pattern, hints
from referral_hub.audit.watching import unusual as stand_out
from referral_hub.cases.sections import read_sections
from referral_hub.cases.service import assign
from referral_hub.kernel import clock
from referral_hub.referrals.basis import CLOCKS_DIFFER, Share, rested_on
from tests.builders import a_case
from tests.conftest import Acting, ActingInSql, Directory
from tests.story import accepted_by, sent_to

AUDITOR = "kiem@so-y-te"
NOBODY = "00000000-0000-0000-0000-000000000000"
QUIET = Pattern("1", "cong-an-tinh", False, openings=5, at_night=0, most_cases=3, own_area=0, refused=0)


def acts_seen_by(acting: Acting, who: str, case: UUID) -> list[str]:
    with acting(who) as reader:
        return [line.act for line in case_log(reader, case, Wanted(), now=clock.now()).lines]


def test_the_log_of_a_case_holds_what_others_did_and_what_they_opened(acting: Acting) -> None:
    told = accepted_by(acting)
    with acting("cuong@cong-an-tinh") as cuong:
        read_sections(cuong, told.case, ["identity"], why="legal_protection", referral=told.referral, now=clock.now())
    with acting("lan@anh-duong") as lan:
        found = case_log(lan, told.case, Wanted(), now=clock.now())
    opened = next(line for line in found.lines if line.act == Act.SECTIONS_READ.value.code)
    assert opened.org == "cong-an-tinh"
    assert opened.said == {"categories": ["identity"], "referral": str(told.referral)}
    assert [(one.org, one.openings) for one in found.readers if one.openings] == [("cong-an-tinh", 1)]
    assert found.total == len(found.lines)


def test_reading_the_log_is_the_first_entry_that_it_shows(acting: Acting) -> None:
    told = sent_to(acting)
    assert acts_seen_by(acting, "lan@anh-duong", told.case)[0] == "audit:case:read"
    assert acts_seen_by(acting, "hanh@anh-duong", told.case)[:2] == ["audit:case:read"] * 2


def test_one_transaction_is_one_opening_however_many_entries_it_left(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    for _ in range(2):
        with acting("lan@anh-duong") as lan:
            read_sections(lan, case, ["identity"], why="own-case", now=clock.now())
            read_sections(lan, case, ["medical"], why="own-case", now=clock.now())
    with acting("lan@anh-duong") as lan:
        (reader,) = case_log(lan, case, Wanted(), now=clock.now()).readers
    assert reader.openings == 2


def test_what_was_asked_for_is_what_is_shown(acting: Acting, now: datetime) -> None:
    told = accepted_by(acting)
    with acting("lan@anh-duong") as lan:

        def found(**wanted: Any) -> set[tuple[str, str]]:
            return {(line.org, line.kind) for line in case_log(lan, told.case, Wanted(**wanted), now=now).lines}

        assert found(org="cong-an-tinh") == {("cong-an-tinh", "referral"), ("cong-an-tinh", "access")}
        assert found(kinds=("consent",)) == {("anh-duong", "consent")}
        assert found(org="cong-an-tinh", kinds=("consent",)) == set()
        assert found(who=lan.person, kinds=("log",)) == {("anh-duong", "log")}
        assert found(until=now - timedelta(days=1)) == set()
        assert ("cong-an-tinh", "referral") in found(since=now - timedelta(days=1))


def test_a_long_log_comes_in_pages(acting: Acting, now: datetime) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        for _ in range(PAGE_SIZE):
            record(lan, Entry(Act.CASE_FACTS_CHANGED, case, {"facts": ["sex"]}), now=now)
    with acting("lan@anh-duong") as lan:
        first = case_log(lan, case, Wanted(), now=now)
        second = case_log(lan, case, Wanted(), page=2, now=now)
    assert len(first.lines) == PAGE_SIZE
    assert second.total == first.total + 1, "the first reading"
    assert not {line.uid for line in first.lines[1:]} & {line.uid for line in second.lines[1:]}


@pytest.mark.parametrize("who", ["thao@anh-duong", "cuong@cong-an-tinh", AUDITOR])
def test_who_does_not_hold_the_case_does_not_read_its_log(who: str, acting: Acting) -> None:
    told = accepted_by(acting)
    with pytest.raises(Refused), acting(who) as reader:
        case_log(reader, told.case, Wanted(), now=clock.now())


@pytest.mark.parametrize("who", ["thao@anh-duong", "cuong@cong-an-tinh", AUDITOR])
def test_nor_straight_in_sql(who: str, acting: Acting, acting_in_sql: ActingInSql) -> None:
    told = accepted_by(acting)
    for function in (f"case_readers('{told.case}')", f"case_log('{told.case}', '', '', '{{}}', now(), now(), 1, 0)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
            connection.execute(f"SELECT * FROM {function}".encode())


def test_nobody_reads_the_log_unseen(acting: Acting, acting_in_sql: ActingInSql) -> None:
    told = accepted_by(acting)
    functions = {
        f"case_log('{told.case}', NULL, NULL, NULL, NULL, NULL, 9, 0)": "lan@anh-duong",
        f"case_readers('{told.case}')": "lan@anh-duong",
        "log_entries(NULL, NULL, NULL, now() - interval '1 day', now(), 9, 0)": AUDITOR,
        "log_patterns(now() - interval '1 day', now(), 'Asia/Ho_Chi_Minh', 22, 6)": AUDITOR,
    }
    for function, who in functions.items():
        with pytest.raises(psycopg.Error) as raised, acting_in_sql(who) as connection:
            connection.execute(f"SELECT * FROM {function}".encode())
        assert raised.value.sqlstate == "23H02", function


def test_the_web_reads_neither_entries_nor_payloads_by_itself(acting: Acting, acting_in_sql: ActingInSql) -> None:
    sent_to(acting)
    for table in ("audit_entry", "audit_payload", "audit_queue"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(AUDITOR) as connection:
            connection.execute(f"SELECT count(*) FROM {table}".encode())


def test_an_auditor_reads_envelopes_and_never_what_they_say(acting: Acting) -> None:
    told = accepted_by(acting)
    now = clock.now()
    with acting(AUDITOR) as auditor:
        lines, more = log_entries(auditor, Wanted(since=now - timedelta(days=1), until=now), now=now)
    assert {"referrals:referral:stepped", "consent:consent:given"} <= {line.act for line in lines}
    assert all(line.said is None and line.plain is None for line in lines)
    assert str(told.referral).encode() not in b"".join(line.raw for line in lines)
    assert not more


@pytest.mark.parametrize("who", ["phuc@anh-duong", "dung@anh-duong", "ha@trung-tam-tgxh", "tam@so-y-te"])
def test_nobody_else_reads_the_envelopes(who: str, acting: Acting, acting_in_sql: ActingInSql) -> None:
    now = clock.now()
    with pytest.raises(Refused), acting(who) as reader:
        log_entries(reader, Wanted(since=now - timedelta(days=1), until=now), now=now)
    with pytest.raises(Refused), acting(who) as reader:
        unusual(reader, timedelta(days=1), now=now)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql(who) as connection:
        connection.execute("SELECT * FROM log_entries(NULL, NULL, NULL, now(), now(), 1, 0)")


def test_who_watches_over_the_log_sees_how_much_was_written(acting: Acting, acting_in_sql: ActingInSql) -> None:
    sent_to(acting)
    now = clock.now()
    edges = (now - timedelta(days=1), now - timedelta(hours=1), now + timedelta(minutes=1))
    with acting("ha@trung-tam-tgxh") as coordinator:
        before, lately = volume(coordinator, edges)
    assert before == (edges[0], 0)
    assert lately[1] >= 6
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_in_sql("lan@anh-duong") as connection:
        connection.execute("SELECT * FROM log_volume(ARRAY[now(), now()])")


@pytest.mark.parametrize(
    ("accused", "hidden_from", "shown_to"),
    [("cuong@cong-an-tinh", (), ("lan@anh-duong",)), ("thao@anh-duong", ("lan@anh-duong", "hanh@anh-duong"), ())],
)
def test_an_accusation_stays_out_of_the_accused_chains_sight(
    accused: str, hidden_from: tuple[str, ...], shown_to: tuple[str, ...], acting: Acting, directory: Directory
) -> None:
    told = sent_to(acting)
    with acting("lan@anh-duong") as lan:
        deny(lan, told.case, DenialFact(None, account=directory.accounts[accused]), now=clock.now())
    for who in hidden_from:
        assert "access:denial:recorded" not in acts_seen_by(acting, who, told.case), who
    for who in shown_to:
        assert "access:denial:recorded" in acts_seen_by(acting, who, told.case), who


@pytest.mark.parametrize("accused", ["thao@anh-duong", "cuong@cong-an-tinh"])
def test_an_auditor_has_every_leaf_and_none_of_them_tells_that_somebody_is_accused(
    accused: str, acting: Acting, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    told = sent_to(acting)
    with acting("hanh@anh-duong") as hanh:
        assign(hanh, told.case, hanh.account_id or told.case, "cover", now=clock.now())
    with acting("lan@anh-duong") as lan:
        denial = deny(lan, told.case, DenialFact(None, account=directory.accounts[accused]), now=clock.now())
        of_case(lan, told.case, now=clock.now())
        lift(lan, told.case, denial, now=clock.now())
        describe(lan, told.case, "Người Lạ", now=clock.now())
    now = clock.now()
    with acting(AUDITOR) as auditor:
        lines, _more = log_entries(auditor, Wanted(since=now - timedelta(days=1), until=now), now=now)
    (count,) = admin_connection.execute("SELECT count(*) FROM audit_entry").fetchone() or (0,)
    assert len(lines) + 1 == count, "all but its own: one that the bundle alone holds would point at the accused"
    about = [line for line in reversed(lines) if line.envelope["obj"] == str(told.case)]
    team, denied, read, lifted, described = about[-5:]
    assert [line.act for line in (denied, lifted, described)] == [team.act] * 3 == ["access:record:changed"] * 3
    assert read.act == "cases:sections:read"
    assert {frozenset(line.envelope) for line in (denied, lifted, described)} == {frozenset(team.envelope)}
    assert not [line for line in lines if b"denial" in line.raw or b"conflict" in line.raw]


def test_who_keeps_the_case_reads_what_the_leaf_does_not_tell(acting: Acting, directory: Directory) -> None:
    told = sent_to(acting)
    with acting("lan@anh-duong") as lan:
        denial = deny(lan, told.case, DenialFact(None, agency=directory.agencies["cong-an-tinh"]), now=clock.now())
        of_case(lan, told.case, now=clock.now())
        lift(lan, told.case, denial, now=clock.now())
        describe(lan, told.case, "Người Lạ", now=clock.now())
    seen = acts_seen_by(acting, "lan@anh-duong", told.case)
    assert {"access:denial:recorded", "access:denials:read", "access:denial:lifted"} <= set(seen)


def test_lifting_describing_and_checking_accuse_as_well(acting: Acting, directory: Directory) -> None:
    told, thao = sent_to(acting), directory.accounts["thao@anh-duong"]
    with acting("thao@anh-duong") as herself:
        name = herself.name
    with acting("lan@anh-duong") as lan:
        lift(lan, told.case, deny(lan, told.case, DenialFact(None, account=thao), now=clock.now()), now=clock.now())
        describe(lan, told.case, name, now=clock.now())
        checked(lan, told.case, thao, now=clock.now())
    with acting("hanh@anh-duong") as hanh:
        assign(hanh, told.case, hanh.account_id or told.case, "cover", now=clock.now())
    changes = {act for act in acts_seen_by(acting, "lan@anh-duong", told.case) if "grant" not in act}
    assert not [act for act in changes if "denial" in act or "conflict" in act]
    assert "cases:team:changed" in changes, "what accuses nobody is seen"


def test_refusals_that_a_denial_caused_are_not_told_to_who_keeps_the_case_in_the_accused_agency(
    acting: Acting, directory: Directory
) -> None:
    told = sent_to(acting)
    with acting("lan@anh-duong") as lan:
        deny(lan, told.case, DenialFact(None, account=directory.accounts["thao@anh-duong"]), now=clock.now())
    with acting("thao@anh-duong") as refused:
        record(refused, Entry(Act.ACCESS_REFUSED, told.case, why="case:read", outcome="denied"), now=clock.now())
    assert "access:step:refused" not in acts_seen_by(acting, "lan@anh-duong", told.case)


def test_a_refusal_that_has_nothing_to_do_with_a_denial_is_seen(acting: Acting) -> None:
    told = sent_to(acting)
    with acting("thao@anh-duong") as thao:
        record(thao, Entry(Act.ACCESS_REFUSED, told.case, why="case:read", outcome="denied"), now=clock.now())
    assert "access:step:refused" in acts_seen_by(acting, "lan@anh-duong", told.case)


def test_patterns_are_counted_and_never_say_of_which_case_or_commune(acting: Acting, admin_connection: Any) -> None:
    row = admin_connection.execute(
        "SELECT g.code, min(a.area_code) FROM agency g JOIN agency_area a ON a.agency_id = g.id"
        " WHERE NOT (g.hours ->> 'open24')::boolean GROUP BY g.code HAVING count(*) = 1 ORDER BY 1"
    ).fetchone()
    assert row is not None, "an agency of one commune"
    night = datetime(2026, 11, 10, 16, 30, tzinfo=UTC)  # 23:30 in the province
    with acting("lan@anh-duong") as lan:
        near = a_case(lan, area=row[1])
        far = a_case(lan)
    _as_a_person_of(admin_connection, row[0], [(near, night), (far, night + timedelta(minutes=1))])
    with acting(AUDITOR) as auditor:
        found = unusual(auditor, clock.now() - night + timedelta(hours=1), now=clock.now())
    ((one, why),) = [pair for pair in found if pair[0].org == row[0]]
    assert (one.openings, one.at_night, one.own_area, one.most_cases) == (2, 2, 1, 2)
    assert set(why) == {Hint.NIGHT, Hint.NEAR}
    assert not [value for value in (near, far, row[1]) if str(value) in repr(one)]


def _as_a_person_of(admin: psycopg.Connection, agency: str, read: list[tuple[UUID, datetime]]) -> None:
    """Readings of somebody of an agency, each in a transaction of its own, written as the superuser can."""
    who = uuid4()
    for case, at in read:
        uid = uuid4()
        envelope = (
            f'{{"act":"cases:sections:read","at":"{at:%Y-%m-%dT%H:%M:%S.%fZ}","id":"{uid}","n":1,"obj":"{case}",'
            f'"org":"{agency}","out":"ok","who":"{who}"}}'
        )
        admin.execute(
            "INSERT INTO audit_entry (uid, subject, kind, envelope) VALUES (%s, %s, 'read', %s)",
            [f"ffffffff-ffff-7fff-8fff-{uid.hex[-12:]}", case, envelope.encode()],
        )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ()),
        ({"at_night": 1}, (Hint.NIGHT,)),
        ({"at_night": 9, "on_duty": True}, ()),
        ({"own_area": 1}, (Hint.NEAR,)),
        ({"most_cases": MANY_CASES}, ()),
        ({"most_cases": MANY_CASES + 1}, (Hint.MANY,)),
        ({"refused": REFUSALS - 1}, ()),
        ({"refused": REFUSALS}, (Hint.REFUSED,)),
    ],
)
def test_what_stands_out(change: dict[str, Any], expected: tuple[Hint, ...]) -> None:
    assert hints(replace(QUIET, **change)) == expected


def test_who_stands_out_most_comes_first() -> None:
    some = replace(QUIET, who="2", refused=REFUSALS)
    more = replace(QUIET, who="3", refused=REFUSALS, own_area=1)
    assert [one.who for one, _ in stand_out([QUIET, some, more])] == ["3", "2"]


def test_a_reading_rests_on_what_was_open_at_that_moment() -> None:
    agency, consent, noon = uuid4(), uuid4(), datetime(2026, 11, 23, 5, tzinfo=UTC)
    share = Share(agency, "identity", "consent", consent, noon, noon, noon + timedelta(hours=2))
    everything: frozenset[str] = frozenset()
    assert rested_on([share, share], agency, everything, noon + timedelta(hours=1)) == (share,)
    assert rested_on([share], agency, frozenset({"medical"}), noon + timedelta(hours=1)) == ()
    assert rested_on([share], uuid4(), everything, noon + timedelta(hours=1)) == ()
    assert rested_on([share], agency, everything, noon - CLOCKS_DIFFER * 2) == ()
    assert rested_on([share], agency, everything, noon + timedelta(hours=2) + CLOCKS_DIFFER * 2) == ()
    assert rested_on([replace(share, since=None)], agency, everything, noon + timedelta(hours=1)) == ()
