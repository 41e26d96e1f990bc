"""The leaf of the log: canonical JSON of strings, integers, arrays, objects (RFC 8785, restricted), no personal data.

Pure: imports nothing of ours. The fields: ``docs/adr/0006-audit-entries.md``.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

COMMITMENT_PREFIX = b"rh-payload/v1\n"
SALT_BYTES = 32


def canonical(value: Mapping[str, Any]) -> bytes:
    """``value`` as canonical JSON.

    :raises TypeError: a float, a bool or null, for which two writers could differ.
    """
    _check(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _check(value: object) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("keys are strings")
            _check(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError(f"not canonical: {type(value).__name__}")


def commitment(salt: bytes, uid: str, payload: bytes) -> str:
    """What binds a payload to its entry without showing it: HMAC-SHA-256 under a random salt, base64.

    The salt lies sealed with the payload, so erasing the payload makes this value meaningless for good.
    """
    message = COMMITMENT_PREFIX + uid.encode() + b"\n" + payload
    return base64.b64encode(hmac.new(salt, message, hashlib.sha256).digest()).decode()


def timestamp(at: datetime) -> str:
    """UTC with microseconds, for example ``2026-11-23T01:02:03.000004Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
