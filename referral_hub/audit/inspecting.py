"""What a single entry must be: canonical, agreeing with its row, its payload the one it commits to.

Written for millions of entries: the usual envelope is read by one expression, whatever else by the slow way round.
"""

import binascii
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from referral_hub.audit.acts import KIND_OF_LEAF, Act
from referral_hub.audit.envelopes import COMMITMENT_PREFIX, SALT_BYTES, canonical
from referral_hub.vault.documents import AUDIT_KEY, key_identity
from referral_hub.vault.keyring import Keyring, Wrapped
from referral_hub.vault.sealing import Key, Unsealable

KEYS_KEPT = 50_000

_EXPLAINING = {act.value.code for act in (Act.ERASURE_APPROVED, Act.PAYLOADS_ERASED, Act.LOG_RECOVERED, Act.LOG_OPENED)}

_TEXT = r"[ !#-\[\]-~]*"  # printable ASCII that JSON writes as it is
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
#: An envelope in its canonical form: sorted keys, no blanks, nothing escaped. Whatever matches is canonical.
_USUAL = re.compile(
    rf'\{{"act":"(?P<act>{_TEXT})","at":"{_TEXT}",(?:"basis":"{_TEXT}",)?"id":"(?P<id>{_ID})","n":(?:0|[1-9][0-9]*),'
    rf'"obj":"(?P<obj>{_ID})","org":"{_TEXT}","out":"{_TEXT}","pc":"(?P<pc>{_TEXT})","pl":(?P<pl>[01]),"v":1,'
    rf'"via":"{_TEXT}","who":"{_TEXT}"(?:,"why":"{_TEXT}")?\}}'
)


class Row(NamedTuple):
    """An entry as it is stored. ``seq`` None: it waits. ``envelope`` None: it is gone."""

    seq: int | None
    leaf: bytes | None
    uid: str | None
    subject: str | None
    kind: str | None
    envelope: bytes | None
    payload_subject: str | None
    sealed: bytes | None


