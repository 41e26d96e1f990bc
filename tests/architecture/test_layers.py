"""The layers of the design, as import-linter reads them from setup.cfg."""

from __future__ import annotations

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDER = [
    *("cli", "app", "api", "portal", "reports", "notifications", "rights", "intake", "perpetrators", "outreach"),
    *("referrals", "cases", "consent", "tasks", "liaisons", "partners", "directory", "access"),
    *("regulation", "audit", "vault", "kernel"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command as c; c()"]
    command += ["--config", "setup.cfg", "--no-cache"]
    return subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True)


def layers() -> list[list[str]]:
    """The packages of each layer, top first."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    lines = config["importlinter:contract:layers"]["layers"].split("\n")
    return [[name.strip(" ()").removeprefix("referral_hub.") for name in line.split("|")] for line in lines if line]


def test_every_import_goes_down() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_layers_are_those_of_the_design() -> None:
    named = [name for layer in layers() for name in layer]
    assert [name for name in named if name in ORDER] == ORDER


def test_every_package_stands_in_a_layer() -> None:
    packages = {path.name for path in (ROOT / "referral_hub").iterdir() if (path / "__init__.py").exists()}
    modules = {path.stem for path in (ROOT / "referral_hub").glob("*.py") if path.stem != "__init__"}
    assert packages | modules <= {name for layer in layers() for name in layer}


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("kernel/clock.py", "import referral_hub.cases", "referral_hub.kernel is not allowed to import"),
        ("outreach/service.py", "import referral_hub.perpetrators", "referral_hub.outreach is not allowed to import"),
        ("cases/service.py", "import flask", "referral_hub.cases is not allowed to import flask"),
    ],
    ids=["upward", "sideways", "framework"],
)
def test_a_forbidden_import_is_found(tmp_path: Path, module: str, line: str, broken: str) -> None:
    (tmp_path / "setup.cfg").write_text((ROOT / "setup.cfg").read_text("utf-8"), "utf-8")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "__init__.py").touch()
    (tmp_path / "referral_hub").mkdir()
    (tmp_path / "referral_hub" / "__init__.py").touch()
    for name in ORDER[2:]:
        (tmp_path / "referral_hub" / name).mkdir()
        (tmp_path / "referral_hub" / name / "__init__.py").touch()
    assert lint(tmp_path).returncode == 0
    (tmp_path / "referral_hub" / module).write_text(line + "\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert broken in done.stdout
