"""Passwords: long enough, changed by their person, hashed as the sign-in page checks them: argon2id over the NFC form,
however the marks were typed."""

from datetime import datetime
from unicodedata import normalize

from argon2 import PasswordHasher
from sqlalchemy import text

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid

LEAST = 12
MOST = 400


def hashed(password: str) -> str:
    """The argon2id hash of ``password``; salt and cost are inside it."""
    return PasswordHasher().hash(normalize("NFC", password))


def check_password(password: str, *, email: str, field: str = "new") -> None:
    """Length decides, not the kinds of characters: a sentence is easier to keep than a riddle.

    :raises Invalid: too short, too long, one character again and again, or the own e-mail.
    """
    plain = normalize("NFC", password)
    if not LEAST <= len(plain) <= MOST:
        raise Invalid(
            field,
            f"Mật khẩu phải dài từ {LEAST} đến {MOST} ký tự. Một câu ngắn là dễ nhớ nhất.",
            f"A password has {LEAST} to {MOST} characters. A short sentence is easiest to remember.",
        )
    if len(set(plain)) < 4 or email.partition("@")[0].lower() in plain.lower():
        raise Invalid(
            field,
            "Mật khẩu này quá dễ đoán: đừng lặp một ký tự hay dùng email của mình.",
            "This password is too easy to guess: do not repeat one character or use your e-mail.",
        )


def change_password(actor: Actor, password: str, *, email: str, now: datetime) -> None:
    """A new password for who acts and has just proved the old one.

    :raises Invalid: see :func:`check_password`.
    """
    require(actor, Action.ACCOUNT_OWN)
    check_password(password, email=email)
    assert actor.account_id is not None
    record(actor, Entry(Act.ACCOUNT_PASSWORD_SET, actor.account_id), now=now)
    db.session.execute(text("SELECT set_own_password(:hash)"), {"hash": hashed(password)})
