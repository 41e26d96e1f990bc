"""Password hashes as the sign-in page checks them: argon2id, through Flask-Security's own context."""

from argon2 import PasswordHasher


def hashed(password: str) -> str:
    """The argon2id hash of ``password``; salt and cost are inside it."""
    return PasswordHasher().hash(password)
