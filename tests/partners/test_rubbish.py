"""Case 12: whatever a stranger sends is refused in words; nothing of it becomes a fault of the hub."""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwk, jwt

from referral_hub.kernel.errors import Invalid
from referral_hub.partners.assertions import check_assertion, claimed_client
from referral_hub.partners.faults import OAuthFault
from referral_hub.partners.keysets import read_keys
from referral_hub.partners.proofs import check_proof

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KEY = jwk.ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"})
KEYS = read_keys(json.dumps({"keys": [KEY.as_dict(private=False)]}))
HUB = "https://hub.example.vn"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
header_names = st.sampled_from(["alg", "kid", "typ", "jwk", "crit", "b64", "x5c", "cty"])
claim_names = st.sampled_from(["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "htm", "htu", "ath"])
member_names = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "key_ops", "alg", "kid", "x5t"])


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@given(st.dictionaries(header_names, values), st.dictionaries(claim_names, values), st.text(max_size=9))
@settings(max_examples=150, deadline=None)
def test_any_assertion_is_refused(header: dict[str, object], claims: dict[str, object], tail: str) -> None:
    token = f"{part({'alg': 'ES256', 'kid': 'one', **header})}.{part(claims)}.{tail}"
    with contextlib.suppress(OAuthFault):
        claimed_client(token)
    with pytest.raises(OAuthFault):
        check_assertion(token, "c-police", KEYS, HUB, now=NOW)


@given(claims=st.dictionaries(claim_names, values))
@settings(max_examples=150, deadline=None)
def test_well_signed_claims_of_anything_are_refused(claims: dict[str, object]) -> None:
    said = {name: value for name, value in claims.items() if json.loads(json.dumps(value)) == value}
    token = jwt.encode({"alg": "ES256", "kid": "one"}, {"sub": 1, **said}, KEY)
    with pytest.raises(OAuthFault):
        check_assertion(token, "c-police", KEYS, HUB, now=NOW)
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": KEY.as_dict(private=False)}
    with pytest.raises(OAuthFault):
        check_proof([jwt.encode(header, said, KEY)], "POST", HUB, now=NOW)


@given(members=st.dictionaries(member_names, values), kind=st.sampled_from(["EC", "RSA", "OKP"]))
@settings(max_examples=150, deadline=None)
def test_a_key_of_anything_is_refused(members: dict[str, object], kind: str) -> None:
    key = {"kty": kind, "crv": {"EC": "P-256", "OKP": "Ed25519"}.get(kind), "alg": "ES256", "kid": "one", **members}
    for said in (key, {name: value for name, value in key.items() if value is not None}):
        with pytest.raises(Invalid):
            read_keys(json.dumps({"keys": [said]}))
        token = f"{part({'alg': 'ES256', 'typ': 'dpop+jwt', 'jwk': said})}.{part({})}.AA"
        with pytest.raises(OAuthFault):
            check_proof([token], "POST", HUB, now=NOW)


@given(at=st.integers(0, 10_000), letter=st.sampled_from("AZaz09-_."))
@settings(max_examples=150, deadline=None)
def test_an_assertion_with_one_letter_changed_is_refused(at: int, letter: str) -> None:
    seconds = int(NOW.timestamp())
    claims = {"iss": "c", "sub": "c", "aud": HUB, "iat": seconds, "exp": seconds + 60, "jti": "j"}
    token = jwt.encode({"alg": "ES256", "kid": "one"}, claims, KEY)
    # The last letter of a signature carries bits that mean nothing: changing those changes no byte.
    place = at % (len(token) - 1)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(OAuthFault):
            check_assertion(changed, "c", KEYS, HUB, now=NOW)
