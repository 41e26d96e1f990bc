"""Records put straight into the tables, past triggers and keys: to count them is the question, not how they came in."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from referral_hub.kernel.ids import new_id
from referral_hub.regulation.model import Regulation

AT = datetime(2020, 5, 1, 3, tzinfo=UTC)


@dataclass(slots=True)
class Book:
    """Rows by table, written at once. Every method takes what differs from the usual row."""

    agencies: Mapping[str, UUID]
    regulation_id: UUID
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def _add(self, table: str, usual: dict[str, Any], said: dict[str, Any]) -> UUID:
        row = {**usual, **said}
        self.rows.setdefault(table, []).append(row)
        return UUID(str(row.get("id") or row.get("survivor")))

    def contact(self, **said: Any) -> UUID:
        usual = {
            "id": new_id(),
            "agency_id": self.agencies["anh-duong"],
            "received_at": AT,
            "recorded_at": AT,
            "recorded_by": "test",
            "channel": "hotline_call",
            "related_to_gender": True,
            "triage": "routine",
            "regulation_id": self.regulation_id,
            "imported": False,
        }
        return self._add("contact", usual, said)

    def survivor(self, **said: Any) -> UUID:
        """Returns the id of her case."""
        case_id = new_id()
        usual = {
            "survivor": new_id(),
            "case_id": case_id,
            "owner_id": self.agencies["anh-duong"],
            "received_at": AT,
            "statistics_consent": "not_asked",
            "imported": False,
        }
        self._add("case_fact", usual, said)
        return case_id

    def episode(self, subject: UUID, **said: Any) -> UUID:
        usual = {
            "id": new_id(),
            "subject": subject,
            "owner_id": self.agencies["anh-duong"],
            "service": "S8",
            "on_site": True,
            "first_started_at": AT,
            "recorded_at": AT,
            "regulation_id": self.regulation_id,
            "imported": False,
        }
        return self._add("service_episode", usual, said)

    def perpetrator(self, **said: Any) -> UUID:
        usual = {
            "id": new_id(),
            "owner_id": self.agencies["anh-duong"],
            "code": str(new_id()),
            "person": new_id(),
            "opened_at": AT,
            "recorded_at": AT,
            "imported": False,
        }
        return self._add("perpetrator_record", usual, said)

    def referral(self, case_id: UUID, ever: Sequence[str] = ("sent",), **said: Any) -> UUID:
        """With one event for each status it was ever in; the reason stands with every ``declined``."""
        reason = said.pop("decline_reason", None)
        usual = {
            "id": new_id(),
            "code": str(new_id()),
            "case_id": case_id,
            "owner_id": self.agencies["anh-duong"],
            "case_code": "X",
            "sender_id": self.agencies["anh-duong"],
            "recipient_id": self.agencies["cong-an-tinh"],
            "desk_id": new_id(),
            "service": "J2",
            "purpose": "p",
            "urgency": "standard",
            "status": ever[-1] if ever else "sent",
            "version": 1,
            "created_at": AT,
            "sent_at": AT,
            "regulation_id": self.regulation_id,
            "imported": False,
        }
        referral_id = self._add("referral", usual, said)
        for status in ever:
            self._event(referral_id, case_id, status, reason if status == "declined" else None)
        return referral_id

    def _event(self, referral_id: UUID, case_id: UUID, status: str, reason: str | None) -> None:
        usual = {
            "id": new_id(),
            "referral_id": referral_id,
            "case_id": case_id,
            "verb": "decline" if status == "declined" else "step",
            "from_status": "draft",
            "to_status": status,
            "occurred_at": AT,
            "recorded_at": AT,
            "agency_id": self.agencies["anh-duong"],
            "actor": "test",
            "actor_name": "test",
            "reason": reason,
            "noted": False,
            "imported": False,
        }
        self._add("referral_event", usual, {})

    def consent(self, case_id: UUID, **said: Any) -> UUID:
        usual = {
            "id": new_id(),
            "case_id": case_id,
            "owner_id": self.agencies["anh-duong"],
            "purpose": "p",
            "service": "J2",
            "recipient_id": self.agencies["cong-an-tinh"],
            "method": "paper_signed",
            "evidence": "{}",
            "given_at": AT,
            "recorded_at": AT,
            "valid_until": AT + timedelta(days=4000),
            "regulation_id": self.regulation_id,
            "imported": False,
        }
        return self._add("consent", usual, said)

    def write(self, admin: psycopg.Connection) -> None:
        """Put everything into the tables, and forget it here."""
        with admin.transaction():
            admin.execute("SET LOCAL session_replication_role = replica")
            for table, rows in self.rows.items():
                columns = sorted({column for row in rows for column in row})
                places = ", ".join(f"%({column})s" for column in columns)
                query = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})".encode()
                empty = dict.fromkeys(columns)
                with admin.cursor() as cursor:
                    cursor.executemany(query, [empty | row for row in rows])
        self.rows.clear()


@dataclass(frozen=True, slots=True)
class Chance:
    """Random codes, flags and times, all of them sometimes missing; the same for the same seed."""

    random: random.Random
    regulation: Regulation
    edges: tuple[datetime, datetime]

    def code(self, fact: str) -> str | None:
        return self.random.choice([None, *sorted(self.regulation.facts[fact].values)[:6]])

    def some(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def time(self) -> datetime:
        """Around the edges of the period, often exactly on them."""
        edge = self.random.choice(self.edges)
        return edge + timedelta(hours=self.random.choice([-9000, -30, -7, -1, 0, 0, 1, 7, 30, 500]))

    def time_or_none(self) -> datetime | None:
        return self.random.choice([None, self.time(), self.time()])


def fill(book: Book, chance: Chance, size: int) -> None:
    """Random records of every kind, many of them of the same few persons."""
    facts = ("gbv_type", "area", "risk_level")
    agencies = [book.agencies[code] for code in ("anh-duong", "cong-an-tinh", "tro-giup-phap-ly", "benh-vien-tinh")]
    cases = [
        book.survivor(
            statistics_consent=chance.some("given", "given", "refused", "not_asked"),
            **{fact: chance.code(fact) for fact in facts},
        )
        for _ in range(max(2, size // 3))
    ]
    man = new_id()
    records = [book.perpetrator(person=chance.some(man, new_id())) for _ in range(max(2, size // 6))]
    for _ in range(size):
        imported = chance.some(True, False, False)
        book.contact(
            agency_id=chance.some(*agencies),
            received_at=chance.time(),
            channel=chance.some("hotline_call", "walk_in"),
            related_to_gender=chance.some(True, True, False),
            triage=chance.some("routine", "urgent", "emergency"),
            outcome=chance.code("contact_outcome"),
            gbv_type=chance.code("gbv_type"),
            imported=imported,
        )
        book.episode(
            chance.some(*cases, *records),
            owner_id=chance.some(*agencies),
            service=chance.some("S4", "S7", "S8", "V3"),
            on_site=chance.some(True, True, False),
            first_started_at=chance.time(),
            imported=imported,
        )
        due = chance.time_or_none()
        sender, recipient = chance.random.sample(agencies, 2)
        statuses = ("sent", "acknowledged", "accepted", "declined", "completed", "not_completed")
        book.referral(
            chance.some(*cases),
            chance.random.sample(statuses, chance.some(0, 1, 3)),
            sender_id=sender,
            recipient_id=recipient,
            service=chance.some("J2", "J3", "S7", "S4"),
            urgency=chance.some("standard", "urgent", "emergency"),
            sent_at=chance.time_or_none(),
            acknowledged_at=chance.time_or_none(),
            acknowledge_due=due,
            first_accepted_at=chance.time_or_none(),
            first_started_at=chance.time_or_none(),
            decline_reason=chance.code("decline_reason"),
            imported=imported,
        )
        given, withdrawn = sorted((chance.time(), chance.time()))
        ended = chance.some(None, withdrawn)
        book.consent(chance.some(*cases), given_at=given, withdrawn_at=ended, imported=imported)
