"""How a partner's system proves who it is. Numbers are those of the attack cases in the issue."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwk, jwt

from referral_hub.kernel.errors import Invalid
from referral_hub.partners.assertions import Assertion, check_assertion, claimed_client
from referral_hub.partners.faults import OAuthFault
from referral_hub.partners.keysets import read_keys

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ISSUER = "https://hub.example.vn"
CLIENT = "c-police"
OWN = jwk.ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"})
STRANGE = jwk.ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"})
JWKS = json.dumps({"keys": [OWN.as_dict(private=False)]})
NOW_S = int(NOW.timestamp())


def signed(key: object = OWN, *, header: dict[str, object] | None = None, **changes: object) -> str:
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "iat": NOW_S, "exp": NOW_S + 60, "jti": "a1", **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    top = {"alg": "ES256", "kid": "one", **(header or {})}
    return jwt.encode(top, kept, key, algorithms=["ES256", "ES384", "HS256", "PS256", "RS256", "Ed25519", "ES512"])


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def checked(token: str, jwks: str = JWKS) -> Assertion:
    return check_assertion(token, CLIENT, read_keys(jwks), ISSUER, now=NOW)


def refused(token: str, jwks: str = JWKS) -> OAuthFault:
    with pytest.raises(OAuthFault) as caught:
        checked(token, jwks)
    assert (caught.value.error, caught.value.status) == ("invalid_client", 401)
    return caught.value


def test_an_assertion_signed_with_a_registered_key_is_believed() -> None:
    assert claimed_client(signed()) == CLIENT
    assert checked(signed()) == Assertion(CLIENT, "one", "a1", NOW + timedelta(seconds=60))


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE"])
def test_case_1_an_unsigned_assertion_is_refused(algorithm: str) -> None:
    refused(f"{part({'alg': algorithm, 'kid': 'one'})}.{signed().split('.')[1]}.")


@pytest.mark.parametrize("secret", [OWN.as_pem(private=False), json.dumps(OWN.as_dict(private=False)).encode()])
def test_case_2_the_public_key_is_no_shared_secret(secret: bytes) -> None:
    signing = f"{part({'alg': 'HS256', 'kid': 'one'})}.{signed().split('.')[1]}"
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signing.encode(), "sha256")).rstrip(b"=").decode()
    assert refused(f"{signing}.{mac}").reason == "another algorithm than the key's"


def test_case_3_a_key_signs_with_its_own_algorithm_alone() -> None:
    rsa = jwk.RSAKey.generate_key(2048, {"kid": "one"})
    jwks = json.dumps({"keys": [{**rsa.as_dict(private=False), "alg": "PS256"}]})
    assert checked(signed(rsa, header={"alg": "PS256"}), jwks).key_id == "one"
    refused(signed(rsa, header={"alg": "RS256"}), jwks)
    refused(signed(jwk.ECKey.generate_key("P-521"), header={"alg": "ES512"}))


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u"])
def test_case_4_a_key_that_the_sender_brings_is_not_looked_at(member: str) -> None:
    value = STRANGE.as_dict(private=False) if member == "jwk" else "https://evil.example/keys"
    assert refused(signed(STRANGE, header={member: value})).reason == "brings its own key"


def test_a_foreign_signature_under_a_registered_name_is_refused() -> None:
    assert refused(signed(STRANGE)).reason == "the signature does not hold"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW_S},
        {"exp": None},
        {"exp": NOW_S + 315360000},
        {"exp": "soon"},
        {"exp": True},
        {"iat": NOW_S + 61},
        {"nbf": NOW_S + 61},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 129},
    ],
)
def test_case_6_an_assertion_lives_for_minutes_and_has_a_name(changes: dict[str, object]) -> None:
    refused(signed(**changes))


def test_a_clock_ten_seconds_ahead_is_borne() -> None:
    assert checked(signed(iat=NOW_S + 10, nbf=NOW_S + 10)).identifier == "a1"


@pytest.mark.parametrize("audience", ["https://other.example", [ISSUER, "https://other.example"], [ISSUER], None])
def test_case_7_the_audience_is_this_hub_alone_as_one_string(audience: object) -> None:
    assert refused(signed(aud=audience)).reason == "made for another server"
    refused(signed(aud=f"{ISSUER}/oauth/token"))


@pytest.mark.parametrize("changes", [{"iss": "c-other"}, {"sub": "c-other"}, {"iss": "c-other", "sub": "c-other"}])
def test_case_8_nobody_speaks_for_another_client(changes: dict[str, object]) -> None:
    assert refused(signed(**changes)).reason == "speaks of another client"


def test_case_11_a_proof_of_possession_is_no_assertion() -> None:
    assert refused(signed(header={"typ": "dpop+jwt"})).reason == "a token of another kind"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..",
        "a.b.c",
        "a.b.c.d",
        "é.é.é",
        f"{part([])}.{part({})}.x",
        f"{part({'alg': 'ES256', 'kid': 'khóa'})}.{part({})}.AA",
        f"{part({'alg': 'ES256', 'kid': {'a': 1}})}.{part({})}.AA",
        f"{part({'alg': ['ES256'], 'kid': 'one'})}.{part({})}.AA",
        f"{part({'alg': 'ES256', 'kid': 'one'})}.{part({})}.{'A' * 20000}",
        f"{part({'alg': 'ES256', 'kid': 'one'})}.{part({})}.",
        base64.urlsafe_b64encode(b"[" * 5000).decode() + "." + part({}) + ".AA",
    ],
    ids=range(12),
)
def test_case_12_rubbish_is_refused_and_breaks_nothing(token: str) -> None:
    refused(token)
    with pytest.raises(OAuthFault):
        claimed_client(token)


def test_case_12_an_extension_that_must_be_understood_is_refused() -> None:
    top = part({"alg": "ES256", "kid": "one", "crit": ["exp"], "exp": 1})
    assert refused(f"{top}.{signed().split('.')[1]}.AA").reason == "an extension we do not understand"


def test_case_14_a_key_that_was_taken_away_opens_nothing_from_then_on() -> None:
    other = jwk.ECKey.generate_key("P-256", {"kid": "two", "alg": "ES256"})
    refused(signed(), json.dumps({"keys": [other.as_dict(private=False)]}))


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [OWN.as_dict(private=True)],
        [{**OWN.as_dict(private=False), "kid": ""}],
        [{**OWN.as_dict(private=False), "alg": "ES384"}],
        [{**OWN.as_dict(private=False), "x": "AA"}],
        [OWN.as_dict(private=False)] * 2,
        [jwk.RSAKey.generate_key(1024, {"kid": "r", "alg": "PS256"}).as_dict(private=False)],
        [{"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"}],
        ["key"],
    ],
    ids=["none", "private", "unnamed", "other-algorithm", "no-point", "twice", "short", "secret", "text"],
)
def test_keys_that_are_weak_private_or_unnamed_are_not_registered(keys: list[object]) -> None:
    with pytest.raises(Invalid) as caught:
        read_keys(json.dumps({"keys": keys}))
    assert caught.value.field == "jwks"


@pytest.mark.parametrize("document", ["", "[]", "{", "[" * 100000, '{"keys": 1}'])
def test_what_is_no_key_set_is_not_registered(document: str) -> None:
    with pytest.raises(Invalid):
        read_keys(document)
