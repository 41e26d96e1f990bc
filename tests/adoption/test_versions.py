"""Which version may follow which, and from when."""

from copy import deepcopy
from datetime import date, datetime, timedelta

import psycopg
import pytest
from flask import Flask

from referral_hub.kernel import clock
from referral_hub.kernel.db import transaction
from referral_hub.kernel.errors import Conflict
from referral_hub.referrals.drafting import NewReferral, draft
from referral_hub.referrals.rules import Step
from referral_hub.referrals.stepping import step
from referral_hub.regulation import store
from tests.adoption.conftest import Grants, Version, moved, start_of
from tests.builders import a_case, a_consent, agency_id
from tests.cli.commandline import CommandLine
from tests.conftest import Acting
from tests.people import POLICE
from tests.regulation.editing import Edit, add, drop, put
from tests.story import accepted_by, sent_to

Adopted = list[tuple[str, date]]


@pytest.fixture
def shipped_day(admin_connection: psycopg.Connection) -> date:
    """Since when the shipped version is in force."""
    ((_, day),) = adopted(admin_connection)
    return day


def adopted(connection: psycopg.Connection) -> Adopted:
    return connection.execute(
        "SELECT version, effective_from FROM regulation_version ORDER BY effective_from"
    ).fetchall()


def test_a_new_version_comes_into_force_on_its_day_and_not_before(
    cli: CommandLine, hub: Flask, version: Version, next_month: date
) -> None:
    assert cli("regulation", "adopt", version(), "--effective-from", next_month).status == 0
    with transaction(None):
        assert store.in_force(start_of(next_month) - timedelta(seconds=1))[1].version != "9.0.0"
        assert store.in_force(start_of(next_month))[1].version == "9.0.0"


def test_a_referral_keeps_the_version_that_decided_it(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, admin_connection: psycopg.Connection
) -> None:
    accepted_by(acting)
    statement = "SELECT r.regulation_id, c.regulation_id FROM referral r JOIN consent c ON c.case_id = r.case_id"
    before = admin_connection.execute(statement).fetchall()
    cli("regulation", "adopt", version(), "--effective-from", next_month)
    assert admin_connection.execute(statement).fetchall() == before


def test_what_the_version_adds_is_there(
    cli: CommandLine, version: Version, next_month: date, admin_connection: psycopg.Connection
) -> None:
    area = {"code": "qn_new", "type": "phuong", "vi": "Phường Mới", "en": "New Ward"}
    role = {"code": "night_worker", "vi": "Trực đêm", "en": "Night worker"}

    def like_its_neighbours(path: str, entry: dict[str, str]) -> Edit:
        def edit(raw: dict[str, object]) -> None:
            found: object = raw
            for part in path.split("."):
                found = found[part]  # type: ignore[index]
            assert isinstance(found, list)
            found.append(deepcopy(found[-1]) | entry)

        return edit

    path = version(like_its_neighbours("admin_units.units", area), like_its_neighbours("roles", role))
    said = cli("regulation", "adopt", path, "--effective-from", next_month)
    assert said.status == 0, said.out + said.err
    assert admin_connection.execute("SELECT name_vi FROM area WHERE code = 'qn_new'").fetchall() == [("Phường Mới",)]
    assert admin_connection.execute("SELECT 1 FROM role WHERE name = 'night_worker'").fetchall() == [(1,)]


def test_the_same_file_is_adopted_once(
    cli: CommandLine, version: Version, next_month: date, admin_connection: psycopg.Connection
) -> None:
    path = version()
    cli("regulation", "adopt", path, "--effective-from", next_month)
    before = adopted(admin_connection)
    again = cli("--locale", "en", "regulation", "adopt", path, "--effective-from", next_month + timedelta(days=1))
    assert again.status == 1
    assert again.err.strip() == f"This file was adopted already: version 9.0.0, from {next_month}."
    assert adopted(admin_connection) == before


@pytest.mark.parametrize("days", [-1, 0, 29, 30])
def test_a_version_begins_after_all_others_and_never_in_the_past(
    cli: CommandLine, version: Version, today: date, shipped_day: date, admin_connection: psycopg.Connection, days: int
) -> None:
    assert shipped_day == today, "the shipped version began with this installation"
    cli("regulation", "adopt", version(number="8.0.0"), "--effective-from", today + timedelta(days=30))
    before = adopted(admin_connection)
    said = cli("regulation", "adopt", version(), "--effective-from", today + timedelta(days=days))
    assert (said.status, said.out) == (1, "")
    assert len(said.err.strip().splitlines()) == 1
    assert adopted(admin_connection) == before


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (drop("hold_reasons[5]"), "code-removed"),
        (put("meta.id", "another-regulation"), "other-regulation"),
        (put("meta.version", "0.2.0"), "version-reused"),
        (add("need_to_know[0].min", "no_such_category"), None),
    ],
    ids=["a code removed", "another regulation", "a number used twice", "a fault in the file"],
)
def test_a_version_that_cannot_follow_is_refused_with_its_faults(
    cli: CommandLine,
    version: Version,
    next_month: date,
    admin_connection: psycopg.Connection,
    edit: Edit,
    rule: str | None,
) -> None:
    before = adopted(admin_connection)
    said = cli("regulation", "adopt", version(edit), "--effective-from", next_month, "--format", "json")
    assert (said.status, said.document["ok"]) == (1, False)
    assert rule is None or rule in {fault["rule"] for fault in said.document["faults"]}
    assert adopted(admin_connection) == before


def test_an_adopted_version_is_never_changed(
    cli: CommandLine, version: Version, next_month: date, admin_connection: psycopg.Connection, now: datetime
) -> None:
    cli("regulation", "adopt", version(), "--effective-from", next_month)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        admin_connection.execute("UPDATE regulation_version SET source = '' WHERE version = '9.0.0'")


def test_what_is_sent_before_a_stricter_version_begins_ends_with_its_first_day(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, ends: Grants
) -> None:
    cli("regulation", "adopt", version(moved("contact", "deny")), "--effective-from", next_month)
    sent_to(acting)
    assert ends()["contact"] == start_of(next_month)
    assert ends()["identity"] != start_of(next_month)


def test_a_draft_of_an_earlier_version_is_written_anew(
    cli: CommandLine, acting: Acting, version: Version, next_month: date
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case, valid_for=timedelta(days=200))
        written = draft(lan, NewReferral(case, agency_id(POLICE), "J2"), now=clock.now())
    cli("regulation", "adopt", version(moved("contact", "deny")), "--effective-from", next_month)
    later = start_of(next_month) + timedelta(days=1)
    with acting("lan@anh-duong") as lan, pytest.raises(Conflict, match="anew"):
        step(lan, written, Step("send"), occurred=later, now=later)
