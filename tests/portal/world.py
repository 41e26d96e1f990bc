"""What is really in the database, seen by its administrator."""

import json
from typing import Any
from uuid import UUID

import psycopg

TABLES = ("audit_entry", "referral_event", "consent", "access_grant", "referral_note", "case_section")


def recorded(admin: psycopg.Connection) -> dict[str, int]:
    """How many rows each table has that a step would add to."""
    counts = {}
    for table in TABLES:
        row = admin.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert row is not None
        counts[table] = row[0]
    return counts


def entries(admin: psycopg.Connection, act: str | None = None) -> list[dict[str, Any]]:
    """The envelopes of the log in the order they were written, of one act or of all."""
    rows = admin.execute("SELECT convert_from(envelope, 'UTF8') FROM audit_entry ORDER BY id").fetchall()
    found = [json.loads(row[0]) for row in rows]
    return [one for one in found if act is None or one["act"] == act]


def status_of(admin: psycopg.Connection, referral: UUID) -> str:
    """Where a referral really stands."""
    row = admin.execute("SELECT status FROM referral WHERE id = %s", [referral]).fetchone()
    assert row is not None
    return str(row[0])
