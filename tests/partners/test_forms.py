"""What a partner's system may post to an OAuth address. Numbers are those of the attack cases in the issue."""

from __future__ import annotations

import pytest

from referral_hub.partners.faults import OAuthFault
from referral_hub.partners.forms import FORM, LARGEST_BODY, read_form


def refused(body: bytes, *, kind: str = FORM, query: str = "", authorization: str | None = None) -> int:
    with pytest.raises(OAuthFault) as caught:
        read_form(kind, query, body, authorization)
    assert caught.value.error == "invalid_request"
    return caught.value.status


def test_a_form_is_read_and_what_is_empty_counts_as_left_out() -> None:
    found = read_form(f"{FORM}; charset=UTF-8", "", b"grant_type=client_credentials&scope=a+b&resource=", None)
    assert found == {"grant_type": "client_credentials", "scope": "a b"}


def test_case_10_two_ways_of_proving_oneself_are_refused() -> None:
    assert refused(b"client_assertion=x", authorization="Basic YTpi") == 400


def test_case_15_json_is_no_form() -> None:
    assert refused(b"{}", kind="application/json") == 415
    assert refused(b"a=1", kind="") == 415


def test_case_15_parameters_in_the_address_are_refused() -> None:
    assert refused(b"a=1", query="grant_type=client_credentials") == 400


@pytest.mark.parametrize("body", [b"scope=a&scope=b", b"scope=a&sc%6fpe=a", b"scope=&scope=a"])
def test_case_15_a_parameter_stands_once(body: bytes) -> None:
    assert refused(body) == 400


def test_case_16_a_form_above_64_kib_is_too_large() -> None:
    assert read_form(FORM, "", b"a=" + b"x" * (LARGEST_BODY - 2), None)["a"]
    assert refused(b"a=" + b"x" * (LARGEST_BODY - 1)) == 413


UNSAYABLE = [b"a=\xff", b"a=%FF", b"a=%C3%A9", b"%C3%A9=1", b"a=%00", b"a=%0A", b"&".join([b"a=1"] * 99)]


@pytest.mark.parametrize("body", UNSAYABLE)
def test_case_12_letters_that_cannot_be_said_back_are_refused(body: bytes) -> None:
    assert refused(body) == 400
