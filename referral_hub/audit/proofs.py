"""Evidence to take away: C2SP tlog-proof, one text that shows offline that an entry is in the log. Pure."""

import re
from dataclasses import dataclass

from referral_hub.audit import checkpoints
from referral_hub.audit.checkpoints import Checkpoint
from referral_hub.audit.notes import NoteError, VerifierKey, decode64, encode64, parse_note
from referral_hub.audit.tree import HASH_BYTES, ProofError, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MAX_HASHES = 63
MAX_PROOF = 1_000_000

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the entry is, its path to the root, and the signed (and cosigned) checkpoint.

    ``note`` is kept verbatim. ``extra`` carries the entry itself, so that the file alone is enough; it proves nothing
    by being there (the format does not authenticate it) until :func:`verify` has led it to the root.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: bytes
    extra: bytes = b""

    def encode(self) -> bytes:
        """The text of a ``.tlog-proof`` file, UTF-8."""
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {encode64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [encode64(value) for value in self.hashes]
        return "".join(f"{line}\n" for line in (*lines, "")).encode() + self.note


def parse(data: bytes) -> Proof:
    """The parts of a ``.tlog-proof`` file; nothing is verified yet.

    :raises ProofError: it is none.
    """
    if len(data) > MAX_PROOF:
        raise ProofError("the proof is too long")
    head, gap, note = data.partition(b"\n\n")
    try:
        lines = head.decode().split("\n")
        extra = b""
        if lines[1:2] and lines[1].startswith("extra "):
            extra = decode64(lines.pop(1).removeprefix("extra "))
            if not extra:
                raise ProofError("empty extra data is left out")
        index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
        if not gap or lines[0] != HEADER or index is None:
            raise ProofError("not a tlog-proof")
        hashes = tuple(decode64(line) for line in lines[2:])
        checkpoints.parse(parse_note(note).text)
    except (NoteError, UnicodeDecodeError) as error:
        raise ProofError(f"not a tlog-proof: {error}") from error
    if len(hashes) > MAX_HASHES or any(len(value) != HASH_BYTES for value in hashes):
        raise ProofError("not the hashes of a proof")
    return Proof(int(index[1]), hashes, note, extra)


def verify(proof: Proof, entry: bytes, key: VerifierKey | str, origin: str | None = None) -> Checkpoint:
    """That ``entry`` stands in the log of ``key`` where the proof says.

    :param origin: which log; by default the one that has the key's name.
    :returns: the checkpoint it was led to; how many cosigned it is for the reader to ask (``notes.cosignatures``).
    :raises ProofError: it is not shown.
    """
    try:
        checkpoint = checkpoints.open_checkpoint(proof.note, key, origin)
    except NoteError as error:
        raise ProofError(str(error)) from error
    verify_inclusion(proof.index, checkpoint.size, leaf_hash(entry), proof.hashes, checkpoint.root)
    return checkpoint
