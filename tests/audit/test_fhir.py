"""Entries as FHIR R4 AuditEvents: every act mapped, every resource of the shape R4 and the BALP profiles ask for."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from referral_hub.audit import fhir
from referral_hub.audit.acts import Act

ORIGIN = "hub.example/audit"
CASE = "0192f3a4-0000-7000-8000-000000000001"
NOBODY = "00000000-0000-0000-0000-000000000000"


def envelope(act: Act, **other: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "id": "0192f3a4-0000-7000-8000-00000000aaaa",
        "at": "2026-11-23T01:02:03.000004Z",
        "act": act.value.code,
        "out": "ok",
        "who": "0192f3a4-0000-7000-8000-00000000bbbb",
        "org": "QN-CA",
        "via": "portal",
        "obj": CASE,
        "n": 2,
        "pl": 0,
        "pc": "x" * 44,
    } | other


def event(act: Act, payload: Mapping[str, Any] | None = None, subject: Any = "case", **other: Any) -> dict[str, Any]:
    return fhir.audit_event(
        envelope(act, **other), act.value.kind, origin=ORIGIN, payload=payload, subject=subject, index=7
    )


def check_r4(resource: dict[str, Any]) -> None:
    """What R4 requires of an AuditEvent (hl7.org/fhir/R4/auditevent.html): cardinalities, codes, no empty element."""
    known = {
        "resourceType",
        "id",
        "meta",
        "type",
        "subtype",
        "action",
        "recorded",
        "outcome",
        "outcomeDesc",
        "purposeOfEvent",
        "agent",
        "source",
        "entity",
    }
    assert set(resource) <= known
    assert resource["resourceType"] == "AuditEvent"
    assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", resource["id"])
    check_coding(resource["type"])
    assert resource["action"] in "CRUDE"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", resource["recorded"])
    assert resource["outcome"] in ("0", "4", "8", "12")
    for coding in resource["subtype"]:
        check_coding(coding)
    for concept in resource.get("purposeOfEvent", []):
        for coding in concept["coding"]:
            check_coding(coding)
    assert resource["agent"]
    for agent in resource["agent"]:
        assert isinstance(agent["requestor"], bool)
        check_reference(agent["who"])
        assert all(re.fullmatch(r"\S+", policy) for policy in agent.get("policy", []))
    check_reference(resource["source"]["observer"])
    for entity in resource["entity"]:
        check_reference(entity["what"])
        assert set(entity) <= {"what", "type", "role", "detail", "description"}
        for detail in entity.get("detail", []):
            assert detail["type"] and detail["valueString"]
    check_no_empty_element(resource)


def check_coding(coding: dict[str, Any]) -> None:
    assert coding["system"].startswith("http")
    assert re.fullmatch(r"[^\s]+(\s[^\s]+)*", coding["code"])


def check_reference(reference: dict[str, Any]) -> None:
    assert reference["identifier"]["system"].startswith(f"https://{ORIGIN}/fhir/")
    assert reference["identifier"]["value"]


def check_no_empty_element(value: Any) -> None:
    assert value not in ("", None, [], {})
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        check_no_empty_element(one)


def agents(resource: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [a for a in resource["agent"] if a.get("type") and a["type"]["coding"][0]["code"] == code]


def entities(resource: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [e for e in resource["entity"] if e["type"]["code"] == code]


@pytest.mark.parametrize("act", Act, ids=lambda act: act.value.code)
def test_every_act_is_a_valid_audit_event(act: Act) -> None:
    payload = {key: ["one", "two"] if key == "categories" else "one" for key in act.value.keys}
    for out in ("ok", "denied", "error"):
        check_r4(event(act, payload, out=out))
        check_r4(event(act, obj=NOBODY, why="case.open", basis=CASE, out=out))


def test_an_act_without_a_mapping_is_named() -> None:
    unmapped = [act.value.code for act in Act if act.value.code not in fhir.ACTS and act.value.kind not in fhir.KINDS]
    assert unmapped == []
    with pytest.raises(KeyError, match="aliens:ship:landed"):
        fhir.shape_of("aliens:ship:landed", "aliens")


def test_no_mapping_is_left_over_from_an_act_or_kind_that_is_gone() -> None:
    assert set(fhir.ACTS) <= {act.value.code for act in Act}
    assert set(fhir.KINDS) <= {act.value.kind for act in Act}


@pytest.mark.parametrize(("out", "code"), [("ok", "0"), ("denied", "4"), ("error", "8")])
def test_the_outcome_is_told_in_the_codes_of_fhir(out: str, code: str) -> None:
    assert event(Act.SECTIONS_READ, out=out)["outcome"] == code


@pytest.mark.parametrize(
    ("act", "action"),
    [
        (Act.CASE_OPENED, "C"),
        (Act.SECTIONS_READ, "R"),
        (Act.SECTIONS_WRITTEN, "U"),
        (Act.PAYLOADS_ERASED, "D"),
        (Act.ACCOUNT_SIGNED_IN, "E"),
    ],
)
def test_each_kind_of_action_has_its_letter(act: Act, action: str) -> None:
    assert event(act)["action"] == action


def test_a_reading_inside_the_agency_meets_patient_read() -> None:
    read = event(Act.SECTIONS_READ, {"categories": ["identity", "health"]}, why="own-case")
    assert read["meta"]["profile"] == [fhir.PROFILE + "PatientRead"]
    assert (read["type"]["code"], read["action"], read["outcome"]) == ("rest", "R", "0")
    assert {"system": fhir.RESTFUL, "code": "read", "display": "read"} in read["subtype"]
    (client,), (server,), (user,) = agents(read, "110152"), agents(read, "110153"), agents(read, "IRCP")
    assert client["network"] and server["network"] and user["requestor"] and "network" not in user
    assert server["who"] == read["source"]["observer"]
    (patient,), (data,) = entities(read, "1"), entities(read, "2")
    assert patient["what"]["type"] == "Patient" and patient["role"]["code"] == "1"
    assert data["role"]["code"] == "4"
    assert {"type": "categories", "valueString": "health"} in data["detail"]


def test_access_opened_to_a_recipient_meets_the_disclosure_at_its_source() -> None:
    opened = event(Act.ACCESS_OPENED, {"referral": CASE, "categories": ["health"]}, why="protection")
    assert opened["meta"]["profile"] == [fhir.PROFILE + "PrivacyDisclosure.Source"]
    assert (opened["type"]["code"], opened["action"]) == ("110106", "R")
    assert opened["subtype"][0]["code"] == "disclose"
    (source,), (recipient,) = agents(opened, "110153"), agents(opened, "110152")
    assert source["who"] == opened["source"]["observer"]
    assert recipient["who"]["identifier"]["value"] == "QN-CA"
    assert len(entities(opened, "1")) == 1 and len(opened["entity"]) >= 2


def test_a_recipients_reading_meets_the_disclosure_at_its_recipient() -> None:
    read = event(Act.SECTIONS_READ, {"referral": CASE, "categories": ["health"]}, why="protection")
    assert read["meta"]["profile"] == [fhir.PROFILE + "PrivacyDisclosure.Recipient"]
    assert (read["type"]["code"], read["action"]) == ("110107", "C")
    assert read["subtype"][0]["code"] == "disclose"
    (recipient,) = agents(read, "110152")
    assert recipient["who"] == read["source"]["observer"]
    assert len(agents(read, "110153")) == 1 and len(entities(read, "1")) == 1


def test_what_failed_or_is_about_no_patient_claims_no_profile() -> None:
    assert "meta" not in event(Act.SECTIONS_READ, out="denied")
    assert "meta" not in event(Act.SECTIONS_READ, subject="perpetrator")
    assert "meta" not in event(Act.SECTIONS_READ, obj=NOBODY)
    assert "meta" not in event(Act.REPORT_MADE)


def test_an_emergency_disclosure_is_one_at_its_source_to_the_agency_it_names() -> None:
    sent = event(Act.EMERGENCY_SENT, {"recipient": "QN-BV", "ground": "danger", "categories": ["health"]})
    assert sent["meta"]["profile"] == [fhir.PROFILE + "PrivacyDisclosure.Source"]
    assert agents(sent, "110152")[0]["who"]["identifier"]["value"] == "QN-BV"


def test_where_the_subject_is_unknown_a_patient_is_told_only_when_the_kind_leaves_no_doubt() -> None:
    assert len(entities(event(Act.CONSENT_GIVEN, subject="unknown"), "1")) == 1
    assert entities(event(Act.SECTIONS_READ, subject="unknown"), "1") == []


def test_a_perpetrator_is_no_patient() -> None:
    assert entities(event(Act.SECTIONS_READ, subject="perpetrator"), "1") == []
    assert len(entities(event(Act.SECTIONS_READ, subject="contact"), "1")) == 1


def test_who_why_and_on_what_basis_are_kept_and_nothing_is_added() -> None:
    said = event(Act.REFERRAL_STEPPED, {"verb": "send", "from": "draft"}, why="protection", basis=CASE)
    person = said["agent"][0]
    assert person["who"]["identifier"]["value"] == "0192f3a4-0000-7000-8000-00000000bbbb"
    assert person["who"]["identifier"]["assigner"]["identifier"]["value"] == "QN-CA"
    assert person["policy"] == ["https://hub.example/audit/fhir/channel/portal"]
    assert said["agent"][1] == {"who": person["who"]["identifier"]["assigner"], "requestor": False}
    assert said["purposeOfEvent"][0]["coding"][0]["code"] == "protection"
    assert said["entity"][-1]["description"] == "basis"
    details = {(d["type"], d["valueString"]) for d in entities(said, "2")[0]["detail"]}
    assert details == {("records", "2"), ("log-index", "7"), ("verb", "send"), ("from", "draft")}


def test_an_entry_whose_payload_was_erased_is_still_told() -> None:
    said = event(Act.CONSENT_GIVEN, None, pl=1)
    check_r4(said)
    assert [d["type"] for d in entities(said, "2")[0]["detail"]] == ["records", "log-index"]


def test_an_event_is_plain_json_without_the_commitment() -> None:
    text = json.dumps(event(Act.CASE_OPENED))
    assert json.loads(text)["id"].startswith("0192f3a4")
    assert "x" * 44 not in text
