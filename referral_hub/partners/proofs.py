"""DPoP: a token is worth something only together with the key it was given to (RFC 9449)."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from referral_hub.partners.faults import invalid_proof
from referral_hub.partners.signatures import Unreadable, check_not_ahead, identifier, opened, peek, public_key, seconds

#: How old a proof may be.
FRESH = 60
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proof:
    """The key's thumbprint (RFC 7638), and what must not come a second time until ``expires`` (UTC)."""

    thumbprint: str
    identifier: str
    expires: datetime


def check_proof(
    headers: Sequence[str], method: str, url: str, *, now: datetime, access_token: str | None = None
) -> Proof:
    """The proof of one request, section 4.3.

    :param headers: every ``DPoP`` header of the request; there must be exactly one.
    :param url: what was called, built from the public address of the hub and never from what the request says.
    :param now: aware.
    :param access_token: the token that came along; its hash must be in the proof. None at the token endpoint.
    :raises OAuthFault: ``invalid_dpop_proof``. That it was not used before is for the caller to establish.
    """
    try:
        if len(headers) != 1:
            raise Unreadable("not exactly one proof")
        return _checked(headers[0], method, url, now, access_token)
    except Unreadable as fault:
        raise invalid_proof(str(fault)) from fault


def token_hash(access_token: str) -> str:
    """``ath`` of section 4.2: SHA-256, base64url without padding."""
    digest = hashlib.sha256(access_token.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _checked(token: str, method: str, url: str, now: datetime, access_token: str | None) -> Proof:
    header = peek(token).header
    if header.get("typ") != "dpop+jwt":
        raise Unreadable("a token of another kind")
    algorithm = header.get("alg")
    key = public_key(header.get("jwk"), algorithm)
    claims = opened(token, key, str(algorithm)).claims
    called = claims.get("htu")
    if claims.get("htm") != method or not isinstance(called, str) or _place(called) != _place(url):
        raise Unreadable("made for another request")
    if access_token is not None and claims.get("ath") != token_hash(access_token):
        raise Unreadable("made for another token")
    check_not_ahead(claims, now)
    issued = seconds(claims, "iat")
    if issued is None or issued < now.timestamp() - FRESH:
        raise Unreadable("stale")
    # The same proof would be fresh until then; later it is refused for its age.
    expires = datetime.fromtimestamp(issued, UTC) + timedelta(seconds=FRESH)
    return Proof(key.thumbprint(), identifier(claims), expires)


def _place(url: str) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and path, without query and fragment, so that equal addresses are equal (RFC 3986, 6.2)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise Unreadable("not an address") from fault
    return parts.scheme, parts.hostname or "", port or _PORTS.get(parts.scheme), parts.path or "/"
