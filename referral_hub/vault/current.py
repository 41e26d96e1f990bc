"""The keyring this process works with; the factory sets it once, a rotation by another process is noticed by itself."""

from dataclasses import dataclass

from referral_hub.vault.keyring import Keyring, load_keyring

Mark = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Held:
    ring: Keyring
    mark: Mark | None


class _Holder:
    held: _Held | None = None


def use_keyring(ring: Keyring) -> None:
    """From now on data keys are wrapped and opened with ``ring``, and with what its file says later."""
    _Holder.held = _Held(ring, None)  # the file may have changed since it was read: the first use looks again


def keyring() -> Keyring:
    """The ring as its file stands now: a key that was rotated away must not wrap anything any more.

    One look at the file's date each time (a microsecond), a reading only when it changed. A file that vanished changes
    nothing for a running process.

    :raises RuntimeError: the factory has not run.
    :raises EnvironmentFault: the file was replaced by something unusable.
    """
    held = _Holder.held
    if held is None:
        raise RuntimeError("no keyring in use")
    mark = _mark(held.ring)
    if mark is None or mark == held.mark:
        return held.ring
    assert held.ring.source is not None
    ring = load_keyring(held.ring.source)
    # the mark from before the reading: if the file changed in between, the next look reads it again
    _Holder.held = _Held(ring, mark)
    return ring


def _mark(ring: Keyring) -> Mark | None:
    """What changes when the file is replaced; None without a file."""
    if ring.source is None:
        return None
    try:
        found = ring.source.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
