"""By what a case is found again: keyed hashes of her name and of her telephone number, each agency its own.

The key is the keyring's index key, which never rotates; without it a hash can be neither read nor guessed.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from referral_hub.access.marks import folded
from referral_hub.kernel.db import db
from referral_hub.vault.current import keyring

NAME, TELEPHONE = "case-name", "case-telephone"
#: category -> (what its values are marked as, its fields)
MARKED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "identity": (NAME, ("full_name", "preferred_name")),
    "contact": (TELEPHONE, ("safe_phone",)),
}
_MARK = text("SELECT mark_section(:subject, :category, :digests)")


def name_mark(owner: UUID, name: str) -> bytes:
    """The mark of a whole name: small and capital letters, Vietnamese marks and blanks make no difference."""
    return keyring().blind(NAME, f"{owner}|{folded(name)}")


def telephone_mark(owner: UUID, number: str) -> bytes:
    """The mark of a telephone number, with or without the country's code."""
    digits = re.sub(r"\D", "", number)
    return keyring().blind(TELEPHONE, f"{owner}|{re.sub('^(?:0084|84)', '0', digits)}")


def mark_sections(owner: UUID, subject: UUID, documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep by what the case is found, for those of these sections that have a name or a number in them.

    The caller has written them: the database asks for the entry of the writing.
    """
    for category in MARKED.keys() & documents.keys():
        digests = list(_marks(owner, category, documents[category]))
        db.session.execute(_MARK, {"subject": subject, "category": category, "digests": digests})


def _marks(owner: UUID, category: str, document: Mapping[str, Any]) -> Collection[bytes]:
    purpose, fields = MARKED[category]
    mark = name_mark if purpose == NAME else telephone_mark
    return {mark(owner, str(document[field])) for field in fields if document.get(field)}
