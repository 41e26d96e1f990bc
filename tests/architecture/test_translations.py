"""Vietnamese is complete: what the sources say is in the catalogue, translated, and compiled."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "referral_hub" / "portal" / "translations"
LOCALES = ("vi", "en")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|#")
#: Words that are the same in both languages: names, abbreviations.
SAME = {"Email", "Menu", "Referral hub"}


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def messages(found: Catalog) -> dict[str, Any]:
    return {str(one.id): one for one in found if one.id}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What the sources say now, extracted as `script/translations` does."""
    target = tmp_path_factory.mktemp("extracted") / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", str(FOLDER / "babel.cfg")]
    command += ["-k", "lazy_gettext", "-o", str(target), "referral_hub/portal"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return set(messages(catalogue(target)))


def test_the_template_of_the_catalogue_is_what_the_sources_say(extracted: set[str]) -> None:
    assert len(extracted) > 100
    assert set(messages(catalogue(FOLDER / "messages.pot"))) == extracted, "run script/translations"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_catalogue_knows_every_text_and_no_old_one(locale: str, extracted: set[str]) -> None:
    assert set(messages(catalogue(FOLDER / locale / "LC_MESSAGES" / "messages.po"))) == extracted


def test_every_text_is_translated_and_none_is_a_guess() -> None:
    found = messages(catalogue(FOLDER / "vi" / "LC_MESSAGES" / "messages.po"))
    assert [text for text, one in found.items() if not one.string or one.fuzzy] == []


def test_a_translation_has_the_places_of_its_source() -> None:
    for text, one in messages(catalogue(FOLDER / "vi" / "LC_MESSAGES" / "messages.po")).items():
        assert sorted(set(PLACEHOLDER.findall(text))) == sorted(set(PLACEHOLDER.findall(str(one.string)))), text


def test_a_translation_is_vietnamese() -> None:
    found = messages(catalogue(FOLDER / "vi" / "LC_MESSAGES" / "messages.po"))
    assert [text for text, one in found.items() if text == one.string and text not in SAME] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_compiled_catalogue_is_the_written_one(locale: str) -> None:
    folder = FOLDER / locale / "LC_MESSAGES"
    written = {text: one.string for text, one in messages(catalogue(folder / "messages.po")).items() if one.string}
    with (folder / "messages.mo").open("rb") as file:
        compiled = {text: one.string for text, one in messages(read_mo(file)).items()}
    assert compiled == written
