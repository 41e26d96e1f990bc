"""A case: opened with its facts and sections, held by its team, closed with a reason, and nobody else's."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from referral_hub.access.gate import Refused
from referral_hub.cases import queries, service
from referral_hub.cases.facts import ServiceGiven
from referral_hub.cases.sections import read_sections
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Forbidden, Invalid, NotFound
from referral_hub.kernel.ids import CODE_ALPHABET
from tests.builders import SECTIONS, a_case
from tests.conftest import Acting, Directory


def everything(admin: psycopg.Connection) -> list[int]:
    tables = ("subject", "case_file", "case_fact", "case_section", "data_key", "access_grant", "audit_entry")
    return [admin.execute(f"SELECT count(*) FROM {t}".encode()).fetchone()[0] for t in tables]  # type: ignore[index]


def test_a_new_case_reads_back_as_it_was_written(acting: Acting) -> None:
    at = clock.now()
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, now=at)
    with acting("lan@anh-duong") as lan:
        sections = queries.sections(lan, case, now=clock.now())
        header = queries.header(lan, case)
        (member,) = queries.team(lan, case, now=clock.now())
        assert queries.find_by_code(lan, f" {header.code.lower()} ") == case
    assert {category: dict(section.fields) for category, section in sections.items()} == SECTIONS
    assert (header.opened_at, header.closed_at, header.imported) == (at, None, False)
    assert (member.name, member.duty) == ("Nguyễn Ngọc Lan", "worker")


def test_a_case_code_is_random_and_can_be_read_out(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        codes = [queries.header(lan, a_case(lan)).code for _ in range(5)]
    assert len(set(codes)) == 5
    for code in codes:
        prefix, *parts = code.split("-")
        assert prefix == "HS"
        assert set("".join(parts)) <= set(CODE_ALPHABET)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"sex": "woman"}, "sex"),
        ({"age_band": "30"}, "age_band"),
        ({"gbv_type": "beating"}, "gbv_type"),
        ({"risk_level": "very high"}, "risk_level"),
        ({"sections": {"identity": {"height": 3}}}, "identity.height"),
        ({"sections": {"no_such": {"x": 1}}}, "no_such.category"),
        ({"sections": {"contact": {"safe_phone": "gọi mẹ"}}}, "contact.safe_phone"),
    ],
)
def test_what_the_regulation_or_a_schema_does_not_know_opens_no_case(
    acting: Acting, admin_connection: psycopg.Connection, said: dict[str, Any], field: str
) -> None:
    before = everything(admin_connection)
    with pytest.raises(Invalid) as caught, acting("lan@anh-duong") as lan:
        a_case(lan, **said)
    assert caught.value.field == field
    assert everything(admin_connection) == before


def test_a_section_written_again_replaces_what_stood_there_and_keeps_it(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, sections={"contact": {"safe_phone": "0912345678", "pretext": "Hội Phụ nữ"}})
    with acting("lan@anh-duong") as lan:
        service.write_case(lan, case, {"contact": {"safe_phone": "0987654321"}}, now=clock.now())
    with acting("lan@anh-duong") as lan:
        (section,) = read_sections(lan, case, ["contact"], why="test", now=clock.now()).values()
    assert dict(section.fields) == {"safe_phone": "0987654321"}, "the old preview must not shine through"
    history = admin_connection.execute("SELECT category, revision FROM case_section_history").fetchall()
    assert history == [("contact", 1), ("contact", 1)]


def test_what_is_in_the_database_is_sealed(acting: Acting, admin_connection: psycopg.Connection) -> None:
    with acting("lan@anh-duong") as lan:
        a_case(lan)
    for table in ("case_section", "case_file", "case_fact", "audit_entry", "audit_payload", "subject", "access_grant"):
        for row in admin_connection.execute(f"SELECT * FROM {table}".encode()).fetchall():
            raw = b"".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for v in row)
            for word in ("Hoa", "0912345678", "bầm tím", "mất ngủ"):
                assert word.encode() not in raw, table


@pytest.mark.parametrize(
    ("who", "answer"),
    [("thao@anh-duong", Forbidden), ("binh@anh-duong", Forbidden), ("son@trung-tam-tgxh", NotFound)],
)
def test_who_does_not_hold_a_case_neither_reads_nor_writes_it(
    acting: Acting, admin_connection: psycopg.Connection, who: str, answer: type
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    before = everything(admin_connection)
    now = clock.now()
    for deed in (
        lambda actor: queries.header(actor, case),
        lambda actor: queries.sections(actor, case, now=now),
        lambda actor: queries.team(actor, case, now=now),
        lambda actor: service.write_case(actor, case, SECTIONS, now=now),
        lambda actor: service.close_case(actor, case, "goals_met", now=now),
        lambda actor: service.record_service(actor, case, ServiceGiven("S8", now), now=now),
        lambda actor: service.assign(actor, case, actor.account_id, "cover", now=now),
    ):
        with pytest.raises(Refused) as caught, acting(who) as actor:
            deed(actor)
        assert type(caught.value.answer) is answer
    assert everything(admin_connection) == before


def test_a_supervisor_gives_the_case_to_a_colleague_and_a_worker_does_not(acting: Acting, directory: Directory) -> None:
    thao = directory.accounts["thao@anh-duong"]
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    with pytest.raises(Refused), acting("lan@anh-duong") as lan:
        service.assign(lan, case, thao, "cover", now=clock.now())
    with acting("hanh@anh-duong") as hanh:
        service.assign(hanh, case, thao, "cover", now=clock.now())
    with acting("thao@anh-duong") as actor:
        assert len(queries.sections(actor, case, now=clock.now())) == len(SECTIONS)


def test_a_closed_case_says_why_and_can_be_read(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    with pytest.raises(Invalid), acting("lan@anh-duong") as lan:
        service.close_case(lan, case, "bored", now=clock.now())
    with acting("lan@anh-duong") as lan:
        service.close_case(lan, case, "goals_met", now=clock.now())
    with acting("lan@anh-duong") as lan:
        header = queries.header(lan, case)
        assert header.closure_reason == "goals_met"
        assert header.closed_at is not None
        assert queries.sections(lan, case, now=clock.now())


def test_a_service_given_at_the_house_ends_after_it_began(acting: Acting, admin_connection: psycopg.Connection) -> None:
    at = clock.now()
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    for given, field in (
        (ServiceGiven("S99", at), "service"),
        (ServiceGiven("S8", at, outcome="flew"), "outcome"),
        (ServiceGiven("S8", at, at - timedelta(hours=1)), "ended_at"),
    ):
        with pytest.raises(Invalid) as caught, acting("lan@anh-duong") as lan:
            service.record_service(lan, case, given, now=at)
        assert caught.value.field == field
    with acting("lan@anh-duong") as lan:
        service.record_service(lan, case, ServiceGiven("S8", at, at, "counselled"), now=at)
    assert admin_connection.execute("SELECT service, outcome FROM service_episode").fetchall() == [("S8", "counselled")]


def test_another_agencys_code_and_an_unknown_one_are_the_same_answer(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        code = queries.header(lan, a_case(lan)).code
    answers = []
    for asked in (code, "HS-2222-2222"):
        with pytest.raises(Refused) as caught, acting("son@trung-tam-tgxh") as son:
            queries.find_by_code(son, asked)
        answers.append((caught.value.subject, caught.value.answer.sentence))
    assert answers[0] == answers[1]


def test_reading_nothing_writes_nothing_and_reading_writes_first(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    before = everything(admin_connection)
    with acting("lan@anh-duong") as lan:
        assert read_sections(lan, case, [], why="test", now=clock.now()) == {}
    assert everything(admin_connection) == before
    with acting("thao@anh-duong") as thao:
        assert read_sections(thao, case, ["identity"], why="test", now=clock.now()) == {}
    assert everything(admin_connection)[-1] == before[-1] + 1, "a try that shows nothing is in the log too"
