"""The keyring on paper: any ``need`` of the shares give it back, fewer say nothing (Shamir 1979, over GF(256)). Pure.

A share is one line that can be typed in: capital letters and the digits 2 to 7 in groups of five, its number in front,
and a check that tells a typing error. Shares of different exports do not mix.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence

MOST = 16
SET_BYTES, CHECK_BYTES = 4, 4
GROUP = 5


class WrongShares(Exception):
    """What was typed in gives no keyring: ``why`` is ``unreadable``, ``mixed``, ``twice`` or ``too-few``."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.why = why
        self.line = line


def split(secret: bytes, shares: int, need: int) -> list[str]:
    """``shares`` lines, any ``need`` of which give ``secret`` back.

    :raises ValueError: not 2 <= need <= shares <= 16, or an empty secret.
    """
    if not 2 <= need <= shares <= MOST or not secret:
        raise ValueError("2 <= need <= shares <= 16")
    export = secrets.token_bytes(SET_BYTES)
    rows = [[byte, *secrets.token_bytes(need - 1)] for byte in secret]
    return [
        _line(need, x, export, bytes(_value(coefficients, x) for coefficients in rows)) for x in range(1, shares + 1)
    ]


def join(lines: Sequence[str]) -> bytes:
    """The secret that these lines give back; blank lines do not count.

    :raises WrongShares: naming the line, counted from 1, where one is to blame.
    """
    read = [(number, *_read(line, number)) for number, line in enumerate(lines, 1) if line.strip()]
    if not read:
        raise WrongShares("too-few")
    _number, need, _x, export, first = read[0]
    points: dict[int, bytes] = {}
    for number, wanted, x, of, values in read:
        if of != export or wanted != need or len(values) != len(first):
            raise WrongShares("mixed", number)
        if x in points:
            raise WrongShares("twice", number)
        points[x] = values
    if len(points) < need:
        raise WrongShares("too-few")
    chosen = dict(list(points.items())[:need])
    return bytes(_at_zero({x: values[i] for x, values in chosen.items()}) for i in range(len(first)))


def _line(need: int, x: int, export: bytes, values: bytes) -> str:
    body = bytes([need, x]) + export + values
    text = base64.b32encode(body + _check(body)).decode().rstrip("=")
    return f"{x}: " + " ".join(text[i : i + GROUP] for i in range(0, len(text), GROUP))


def _read(line: str, number: int) -> tuple[int, int, bytes, bytes]:
    text = "".join(line.partition(":")[2].split() if ":" in line else line.split()).upper()
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError as error:
        raise WrongShares("unreadable", number) from error
    body, check = data[:-CHECK_BYTES], data[-CHECK_BYTES:]
    if len(body) < 2 + SET_BYTES + 1 or _check(body) != check or body[1] == 0:
        raise WrongShares("unreadable", number)
    return body[0], body[1], body[2 : 2 + SET_BYTES], body[2 + SET_BYTES :]


def _check(body: bytes) -> bytes:
    return hashlib.sha256(b"referral-hub share\0" + body).digest()[:CHECK_BYTES]


def _times(a: int, b: int) -> int:
    """Multiplication in GF(256) with the polynomial of AES, x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2)."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def _inverse(a: int) -> int:
    """a^254, since a^255 is 1 for every a but 0."""
    result = 1
    for _ in range(254):
        result = _times(result, a)
    return result


def _value(coefficients: Sequence[int], x: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = _times(value, x) ^ coefficient
    return value


def _at_zero(points: dict[int, int]) -> int:
    """The value at 0 of the polynomial through these points (Lagrange)."""
    total = 0
    for x, y in points.items():
        weight = 1
        for other in points:
            if other != x:
                weight = _times(weight, _times(other, _inverse(other ^ x)))
        total ^= _times(y, weight)
    return total
