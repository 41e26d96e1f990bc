"""The log as files that any web server can hand out (C2SP tlog-tiles): tiles and bundles first, the checkpoint last.

Every file is written whole or not at all, so that this may stop anywhere and run again. What a published checkpoint
needs is always there before it.
"""

import contextlib
import shutil
from pathlib import Path
from typing import Any

import psycopg

from referral_hub.audit.checkpoints import parse
from referral_hub.audit.folder import (
    GROUP_DIRECTORY,
    GROUP_FILE,
    PUBLIC_DIRECTORY,
    PUBLIC_FILE,
    Folder,
    make_directory,
    write_file,
)
from referral_hub.audit.notes import NoteError, parse_note
from referral_hub.audit.stored import LogDamaged, tile_data
from referral_hub.audit.tiles import WIDTH, Level, TileError, bundle, tile_path, tiles_of

_ENTRIES = """SELECT e.envelope FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id
    WHERE l.seq >= %s AND l.seq < %s ORDER BY l.seq"""


def published_size(folder: Folder) -> int:
    """The size of the published checkpoint; 0 when there is none that can be read."""
    try:
        return parse(parse_note(folder.checkpoint.read_bytes()).text).size
    except (OSError, NoteError):
        return 0


def publish_tiles(connection: psycopg.Connection[Any], folder: Folder, size: int, since: int = 0) -> None:
    """Tiles and entry bundles of the first ``size`` leaves.

    :param since: what a checkpoint of this size needed is there already.
    :raises LogDamaged: a tile or an entry is missing.
    :raises OSError: the machine does not let us write.
    """
    for level, n, width in tiles_of(size, since):
        try:
            data = tile_data(connection, level, n, width)
            if level == 0:
                _write(folder, "entries", n, width, _bundle(connection, n, width))
        except TileError as error:
            raise LogDamaged(str(error)) from error
        _write(folder, level, n, width, data)


def publish_checkpoint(folder: Folder, note: bytes) -> bool:
    """The signed checkpoint; everything it needs was published before.

    :return: whether it was another one than the one there.
    """
    with contextlib.suppress(FileNotFoundError):
        if folder.checkpoint.read_bytes() == note:
            return False
    make_directory(folder.public, PUBLIC_DIRECTORY)
    write_file(folder.checkpoint, note)
    return True


def _bundle(connection: psycopg.Connection[Any], n: int, width: int) -> bytes:
    first = n * WIDTH
    rows = connection.cursor(binary=True).execute(_ENTRIES, [first, first + width]).fetchall()
    if len(rows) != width:
        raise TileError(f"an entry between {first} and {first + width - 1} is missing")
    return bundle([envelope for (envelope,) in rows])


def _write(folder: Folder, level: Level, n: int, width: int, data: bytes) -> None:
    path = folder.public / tile_path(level, n, width)
    # Bundles say who did what, if only as codes: they are for auditors, the web alone hands them out.
    closed = level == "entries"
    make_directory(folder.public / "tile", PUBLIC_DIRECTORY)
    make_directory(path.parent, GROUP_DIRECTORY if closed else PUBLIC_DIRECTORY)
    write_file(path, data, GROUP_FILE if closed else PUBLIC_FILE)
    if width == WIDTH:
        _remove_partial(path)


def _remove_partial(path: Path) -> None:
    """The narrower versions of a tile that is full now (the format allows it)."""
    shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)
