"""The whole loop from the command line: every verb of the transition table, each by the side that may take it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from referral_hub.regulation.loader import shipped
from tests.builders import COVERED, SECTIONS, SERVICE
from tests.cli.commandline import CommandLine, Said
from tests.people import HOUSE, LEGAL_AID, POLICE, email
from tests.portal.world import entries

LAN, CUONG, HA = "lan@anh-duong", "cuong@cong-an-tinh", "ha@trung-tam-tgxh"
Saying = Callable[..., Said]


@pytest.fixture
def say(cli: CommandLine) -> Saying:
    """`say(LAN, "referral", "cancel", code, ...)` as JSON."""

    def run(who: str, *words: object) -> Said:
        return cli(*words, "--as", email(who), "--format", "json")

    return run


@pytest.fixture
def case(say: Saying, tmp_path: Path) -> str:
    """The code of a case that Lan opened."""
    path = tmp_path / "sections.json"
    path.write_text(json.dumps(SECTIONS), "utf-8")
    said = say(LAN, "case", "open", "--sections", path, "--fact", "risk_level=medium", "--fact", "birth_year=1991")
    assert said.status == 0, said.err
    code: str = said.document["code"]
    return code


@pytest.fixture
def agreed(say: Saying) -> Callable[..., str]:
    """Her consent to one service of one agency."""

    def give(case: str, to: str = POLICE, service: str = SERVICE) -> str:
        covered = [word for category in COVERED for word in ("--category", category)]
        how = ("--method", "paper_signed", "--evidence", "scan_hash=3b1e")
        said = say(LAN, "consent", "give", case, "--to", to, "--service", service, *covered, *how)
        assert said.status == 0, said.err
        consent: str = said.document["id"]
        return consent

    return give


@pytest.fixture
def sent(say: Saying, case: str, agreed: Callable[..., str]) -> str:
    """The code of a referral that the police have not answered."""
    agreed(case)
    return send(say, case)


def send(say: Saying, case: str, *options: str, to: str = POLICE, service: str = SERVICE) -> str:
    said = say(LAN, "referral", "send", case, "--to", to, "--service", service, *options)
    assert said.status == 0, said.err
    (one,) = said.document
    assert (set(one), one["status"]) == ({"id", "code", "status"}, "sent")
    code: str = one["code"]
    return code


def test_every_verb_of_the_table_can_be_said(say: Saying, case: str, agreed: Callable[..., str]) -> None:
    agreed(case)
    agreed(case, LEGAL_AID, "S7")
    taken = set()

    def step(who: str, code: str, verb: str, becomes: str, *options: str) -> None:
        said = say(who, "referral", verb.replace("_", "-"), code, *options)
        assert said.status == 0, (verb, said.err)
        document = said.document
        assert (document[0] if isinstance(document, list) else document)["status"] == becomes, verb
        taken.add(verb)

    drafted = say(LAN, "referral", "draft", case, "--to", POLICE, "--service", SERVICE).document
    assert drafted["status"] == "draft"
    long = drafted["code"]
    step(LAN, long, "request_consent", "awaiting_consent")
    step(LAN, long, "revise", "draft")
    step(LAN, long, "mark_ready", "ready")
    step(LAN, long, "send", "sent")
    step(CUONG, long, "ask", "info_requested", "--question", "Cần thêm địa chỉ")
    step(LAN, long, "answer", "acknowledged", "--answer", "Đã ghi trong hồ sơ")
    step(CUONG, long, "accept", "accepted")
    step(CUONG, long, "start", "in_service")
    step(CUONG, long, "hold", "on_hold", "--reason", "waiting_papers")
    step(CUONG, long, "resume", "in_service")
    step(CUONG, long, "complete", "completed", "--outcome", "report_recorded")
    step(LAN, long, "close", "closed")

    urgent = send(say, case, "--urgency", "emergency")
    step(LAN, urgent, "record_phone_acknowledgement", "acknowledged", "--person-and-number", "Trực ban, 069")
    step(CUONG, urgent, "decline", "declined", "--reason", "no_capacity")
    elsewhere = send(say, case, to=LEGAL_AID, service="S7")
    step(LAN, urgent, "redirect", "redirected", "--new-referral", elsewhere)

    step("minh@tro-giup-phap-ly", elsewhere, "accept", "accepted")
    step("minh@tro-giup-phap-ly", elsewhere, "not_complete", "not_completed", "--reason", "unavailable")
    step(HA, elsewhere, "close", "closed", "--reason", "no_other_provider")
    step(LAN, send(say, case), "cancel", "cancelled", "--reason", "duplicate")
    step(LAN, send(say, case), "void", "void", "--reason", "practice")
    last = send(say, case)
    step(CUONG, last, "acknowledge", "acknowledged")
    step(CUONG, last, "withdraw", "withdrawn", "--her-wish", "Chị muốn dừng lại")
    assert taken == {transition.verb for transition in shipped().transitions}


def test_each_side_is_shown_what_it_may_see(say: Saying, sent: str) -> None:
    house, police = say(LAN, "referral", "show", sent).document, say(CUONG, "referral", "show", sent).document
    assert set(house) == set(police)
    assert house["withheld"] and police["withheld"] == {}
    assert set(police["shared"]) == {"contact", "demographics_min"}
    assert "safe_phone" not in police["shared"]["contact"]
    say(CUONG, "referral", "accept", sent)
    opened = say(CUONG, "referral", "show", sent).document
    assert set(opened["shared"]) == set(COVERED)
    assert opened["shared"]["identity"]["full_name"] == SECTIONS["identity"]["full_name"]
    assert "start" in opened["allowed"]


def test_a_withdrawn_consent_takes_everything_back(say: Saying, case: str, agreed: Callable[..., str]) -> None:
    consent = agreed(case)
    code = send(say, case)
    say(CUONG, "referral", "accept", code)
    said = say(LAN, "consent", "withdraw", consent)
    assert (said.status, len(said.document["referrals"])) == (0, 1)
    seen = say(CUONG, "referral", "show", code).document
    assert (seen["status"], seen["shared"], seen["withheld"]) == ("withdrawn", {}, {})


def test_a_case_is_shown_to_who_holds_it(say: Saying, case: str) -> None:
    found = say(LAN, "case", "show", case).document
    assert found["code"] == case
    assert found["sections"]["identity"]["full_name"] == SECTIONS["identity"]["full_name"]


@pytest.mark.parametrize(
    ("who", "error"),
    [("minh@tro-giup-phap-ly", "not-found"), ("thao@anh-duong", "forbidden"), ("phuc@anh-duong", "forbidden")],
)
def test_a_step_by_the_wrong_person_is_refused_and_logged(
    who: str, error: str, say: Saying, sent: str, admin_connection: psycopg.Connection
) -> None:
    said = say(who, "referral", "cancel", sent, "--reason", "duplicate")
    assert (said.status, said.document["error"]) == (1, error)
    assert said.document["detail"] == said.err.strip()
    refused = entries(admin_connection, "access:step:refused")
    assert [(one["org"], one["via"], one["out"]) for one in refused] == [(who.partition("@")[2], "cli", "denied")]


@pytest.mark.parametrize(("who", "error"), [(CUONG, "not-found"), (HA, "not-found"), ("thao@anh-duong", "forbidden")])
def test_a_case_of_somebody_else_is_not_shown(who: str, error: str, say: Saying, case: str, sent: str) -> None:
    said = say(who, "case", "show", case)
    assert (said.status, said.document["error"]) == (1, error)
    assert "Nguyễn Thị Hoa" not in said.out + said.err


def test_anothers_code_and_no_code_are_answered_alike(say: Saying, sent: str) -> None:
    there = say("minh@tro-giup-phap-ly", "referral", "show", sent)
    nowhere = say("minh@tro-giup-phap-ly", "referral", "show", "CG-XXXX-XXXX")
    assert (there.status, there.out, there.err) == (nowhere.status, nowhere.out, nowhere.err)


@pytest.mark.parametrize(
    ("words", "error", "more"),
    [
        (("decline",), "validation", {"field": "reason"}),
        (("decline", "--reason", "khong-co"), "validation", {"field": "reason"}),
        (("ask",), "validation", {"field": "question"}),
        (("ask", "--question", "x" * 501), "validation", {"field": "question"}),
        (("complete", "--outcome", "helped_fully"), "illegal-transition", {"verb": "complete"}),
        (("accept", "--version", "1"), "stale-version", {"who": "Nguyễn Ngọc Lan"}),
    ],
)
def test_what_is_wrong_is_said_as_json(
    words: tuple[str, ...], error: str, more: dict[str, Any], say: Saying, sent: str
) -> None:
    verb, *options = words
    said = say(CUONG, "referral", verb, sent, *options)
    assert said.status == 1
    assert said.document["error"] == error
    assert {key: said.document[key] for key in more} == more
    assert said.err.strip() == said.document["detail"]


def test_an_illegal_step_names_the_legal_ones(say: Saying, sent: str) -> None:
    said = say(CUONG, "referral", "resume", sent)
    assert set(said.document["allowed"]) >= {"acknowledge", "accept", "decline", "ask"}
    assert "cancel" not in said.document["allowed"]


def test_nobody_acts_under_a_name_that_is_not_there(
    cli: CommandLine, sent: str, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("SET session_replication_role = replica")  # nobody asks for the entry of this
    admin_connection.execute("UPDATE account SET active = false WHERE email = 'huyen@cong-an-tinh.example'")
    for who in ("system:report:cong-an-tinh", ":::"):  # the tasks of an agency are no option of the command line
        assert cli("referral", "accept", sent, "--as", who).status == 2
    for who in (email("nobody@cong-an-tinh"), email("huyen@cong-an-tinh"), ""):
        said = cli("referral", "accept", sent, "--as", who, "--format", "json")
        assert said.status == 1, who
        assert said.document["error"] in ("validation", "not-found", "forbidden"), who
    assert admin_connection.execute("SELECT status FROM referral").fetchone() == ("sent",)


def test_an_urgency_below_what_the_facts_imply_is_refused(
    say: Saying, agreed: Callable[..., str], tmp_path: Path
) -> None:
    case = say(LAN, "case", "open", "--fact", "risk_level=extreme").document["code"]
    agreed(case)
    said = say(LAN, "referral", "send", case, "--to", POLICE, "--service", SERVICE, "--urgency", "standard")
    assert (said.status, said.document["error"], said.document["field"]) == (1, "validation", "urgency")


def test_nothing_is_sent_to_several_when_one_of_them_cannot_receive_it(
    say: Saying, case: str, agreed: Callable[..., str], admin_connection: psycopg.Connection
) -> None:
    agreed(case)
    said = say(LAN, "referral", "send", case, "--to", POLICE, "--to", HOUSE, "--service", SERVICE)
    assert said.status == 1
    assert admin_connection.execute("SELECT count(*) FROM referral").fetchone() == (0,)


def test_people_read_the_answer_in_words(cli: CommandLine, say: Saying, sent: str) -> None:
    said = cli("referral", "show", sent, "--as", email(CUONG))
    assert said.status == 0
    assert sent in said.out and "Công an tỉnh Quảng Ninh" in said.out
    assert "Nguyễn Thị Hoa" not in said.out
