"""The rule of guessing: some tries are free, then each waits a little, and nobody waits long."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.liaisons.throttling import ACCOUNT, ADDRESS, Limit, counted_account, counted_address, waits
from referral_hub.vault.current import use_keyring
from referral_hub.vault.keyring import Keyring

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
MOMENTS = st.lists(st.integers(0, 2000).map(lambda s: NOW - timedelta(seconds=s)), max_size=90)


@pytest.fixture(autouse=True)
def ring() -> None:
    use_keyring(Keyring.fresh())


def ago(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=s) for s in seconds]


def test_the_first_tries_wait_for_nothing() -> None:
    assert waits(ACCOUNT, ago(*range(ACCOUNT.free - 1)), NOW) == timedelta()


def test_after_the_free_ones_a_try_waits_half_a_minute_from_the_last() -> None:
    assert waits(ACCOUNT, ago(*range(10, 10 + ACCOUNT.free)), NOW) == timedelta(seconds=20)


def test_tries_of_an_hour_ago_do_not_count() -> None:
    assert waits(ACCOUNT, ago(*range(3600, 3700)), NOW) == timedelta()


@given(MOMENTS, st.sampled_from([ACCOUNT, ADDRESS]))
def test_nobody_ever_waits_longer_than_the_limit_says(tries: list[datetime], limit: Limit) -> None:
    assert timedelta() <= waits(limit, tries, NOW) <= limit.every <= timedelta(seconds=30)


@given(MOMENTS, st.sampled_from([ACCOUNT, ADDRESS]))
def test_who_waited_as_told_may_try(tries: list[datetime], limit: Limit) -> None:
    assert waits(limit, tries, NOW + waits(limit, tries, NOW)) == timedelta()


def test_one_account_is_one_count_however_it_is_typed() -> None:
    assert counted_account(" LAN@anh-duong.example") == counted_account("lan@anh-duong.example")
    assert counted_account("lan@anh-duong.example") != counted_account("mai@anh-duong.example")


def test_what_is_kept_of_a_try_does_not_say_whose_it_was() -> None:
    assert b"lan" not in counted_account("lan@anh-duong.example").key


@pytest.mark.parametrize("remote", [None, "", "127.0.0.1", "::1", "unknown", "::ffff:127.0.0.1"])
def test_an_address_that_may_be_a_proxys_is_not_counted(remote: str | None) -> None:
    assert counted_address(remote) is None


def test_a_network_of_ipv6_is_one_address() -> None:
    assert counted_address("2001:db8:1:2::1") == counted_address("2001:db8:1:2:ffff::9")
    assert counted_address("2001:db8:1:2::1") != counted_address("2001:db8:1:3::1")
    assert counted_address("::ffff:203.0.113.7") == counted_address("203.0.113.7")
