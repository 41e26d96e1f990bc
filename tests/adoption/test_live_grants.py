"""What becomes of access that is open when a new version does not allow it any more."""

import json
from datetime import date, timedelta
from types import SimpleNamespace

import psycopg
import pytest

from referral_hub.adoption import barred
from referral_hub.cases.sections import read_sections
from referral_hub.kernel import clock
from referral_hub.regulation.loader import shipped
from referral_hub.vault.documents import AUDIT_KEY, open_key
from tests.adoption.conftest import Grants, Version, for_purpose, moved, start_of
from tests.builders import COVERED, a_case, a_consent, a_sent_referral, take
from tests.cli.commandline import CommandLine
from tests.conftest import Acting
from tests.people import POLICE
from tests.story import accepted_by, sent_to

POLICE_OFFICER = "cuong@cong-an-tinh"


def test_what_the_new_version_does_not_share_ends_at_the_start_of_its_first_day(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, ends: Grants
) -> None:
    told = accepted_by(acting)
    before = ends()
    said = cli(
        "regulation", "adopt", version(moved("contact", "deny")), "--effective-from", next_month, "--format", "json"
    )
    assert said.status == 0, said.err
    assert ends() == {**before, "contact": start_of(next_month)}
    (grant,) = said.document["grants"]
    assert (grant["from"], grant["to"]) == ("anh-duong", POLICE)
    assert (grant["category"], grant["why"]) == ("contact", "not-shared")
    assert said.document["ended"] == 1
    with acting(POLICE_OFFICER) as officer:  # today nothing has changed yet
        seen = read_sections(officer, told.case, COVERED, why="legal_protection", now=clock.now())
    assert set(seen) == set(COVERED)


def test_a_referral_that_waits_for_an_answer_loses_it_too(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, ends: Grants
) -> None:
    sent_to(acting)
    cli("regulation", "adopt", version(moved("contact", None)), "--effective-from", next_month)
    assert ends()["contact"] == start_of(next_month)


def test_a_version_from_today_on_closes_at_once_and_does_not_rewrite_this_morning(
    cli: CommandLine, acting: Acting, version: Version, today: date, ends: Grants, admin_connection: psycopg.Connection
) -> None:
    told = accepted_by(acting)
    with admin_connection.transaction():  # as if the shipped version had been adopted a month ago
        admin_connection.execute("SET LOCAL session_replication_role = replica")
        admin_connection.execute("UPDATE regulation_version SET effective_from = effective_from - 30")
    before = clock.now()
    said = cli("regulation", "adopt", version(moved("contact", "deny")), "--effective-from", today)
    assert said.status == 0, said.err
    assert before <= ends()["contact"] <= clock.now()
    with acting(POLICE_OFFICER) as officer:
        seen = read_sections(officer, told.case, COVERED, why="legal_protection", now=clock.now())
    assert set(seen) == set(COVERED) - {"contact"}


def test_a_category_that_now_needs_her_word_ends_unless_she_named_it(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, ends: Grants
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case, categories=COVERED, named=("incident_detail",))
        a_sent_referral(lan, case)
    before = ends()
    cli("regulation", "adopt", version(moved("identity", "ask")), "--effective-from", next_month)
    assert ends() == {**before, "identity": start_of(next_month)}


def test_a_consent_for_one_purpose_does_not_carry_another(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, ends: Grants
) -> None:
    accepted_by(acting)
    cli("regulation", "adopt", version(for_purpose("evidence")), "--effective-from", next_month)
    assert set(ends().values()) == {start_of(next_month)}


def test_a_version_that_shares_more_touches_no_grant(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, ends: Grants
) -> None:
    accepted_by(acting)
    before = ends()
    said = cli(
        *("regulation", "adopt", version(moved("medical", "min"), moved("legal", "min"))),
        *("--effective-from", next_month, "--format", "json"),
    )
    assert (said.status, said.document["grants"]) == (0, [])
    assert ends() == before


def test_access_that_ends_earlier_by_itself_keeps_its_end(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, ends: Grants
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case, valid_for=timedelta(days=7))
        referral = a_sent_referral(lan, case)
    with acting(POLICE_OFFICER) as officer:
        take(officer, referral, "accept")
    before = ends()
    said = cli(
        "regulation", "adopt", version(moved("contact", "deny")), "--effective-from", next_month, "--format", "json"
    )
    assert said.document["grants"] == []
    assert ends() == before


def test_with_a_reason_referrals_run_out_and_the_log_says_why(
    cli: CommandLine,
    acting: Acting,
    version: Version,
    next_month: date,
    ends: Grants,
    admin_connection: psycopg.Connection,
) -> None:
    accepted_by(acting)
    before = ends()
    reason = "Quyết định 12/QĐ-UBND, điều khoản chuyển tiếp"
    said = cli(
        *("regulation", "adopt", version(moved("contact", "deny")), "--effective-from", next_month),
        *("--let-run-out", reason, "--format", "json"),
    )
    assert (said.document["ended"], said.document["left_to_run_out"]) == (0, 1)
    assert ends() == before
    (envelope,) = _entries(admin_connection, "regulation:version:adopted")
    assert (envelope["why"], envelope["n"]) == (reason, 1)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_reason_is_a_short_sentence(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, ends: Grants, reason: str
) -> None:
    accepted_by(acting)
    before = ends()
    path = version(moved("contact", "deny"))
    assert cli("regulation", "adopt", path, "--effective-from", next_month, "--let-run-out", reason).status == 1
    assert ends() == before


