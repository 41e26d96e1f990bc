"""The signer: the log's key, and a memory of its own of what it signed last. It signs an extension of that, or nothing.

A database restored from an older copy would otherwise grow a second log under the same name, and nobody could say
which of the two is true. What was signed is in the memory, on the disk, before anybody sees the signature.
"""

import fcntl
import os

from referral_hub.audit.checkpoints import Checkpoint
from referral_hub.audit.folder import PRIVATE_DIRECTORY, PRIVATE_FILE, PUBLIC_DIRECTORY, Folder, make_directory
from referral_hub.audit.logkey import ensure_key, publish_vkey, read_key
from referral_hub.audit.memory import Memory, MemoryLost, SignerRefusal, memory_file, read_memory, write_memory
from referral_hub.audit.notes import sign
from referral_hub.audit.tiles import TileError
from referral_hub.audit.tree import ProofError, Subtree, consistency_proof, root_at, verify_consistency


class Rollback(SignerRefusal):
    """The database does not continue the log that was signed: an older copy, or another history."""

    code = "rollback"

    def __init__(self, signed: int, found: int) -> None:
        if found < signed:
            vi = f"cơ sở dữ liệu chỉ còn {found} mục trong khi nhật ký đã ký đến mục {signed}"
            en = f"the database has {found} entries, but the log was signed up to {signed}"
        else:
            vi = f"{signed} mục đầu không còn giống nhật ký đã ký"
            en = f"its first {signed} entries are no longer those that were signed"
        super().__init__(
            f"Bộ ký từ chối: {vi}. Có lẽ cơ sở dữ liệu được khôi phục từ bản cũ: hãy chạy “referral-hub log recover”.",
            f"The signer refuses: {en}. The database was probably restored from an older copy:"
            " run `referral-hub log recover`.",
            signed=signed,
            found=found,
        )


class Signer:
    """One signer for one folder at a time.

    :param known: the largest size that is known to have been signed, from the database and from what was published.
    :raises SignerRefusal: key or memory of a log that was published are gone, or the memory is older than that.
    :raises EnvironmentFault: files that cannot be used, or a key of a type this version does not know.
    """

    def __init__(self, folder: Folder, public_url: str, *, known: int = 0) -> None:
        self._folder = folder
        ensure_key(folder, public_url, was_signed=known > 0)
        self.key = read_key(folder)
        self.memory = read_memory(folder)
        if self.memory.size < known:
            raise MemoryLost(memory_file(folder))
        publish_vkey(folder, self.key)

    def check(self, size: int, tree: Subtree) -> None:
        """That a stored tree continues what was signed.

        :raises Rollback: it does not.
        """
        if size < self.memory.size:
            raise Rollback(self.memory.size, size)
        try:
            proof = consistency_proof(self.memory.size, size, tree)
            verify_consistency(self.memory.size, size, proof, self.memory.root, root_at(size, tree))
        except (ProofError, TileError) as error:
            raise Rollback(self.memory.size, size) from error

    def sign(self, size: int, root: bytes, tree: Subtree) -> str:
        """The signed checkpoint of a tree that continues what was signed; it is in the memory when this returns.

        Asked again for the same tree it gives the same note: these signatures have no randomness.

        :raises Rollback: the tree does not continue what was signed, or has another root.
        """
        self.check(size, tree)
        if root_at(size, tree) != root:
            raise Rollback(self.memory.size, size)
        text = Checkpoint(self.key.origin, size, root).text()
        note = f"{text}\n{sign(text, self.key.origin, self.key.private)}"
        memory = Memory(size, root, note)
        if memory != self.memory:
            write_memory(self._folder, memory)
            self.memory = memory
        return note


class SignerLock:
    """Keeps a second process from signing with the same memory, whatever the database says about leaders."""

    def __init__(self, folder: Folder) -> None:
        make_directory(folder.root, PUBLIC_DIRECTORY)
        make_directory(folder.signing, PRIVATE_DIRECTORY)
        self._file = os.open(folder.signing / "lock", os.O_RDWR | os.O_CREAT, PRIVATE_FILE)

    def take(self) -> bool:
        """Whether nobody else has it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give it back."""
        os.close(self._file)
