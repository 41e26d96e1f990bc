"""Whether a home holds invented people only: the mark that ``demo`` writes, and the accounts it made."""

import json
import os
from pathlib import Path
from typing import TypedDict


class DemoAccount(TypedDict):
    """An account of the demo as it is printed; ``shown``: on the sign-in page too (the others are for the curious)."""

    agency: str
    role: str
    email: str
    password: str
    shown: bool


MARK = "demo.json"


def is_demo(home: Path) -> bool:
    """A home that the demo made."""
    return (home / MARK).exists()


def read_accounts(home: Path) -> list[DemoAccount]:
    """The accounts of a demo home; empty for any other."""
    if not is_demo(home):
        return []
    accounts: list[DemoAccount] = json.loads((home / MARK).read_text("utf-8"))["accounts"]
    return accounts


def mark(home: Path, password: str, accounts: list[DemoAccount]) -> None:
    """Mark ``home`` (0600: the passwords are in it)."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home / MARK, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"password": password, "accounts": accounts}, file, ensure_ascii=False, indent=1)


def password(home: Path) -> str | None:
    """The password of the demo's accounts."""
    if not is_demo(home):
        return None
    return str(json.loads((home / MARK).read_text("utf-8"))["password"])
