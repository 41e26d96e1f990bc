"""docs/verifying.md: every command on the page is one the program takes, in both languages the same."""

import re
import shlex
from pathlib import Path

import pytest

from tests.verifier.published import SCRIPT, verifier

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "verifying.md").read_text("utf-8")
COMMANDS = re.findall(r"^(?:python3 )?referral-hub-verify (.+)$", PAGE, re.M)


@pytest.mark.parametrize("command", [one for one in COMMANDS if "--help" not in one])
def test_every_command_of_the_page_is_understood(command: str) -> None:
    assert callable(verifier.parser().parse_args(shlex.split(command)).run)


def test_both_languages_show_the_same_commands() -> None:
    vietnamese, _, english = PAGE.partition("\n## English\n")

    def verbs(text: str) -> list[str]:
        return [
            " ".join(re.findall(r"^\S+ \S+|--\S+", row)) for row in re.findall(r"^referral-hub-verify.*$", text, re.M)
        ]

    assert len(verbs(english)) == 5
    assert verbs(vietnamese) == verbs(english)


def test_every_option_named_on_the_page_exists() -> None:
    source = SCRIPT.read_text("utf-8")
    for option in set(re.findall(r"`(--[a-z-]+)", PAGE)):
        assert f'"{option}"' in source, option
