"""The files of the log as they are handed out: checkpoint, tiles, bundles, and who seals (C2SP tlog-tiles)."""

import contextlib
from pathlib import Path
from typing import Any

from referral_hub.audit.folder import Folder
from referral_hub.audit.notes import NoteError, parse_vkey
from referral_hub.audit.roster import Roster, Witness, usable_roster
from referral_hub.audit.tiles import WIDTH, Level, TileError, bundle, tile_path, unbundle
from referral_hub.audit.tree import HASH_BYTES

WELL_KNOWN = "/.well-known/referral-hub-audit"
LOG_FILES = "log-files"
"""Under which name an application keeps its :class:`LogFiles` among its extensions."""


class LogFiles:
    """The public half of the log's folder, and its roster. A reader of files: nothing here writes."""

    def __init__(self, folder: Folder, public_url: str) -> None:
        self.folder = folder
        self.public_url = public_url
        self._roster: tuple[tuple[int, int] | None, Roster] = (None, Roster())

    @property
    def roster(self) -> Roster:
        """Who cosigns, as the file says now. A file that cannot be used counts as none: it is said in the server's log,
        and no page breaks for it."""
        stamp = self._stamp(self.folder.witnesses)
        if stamp is None:
            return Roster()
        if self._roster[0] != stamp:
            self._roster = (stamp, usable_roster(self.folder.witnesses))
        return self._roster[1]

    @property
    def vkey(self) -> str | None:
        """The log's key, one line; None before the log first ran."""
        text = self._text(self.folder.vkey)
        return None if text is None else text.strip()

    @property
    def checkpoint(self) -> bytes | None:
        """The newest published checkpoint; None before there is one."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return self.folder.checkpoint.read_bytes()
        return None

    def tile(self, level: Level, n: int, width: int) -> bytes | None:
        """A tile or bundle of exactly this width; None when the log is not so wide there.

        A narrower one than is kept is cut from what is kept: it never was anything else.
        """
        for kept in (width, WIDTH, *self._partial_widths(level, n, above=width)):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                return _cut(level, (self.folder.public / tile_path(level, n, kept)).read_bytes(), kept, width)
        return None

    def about(self) -> dict[str, Any] | None:
        """What a verifier or a witness is configured with; None before the log first ran."""
        vkey = self.vkey
        if vkey is None:
            return None
        try:
            origin = parse_vkey(vkey).name
        except NoteError:
            return None
        roster = self.roster
        return {
            "origin": origin,
            "vkey": vkey,
            "checkpoint": f"{self.public_url}/audit/checkpoint",
            "witnesses": [_public(one) for one in roster.witnesses],
            "quorum": roster.quorum,
        }

    def _partial_widths(self, level: Level, n: int, above: int) -> list[int]:
        directory = self.folder.public / f"{tile_path(level, n)}.p"
        try:
            widths = [int(one.name) for one in directory.iterdir() if one.name.isdecimal()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(one for one in widths if above < one < WIDTH)

    @staticmethod
    def _stamp(path: Path) -> tuple[int, int] | None:
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_mtime_ns, found.st_ino

    @staticmethod
    def _text(path: Path) -> str | None:
        try:
            return path.read_text("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None


def _cut(level: Level, data: bytes, kept: int, width: int) -> bytes:
    if kept == width:
        return data
    if level != "entries":
        return data[: width * HASH_BYTES]
    entries = unbundle(data)
    if len(entries) < width:
        raise TileError("a bundle is shorter than its name says")
    return bundle(entries[:width])


def _public(one: Witness) -> dict[str, Any]:
    return {"name": one.name, "vkey": one.vkey, "agency": one.agency, "counts": not one.operator}
