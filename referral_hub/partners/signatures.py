"""Opening signed JSON (JWS compact) of strangers: bounded, one algorithm for one key, no exception of a library."""

import base64
import json
import math
from dataclasses import dataclass
from datetime import datetime

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

#: FAPI 2.0 section 5.4 and ES384, which health systems use; RFC 9864 writes EdDSA over this curve as Ed25519.
ALGORITHMS = ("ES256", "ES384", "PS256", "Ed25519", "EdDSA")
#: More than any honest assertion or proof needs.
LONGEST = 8192
#: How far a partner's clock may be ahead (FAPI 2.0 section 5.3.2.1: accept 10 s, refuse 60 s).
AHEAD = 10
LONGEST_ID = 128

PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
SMALLEST_RSA = 2048
_SUITS = {
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("OKP", "Ed25519"): ("Ed25519", "EdDSA"),
    ("RSA", None): ("PS256",),
}

PublicKey = ECKey | OKPKey | RSAKey


class Unreadable(Exception):
    """Not something that could be opened; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Header and claims of a token whose signature held."""

    header: dict[str, object]
    claims: dict[str, object]


def peek(token: str) -> Opened:
    """Header and claims **before** any check of the signature: for finding the key, never for believing.

    :raises Unreadable: too long, not three parts, not JSON objects.
    """
    parts = token.split(".")
    if len(token) > LONGEST or not token.isascii() or len(parts) != 3:
        raise Unreadable("not a compact token of bearable size")
    return Opened(_object(parts[0]), _object(parts[1]))


def public_key(jwk: object, algorithm: object) -> PublicKey:
    """The key of a JWK, if it is public, strong enough and made for ``algorithm``.

    :raises Unreadable: it is not.
    """
    if not isinstance(jwk, dict) or not all(isinstance(value, str | list) for value in jwk.values()):
        raise Unreadable("not a key")
    if PRIVATE_MEMBERS & jwk.keys():
        raise Unreadable("a private key was sent")
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if not isinstance(kind, str) or not (curve is None or isinstance(curve, str)):
        raise Unreadable("not a key")
    if algorithm not in _SUITS.get((kind, curve), ()):
        raise Unreadable("algorithm and key do not belong together")
    try:
        key = import_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError, ArithmeticError) as fault:
        raise Unreadable("not a key") from fault
    if not isinstance(key, PublicKey):
        raise Unreadable("not a public key")
    if isinstance(key, RSAKey) and key.public_key.key_size < SMALLEST_RSA:
        raise Unreadable("key too short")
    return key


def opened(token: str, key: PublicKey, algorithm: str) -> Opened:
    """The token, its signature verified with this one key and this one algorithm.

    :raises Unreadable: the signature does not hold, or the header asks for what we do not do.
    """
    header = peek(token).header
    if header.get("alg") != algorithm or algorithm not in ALGORITHMS:
        raise Unreadable("another algorithm than the key's")
    if header.keys() & {"crit", "b64"}:
        raise Unreadable("an extension we do not understand")
    try:
        jws.deserialize_compact(token, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as fault:
        raise Unreadable("the signature does not hold") from fault
    return peek(token)


def seconds(claims: dict[str, object], name: str) -> float | None:
    """A NumericDate of the claims; none when it is absent.

    :raises Unreadable: it is no number of seconds.
    """
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e12 < value < 1e12 or math.isnan(value):
        raise Unreadable(f"{name} is no time")
    return float(value)


def identifier(claims: dict[str, object]) -> str:
    """The ``jti``.

    :raises Unreadable: absent, empty or too long to keep.
    """
    value = claims.get("jti")
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        raise Unreadable("no usable jti")
    return value


def check_not_ahead(claims: dict[str, object], now: datetime) -> None:
    """Refuse what was made in the future (``iat``, ``nbf``).

    :raises Unreadable: more than :data:`AHEAD` seconds after ``now`` (aware).
    """
    for name in ("iat", "nbf"):
        at = seconds(claims, name)
        if at is not None and at > now.timestamp() + AHEAD:
            raise Unreadable(f"{name} lies ahead")


def _object(part: str) -> dict[str, object]:
    try:
        found = json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as fault:
        raise Unreadable("not JSON") from fault
    if not isinstance(found, dict):
        raise Unreadable("not a JSON object")
    return found
