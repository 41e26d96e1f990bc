"""Where the cluster and its socket live, and which system account runs it.

No permission of a directory that exists is ever changed: where the account of the server cannot reach the hub's home
(root's home, for one), the cluster goes to a directory of its own instead of the home being opened.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from referral_hub.kernel.embedded import faults

SOCKET_PORT = 5432
_SOCKET_PATH_LIMIT = 100
_ACCOUNTS = ("referral-hub", "postgres", "nobody")
_AWAY = Path("/var/lib/referral-hub")
_HERE = "here"
_UNQUOTABLE = frozenset("\"'\\,\n\r")


@dataclass(frozen=True, slots=True)
class Account:
    """The system account that PostgreSQL runs as; `drops` when that is not the account of this process."""

    uid: int
    gid: int
    drops: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Paths of one cluster: `keep` holds what belongs to the hub (passwords), `root` what belongs to the server."""

    home: Path
    root: Path
    account: Account

    @property
    def keep(self) -> Path:
        return self.home / "postgres"

    @property
    def record(self) -> Path:
        """Remembers `root`, so that a later change of permissions does not make the data seem gone."""
        return self.keep / "place"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def start_lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def users_lock(self) -> Path:
        return self.root / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        return self.root / "keeper.lock"

    @property
    def log(self) -> Path:
        return self.home / "log" / "postgres.log"

    @property
    def is_away(self) -> bool:
        return self.root != self.keep


def resolve(home: Path) -> Place:
    """The place of the cluster of `home` (symbolic links followed); creates the directories that are missing.

    Errors: EnvironmentFault when a directory cannot be made or there is no account to run the server as.
    """
    with faults.told(home):
        home = home.expanduser().resolve()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    keep = home / "postgres"
    with faults.told(keep):
        account = _account(_recorded(keep) or keep)
        _ensure_directory(keep, 0o711 if account.drops else 0o700)
        _ensure_directory(home / "log", 0o700)
        root = _recorded(keep) or _choose_root(home, keep, account)
    with faults.told(root):
        if root != keep:
            _ensure_directory(root.parent, 0o711)
            _ensure_directory(root, 0o711)
    return Place(home=home, root=root, account=account)


def existing(home: Path) -> Place | None:
    """The place of the cluster of `home` if one was made there before; creates nothing."""
    home = home.expanduser().resolve()
    root = _recorded(home / "postgres")
    return None if root is None else Place(home=home, root=root, account=_account(root))


def record(place: Place) -> None:
    """Notes the choice of the root. A root inside the home is noted as such, so that a home can be moved."""
    place.record.write_text(f"{place.root if place.is_away else _HERE}\n", "utf-8")


def _recorded(keep: Path) -> Path | None:
    try:
        noted = (keep / "place").read_text("utf-8").rstrip("\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    return keep if noted == _HERE else Path(noted)


def _account(root: Path) -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), drops=False)
    # A cluster that an ordinary user made stays that user's, also when root starts it once.
    data = root / "data"
    if data.is_dir() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, drops=True)
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, drops=True)
    raise faults.no_system_user()


def _choose_root(home: Path, keep: Path, account: Account) -> Path:
    if not account.drops or reaches(account, keep):
        return keep
    return _AWAY / _digest(home)


def _digest(home: Path) -> str:
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:16]


def _ensure_directory(path: Path, mode: int) -> None:
    """Makes the directory with exactly this mode, whatever the umask; one that exists keeps its own."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        if not path.is_dir():
            raise
    else:
        path.chmod(mode)


def reaches(account: Account, directory: Path) -> bool:
    """Whether the account may enter `directory` and each one above it (by owner, group and other bits)."""
    resolved = directory.resolve()
    return all(may(account, path, stat.S_IXOTH) for path in (resolved, *resolved.parents))


def may(account: Account, path: Path, bit: int) -> bool:
    """Whether the account has the right on `path` that `bit` (one of the bits for others, such as S_IXOTH) names."""
    info = path.stat()
    if info.st_uid == account.uid:
        bit <<= 6
    elif info.st_gid == account.gid:
        bit <<= 3
    return bool(info.st_mode & bit)


def private_directory(path: Path, account: Account) -> Path:
    """A directory of mode 0700 that belongs to the account; refuses one that somebody else prepared."""
    try:
        path.mkdir(mode=0o700)
        if account.drops:
            os.chown(path, account.uid, account.gid)
    except FileExistsError:
        info = path.lstat()
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != account.uid or stat.S_IMODE(info.st_mode) & 0o077:
            raise faults.unsafe_directory(path) from None
    return path


def socket_directory(place: Place) -> Path:
    """The directory of the socket: in the place, or under the temporary directory when that path is too long."""
    wanted = place.root / "run"
    if _fits(wanted):
        return private_directory(wanted, place.account)
    name = f"referral-hub-{_digest(place.root)}"
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):
        if _fits(base / name) and (not place.account.drops or reaches(place.account, base)):
            return private_directory(base / name, place.account)
    raise faults.cannot_write(wanted, "the path is too long for a socket")


def _fits(directory: Path) -> bool:
    text = str(directory)
    return len(os.fsencode(text)) + len(f"/.s.PGSQL.{SOCKET_PORT}") < _SOCKET_PATH_LIMIT and not _UNQUOTABLE & set(text)
