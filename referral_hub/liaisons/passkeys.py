"""Passkeys (W3C WebAuthn level 2): who holds the device and unlocks it signs in, and no false page can pass it on.

The device checks its person (PIN, finger): that makes it both factors, on a shared desktop too. Runs on the connection
of the role ``signin``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import webauthn
from sqlalchemy import Connection, insert, select, update
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, Who, record
from referral_hub.kernel.ids import new_id
from referral_hub.liaisons.models import Account, Passkey

MOST = 10


@dataclass(frozen=True, slots=True)
class Site:
    """Where keys are valid: the host name of the hub, and the addresses its pages may have."""

    host: str
    origins: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class KeyView:
    """One passkey, as its person sees it."""

    id: UUID
    name: str
    made_at: datetime
    used_at: datetime | None


def passkeys_of(connection: Connection, account_id: UUID) -> list[KeyView]:
    """The passkeys of an account, the oldest first."""
    rows = connection.execute(
        select(Passkey.id, Passkey.name, Passkey.made_at, Passkey.used_at)
        .where(Passkey.account_id == account_id, Passkey.ended_at.is_(None))
        .order_by(Passkey.made_at)
    )
    return [KeyView(row.id, row.name, row.made_at, row.used_at) for row in rows]


def options_to_make(site: Site, account_id: UUID, email: str, challenge: bytes, existing: Sequence[bytes]) -> str:
    """What the browser is asked to make (JSON)."""
    return webauthn.options_to_json(
        webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name=site.name,
            user_id=account_id.bytes,
            user_name=email,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in existing],
        )
    )


def options_to_prove(site: Site, challenge: bytes) -> str:
    """What the browser is asked to prove (JSON): the same for everybody, no account is named."""
    return webauthn.options_to_json(
        webauthn.generate_authentication_options(
            rp_id=site.host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
    )


def credential_ids(connection: Connection, account_id: UUID) -> list[bytes]:
    """The keys that the same device need not make a second time."""
    living = Passkey.account_id == account_id, Passkey.ended_at.is_(None)
    return list(connection.scalars(select(Passkey.credential_id).where(*living)))


def keep_passkey(
    connection: Connection,
    who: Who,
    account_id: UUID,
    site: Site,
    challenge: bytes,
    credential: str,
    name: str,
    *,
    now: datetime,
) -> bool:
    """Keep the public half of a key that a device has just made; False when it is not what was asked for."""
    if len(credential_ids(connection, account_id)) >= MOST:
        return False
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=list(site.origins),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return False
    if connection.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
        return False
    record(who, Entry(Act.ACCOUNT_PASSKEY_MADE, account_id), now=now, on=connection)
    connection.execute(
        insert(Passkey).values(
            id=new_id(),
            account_id=account_id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name,
            made_at=now,
        )
    )
    return True


def take_passkey(
    connection: Connection, site: Site, challenge: bytes, credential: str, *, now: datetime
) -> UUID | None:
    """The account whose key answered this challenge; None: nobody's, or a copy of a key that went on elsewhere.

    The caller writes the entry of the sign-in in the same transaction: the database asks for it.
    """
    try:
        given = parse_authentication_credential_json(credential)
    except (WebAuthnException, ValueError):
        return None
    row = connection.execute(
        select(Passkey.id, Passkey.account_id, Passkey.public_key, Passkey.sign_count)
        .join(Account, Account.id == Passkey.account_id)
        .where(Passkey.credential_id == given.raw_id, Passkey.ended_at.is_(None), Account.active)
        .with_for_update(of=Passkey)
    ).one_or_none()
    if row is None or given.response.user_handle not in (None, row.account_id.bytes):
        return None
    try:
        proved = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=list(site.origins),
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return None
    used = update(Passkey).where(Passkey.id == row.id).values(sign_count=proved.new_sign_count, used_at=now)
    connection.execute(used)
    account_id: UUID = row.account_id
    return account_id


def end_passkey(connection: Connection, who: Who, account_id: UUID, key: UUID, *, now: datetime) -> bool:
    """This device does not sign in any more."""
    found = (
        update(Passkey)
        .where(Passkey.id == key, Passkey.account_id == account_id, Passkey.ended_at.is_(None))
        .values(ended_at=now)
    )
    if connection.execute(found).rowcount != 1:
        return False
    record(who, Entry(Act.ACCOUNT_PASSKEY_ENDED, account_id), now=now, on=connection)
    return True
