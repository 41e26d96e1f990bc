"""A consent written elsewhere never permits anything, and what cannot be understood is a denial."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.consent.importing import Named, Said, read_consent

TODAY = date(2026, 11, 24)
NURSE = {"reference": {"reference": "Practitioner/f204", "display": "Triệu Văn Phú"}}
CLINIC = {"reference": {"reference": "Organization/benh-vien-tinh"}}
PERMIT = {"type": "permit", "actor": [CLINIC], "period": {"start": "2026-01-01", "end": "2027-01-01"}}


def fhir(provision: Any = PERMIT, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Consent", "status": "active", "provision": provision, **more}


def iso(state: Any, **more: Any) -> dict[str, Any]:
    record = {"schema_version": "1", "record_id": "r", "pii_principal_id": "p"}
    return {**record, "events": [{"event_state": "given"}, {"event_state": state}], **more}


def said(document: Any) -> Said:
    return read_consent(json.dumps(document).encode(), TODAY)


def test_a_permission_waits_for_a_person() -> None:
    assert said(fhir()) == Said(
        "fhir-r4-consent", False, "to-be-asked", (Named(("Organization/benh-vien-tinh",), False),)
    )
    assert not said(iso("given")).denies


def test_a_root_rule_without_a_type_counts_as_a_denial() -> None:
    """HL7's own sample "notThem": opted in, and a rule without a type that names her former husband, a nurse."""
    found = said(fhir({"actor": [NURSE], "provision": []}, policyRule={"coding": [{"code": "OPTIN"}]}))
    assert found.denies and found.why == "rule-without-type"
    assert found.named == (Named(("Triệu Văn Phú", "Practitioner/f204"), True),)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (fhir({"type": "deny", "actor": [NURSE]}), "says-no"),
        (fhir({**PERMIT, "provision": [{"type": "deny", "actor": [NURSE]}]}), "says-no"),
        (fhir({**PERMIT, "provision": [{"actor": [NURSE]}]}), "rule-without-type"),
        (fhir({**PERMIT, "provision": {"type": "permit"}}), "unknown-meaning"),
        (fhir({**PERMIT, "modifierExtension": []}), "unknown-meaning"),
        (fhir({**PERMIT, "type": ["permit"]}), "rule-without-type"),
        (fhir(None), "no-rule"),
        (fhir([PERMIT]), "unknown-meaning"),
        (fhir(status="inactive"), "not-active"),
        (fhir(status="draft"), "not-active"),
        (fhir(implicitRules="http://example.org"), "unknown-meaning"),
        (fhir({"type": "permit", "period": {"end": "2016-01-01"}}), "not-now"),
        (fhir({"type": "permit", "period": {"start": "2027-01-01"}}), "not-now"),
        (fhir({"type": "permit", "period": {"end": "2016"}}), "unknown-period"),
        (fhir({"type": "permit", "period": "always"}), "unknown-period"),
        (iso("withdrawn"), "says-no"),
        (iso("refused"), "says-no"),
        (iso("expired"), "says-no"),
        (iso(None), "says-no"),
        (iso(["given"]), "says-no"),
        (iso("given", events=[]), "no-event"),
        ({"resourceType": "Patient"}, "unknown-document"),
        ([], "unknown-document"),
    ],
)
def test_what_says_no_or_cannot_be_understood_is_a_denial(document: Any, why: str) -> None:
    found = said(document)
    assert (found.denies, found.why) == (True, why)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no-json"),
        (b"\xff\xfe", "no-json"),
        (b'{"resourceType": "Consent", "status": "active", "status": "active"}', "said-twice"),
        (b'{"a": NaN}', "no-json"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "too-deep"),
        (b"[" * 100_000, "no-json"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_denial(content: bytes, why: str) -> None:
    found = read_consent(content, TODAY)
    assert (found.denies, found.why, found.named) == (True, why, ())


def test_a_denial_inside_names_whom_it_denies_and_not_whom_the_rest_permits() -> None:
    assert said(fhir({**PERMIT, "provision": [{"type": "deny", "actor": [NURSE]}]})).named == (
        Named(("Triệu Văn Phú", "Practitioner/f204"), True),
    )


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["permit", "deny", "active"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "period", "start", "end", "actor", "reference", "display", "provision", "events"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200))
def test_no_bytes_are_a_permission(content: bytes) -> None:
    assert read_consent(content, TODAY).denies


@given(ANY)
def test_whatever_stands_in_a_consent_it_waits_only_if_its_root_permits(provision: Any) -> None:
    found = said(fhir(provision))
    assert found.denies or (isinstance(provision, dict) and provision["type"] == "permit")


@given(ANY, st.sampled_from(["type", "provision", "period", "actor", "something"]))
def test_one_more_field_never_makes_a_denial_wait(value: Any, field: str) -> None:
    """A rule that denies stays a denial, whatever is put beside its type."""
    if field != "type":
        assert said(fhir({"type": "deny", field: value})).denies


@given(ANY)
def test_an_unknown_state_never_waits(state: Any) -> None:
    assert said(iso(state)).denies
