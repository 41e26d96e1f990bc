"""Identifiers: UUIDv7 for every row, random codes for what people read out."""

import secrets
import time
import uuid

#: No I, O, 0, 1: they are mistaken for one another on the telephone and on paper.
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_id(at: float | None = None) -> uuid.UUID:
    """A UUIDv7 (RFC 9562 section 5.7): rows written together stay together in every index.

    :param at: seconds since the epoch; the clock of this moment when not given.
    """
    milliseconds = int((time.time() if at is None else at) * 1000) & ((1 << 48) - 1)
    random_bits = secrets.randbits(74)
    value = milliseconds << 80 | 0x7 << 76 | (random_bits >> 62) << 64 | 0b10 << 62 | random_bits & ((1 << 62) - 1)
    return uuid.UUID(int=value)


def new_code(prefix: str) -> str:
    """A random code such as ``H-7KQ2-M9XD``: no serial number, year or place can be read from it (40 bits)."""
    body = "".join(secrets.choice(CODE_ALPHABET) for _ in range(8))
    return f"{prefix}-{body[:4]}-{body[4:]}"
