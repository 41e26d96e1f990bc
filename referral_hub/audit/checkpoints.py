"""What the log says about itself in three lines: C2SP tlog-checkpoint. Pure."""

import re
from dataclasses import dataclass

from referral_hub.audit.notes import NoteError, VerifierKey, check_text, decode64, encode64, parse_note, verify
from referral_hub.audit.tree import HASH_BYTES

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which log, how many entries, which root.

    :raises NoteError: what cannot stand in a checkpoint.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not line or "\n" in line for line in (self.origin, *self.extensions)):
            raise NoteError("a line of a checkpoint is not empty")
        if not _SIZE.fullmatch(str(self.size)) or len(self.root) != HASH_BYTES:
            raise NoteError("not a size or not a root")
        check_text(self.text())

    def text(self) -> str:
        """The text that is signed, with its final newline."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, encode64(self.root), *self.extensions))


def parse(text: str) -> Checkpoint:
    """The checkpoint in the text of a note.

    :raises NoteError: it is none.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not _SIZE.fullmatch(lines[1]):
        raise NoteError("not a checkpoint")
    return Checkpoint(lines[0], int(lines[1]), decode64(lines[2]), tuple(lines[3:]))


def open_checkpoint(note: bytes, key: VerifierKey | str, origin: str | None = None) -> Checkpoint:
    """The checkpoint of a signed note, once its signature holds.

    :param origin: which log it has to be of; by default the one that has the key's name.
    :raises NoteError: not signed by ``key``, of another log, or no checkpoint.
    """
    signed = parse_note(note)
    verify(signed, key)
    checkpoint = parse(signed.text)
    expected = origin or (str(key).split("+", 1)[0])
    if checkpoint.origin != expected:
        raise NoteError(f"the checkpoint is of {checkpoint.origin}, not of {expected}")
    return checkpoint