class Said(NamedTuple):
    """What the checks need of an envelope."""

    act: str
    id: str
    obj: str
    pc: str
    pl: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A payload that is not there, or not to be opened any more, and no erasure after it so far."""

    seq: int | None
    uid: str


class Inspector:
    """Looks at entries in their order. ``ring`` None: payloads are counted, not opened.

    ``opened``: payloads that were checked; ``erased``: those that an erasure after them explains; ``unrestored``: those
    that were lost between a backup and its restoring, as an entry says that names their places.
    """

    def __init__(self, connection: psycopg.Connection[Any], ring: Keyring | None) -> None:
        self._connection = connection
        self._ring = ring
        self._keys: dict[str, Key | None] = {}
        self._lost: dict[str, list[Missing]] = {}
        self._erasures: set[str] = set()
        self._approvals: dict[str, dict[str, Any]] = {}
        self.opened = 0
        self.erased = 0
        self.unrestored = 0
        self._openings: list[str] = []

    @property
    def lost(self) -> Missing | None:
        """The first payload that is missing without a later erasure."""
        found = [one for some in self._lost.values() for one in some]
        return min(found, key=lambda one: (one.seq is None, one.seq or 0), default=None)

    def prepare(self, rows: Iterable[Row]) -> None:
        """Fetch the keys that these rows need."""
        wanted = {row.subject for row in rows if row.sealed is not None and row.subject is not None} - self._keys.keys()
        if not wanted:
            return
        if len(self._keys) > KEYS_KEPT:
            self._keys.clear()
        self._keys.update(dict.fromkeys(wanted))
        found = self._connection.cursor(binary=True).execute(
            "SELECT subject::text, wrapped, wrapping_key FROM audit_keys(%s::uuid[])", [list(wanted)]
        )
        for subject, wrapped, wrapping_key in found:
            self._keys[subject] = self._key(subject, Wrapped(wrapped, wrapping_key))

    def fault(self, row: Row) -> str | None:
        """What is wrong with an entry that is there (a code of ``naming.SENTENCES``), or None."""
        assert row.envelope is not None
        said = read(row.envelope)
        if said is None:
            return "not-canonical"
        if said.id != row.uid or said.obj != row.subject or KIND_OF_LEAF.get(said.act) != row.kind:
            return "columns"
        if said.act in _EXPLAINING:
            self._explain(said, row.envelope)
        if row.sealed is None:
            if said.pl:
                self._lost.setdefault(said.obj, []).append(Missing(row.seq, said.id))
            return None
        return self._payload_fault(row, said, row.sealed)

    def _explain(self, said: Said, envelope: bytes) -> None:
        """An entry that says why payloads before it are gone."""
        if said.act == Act.LOG_OPENED.value.code:
            self._openings.append(said.id)
            return
        fields = json.loads(envelope)
        if said.act == Act.ERASURE_APPROVED.value.code:
            self._approvals[said.id] = fields
        elif said.act == Act.PAYLOADS_ERASED.value.code:
            if self._approved(fields):
                self.erased += len(self._lost.pop(said.obj, ()))
                self._erasures.add(said.obj)
        else:
            # each new origin since then put one entry in front of all
            first = int(fields.get("from", 0)) + sum(opening > said.id for opening in self._openings)
            places = range(first, first + int(fields.get("n", 0)))
            for subject, some in list(self._lost.items()):
                self._lost[subject] = [one for one in some if one.seq not in places]
                self.unrestored += len(some) - len(self._lost[subject])

    def _approved(self, erasure: dict[str, Any]) -> bool:
        """Whether somebody else approved this erasure before, on its ground; without that it explains nothing."""
        approval = self._approvals.get(erasure.get("basis", ""))
        return (
            approval is not None
            and approval["who"] != erasure["who"]
            and all(approval.get(name) == erasure.get(name) for name in ("obj", "org", "why"))
        )

    def kept_after_erasure(self) -> str | None:
        """The entry of a payload that an erasure should have taken away."""
        if not self._erasures:
            return None
        found = self._connection.execute(
            "SELECT entry_uid::text FROM audit_payload WHERE subject = ANY (%s::uuid[]) ORDER BY entry_uid LIMIT 1",
            [list(self._erasures)],
        ).fetchone()
        return None if found is None else str(found[0])

    def _payload_fault(self, row: Row, said: Said, sealed: bytes) -> str | None:
        if not said.pl:
            return "payload-added"
        if row.payload_subject != row.subject:
            return "payload"
        key = self._keys.get(said.obj)
        if key is None:
            self._lost.setdefault(said.obj, []).append(Missing(row.seq, said.id))
            return None
        if self._ring is None:
            return None
        try:
            plain = key.unseal(sealed, "audit/v1|" + said.id)
        except Unsealable:
            return "payload"
        message = b"%b%b\n%b" % (COMMITMENT_PREFIX, said.id.encode(), plain[SALT_BYTES:])
        found = binascii.b2a_base64(hmac.digest(plain[:SALT_BYTES], message, "sha256"), newline=False)
        if found.decode() != said.pc:
            return "payload"
        self.opened += 1
        return None

    def _key(self, subject: str, wrapped: Wrapped) -> Key | None:
        """The key; any key at all when there is no ring to open it with."""
        if self._ring is None:
            return Key(b"")
        try:
            return self._ring.unwrap(wrapped, key_identity(UUID(subject), AUDIT_KEY))
        except Unsealable:
            return None


def read(envelope: bytes) -> Said | None:
    """The fields that the checks need; None when the envelope is not canonical or lacks one."""
    try:
        usual = _USUAL.fullmatch(envelope.decode("ascii"))
    except UnicodeDecodeError:
        usual = None
    if usual is not None:
        act, uid, obj, pc, pl = usual.group("act", "id", "obj", "pc", "pl")
        return Said(act, uid, obj, pc, int(pl))
    return read_slowly(envelope)


def read_slowly(envelope: bytes) -> Said | None:
    """As :func:`read`, by taking the JSON apart and writing it anew."""
    try:
        said = json.loads(envelope)
        if not isinstance(said, dict) or canonical(said) != envelope or said["v"] != 1 or said["pl"] not in (0, 1):
            return None
        return Said(str(said["act"]), str(said["id"]), str(said["obj"]), str(said["pc"]), said["pl"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
