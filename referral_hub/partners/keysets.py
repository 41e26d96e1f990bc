"""The public keys that a partner's administrator hands in (JWK Set, RFC 7517)."""

import json
from collections.abc import Mapping

from referral_hub.kernel.errors import Invalid
from referral_hub.partners.signatures import PublicKey, Unreadable, public_key

#: Enough for a rotation with overlap on several machines.
MOST_KEYS = 10

Keys = Mapping[str, tuple[PublicKey, str]]


def read_keys(document: str) -> Keys:
    """Key and algorithm by ``kid``.

    :param document: the JWK Set as JSON; every key with ``kid`` and ``alg``, so that nothing is left to the sender
        of an assertion.
    :raises Invalid: a key that is private, weak, unnamed, doubled, or of an algorithm we do not take.
    """
    try:
        parsed = json.loads(document)
    except (ValueError, RecursionError):
        parsed = None
    listed = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_KEYS:
        raise Invalid("jwks", f"Cần từ 1 đến {MOST_KEYS} khóa công khai.", f"1 to {MOST_KEYS} public keys are needed.")
    keys: dict[str, tuple[PublicKey, str]] = {}
    for number, jwk in enumerate(listed, 1):
        kid, algorithm = (jwk.get("kid"), jwk.get("alg")) if isinstance(jwk, dict) else (None, None)
        if not isinstance(kid, str) or not 0 < len(kid) <= 128 or not kid.isascii() or kid in keys:
            raise Invalid("jwks", f"Khóa thứ {number} cần một kid riêng.", f"Key {number} needs a kid of its own.")
        try:
            keys[kid] = public_key(jwk, algorithm), str(algorithm)
        except Unreadable as fault:
            raise Invalid("jwks", f"Không nhận khóa thứ {number}.", f"Key {number}: {fault}.") from fault
    return keys
