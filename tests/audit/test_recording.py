"""What is written down of each act, and what never is."""

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.audit.acts import Act
from referral_hub.audit.envelopes import SALT_BYTES, canonical, commitment
from referral_hub.audit.recording import Entry, record
from referral_hub.cases.sections import read_sections
from referral_hub.consent import service as consents
from referral_hub.kernel import clock
from referral_hub.vault.documents import AUDIT_KEY, open_key
from tests.builders import SECTIONS, a_case, agency_id, take
from tests.conftest import Acting
from tests.people import POLICE
from tests.story import accepted_by

FIELDS = {"v", "id", "at", "act", "out", "who", "org", "via", "obj", "n", "pl", "pc"}


def entries(admin: psycopg.Connection) -> list[dict[str, Any]]:
    rows = admin.execute("SELECT envelope FROM audit_entry ORDER BY id").fetchall()
    return [json.loads(envelope) for (envelope,) in rows]


def opened(admin: psycopg.Connection, subject: UUID) -> dict[str, tuple[bytes, bytes]]:
    """uid -> (salt, payload) of the sealed payloads of a subject."""
    key_row = admin.execute(
        "SELECT wrapped, wrapping_key FROM data_key WHERE subject = %s AND category = %s", [subject, AUDIT_KEY]
    ).fetchone()
    assert key_row is not None
    key = open_key(subject, AUDIT_KEY, *key_row)
    found = {}
    rows = admin.execute("SELECT entry_uid, ciphertext FROM audit_payload WHERE subject = %s", [subject]).fetchall()
    for uid, sealed in rows:
        plain = key.unseal(sealed, f"audit/v1|{uid}")
        found[str(uid)] = plain[:SALT_BYTES], plain[SALT_BYTES:]
    return found


def test_a_whole_story_leaves_its_entries_in_order(acting: Acting, admin_connection: psycopg.Connection) -> None:
    told = accepted_by(acting)
    with acting("cuong@cong-an-tinh", "portal") as cuong:
        read_sections(cuong, told.case, ["identity"], why="legal_protection", referral=told.referral, now=clock.now())
    with acting("lan@anh-duong") as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    written = entries(admin_connection)
    assert [entry["act"] for entry in written] == [
        *("access:subject:opened", "cases:file:opened", "cases:sections:written", "consent:consent:given"),
        *("referrals:referral:stepped", "referrals:referral:stepped", "access:grant:staged"),
        *("referrals:referral:stepped", "access:grant:opened", "cases:sections:read"),
        *("consent:consent:withdrawn", "access:grant:ended", "tasks:task:opened"),
        *("referrals:referral:stepped", "access:grant:ended"),
    ]
    assert {entry["obj"] for entry in written} == {str(told.case)}
    reading = next(entry for entry in written if entry["act"] == "cases:sections:read")
    assert (reading["org"], reading["via"], reading["why"]) == ("cong-an-tinh", "portal", "legal_protection")


def test_every_envelope_is_canonical_and_has_the_fields_of_its_version_alone(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = accepted_by(acting)
    with acting("lan@anh-duong") as lan:
        deny(lan, told.case, DenialFact("identity", agency=agency_id(POLICE)), now=clock.now())
    codes = {act.value.leaf for act in Act}
    for (raw,) in admin_connection.execute("SELECT envelope FROM audit_entry").fetchall():
        envelope = json.loads(raw)
        assert canonical(envelope) == bytes(raw)
        assert FIELDS <= set(envelope) <= FIELDS | {"why", "basis"}
        assert envelope["act"] in codes


def test_no_entry_and_no_payload_holds_what_was_written_about_her(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = accepted_by(acting)
    with acting("cuong@cong-an-tinh") as cuong:
        take(cuong, told.referral, "start")
        take(cuong, told.referral, "hold", reason="survivor_asked")
    with acting("lan@anh-duong") as lan:
        take(lan, told.referral, "withdraw", notes={"her_wish": "đừng gọi nữa"})
    everything = b"".join(bytes(raw) for (raw,) in admin_connection.execute("SELECT envelope FROM audit_entry"))
    everything += b"".join(payload for _, payload in opened(admin_connection, told.case).values())
    said = [
        str(v) for section in SECTIONS.values() for v in section.values() if not str(v).isascii() or str(v).isdigit()
    ]
    assert "Nguyễn Thị Hoa" in said
    assert "0912345678" in said
    for words in (*said, "Hoa", "đừng gọi nữa", "Nguyễn Ngọc Lan", "@"):
        assert words.encode() not in everything, words


def test_each_payload_opens_with_the_cases_key_and_is_bound_to_its_entry(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = accepted_by(acting)
    payloads = opened(admin_connection, told.case)
    written = {entry["id"]: entry for entry in entries(admin_connection)}
    assert {uid for uid, entry in written.items() if entry["pl"]} == set(payloads)
    for uid, (salt, payload) in payloads.items():
        assert commitment(salt, uid, payload) == written[uid]["pc"]
        act = next(act for act in Act if act.value.leaf == written[uid]["act"])
        assert set(json.loads(payload)) <= act.value.keys
    assert len({salt for salt, _ in payloads.values()}) == len(payloads)


def test_a_key_that_is_not_of_the_vocabulary_is_refused(acting: Acting, admin_connection: psycopg.Connection) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    before = entries(admin_connection)
    with pytest.raises(ValueError, match="full_name"), acting("lan@anh-duong") as lan:
        record(lan, Entry(Act.CASE_CLOSED, case, {"reason": "goals_met", "full_name": "Hoa"}), now=clock.now())
    assert entries(admin_connection) == before


def test_a_refusal_needs_no_key_and_a_payload_without_one_is_a_fault(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    nobody = uuid4()
    with acting("cuong@cong-an-tinh") as cuong:
        record(cuong, Entry(Act.ACCESS_REFUSED, nobody, why="case:read", outcome="refused"), now=clock.now())
    (entry,) = entries(admin_connection)
    assert (entry["obj"], entry["out"], entry["pl"]) == (str(nobody), "refused", 0)
    with pytest.raises(LookupError), acting("cuong@cong-an-tinh") as cuong:
        record(cuong, Entry(Act.CASE_CLOSED, nobody, {"reason": "x"}), now=clock.now())


def test_a_step_that_fails_is_not_in_the_log(acting: Acting, admin_connection: psycopg.Connection) -> None:
    told = accepted_by(acting)
    before = len(entries(admin_connection))
    with pytest.raises(ZeroDivisionError), acting("cuong@cong-an-tinh") as cuong:
        take(cuong, told.referral, "start")
        raise ZeroDivisionError
    assert len(entries(admin_connection)) == before
