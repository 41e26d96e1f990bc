"""The leaf of the log: the same bytes for everybody who writes the same thing, and nothing personal in it."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.audit.envelopes import canonical, commitment, timestamp

PLAIN = st.recursive(
    st.text() | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_the_same_content_gives_the_same_bytes_in_whatever_order_it_came(value: dict[str, Any]) -> None:
    try:
        written = canonical(value)
    except UnicodeEncodeError:  # a lone surrogate is no text
        return
    assert canonical(dict(reversed(value.items()))) == written
    assert json.loads(written) == value


def test_letters_stay_letters_and_keys_are_sorted() -> None:
    assert canonical({"b": ["đ", 1], "a": {"y": 2, "x": "ạ"}}) == '{"a":{"x":"ạ","y":2},"b":["đ",1]}'.encode()


@pytest.mark.parametrize("value", [1.5, True, False, None, b"x", {1: "x"}, [None], {"a": {"b": 0.1}}])
def test_what_two_writers_could_write_differently_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical({"v": value})


def test_the_commitment_is_the_keyed_hash_that_the_format_names() -> None:
    expected = hmac.new(b"s" * 32, b"rh-payload/v1\nuid\npayload", hashlib.sha256).digest()
    assert base64.b64decode(commitment(b"s" * 32, "uid", b"payload")) == expected


def test_another_salt_entry_or_payload_is_another_commitment() -> None:
    one = commitment(b"s" * 32, "uid", b"payload")
    others = {commitment(b"t" * 32, "uid", b"payload"), commitment(b"s" * 32, "uie", b"payload")}
    others |= {commitment(b"s" * 32, "uid", b"payloae"), commitment(b"s" * 32, "uid", b"")}
    assert one not in others
    assert len(others) == 4


def test_times_are_written_in_utc_with_microseconds() -> None:
    at = datetime(2026, 11, 23, 8, 2, 3, 4, tzinfo=timezone(timedelta(hours=7)))
    assert timestamp(at) == "2026-11-23T01:02:03.000004Z"
    assert timestamp(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000000Z"
