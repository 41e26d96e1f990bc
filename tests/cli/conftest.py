"""The command line on the tests' hub."""

import pytest

from referral_hub.config import Settings
from referral_hub.kernel.server import Server
from tests.cli.commandline import CommandLine, variables


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], server: Server, settings: Settings
) -> CommandLine:
    """`cli("regulation", "show")` on the working database."""
    made = CommandLine(monkeypatch, capfd)
    made.variable(variables(server, settings))
    return made
