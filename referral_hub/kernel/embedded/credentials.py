"""Passwords of the database roles: one file of mode 0600 beside the cluster, each made when first asked for."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from referral_hub.kernel.embedded import faults, locks


def file_of(keep: Path) -> Path:
    """The password file in the hub's own directory of the cluster."""
    return keep / "credentials.json"


def password(keep: Path, role: str) -> str:
    """The password of `role`, made and stored if there is none; 192 random bits, safe in a URL.

    Only the file is written: whoever creates the role in the database gives it this password.
    """
    with faults.told(keep), locks.exclusive(keep / "credentials.lock"):
        known = load(keep)
        if role not in known:
            known[role] = secrets.token_urlsafe(24)
            _store(keep, known)
        return known[role]


def load(keep: Path) -> dict[str, str]:
    """All passwords by role; empty when none was made yet. A damaged file is the fault `passwords_missing`."""
    file = file_of(keep)
    try:
        known = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise faults.passwords_missing(file) from error
    if not isinstance(known, dict):
        raise faults.passwords_missing(file)
    return {str(role): str(secret) for role, secret in known.items()}


def _store(keep: Path, known: dict[str, str]) -> None:
    file = file_of(keep)
    fresh = file.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(known, stream, indent=1, sort_keys=True)
        stream.flush()
        os.fsync(stream.fileno())
    owner = keep.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.chown(fresh, owner.st_uid, owner.st_gid)
    fresh.replace(file)
