"""Signed-in sessions: a random token in the browser, its hash in the database, looked up by the door each time."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, insert, text

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import THE_HUB, Entry, Operator, Who, record
from referral_hub.kernel.db import db
from referral_hub.liaisons.models import SignInSession

LASTS = timedelta(hours=10)  # one long shift; nobody stays signed in overnight


@dataclass(frozen=True, slots=True)
class SessionView:
    """One place where somebody is signed in. ``mark``: what names it on the page; ``this``: the browser that asks."""

    mark: str
    device: str | None
    since: datetime
    until: datetime
    this: bool


def start_session(
    connection: Connection, who: Who, account_id: UUID, *, device: str | None = None, now: datetime
) -> str:
    """A new session of this account; returns the token for its cookie.

    :param connection: of the role ``signin``, the only one that may.
    :param device: browser and system, as the person will recognise them.
    """
    token = secrets.token_urlsafe(32)
    record(who, Entry(Act.ACCOUNT_SIGNED_IN, account_id), now=now, on=connection)
    connection.execute(
        insert(SignInSession).values(
            digest=_digest(token), account_id=account_id, started_at=now, expires_at=now + LASTS, device=device
        )
    )
    return token


def refuse_session(
    connection: Connection, account_id: UUID | None, agency_code: str | None, channel: str, *, now: datetime
) -> None:
    """Somebody tried to sign in and could not. The entry is about the account, if there is one, never what was typed.

    :param connection: of the role ``signin``.
    """
    nobody = Operator("nobody", agency_code or Operator().agency_code, channel)
    entry = Entry(Act.ACCOUNT_SIGN_IN_REFUSED, account_id or THE_HUB, outcome="denied")
    record(nobody, entry, now=now, on=connection)


def end_session(who: Who, account_id: UUID, token: str, *, now: datetime) -> None:
    """The acting person's session ends for good; a copy of the cookie is worth nothing afterwards."""
    record(who, Entry(Act.ACCOUNT_SIGNED_OUT, account_id), now=now)
    db.session.execute(text("SELECT end_session(:digest)"), {"digest": _digest(token)})


def own_sessions(actor: Actor, token: str) -> list[SessionView]:
    """Where the acting person is signed in; the browser of ``token`` first, then the newest."""
    require(actor, Action.ACCOUNT_OWN)
    here = _digest(token)
    rows = db.session.execute(text("SELECT digest, device, started_at, expires_at FROM own_sessions()"))
    found = [
        SessionView(bytes(row.digest).hex(), row.device, row.started_at, row.expires_at, bytes(row.digest) == here)
        for row in rows
    ]
    return sorted(found, key=lambda one: (not one.this, -one.since.timestamp()))


def end_own_sessions(actor: Actor, token: str, mark: str | None, *, now: datetime) -> int:
    """End one of the acting person's sessions, or with None all but the one of ``token``; how many ended."""
    others = [one for one in own_sessions(actor, token) if not one.this and mark in (None, one.mark)]
    assert actor.account_id is not None
    for one in others:
        record(actor, Entry(Act.ACCOUNT_SIGNED_OUT, actor.account_id), now=now)
        db.session.execute(text("SELECT end_session(:digest)"), {"digest": bytes.fromhex(one.mark)})
    return len(others)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
