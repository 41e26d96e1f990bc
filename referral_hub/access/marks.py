"""Names as keyed hashes: a person described for a case and an account meet, and the case does not hold the name."""

import re
from collections.abc import Collection
from unicodedata import combining, normalize
from uuid import UUID

from sqlalchemy import text

from referral_hub.kernel.db import db
from referral_hub.vault.current import keyring

PURPOSE = "person-name"
_MARK = text("SELECT mark_account(:account, :digest)")
_MARK_ALL = text(
    "SELECT mark_account(a, d) FROM unnest(CAST(:accounts AS uuid[]), CAST(:digests AS bytea[])) AS t (a, d)"
)
_ACCOUNTS = text("SELECT id, name FROM account")


def folded(name: str) -> str:
    """A name as it is compared: lower case, without marks, ``đ`` as ``d``, single blanks."""
    plain = "".join(c for c in normalize("NFD", name.casefold().replace("đ", "d")) if not combining(c))
    return re.sub(r"\s+", " ", plain).strip()


def digest(name: str) -> bytes:
    """The keyed hash of a name (HMAC-SHA-256 under the keyring's index key, which never rotates)."""
    return keyring().blind(PURPOSE, folded(name))


def mark(account: UUID, name: str, *, known: Collection[bytes] = ()) -> None:
    """The account can be met by its name from now on; nothing happens when it can already."""
    found = digest(name)
    if found not in {bytes(one) for one in known}:
        db.session.execute(_MARK, {"account": account, "digest": found})


def mark_everybody() -> None:
    """Mark every account, also of people who have not signed in yet: before somebody is picked, told or asked."""
    rows = db.session.execute(_ACCOUNTS).all()
    everybody = {"accounts": [row.id for row in rows], "digests": [digest(row.name) for row in rows]}
    db.session.execute(_MARK_ALL, everybody)
