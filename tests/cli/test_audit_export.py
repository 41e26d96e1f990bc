"""`audit export`: who may take the log away, what the file holds, and that the taking is an entry itself."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.cases.queries import header
from referral_hub.kernel import clock
from tests.builders import a_case
from tests.cli.commandline import CommandLine, Said
from tests.conftest import Acting, Directory
from tests.people import email

Export = Callable[..., Said]


@pytest.fixture
def export(cli: CommandLine) -> Export:
    def take(who: str, *options: object) -> Said:
        return cli("audit", "export", "--as", email(who), *options)

    return take


def lines(said: Said) -> list[dict[str, Any]]:
    assert said.status == 0, said.err
    return [json.loads(line) for line in said.out.splitlines()]


@pytest.fixture
def case(acting: Acting) -> tuple[UUID, str]:
    with acting("lan@anh-duong") as lan:
        made = a_case(lan)
        return made, header(lan, made).code


def test_who_holds_a_case_takes_its_log_as_fhir(export: Export, case: tuple[UUID, str]) -> None:
    events = lines(export("lan@anh-duong", "--case", case[1], "--fhir"))
    assert {event["resourceType"] for event in events} == {"AuditEvent"}
    codes = [event["subtype"][-1]["code"] for event in events]
    assert codes[0] == "access:subject:opened" and codes[-1] == "audit:log:exported", "oldest first, the taking last"
    (opened,) = [event for event in events if event["subtype"][-1]["code"] == "cases:file:opened"]
    data = [entity for entity in opened["entity"] if entity["type"]["code"] == "2"][0]
    assert "regulation" in {detail["type"] for detail in data["detail"]}, "what the entry says was opened"


def test_without_fhir_the_lines_are_the_leaves_of_the_log(export: Export, case: tuple[UUID, str]) -> None:
    said = export("lan@anh-duong", "--case", case[1])
    for line in said.out.splitlines():
        assert json.loads(line)["obj"] == str(case[0])
        assert json.dumps(json.loads(line), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == line


def test_a_colleague_and_a_stranger_take_nothing_of_a_case(export: Export, case: tuple[UUID, str]) -> None:
    for who in ("thao@anh-duong", "cuong@cong-an-tinh", "kiem@so-y-te"):
        said = export(who, "--case", case[1], "--fhir")
        assert (said.status, said.out) == (1, ""), who


def test_an_auditor_takes_envelopes_without_what_they_say(export: Export, case: tuple[UUID, str]) -> None:
    events = lines(export("kiem@so-y-te", "--fhir"))
    about = [e for e in events if any(i["what"]["identifier"]["value"] == str(case[0]) for i in e["entity"])]
    assert about
    said = {detail["type"] for event in about for entity in event["entity"] for detail in entity.get("detail", [])}
    assert said <= {"records", "log-index"}


def test_nobody_but_an_auditor_takes_the_entries_of_all(export: Export, case: tuple[UUID, str]) -> None:
    for who in ("lan@anh-duong", "phuc@anh-duong", "dung@anh-duong"):
        assert (export(who, "--fhir").status, export(who, "--fhir").out) == (1, ""), who


def test_days_bound_what_is_taken(export: Export, case: tuple[UUID, str]) -> None:
    today = clock.now().astimezone(clock.LOCAL).date()
    before, after = today - timedelta(days=1), today + timedelta(days=1)
    assert lines(export("lan@anh-duong", "--case", case[1], "--to", before)) == []
    assert lines(export("lan@anh-duong", "--case", case[1], "--from", after)) == []
    assert lines(export("lan@anh-duong", "--case", case[1], "--from", today, "--to", today))
    assert lines(export("kiem@so-y-te", "--to", before)) == []


@pytest.mark.parametrize("options", [(), ("--fhir",)])
def test_what_an_auditor_takes_does_not_tell_that_somebody_is_accused(
    export: Export, acting: Acting, case: tuple[UUID, str], directory: Directory, options: tuple[str, ...]
) -> None:
    for who in ("thu@benh-vien-tinh", "cuong@cong-an-tinh"):
        with acting("lan@anh-duong") as lan:
            deny(lan, case[0], DenialFact(None, account=directory.accounts[who]), now=clock.now())
    taken = export("kiem@so-y-te", *options)
    assert taken.status == 0
    assert "denial" not in taken.out and taken.out.count("access:record:changed") >= 2
    said = export("lan@anh-duong", "--case", case[1], *options).out.count("access:denial:recorded")
    assert said == (2 if options else 0), "who keeps the case reads what it was; the raw entry is the leaf"
