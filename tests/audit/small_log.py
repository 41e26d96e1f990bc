"""The log as its process keeps it, one step at a time, for tests that need something signed and published."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import time

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referral_hub.audit.folder import Folder
from referral_hub.audit.notes import COSIGNATURE, cosign, generate, parse_note
from referral_hub.audit.publishing import publish_checkpoint, publish_tiles
from referral_hub.audit.roster import Witness
from referral_hub.audit.sequencing import Sequencer, prepare_session
from referral_hub.audit.signing import Signer
from referral_hub.audit.stored import stored_tree
from referral_hub.kernel.server import Server


@dataclass
class Cosigner:
    """A witness in this process: its private key, and how the hub is told of it."""

    witness: Witness
    private: Ed25519PrivateKey = field(repr=False)

    def line(self, text: str, at: int | None = None) -> str:
        return cosign(text, self.witness.name, self.private, int(time()) if at is None else at)


def a_cosigner(name: str, *, url: str | None = None, agency: str | None = None, operator: bool = False) -> Cosigner:
    """A new one; by default of an agency of its own."""
    private, public = generate(name, COSIGNATURE)
    return Cosigner(Witness(name, str(public), url, agency or name, operator), private)


@dataclass
class SmallLog:
    """Everything from the queue to the published checkpoint."""

    server: Server
    folder: Folder
    public_url: str

    def advance(self, *, sign: bool = True, cosigners: tuple[Cosigner, ...] = ()) -> int:
        """All that waits gets its place; signed, published and cosigned. The size of the tree."""
        with psycopg.connect(self.server.url("log"), autocommit=True) as connection:
            prepare_session(connection)
            sequencer = Sequencer(connection)
            while sequencer.step():
                pass
            if sign and sequencer.size:
                self._sign(connection, sequencer, cosigners)
            return sequencer.size

    def _sign(self, connection: psycopg.Connection, sequencer: Sequencer, cosigners: tuple[Cosigner, ...]) -> None:
        size, root = sequencer.size, sequencer.root
        tree = stored_tree(connection, size)
        note = Signer(self.folder, self.public_url).sign(size, root, tree)
        connection.execute(
            "INSERT INTO audit_head (size, root, note, signed_at) VALUES (%s, %s, %s, now()) ON CONFLICT DO NOTHING",
            [size, root, note],
        )
        for one in cosigners:
            line = one.line(parse_note(note.encode()).text)
            connection.execute(
                "INSERT INTO audit_cosignature (size, witness, line, at) VALUES (%s, %s, %s, %s)",
                [size, one.witness.name, line, datetime.now(UTC)],
            )
        publish_tiles(connection, self.folder, size)
        publish_checkpoint(self.folder, note.encode())
