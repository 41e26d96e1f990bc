"""``private_key_jwt``: how a partner's system proves which client it is (RFC 7523, FAPI 2.0)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from referral_hub.partners.faults import invalid_client
from referral_hub.partners.keysets import Keys
from referral_hub.partners.signatures import Opened, Unreadable, check_not_ahead, identifier, opened, peek, seconds

#: An assertion is made for one request.
LONGEST_LIFE = 300
#: Where a sender could point to a key of its own; nobody who is registered needs them.
OWN_KEYS = frozenset({"jwk", "jku", "x5u", "x5c"})


@dataclass(frozen=True, slots=True)
class Assertion:
    """Who proved itself, and what must not come a second time until ``expires`` (UTC)."""

    client_id: str
    key_id: str
    identifier: str
    expires: datetime


def claimed_client(token: str) -> str:
    """The client that the assertion speaks of, not believed yet: for finding its keys.

    :raises OAuthFault: ``invalid_client``.
    """
    try:
        client = peek(token).claims.get("sub")
    except Unreadable as fault:
        raise invalid_client(str(fault)) from fault
    if not isinstance(client, str) or not 0 < len(client) <= 64:
        raise invalid_client("no client named")
    return client


def check_assertion(token: str, client_id: str, keys: Keys, issuer: str, *, now: datetime) -> Assertion:
    """The assertion, if ``client_id`` signed it with one of its registered keys for this server and this minute.

    :param issuer: our own name; it must be the single string ``aud`` (CVE-2025-27370, rfc7523bis).
    :param now: aware.
    :raises OAuthFault: ``invalid_client``. That it was not used before is for the caller to establish.
    """
    try:
        header = peek(token).header
        kid = header.get("kid")
        if OWN_KEYS & header.keys():
            raise Unreadable("brings its own key")
        if header.get("typ", "JWT") not in ("JWT", "client-authentication+jwt"):
            raise Unreadable("a token of another kind")
        if not isinstance(kid, str) or kid not in keys:
            raise Unreadable("signed with no registered key")
        return _believed(opened(token, *keys[kid]), client_id, kid, issuer, now)
    except Unreadable as fault:
        raise invalid_client(str(fault)) from fault


def _believed(token: Opened, client_id: str, kid: str, issuer: str, now: datetime) -> Assertion:
    claims = token.claims
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise Unreadable("speaks of another client")
    if claims.get("aud") != issuer:
        raise Unreadable("made for another server")
    check_not_ahead(claims, now)
    expires = seconds(claims, "exp")
    if expires is None or not now.timestamp() < expires <= now.timestamp() + LONGEST_LIFE:
        raise Unreadable("expired, or lives too long")
    return Assertion(client_id, kid, identifier(claims), datetime.fromtimestamp(expires, UTC))
