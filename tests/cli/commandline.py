"""The command line as an operator of the tests' hub calls it, in this process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from referral_hub.cli import run
from referral_hub.config import Settings
from referral_hub.kernel.server import Server
from tests.trial import PREFIX


@dataclass(frozen=True, slots=True)
class Said:
    """What one command answered."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """`cli("regulation", "show")`; set variables first with `cli.variable(NAME="value")`."""

    monkeypatch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Said:
        self.capfd.readouterr()
        status = run([str(one) for one in arguments])
        out, err = self.capfd.readouterr()
        return Said(status, out, err)

    def variable(self, values: Mapping[str, str | None]) -> None:
        """Set (or with None remove) `REFERRAL_HUB_...` variables; named without the prefix."""
        for name, value in values.items():
            if value is None:
                self.monkeypatch.delenv(f"REFERRAL_HUB_{name}", raising=False)
            else:
                self.monkeypatch.setenv(f"REFERRAL_HUB_{name}", value)


def variables(server: Server, settings: Settings) -> dict[str, str | None]:
    """What points the command line to the database and the home of the tests."""
    return {
        "HOME": str(settings.home),
        "ROLE_PREFIX": PREFIX,
        "DATABASE_URL": server.app_url,
        "ADMIN_DATABASE_URL": server.admin_url,
        "LOCALE": None,
        "PUBLIC_URL": None,
    }
