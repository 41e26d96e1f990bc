"""Password hashes as the sign-in page checks them: argon2id over the NFC form, however the marks were typed."""

from unicodedata import normalize

from argon2 import PasswordHasher


def hashed(password: str) -> str:
    """The argon2id hash of ``password``; salt and cost are inside it."""
    return PasswordHasher().hash(normalize("NFC", password))
