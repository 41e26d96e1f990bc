"""The vendored front end is exactly what was built, small, and free of what must not be shipped."""

import gzip
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

STATIC = Path(str(files("referral_hub.portal"))) / "static"
VENDOR = STATIC / "vendor"
GOVUK = VENDOR / "govuk-6.3.0"
FIRST_VISIT = [
    GOVUK / "portal.css",
    GOVUK / "portal.js",
    GOVUK / "boot.js",
    STATIC / "rh" / "rh.css",
    STATIC / "rh" / "rh.js",
    STATIC / "rh" / "icon.svg",
]


def recorded_sums() -> dict[str, str]:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def test_every_vendored_file_is_the_one_that_was_recorded() -> None:
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name not in ("SHA256SUMS", "VENDOR.md")
    }
    assert found == recorded_sums()


@pytest.mark.parametrize("forbidden", ["gds transport", "crest", "crown", "http://", "https://", "@import"])
def test_the_style_sheets_hold_nothing_reserved_and_fetch_nothing_from_outside(forbidden: str) -> None:
    for sheet in (GOVUK / "portal.css", STATIC / "rh" / "rh.css"):
        assert forbidden not in sheet.read_text().lower(), sheet.name


def test_every_file_a_style_sheet_names_is_shipped() -> None:
    for sheet in (GOVUK / "portal.css", STATIC / "rh" / "rh.css"):
        for target in re.findall(r"url\([\"']?([^\"')]+)", sheet.read_text()):
            assert target.startswith("data:") or (sheet.parent / target).is_file(), target


def test_no_picture_font_or_manifest_of_another_government_is_vendored() -> None:
    suffixes = {path.suffix for path in VENDOR.rglob("*") if path.is_file()}
    assert suffixes <= {".css", ".js", ".woff2", ".txt", ".md", ""}


def test_a_first_visit_fits_the_weight_goal() -> None:
    text = sum(len(gzip.compress(path.read_bytes(), 9)) for path in FIRST_VISIT)
    fonts = sum(path.stat().st_size for path in (VENDOR / "fonts").glob("*.woff2"))
    assert text + fonts <= 90_000  # 95 KB with the page itself


def test_the_own_script_stays_small_and_stores_nothing() -> None:
    script = (STATIC / "rh" / "rh.js").read_text()
    assert len(script.encode()) < 4096
    storing = r"localStorage|sessionStorage|indexedDB|document\.cookie|serviceWorker|fetch\(|innerHTML"
    assert not re.search(storing, script)


def test_the_lock_file_names_versions_and_sums_but_no_registry() -> None:
    lock_file = Path(__file__).parents[2] / "frontend" / "package-lock.json"
    packages = json.loads(lock_file.read_text())["packages"]
    assert packages["node_modules/govuk-frontend"]["version"] == "6.3.0"
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all(package.get("integrity") for name, package in packages.items() if name)
