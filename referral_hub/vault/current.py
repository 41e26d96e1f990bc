"""The keyring this process works with; the factory sets it once."""

from referral_hub.vault.keyring import Keyring


class _Holder:
    ring: Keyring | None = None


def use_keyring(ring: Keyring) -> None:
    """From now on data keys are wrapped and opened with ``ring``."""
    _Holder.ring = ring


def keyring() -> Keyring:
    """:raises RuntimeError: the factory has not run."""
    if _Holder.ring is None:
        raise RuntimeError("no keyring in use")
    return _Holder.ring
