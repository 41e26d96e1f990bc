"""Making a cluster: initdb, the administrator role, the hub's empty database. Whoever calls holds the start lock."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from referral_hub.kernel.embedded import faults, process
from referral_hub.kernel.embedded.binaries import binaries, shipped_version
from referral_hub.kernel.embedded.place import Place, private_directory

ADMIN_ROLE = "hub_admin"
DATABASE = "referral_hub"
_FREE_BYTES_NEEDED = 300 * 1024 * 1024
# Only what an operator may change later in postgresql.conf; what protects the data is given at every start.
_TUNING = {"shared_buffers": "64MB", "max_connections": "60"}
_OPTIONS = (
    *("--username", ADMIN_ROLE),
    *("--auth", "scram-sha-256"),
    *("--encoding", "UTF8"),
    *("--locale-provider", "builtin"),
    *("--builtin-locale", "C.UTF-8"),
    *("--locale", "C"),
)


def make(place: Place, admin_password: str) -> None:
    """Makes the data directory with the administrator role and the hub's empty database; keeps an existing one.

    It is made under another name and renamed when whole, so a killed attempt leaves nothing that looks like data.
    Errors: EnvironmentFault for a full disk, or data of another major version.
    """
    for left in place.root.glob("data.new-*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    if place.data.exists():
        _check_version(place)
        return
    if shutil.disk_usage(place.root).free < _FREE_BYTES_NEEDED:
        raise faults.disk_full(place.root)
    making = private_directory(place.root / f"data.new-{secrets.token_hex(4)}", place.account)
    try:
        _initialise(place, making, admin_password)
        making.rename(place.data)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _initialise(place: Place, making: Path, admin_password: str) -> None:
    programs = binaries(place)
    tuning = [word for name, value in _TUNING.items() for word in ("--set", f"{name}={value}")]
    handed = making.with_name(f"{making.name}.password")
    try:
        _hand_over(place, handed, admin_password)
        _run(place, [f"{programs}/initdb", "-D", str(making), "--pwfile", str(handed), *_OPTIONS, *tuning])
    finally:
        handed.unlink(missing_ok=True)
    single = [f"{programs}/postgres", "--single", "-j", "-D", str(making), "template1"]
    _run(place, single, f"CREATE DATABASE {DATABASE}")


def _hand_over(place: Place, file: Path, secret: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secret)
    if place.account.drops:
        os.chown(file, place.account.uid, place.account.gid)


def _run(place: Place, command: Sequence[str], text: str = "") -> None:
    try:
        done = subprocess.run(
            command,
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=process.ENVIRONMENT,
            **process.dropped(place),
        )
    except OSError as error:
        raise faults.start_failed(place.log, f"{command[0]}: {error.strerror}") from error
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0 or "FATAL:" in output or "ERROR:" in output:
        raise faults.from_output(place.root, output)


def _check_version(place: Place) -> None:
    found = (place.data / "PG_VERSION").read_text("ascii").strip()
    shipped = shipped_version().split(".")[0]
    if found != shipped:
        raise faults.other_version(place.data, found, shipped)


def set_aside(place: Place) -> Path | None:
    """Moves the data of a home that was deleted out of the way and returns where it is now.

    Nobody knows its passwords any more, and its keys went with the home; deleting it is the operator's decision.
    """
    if not place.data.exists():
        return None
    process.stop(place)
    aside = place.root / f"data.left-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
    place.data.rename(aside)
    return aside
