"""The services as they are shipped: closed to what they do not need, under the accounts that the keys ask for."""

import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NAMES = ("web", "worker", "log")
CLOSED = ("NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "LimitCORE=0")


def unit(name: str) -> list[str]:
    return (DEPLOY / "systemd" / f"referral-hub-{name}.service").read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_each_service_is_closed_and_writes_no_memory_to_disk(name: str) -> None:
    assert set(CLOSED) <= set(unit(name))


def test_the_log_has_an_account_of_its_own_and_web_and_worker_share_one() -> None:
    users = {name: next(line for line in unit(name) if line.startswith("User=")) for name in NAMES}
    assert users["web"] == users["worker"] != users["log"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("name", NAMES)
def test_systemd_finds_little_exposed(name: str) -> None:
    path = DEPLOY / "systemd" / f"referral-hub-{name}.service"
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_nginx_keeps_no_addresses_and_hides_the_figures() -> None:
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert site.count("access_log off;") == site.count("server {") == 2
    assert "location = /metrics { return 404; }" in site and "TLSv1.1" not in site
