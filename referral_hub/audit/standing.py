"""How the log stands, for pages and machines: leaves, what waits, the newest signed and the newest sealed head."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from referral_hub.audit.roster import Roster
from referral_hub.audit.seals import unsealed_s
from referral_hub.kernel.db import db


@dataclass(frozen=True, slots=True)
class Standing:
    """``entries``: leaves of the tree. ``queued``: committed, not yet in it; ``lag_s``: the oldest of them, in seconds.

    ``signed_size``, ``signed_at``: the newest signed head. ``sealed_size``, ``sealed_at``: the newest that enough
    agencies cosigned, and when the last of its cosignatures was made. ``unsealed_s``: age of the oldest entry that no
    sealed head covers; None when nobody is to seal anything.
    """

    entries: int
    queued: int
    lag_s: float
    signed_size: int | None
    signed_at: datetime | None
    sealed_size: int | None
    sealed_at: datetime | None
    unsealed_s: float | None


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head with the lines of its witnesses. ``sealed``: enough of them."""

    size: int
    note: bytes
    sealed: bool


_STATE = text("SELECT * FROM log_state()")
_UNCOVERED = text("SELECT log_uncovered_since(:size)")
# Newest head first until one is sealed: how long the log is does not matter, how long it has not been sealed does.
_SEALED = """
    SELECT h.size, s.at FROM audit_head h CROSS JOIN LATERAL (
        SELECT count(DISTINCT v.voice) AS voices, max(c.at) AS at FROM audit_cosignature c
        JOIN unnest(CAST(:names AS text[]), CAST(:voices AS text[])) AS v (name, voice) ON v.name = c.witness
        WHERE c.size = h.size) AS s
    WHERE h.size > :above AND h.note IS NOT NULL AND s.voices >= :quorum ORDER BY h.size DESC LIMIT 1
"""
_NEWEST_SEALED = text(_SEALED)
_HEAD = text(f"""
    WITH sealed AS ({_SEALED}),
         signed AS (SELECT h.size FROM audit_head h WHERE h.note IS NOT NULL AND h.size > :above
                    ORDER BY h.size DESC LIMIT 1),
         chosen AS (SELECT coalesce((SELECT size FROM sealed WHERE :seals), (SELECT size FROM signed)) AS size)
    SELECT h.size, h.note, (SELECT size FROM sealed WHERE :seals) IS NOT NULL AS sealed,
           ARRAY(SELECT c.line FROM audit_cosignature c WHERE c.size = h.size ORDER BY c.witness) AS lines
    FROM audit_head h JOIN chosen ON chosen.size = h.size
""")
_LINES = text("SELECT line FROM audit_cosignature WHERE size = :size ORDER BY witness")


def standing(roster: Roster, *, now: datetime) -> Standing:
    """The state of the log at this moment; two to four statements. Open to everybody: it says nothing about anybody."""
    row = db.session.execute(_STATE).one()
    sealed = db.session.execute(_NEWEST_SEALED, _asked(roster, above=-1)).first() if roster.seals else None
    covered = sealed.size if sealed is not None else 0
    waits = roster.seals and (row.entries > covered or row.queued)
    since = db.session.scalar(_UNCOVERED, {"size": covered}) if waits else None
    return Standing(
        entries=row.entries,
        queued=row.queued,
        lag_s=row.lag_s,
        signed_size=row.size,
        signed_at=row.signed_at,
        sealed_size=None if sealed is None else sealed.size,
        sealed_at=None if sealed is None else sealed.at,
        unsealed_s=unsealed_s(since, roster, now),
    )


def head_over(seq: int, roster: Roster) -> Head | None:
    """The newest signed head over the entry at ``seq``, a sealed one if there is one; None before it is signed."""
    row = db.session.execute(_HEAD, {**_asked(roster, above=seq), "seals": roster.seals}).first()
    if row is None:
        return None
    return Head(row.size, with_lines(row.note.encode(), row.lines), row.sealed)


def lines_of(size: int) -> list[str]:
    """The cosignature lines that are kept of one head."""
    return list(db.session.scalars(_LINES, {"size": size}))


def with_lines(note: bytes, lines: Sequence[str]) -> bytes:
    """A signed note with these signature lines added, unless it has them."""
    there = set(note.decode().split("\n"))
    return note + "".join(line for line in lines if line.removesuffix("\n") not in there).encode()


def _asked(roster: Roster, *, above: int) -> dict[str, Any]:
    voters = roster.voters
    return {"names": list(voters), "voices": list(voters.values()), "quorum": max(roster.quorum, 1), "above": above}
