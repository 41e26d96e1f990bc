"""Possession of a key, request by request (RFC 9449). Numbers are those of the attack cases in the issue."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwk, jwt

from referral_hub.partners.faults import OAuthFault
from referral_hub.partners.proofs import Proof, check_proof, token_hash

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
URL = "https://hub.example.vn/oauth/token"
KEY = jwk.ECKey.generate_key("P-256")
OTHER = jwk.ECKey.generate_key("P-256")
PUBLIC = KEY.as_dict(private=False)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


UNSIGNED = f"{part({'typ': 'dpop+jwt', 'alg': 'none', 'jwk': PUBLIC})}.{part({'htm': 'POST', 'htu': URL})}."


def proof(key: object = KEY, *, header: dict[str, object] | None = None, **changes: object) -> str:
    claims = {"htm": "POST", "htu": URL, "iat": NOW_S, "jti": "p1", **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    top = {"typ": "dpop+jwt", "alg": "ES256", "jwk": PUBLIC, **(header or {})}
    return jwt.encode(top, kept, key, algorithms=["ES256", "ES384", "HS256", "Ed25519"])


def refused(*headers: str, access_token: str | None = None) -> str:
    with pytest.raises(OAuthFault) as caught:
        check_proof(headers, "POST", URL, now=NOW, access_token=access_token)
    assert (caught.value.error, caught.value.status) == ("invalid_dpop_proof", 400)
    return caught.value.reason


def test_a_proof_of_this_request_gives_the_thumbprint_of_its_key() -> None:
    found = check_proof([proof()], "POST", URL, now=NOW)
    assert found == Proof(KEY.thumbprint(), "p1", NOW + timedelta(seconds=60))


def test_an_ed25519_key_proves_as_well() -> None:
    key = jwk.OKPKey.generate_key("Ed25519")
    token = proof(key, header={"alg": "Ed25519", "jwk": key.as_dict(private=False)})
    assert check_proof([token], "POST", URL, now=NOW).thumbprint == key.thumbprint()


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (proof(htm="GET"), "made for another request"),
        (proof(htu="https://hub.example.vn/oauth/revoke"), "made for another request"),
        (proof(htu="https://evil.example/oauth/token"), "made for another request"),
        (proof(htu="https://hub.example.vn:99999/oauth/token"), "not an address"),
        (proof(htu=None), "made for another request"),
        (proof(header={"typ": "JWT"}), "a token of another kind"),
        (proof(OTHER), "the signature does not hold"),
        (proof(header={"jwk": KEY.as_dict(private=True)}), "a private key was sent"),
        (UNSIGNED, "algorithm and key do not belong together"),
        (proof(jwk.OctKey.generate_key(256), header={"alg": "HS256"}), "algorithm and key do not belong together"),
        ("rubbish", "not a compact token of bearable size"),
        (proof(jti=None), "no usable jti"),
    ],
)
def test_case_20_a_proof_made_for_anything_else_is_refused(token: str, reason: str) -> None:
    assert refused(token) == reason


def test_case_20_two_proofs_are_none() -> None:
    assert refused(proof(), proof(jti="p2")) == "not exactly one proof"


@pytest.mark.parametrize("issued", [NOW_S - 61, NOW_S + 11, None, "now"])
def test_case_21_a_proof_is_of_this_minute(issued: object) -> None:
    refused(proof(iat=issued))


def test_case_23_no_proof_is_refused() -> None:
    assert refused() == "not exactly one proof"


def test_case_34_a_proof_of_the_interface_names_the_token_it_came_with() -> None:
    good = proof(ath=token_hash("token-a"))
    assert check_proof([good], "POST", URL, now=NOW, access_token="token-a").identifier == "p1"
    assert refused(good, access_token="token-b") == "made for another token"
    assert refused(proof(), access_token="token-a") == "made for another token"


@pytest.mark.parametrize("same", ["HTTPS://HUB.example.vn/oauth/token", "https://hub.example.vn:443/oauth/token?a=1#b"])
def test_case_35_the_same_address_written_otherwise_is_the_same(same: str) -> None:
    assert check_proof([proof(htu=same)], "POST", URL, now=NOW).identifier == "p1"


def test_case_35_another_path_is_another_address() -> None:
    refused(proof(htu="https://hub.example.vn//oauth/token"))
