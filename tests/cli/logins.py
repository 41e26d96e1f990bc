"""Passwords of the hub's roles as a home keeps them: the command line counts as a role of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.trial import Trial


@contextmanager
def kept_logins(installation: Trial, home: Path) -> Iterator[None]:
    """The test server's passwords in ``home``, what stood there put back afterwards."""
    path = home / "keys" / "roles.json"
    before = path.read_text("utf-8") if path.exists() else None
    path.write_text(json.dumps(installation.passwords), "utf-8")
    path.chmod(0o600)
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, "utf-8")
