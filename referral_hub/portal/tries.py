"""Counting tries to prove who one is, each in a transaction of its own that outlives whatever becomes of the page."""

from flask import current_app

from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.throttling import Counted, Try, begin_try, counted_address, was_right


def begin(account: Counted, remote: str | None) -> Try:
    """Count a try for this account and from this network address, before it is checked."""
    address = counted_address(remote)
    with current_app.extensions["sign-in"].begin() as connection:
        return begin_try(connection, [account, *([address] if address else [])], now=clock.now())


def right(made: Try, account: Counted) -> None:
    """It was right."""
    with current_app.extensions["sign-in"].begin() as connection:
        was_right(connection, made, account)


def too_fast(wait_s: int, field: str = "password") -> Invalid:
    """What somebody reads who has to wait."""
    return Invalid(
        field,
        f"Đã thử quá nhiều lần. Hãy đợi {wait_s} giây rồi thử lại.",
        f"Too many tries. Wait {wait_s} seconds, then try again.",
    )
