"""The second factor: an authenticator app (TOTP, RFC 6238), and codes on paper for the day the telephone is gone.

Everything here runs on the connection of the role ``signin``: the web's own role sees neither secrets nor hashes.
"""

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy import Connection, func, insert, select, update

from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, Who, record
from referral_hub.kernel.ids import CODE_ALPHABET, new_id
from referral_hub.liaisons.models import RecoveryCode, TotpSecret
from referral_hub.vault.current import keyring
from referral_hub.vault.documents import totp_identity
from referral_hub.vault.keyring import Wrapped
from referral_hub.vault.sealing import Key, Unsealable

RECOVERY_CODES = 10
SECRET_BYTES = 20  # RFC 4226, 4: 160 bits
STEP_S = 30
DRIFT = 1  # a telephone's clock may be half a minute off
_PURPOSE = "recovery-code/v1"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account proves itself with besides its password."""

    app_since: datetime | None
    recovery_left: int

    @property
    def any(self) -> bool:
        """There is a second factor."""
        return self.app_since is not None


def standing(connection: Connection, account_id: UUID) -> Standing:
    """How this account stands."""
    living = TotpSecret.account_id == account_id, TotpSecret.ended_at.is_(None)
    left = select(func.count()).where(
        RecoveryCode.account_id == account_id, RecoveryCode.ended_at.is_(None), RecoveryCode.until.is_(None)
    )
    return Standing(connection.scalar(select(TotpSecret.made_at).where(*living)), int(connection.scalar(left) or 0))


def fresh_secret() -> bytes:
    """The secret of a new authenticator; nothing is kept yet."""
    return secrets.token_bytes(SECRET_BYTES)


def kept_for_setup(account_id: UUID, secret: bytes) -> str:
    """The secret of an authenticator that is being set up, sealed, as the browser may carry it."""
    wrapped = keyring().wrap(Key(secret), _setup_identity(account_id))
    return f"{wrapped.wrapping_key}:{base64.urlsafe_b64encode(wrapped.sealed).decode()}"


def secret_of_setup(account_id: UUID, kept: str) -> bytes | None:
    """What :func:`kept_for_setup` sealed for this account; None: of somebody else, or of a key that is gone."""
    wrapping_key, _, sealed = kept.partition(":")
    try:
        wrapped = Wrapped(base64.urlsafe_b64decode(sealed), wrapping_key)
        return keyring().unwrap(wrapped, _setup_identity(account_id)).secret
    except (Unsealable, ValueError):
        return None


def _setup_identity(account_id: UUID) -> str:
    return f"totp-setup/v1|{account_id}"


def in_words(secret: bytes) -> str:
    """What somebody types whose telephone has no camera: base32."""
    return base64.b32encode(secret).decode()


def address(secret: bytes, email: str, issuer: str) -> str:
    """What the QR code says (``otpauth://``)."""
    return pyotp.TOTP(in_words(secret)).provisioning_uri(name=email, issuer_name=issuer)


def matching_step(secret: bytes, code: str, *, after: int, now: datetime) -> int | None:
    """The step of time whose code this is, later than ``after``; None: a wrong code or one that was used."""
    totp = pyotp.TOTP(in_words(secret))
    current = int(now.timestamp()) // STEP_S
    steps = range(current - DRIFT, current + DRIFT + 1)
    found = [step for step in steps if pyotp.utils.strings_equal(totp.generate_otp(step), code)]
    return max((step for step in found if step > after), default=None)


def keep_authenticator(
    connection: Connection, who: Who, account_id: UUID, secret: bytes, code: str, *, now: datetime
) -> bool:
    """From now on this authenticator in place of an earlier one, if ``code`` is its own.

    The codes on paper stay as they are; who has none gets some (:func:`renew_codes`).
    """
    step = matching_step(secret, code, after=0, now=now)
    if step is None:
        return False
    record(who, Entry(Act.ACCOUNT_FACTOR_SET, account_id), now=now, on=connection)
    living = TotpSecret.account_id == account_id, TotpSecret.ended_at.is_(None)
    connection.execute(update(TotpSecret).where(*living).values(ended_at=now))
    row = new_id()
    wrapped = keyring().wrap(Key(secret), totp_identity(row))
    connection.execute(
        insert(TotpSecret).values(
            id=row,
            account_id=account_id,
            sealed=wrapped.sealed,
            wrapping_key=wrapped.wrapping_key,
            last_step=step,
            made_at=now,
        )
    )
    return True


def renew_codes(connection: Connection, who: Who, account_id: UUID, *, now: datetime) -> tuple[str, ...]:
    """Ten new codes, to be shown this once; earlier ones are worth nothing any more."""
    codes = tuple(fresh_code() for _ in range(RECOVERY_CODES))
    record(who, Entry(Act.ACCOUNT_CODES_MADE, account_id), now=now, on=connection)
    earlier = RecoveryCode.account_id == account_id, RecoveryCode.ended_at.is_(None)
    connection.execute(update(RecoveryCode).where(*earlier).values(ended_at=now))
    connection.execute(insert(RecoveryCode), [_row(account_id, code, now) for code in codes])
    return codes


def take_code(connection: Connection, who: Who, account_id: UUID, typed: str, *, now: datetime) -> bool:
    """Whether this is a code of the app, or one on paper. Either works once.

    The caller writes the entry of the sign-in in the same transaction: the database asks for it.
    """
    code = "".join(one for one in typed if one.isalnum()).upper()[:40]
    if code.isdecimal() and len(code) == 6:
        return _take_from_app(connection, account_id, code, now)
    return _take_from_paper(connection, who, account_id, code, now)


def _take_from_app(connection: Connection, account_id: UUID, code: str, now: datetime) -> bool:
    row = connection.execute(
        select(TotpSecret.id, TotpSecret.sealed, TotpSecret.wrapping_key, TotpSecret.last_step)
        .where(TotpSecret.account_id == account_id, TotpSecret.ended_at.is_(None))
        .with_for_update()  # the same code twice at once is one code
    ).one_or_none()
    if row is None:
        return False
    secret = keyring().unwrap(Wrapped(row.sealed, row.wrapping_key), totp_identity(row.id)).secret
    step = matching_step(secret, code, after=row.last_step, now=now)
    if step is None:
        return False
    connection.execute(update(TotpSecret).where(TotpSecret.id == row.id).values(last_step=step))
    return True


def _take_from_paper(connection: Connection, who: Who, account_id: UUID, code: str, now: datetime) -> bool:
    used = connection.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.digest == digest_of(account_id, code),
            RecoveryCode.ended_at.is_(None),
            RecoveryCode.until.is_(None) | (RecoveryCode.until > now),
        )
        .values(ended_at=now)
    )
    if used.rowcount != 1:
        return False
    record(who, Entry(Act.ACCOUNT_CODE_USED, account_id), now=now, on=connection)
    return True


def digest_of(account_id: UUID, code: str) -> bytes:
    """What is kept of a code: a keyed hash that is worth nothing without the keyring."""
    return keyring().blind(_PURPOSE, f"{account_id}|{code}")


def shown(codes: Iterable[str]) -> list[str]:
    """In two groups, as people read them aloud."""
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def fresh_code() -> str:
    """Fifty bits; never six digits, which the app's codes are."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(10))


def _row(account_id: UUID, code: str, now: datetime) -> dict[str, object]:
    return {"digest": digest_of(account_id, code), "account_id": account_id, "made_at": now}
