"""From the tree to a published checkpoint: a head in the database, tile files, signature, cosignatures, checkpoint.

Each step may be the last before a crash and each may run again; the checkpoint is always the last to be seen.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from referral_hub.audit.folder import Folder
from referral_hub.audit.publishing import publish_checkpoint, publish_tiles, published_size
from referral_hub.audit.roster import Witness, usable_roster
from referral_hub.audit.signing import Signer
from referral_hub.audit.stored import LogDamaged, stored_tree
from referral_hub.audit.tree import consistency_proof, root_at
from referral_hub.audit.witnesses import Cosignature, FaultBook, collect

WITNESS_TIMEOUT_S = 1.0
ASK_AGAIN_S = 60.0
"""How long a witness that did not answer is left alone."""


class Heads:
    """The checkpoints of one log, made and published by its leader.

    :param connection: of the log's role, in autocommit mode.
    """

    def __init__(self, connection: psycopg.Connection[Any], folder: Folder, signer: Signer) -> None:
        self._connection = connection
        self._folder = folder
        self._signer = signer
        self._seen: dict[str, int] = {}
        self._asked = float("-inf")

    def finish(self, stored: int) -> None:
        """What an earlier run left unfinished: a head without its signature, a signature nobody could see yet.

        :param stored: leaves in the tree.
        """
        signed = self._signer.memory.size
        rows = self._connection.execute(
            "SELECT size FROM audit_head WHERE note IS NULL AND size >= %s AND size <= %s", [signed, stored]
        ).fetchall()
        begun = {size for (size,) in rows} | ({signed} if signed > published_size(self._folder) else set())
        for size in sorted(begun):
            self.seal(size)

    def seal(self, size: int) -> None:
        """Sign and publish the first ``size`` leaves.

        :raises Rollback: they do not continue what was signed.
        :raises LogDamaged: the database holds another head of this size, or a tile or an entry is missing.
        """
        tree = stored_tree(self._connection, size)
        self._signer.check(size, tree)
        root = root_at(size, tree)
        self._begin(size, root)
        publish_tiles(self._connection, self._folder, size, since=min(published_size(self._folder), size))
        note = self._signer.sign(size, root, tree)
        self._connection.execute(
            "UPDATE audit_head SET note = %s, signed_at = clock_timestamp() WHERE size = %s AND note IS NULL",
            [note, size],
        )
        self._ask(size, note)
        self._publish(size, note)

    def refresh(self) -> None:
        """Cosignatures of the newest checkpoint that came since; who has not answered is asked again now and then."""
        size, note = self._signer.memory.size, self._signer.memory.note
        if not note:
            return
        if time.monotonic() - self._asked >= ASK_AGAIN_S:
            self._ask(size, note)
        self._publish(size, note)

    def _begin(self, size: int, root: bytes) -> None:
        self._connection.execute(
            "INSERT INTO audit_head (size, root) VALUES (%s, %s) ON CONFLICT DO NOTHING", [size, root]
        )
        row = self._connection.execute("SELECT root FROM audit_head WHERE size = %s", [size]).fetchone()
        if row is None or bytes(row[0]) != root:
            raise LogDamaged(f"head {size}")

    def _ask(self, size: int, note: str) -> None:
        self._asked = time.monotonic()
        missing = self._missing(size)
        if not missing:
            return
        tree = stored_tree(self._connection, size)
        answers = collect(
            note.encode(),
            size,
            missing,
            self._seen,
            lambda old, new: consistency_proof(old, new, tree),
            WITNESS_TIMEOUT_S,
            FaultBook(self._folder.witness_faults),
        )
        self._keep(size, answers)

    def _missing(self, size: int) -> Sequence[Witness]:
        lines = self._lines(size)
        return [one for one in usable_roster(self._folder.witnesses).witnesses if one.url and one.name not in lines]

    def _keep(self, size: int, answers: Sequence[Cosignature]) -> None:
        for answer in answers:
            self._connection.execute(
                "INSERT INTO audit_cosignature (size, witness, line, at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [size, answer.witness, answer.line, datetime.fromtimestamp(answer.time, UTC)],
            )
            self._seen[answer.witness] = size

    def _publish(self, size: int, note: str) -> None:
        publish_checkpoint(self._folder, (note + "".join(self._lines(size).values())).encode())

    def _lines(self, size: int) -> Mapping[str, str]:
        """Witness -> its line under the checkpoint of this size."""
        rows = self._connection.execute(
            "SELECT witness, line FROM audit_cosignature WHERE size = %s ORDER BY witness", [size]
        ).fetchall()
        return dict(rows)
