"""The list of what a release is made of names every pinned package once."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_pinned_package_is_named_with_version_and_hashes() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "script" / "sbom")], capture_output=True, text=True, check=True)
    bom = json.loads(done.stdout)
    pinned = (ROOT / "requirements" / "runtime.txt").read_text("utf-8")
    parts = bom["components"]
    assert len(parts) == sum("==" in line and not line.startswith((" ", "#")) for line in pinned.splitlines()) > 20
    assert len({part["purl"] for part in parts}) == len(parts)
    assert sum(len(part["hashes"]) for part in parts) == pinned.count("--hash=sha256:")
    assert all(part["hashes"] for part in parts)
    assert (bom["bomFormat"], bom["metadata"]["component"]["name"]) == ("CycloneDX", "referral-hub")
