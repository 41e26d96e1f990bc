"""The shipped regulation, whole and in pieces that a test may break."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from referral_hub.regulation.faults import Fault
from referral_hub.regulation.loader import load_text, read_yaml, shipped, shipped_source
from referral_hub.regulation.model import Regulation
from referral_hub.regulation.validator import check
from tests.regulation.editing import Edit


@pytest.fixture(scope="session")
def regulation() -> Regulation:
    return shipped()


@pytest.fixture
def raw() -> Any:
    """The plain data of the shipped file, fresh for every test."""
    return read_yaml(shipped_source(), "shipped")


@pytest.fixture
def faults_after(raw: Any) -> Callable[..., list[Fault]]:
    """Makes these edits in the shipped file and checks it."""

    def run(*edits: Edit, known_categories: set[str] | None = None) -> list[Fault]:
        for edit in edits:
            edit(raw)
        return check(raw, "edited.yaml", known_categories)

    return run


@pytest.fixture
def version_with(raw: Any) -> Callable[..., Regulation]:
    """Makes these edits in the shipped file and loads it as another version."""

    def run(*edits: Edit) -> Regulation:
        for edit in edits:
            edit(raw)
        return load_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), "edited.yaml")

    return run