def test_a_dry_run_tells_the_same_and_keeps_nothing(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, ends: Grants
) -> None:
    accepted_by(acting)
    before, path = ends(), version(moved("contact", "deny"))
    command = ("regulation", "adopt", path, "--effective-from", next_month, "--format", "json")
    tried = cli(*command, "--dry-run").document
    assert ends() == before
    done = cli(*command).document
    assert {**tried, "dry_run": False} == done


def test_each_case_whose_access_ends_has_its_entry(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, admin_connection: psycopg.Connection
) -> None:
    first, second = accepted_by(acting), sent_to(acting)
    path = version(moved("contact", "deny"), moved("identity", "ask"))
    cli("regulation", "adopt", path, "--effective-from", next_month)
    found = _entries(admin_connection, "access:grant:ended")
    assert {(one["obj"], one["n"]) for one in found} == {(str(first.case), 2), (str(second.case), 2)}
    assert {(one["who"], one["org"], one["via"]) for one in found} == {("operator", "hub", "cli")}
    (adopted,) = _entries(admin_connection, "regulation:version:adopted")
    assert {one["basis"] for one in found} == {adopted["obj"]}
    for told in (first, second):
        payload = _payload(admin_connection, next(one["id"] for one in found if one["obj"] == str(told.case)))
        assert payload == {"referral": str(told.referral), "cause": "regulation-adopted"}


def test_the_cases_of_several_owners_are_treated_alike(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, admin_connection: psycopg.Connection
) -> None:
    accepted_by(acting)
    with acting("son@trung-tam-tgxh") as son:
        case = a_case(son)
        a_consent(son, case)
        a_sent_referral(son, case)
    said = cli(
        "regulation", "adopt", version(moved("contact", "deny")), "--effective-from", next_month, "--format", "json"
    )
    assert [one["from"] for one in said.document["grants"]] == ["anh-duong", "trung-tam-tgxh"]
    assert len(_entries(admin_connection, "access:grant:ended")) == 2


def test_the_owner_keeps_its_own_access(
    cli: CommandLine, acting: Acting, version: Version, next_month: date, admin_connection: psycopg.Connection
) -> None:
    accepted_by(acting)
    cli("regulation", "adopt", version(moved("contact", "deny")), "--effective-from", next_month)
    own = admin_connection.execute("SELECT valid_until, revoked_at FROM access_grant WHERE basis = 'owner'").fetchall()
    assert own == [(None, None)]


def test_nothing_about_the_person_is_printed(
    cli: CommandLine, acting: Acting, version: Version, next_month: date
) -> None:
    accepted_by(acting)
    said = cli("regulation", "adopt", version(moved("contact", "deny")), "--effective-from", next_month)
    assert "anh-duong -> cong-an-tinh" in said.out
    for word in ("Hoa", "0912345678", "Nguyễn"):
        assert word not in said.out + said.err


@pytest.mark.parametrize(
    ("category", "named", "purpose", "answer"),
    [
        ("contact", False, "legal_protection", None),
        ("medical", True, "legal_protection", "not-shared"),
        ("incident_detail", False, "legal_protection", "not-asked-by-name"),
        ("incident_detail", True, "legal_protection", None),
        ("contact", False, "evidence", "other-purpose"),
        ("shelter_site", True, "legal_protection", "not-shared"),
    ],
)
def test_why_a_version_bars_a_grant(category: str, named: bool, purpose: str, answer: str | None) -> None:
    grant = SimpleNamespace(
        service="J2", recipient_type="police_commune", category=category, named=named, purpose=purpose
    )
    assert barred(shipped(), grant) == answer


def _entries(connection: psycopg.Connection, act: str) -> list[dict[str, object]]:
    rows = connection.execute("SELECT envelope FROM audit_entry ORDER BY id").fetchall()
    return [one for one in (json.loads(row[0]) for row in rows) if one["act"] == act]


def _payload(connection: psycopg.Connection, uid: object) -> dict[str, object]:
    row = connection.execute(
        """SELECT p.subject, p.ciphertext, k.wrapped, k.wrapping_key FROM audit_payload p
           JOIN data_key k ON k.subject = p.subject AND k.category = %s WHERE p.entry_uid = %s""",
        [AUDIT_KEY, uid],
    ).fetchone()
    assert row is not None
    subject, ciphertext, wrapped, wrapping_key = row
    plain = open_key(subject, AUDIT_KEY, wrapped, wrapping_key).unseal(ciphertext, f"audit/v1|{uid}")
    found: dict[str, object] = json.loads(plain[32:])
    return found
