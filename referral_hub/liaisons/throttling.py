"""Guessing is slowed down and nobody is locked out: after some tries that failed the next one waits, at most half a
minute.

What is counted is what was typed, whether such an account exists or not, so that waiting tells nothing. A try is
counted before it is checked: a hundred at once are a hundred tries.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, text

from referral_hub.kernel.ids import new_id
from referral_hub.liaisons.models import SignInTry
from referral_hub.vault.current import keyring

_PURPOSE = "sign-in-try/v1"
_NEIGHBOURS = 64  # one household of IPv6


@dataclass(frozen=True, slots=True)
class Limit:
    """``free`` tries ``within`` a time; each further one waits until ``every`` has passed since the last."""

    free: int
    within: timedelta
    every: timedelta


ACCOUNT = Limit(15, timedelta(minutes=15), timedelta(seconds=30))
ADDRESS = Limit(60, timedelta(minutes=15), timedelta(seconds=5))  # a whole office may come from one address
CODE = Limit(6, timedelta(hours=1), timedelta(seconds=30))  # three of a million are right at any moment
CHALLENGE = Limit(1, timedelta(hours=1), timedelta(hours=1))  # answered once; it is worth nothing long before
LONGEST = max(limit.within for limit in (ACCOUNT, ADDRESS, CODE, CHALLENGE))


@dataclass(frozen=True, slots=True)
class Counted:
    """What a try counts against: a keyed hash, which says nothing to who reads the table, and its limit."""

    key: bytes
    limit: Limit


def counted_account(typed: str) -> Counted:
    """Tries for one e-mail address as it was typed."""
    return Counted(keyring().blind(_PURPOSE, f"account|{typed.strip().lower()[:200]}"), ACCOUNT)


def counted_code(account_id: UUID) -> Counted:
    """Tries of second factors by who knew the password."""
    return Counted(keyring().blind(_PURPOSE, f"code|{account_id}"), CODE)


def counted_challenge(challenge: bytes) -> Counted:
    """Answers to one challenge of a passkey: there is one."""
    return Counted(keyring().blind(_PURPOSE, f"challenge|{challenge.hex()}"), CHALLENGE)


def counted_address(remote: str | None) -> Counted | None:
    """Tries from one network address; None when it is not known or this machine's own (a proxy's, then)."""
    try:
        address = ip_address(remote or "")
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return None
    shown = str(address)
    if isinstance(address, IPv6Address):
        shown = str(int(address) >> (128 - _NEIGHBOURS))
    return Counted(keyring().blind(_PURPOSE, f"address|{shown}"), ADDRESS)


@dataclass(frozen=True, slots=True)
class Try:
    """One try. ``wait_s`` above zero: it came too early, was not counted, and is not to be checked."""

    wait_s: int
    rows: tuple[UUID, ...] = ()


def waits(limit: Limit, tries: Sequence[datetime], now: datetime) -> timedelta:
    """How long the next try waits after these; zero: not at all."""
    recent = [at for at in tries if at > now - limit.within]
    if len(recent) < limit.free:
        return timedelta()
    return max(timedelta(), max(recent) + limit.every - now)


def begin_try(connection: Connection, counts: Iterable[Counted], *, now: datetime) -> Try:
    """Count one try, or say how many whole seconds the next one has to wait.

    :param connection: of the role ``signin``. Tries for the same account take turns until it commits.
    """
    ordered = sorted(counts, key=lambda one: one.key)  # one order, or two tries could wait for each other
    for one in ordered:
        lock = int.from_bytes(one.key[:8], signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
    connection.execute(delete(SignInTry).where(SignInTry.at <= now - LONGEST))
    longest = timedelta()
    for one in ordered:
        tries = connection.scalars(select(SignInTry.at).where(SignInTry.key == one.key)).all()
        longest = max(longest, waits(one.limit, tries, now))
    if longest:
        return Try(math.ceil(longest.total_seconds()))
    ids = tuple(new_id() for _ in ordered)
    rows = [{"id": row, "key": one.key, "at": now} for row, one in zip(ids, ordered, strict=True)]
    connection.execute(insert(SignInTry), rows)
    return Try(0, ids)


def was_right(connection: Connection, made: Try, account: Counted) -> None:
    """The try was right: it does not count, and what failed before for this account is forgotten."""
    connection.execute(delete(SignInTry).where(SignInTry.id.in_(made.rows) | (SignInTry.key == account.key)))
