"""Rows that the house may write about its case, and the SQL that all tests of the door share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from referral_hub.audit.acts import Act
from referral_hub.kernel.ids import new_code, new_id

# An envelope that says who acts on what, as the database demands of the application.
_ENTRY = """INSERT INTO audit_entry (uid, subject, kind, envelope) SELECT %s, %s, %s, convert_to(jsonb_build_object(
    'obj', %s, 'who', door_person(), 'org', (SELECT code FROM agency WHERE id = door_agency()))::text, 'UTF8')"""

KINDS = tuple(sorted({act.value.kind for act in Act}))
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """Ids that the tests need."""

    case: UUID
    consent: UUID
    referral: UUID
    bare: UUID
    bare_perpetrator: UUID
    house: UUID
    police: UUID
    desk: UUID
    lan: UUID
    thao: UUID
    regulation: UUID

    @property
    def subjects(self) -> tuple[UUID, ...]:
        return (self.case, self.bare, self.bare_perpetrator)


def entry(connection: psycopg.Connection, subject: UUID, *kinds: str) -> None:
    """Audit entries about a subject, so that their absence is not what refuses a change."""
    for kind in kinds:
        connection.execute(_ENTRY, [new_id(), subject, kind, subject])


def cover(connection: psycopg.Connection, rows: Iterable[UUID]) -> None:
    """Entries of every kind about every one of these."""
    for subject in rows:
        entry(connection, subject, *KINDS)


def read(connection: psycopg.Connection, subject: UUID, categories: Iterable[str]) -> set[tuple[str, str]]:
    """(category, part) of what `read_sections` returns, with the entry it demands."""
    entry(connection, subject, "read")
    rows = connection.execute("SELECT category, part FROM read_sections(%s, %s)", [subject, list(categories)])
    return {(category, part) for category, part in rows}


def put(connection: psycopg.Connection, table: str, row: Row) -> None:
    """INSERT INTO table."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join([sql.Placeholder()] * len(row)),
    )
    connection.execute(statement, list(row.values()))


def writer(table: str) -> str:
    """Who of the house writes this table."""
    return "binh@anh-duong" if table == "perpetrator_record" else "lan@anh-duong"


def rows(w: World) -> dict[str, Row]:
    """For each table that the application may insert into: a row about the house's case that Lan (Bình) may add."""
    at = datetime.now(UTC)
    recorded = {"recorded_at": at, "imported": False}
    ruled = {"regulation_id": w.regulation}
    return {
        "access_denial": {
            "id": new_id(),
            "subject": w.case,
            "owner_id": w.house,
            "agency_id": w.police,
            "category": "medical",
            "denied_at": at,
        },
        "access_conflict": {
            **{"id": new_id(), "subject": w.case, "owner_id": w.house, "account_id": w.thao},
            **{"cause": "not-him", "recorded_at": at},
        },
        "described_person": {
            **{"id": new_id(), "subject": w.case, "owner_id": w.house},
            **{"source": "denial", "digest": b"nobody's", "recorded_at": at},
        },
        "account_cover": {
            **{"id": new_id(), "agency_id": w.house, "account_id": w.lan, "cover_id": w.thao},
            **{"since": at, "until": at + timedelta(days=1)},
        },
        "referral_assignment": {
            **{"id": new_id(), "referral_id": w.referral, "case_id": w.case, "agency_id": w.house},
            **{"account_id": w.lan, "how": "taken", "since": at, "given_by": str(w.lan)},
        },
        "case_team": {
            **{"id": new_id(), "subject": w.case, "owner_id": w.house},
            **{"account_id": w.thao, "duty": "cover", "since": at},
        },
        "case_file": {"id": w.bare, "owner_id": w.house, "code": new_code("HS"), "opened_at": at, **recorded, **ruled},
        "case_fact": {
            **{"survivor": new_id(), "case_id": w.bare, "owner_id": w.house},
            **{"received_at": at, "statistics_consent": "not_asked", "imported": False},
        },
        "service_episode": {
            **{"id": new_id(), "subject": w.case, "owner_id": w.house, "service": "S8"},
            **{"on_site": True, "first_started_at": at, **recorded, **ruled},
        },
        "contact": {
            **{"id": new_id(), "agency_id": w.house, "case_id": w.case, "received_at": at, "recorded_by": str(w.lan)},
            **{"channel": "walk_in", "related_to_gender": True, "triage": "routine", **recorded, **ruled},
        },
        "register_row": {
            **{"id": new_id(), "agency_id": w.house, "sheet": "Ho_so", "key": "HS-1"},
            **{"digest": "", "subject": w.case, "imported_at": at},
        },
        "perpetrator_record": {
            **{"id": w.bare_perpetrator, "owner_id": w.house, "code": new_code("NG"), "person": new_id()},
            **{"case_id": w.case, "opened_at": at, **recorded},
        },
        "outreach_activity": {
            **{"id": new_id(), "agency_id": w.house, "held_at": at},
            **{"channel": "leaflet", "content": "chợ phiên", **recorded},
        },
        "consent": {
            **{"id": new_id(), "case_id": w.case, "owner_id": w.house, "recipient_id": w.police},
            **{"purpose": "legal_protection", "service": "J2", "method": "paper_signed", "evidence": Jsonb({})},
            **{"given_at": at, "valid_until": at + timedelta(days=1), **recorded, **ruled},
        },
        "consent_category": {"consent_id": w.consent, "category": "medical", "case_id": w.case, "named": True},
        "referral": {
            **{"id": new_id(), "code": new_code("CG"), "case_id": w.case, "owner_id": w.house, "case_code": "HS"},
            **{"sender_id": w.house, "recipient_id": w.police, "desk_id": w.desk, "service": "J2"},
            **{"purpose": "legal_protection", "urgency": "standard", "status": "draft", "version": 1},
            **{"created_at": at, "imported": False, **ruled},
        },
        "referral_category": {
            **{"referral_id": w.referral, "category": "medical", "case_id": w.case, "owner_id": w.house},
        },
        "referral_event": {
            **{"id": new_id(), "referral_id": w.referral, "case_id": w.case, "verb": "start", "agency_id": w.house},
            **{"from_status": "accepted", "to_status": "in_service", "occurred_at": at, "noted": False},
            **{"actor": str(w.lan), "actor_name": "Nguyễn Ngọc Lan", **recorded},
        },
    }
