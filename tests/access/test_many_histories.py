"""Random histories of a case by the thousand: `read_sections` and the decision agree for everybody on every category.

The acts are those of the services' own door functions, called for many cases in one statement by the person who takes
them, each person's acts of one kind in one transaction; then everybody reads everything.
"""

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from referral_hub.access.decision import (
    ConflictFact,
    ConsentFact,
    DenialFact,
    ExceptionFact,
    NeedRow,
    Question,
    Recipient,
    decide,
)
from referral_hub.kernel.ids import new_code, new_id
from tests.conftest import ActingInSql, Directory
from tests.people import HOSPITAL, HOUSE, POLICE

#: In the usual run; ten thousand with HUB_TEST_HISTORIES=10000.
HISTORIES = int(os.environ.get("HUB_TEST_HISTORIES", "500"))
NEED = NeedRow(frozenset({"identity", "contact"}), frozenset({"medical"}), frozenset())
CATEGORIES = ("identity", "contact", "medical")
SERVICE, PURPOSE = "J2", "legal_protection"
READERS = {
    "cuong@cong-an-tinh": (POLICE, "duty@cong-an-tinh"),
    "huyen@cong-an-tinh": (POLICE, "duty@cong-an-tinh"),
    "dai@benh-vien-tinh": (HOSPITAL, "social-work@benh-vien-tinh"),
}
ENTRIES = """INSERT INTO audit_entry (uid, subject, kind, envelope)
    SELECT gen_random_uuid(), s, k, convert_to(jsonb_build_object('obj', s, 'who', door_person(),
        'org', (SELECT code FROM agency WHERE id = door_agency()))::text, 'UTF8')
    FROM unnest(%s::uuid[]) AS s, unnest(%s::text[]) AS k"""


@dataclass(slots=True)
class History:
    """One case: what she said, what was sent, what happened to it."""

    case: UUID = field(default_factory=new_id)
    referral: UUID = field(default_factory=new_id)
    to: str = POLICE
    consents: list[ConsentFact] = field(default_factory=list)
    exception: ExceptionFact | None = None
    accepted: bool = False
    ended: bool = False
    denials: list[DenialFact] = field(default_factory=list)
    conflicts: list[UUID] = field(default_factory=list)

    def attached(self) -> list[str]:
        """What is attached: all that her word, or the exception, covers at sending."""
        by_consent = [c for c in CATEGORIES if any(self.covers(x, c) for x in self.consents)]
        return by_consent if self.exception is None else sorted(self.exception.categories)

    @staticmethod
    def covers(consent: ConsentFact, category: str) -> bool:
        return category in (consent.categories if category in NEED.minimum else consent.named)


def drawn(rng: random.Random, directory: Directory, now: datetime) -> History:
    """A history by chance."""
    h = History(to=rng.choice((POLICE, POLICE, HOSPITAL)))
    agency = directory.agencies[h.to]
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        agreed = frozenset(c for c in CATEGORIES if rng.random() < 0.7) or frozenset({"identity"})
        named = frozenset({"medical"}) & agreed if rng.random() < 0.6 else frozenset[str]()
        given = now - timedelta(hours=2)
        until = now + timedelta(days=1)
        h.consents.append(ConsentFact(new_id(), PURPOSE, SERVICE, agency, agreed, named, given, until, None))
    if rng.random() < 0.2:
        chosen = frozenset(c for c in CATEGORIES if rng.random() < 0.6) or frozenset({"contact"})
        h.exception = ExceptionFact(new_id(), "imminent_danger", agency, chosen, now, referral=h.referral)
    h.accepted, h.ended = rng.random() < 0.75, rng.random() < 0.15
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        target: dict[str, Any] = rng.choice(
            (
                {"agency": directory.agencies[rng.choice((POLICE, HOSPITAL))], "with_units": rng.random() < 0.3},
                {"agency": directory.agencies["so-y-te"]},
                {"desk": directory.desks[rng.choice(("duty@cong-an-tinh", "emergency@benh-vien-tinh"))]},
                {"account": directory.accounts[rng.choice([*READERS, "hanh@anh-duong"])]},
            )
        )
        h.denials.append(DenialFact(rng.choice((None, None, *CATEGORIES)), **target))
    if rng.random() < 0.1:
        h.conflicts.append(directory.accounts[rng.choice([*READERS, "hanh@anh-duong"])])
    return h


def many(connection: psycopg.Connection, statement: str, rows: list[tuple[Any, ...]]) -> None:
    """One statement for many rows, or one call for many cases."""
    if rows:
        connection.cursor().executemany(statement.encode(), rows)


def begin(c: psycopg.Connection, told: list[History], directory: Directory, now: datetime) -> None:
    """Lan opens the cases, writes three sections, records the consents and what stands without them."""
    (regulation,) = c.execute("SELECT id FROM regulation_version").fetchone() or (None,)
    kinds = ["access", "section", "case", "consent", "referral", "emergency"]
    c.execute(ENTRIES, [[h.case for h in told], kinds])
    opening = "SELECT open_subject(%s, 'case', %s, %s, %s, '{_audit}', ARRAY['\\x00'::bytea], 'k')"
    many(c, opening, [(h.case, new_id(), new_id(), now) for h in told])
    writing = "SELECT write_section(%s, %s, %s, 'full', 1, '\\x00', '\\x00', 'k', now())"
    many(c, writing, [(new_id(), h.case, category) for h in told for category in CATEGORIES])
    house = directory.agencies[HOUSE]
    many(
        c,
        "INSERT INTO consent (id, case_id, owner_id, purpose, service, recipient_id, method, evidence, given_at,"
        " recorded_at, valid_until, regulation_id, imported)"
        " VALUES (%s, %s, %s, %s, %s, %s, 'paper_signed', '{}', %s, %s, %s, %s, false)",
        [
            (x.id, h.case, house, PURPOSE, SERVICE, x.recipient, x.given_at, now, x.valid_until, regulation)
            for h in told
            for x in h.consents
        ],
    )
    many(
        c,
        "INSERT INTO consent_category (consent_id, category, case_id, named) VALUES (%s, %s, %s, %s)",
        [(x.id, k, h.case, k in x.named) for h in told for x in h.consents for k in x.categories],
    )
    desks = {POLICE: directory.desks["duty@cong-an-tinh"], HOSPITAL: directory.desks["social-work@benh-vien-tinh"]}
    many(
        c,
        "INSERT INTO referral (id, code, case_id, owner_id, case_code, sender_id, recipient_id, desk_id, service,"
        " purpose, urgency, status, version, created_at, regulation_id, imported)"
        " VALUES (%s, %s, %s, %s, 'HS', %s, %s, %s, %s, %s, 'standard', 'draft', 1, %s, %s, false)",
        [
            (
                *(h.referral, new_code("CG"), h.case, house, house, directory.agencies[h.to], desks[h.to]),
                *(SERVICE, PURPOSE, now, regulation),
            )
            for h in told
        ],
    )
    excepted = [h for h in told if h.exception]
    starting = "SELECT begin_disclosure(%s, %s, 'imminent_danger', %s, now(), 'told', '\\x01')"
    many(c, starting, [(h.exception.id, h.referral, sorted(h.exception.categories)) for h in excepted if h.exception])
    tasks = (
        "SELECT set_emergency_tasks(%s, jsonb_build_array(jsonb_build_object('id', gen_random_uuid(),"
        " 'agency', %s::text, 'kind', 'review', 'role', 'agency_head', 'gives_back', 'agency_head',"
        " 'due', now() + interval '1 day',"
        " 'suspends_at', now() + interval '3 days')))"
    )
    many(c, tasks, [(h.exception.id, str(house)) for h in excepted if h.exception])
    send(c, told, house)


def send(c: psycopg.Connection, told: list[History], house: UUID) -> None:
    rows = []
    for h in told:
        for category in h.attached():
            basis = next((x.id for x in h.consents if h.covers(x, category)), None) if h.exception is None else None
            rows.append((h.referral, category, h.case, house, basis, h.exception.id if h.exception else None))
    many(
        c,
        "INSERT INTO referral_category (referral_id, category, case_id, owner_id, consent_id, exception_id)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        rows,
    )
    c.execute("UPDATE referral SET status = 'sent', version = 2, sent_at = now() WHERE id = ANY (%s)", [
        [h.referral for h in told]
    ])  # fmt: skip
    staging = "SELECT stage_grants(%s, %s::uuid[], %s, %s::timestamptz[], '{}', now())"
    staged = [(h.referral, h.attached()) for h in told if h.attached()]
    many(c, staging, [(r, [new_id() for _ in found], found, [None] * len(found)) for r, found in staged])


def go_on(rng: random.Random, told: list[History], directory: Directory, acting_in_sql: ActingInSql) -> None:
    """Recipients accept; she withdraws; she says not them; somebody declares; referrals end."""
    for who, place in (("cuong@cong-an-tinh", POLICE), ("dai@benh-vien-tinh", HOSPITAL)):
        mine = [h for h in told if h.to == place and h.accepted]
        with acting_in_sql(who) as c:
            c.execute(ENTRIES, [[h.case for h in mine], ["access", "referral"]])
            ids = [h.referral for h in mine]
            c.execute("UPDATE referral SET first_accepted_at = now() WHERE id = ANY (%s)", [ids])
            c.execute("SELECT count(open_grants(r, now())) FROM unnest(%s::uuid[]) AS r", [ids])
    house = directory.agencies[HOUSE]
    with acting_in_sql("lan@anh-duong") as c:
        c.execute(ENTRIES, [[h.case for h in told], ["access", "consent", "referral"]])
        stopped = []
        for h in told:
            for i, consent in enumerate(h.consents):
                if rng.random() < 0.25:
                    h.consents[i] = ConsentFact(
                        *(consent.id, consent.purpose, consent.service, consent.recipient, consent.categories),
                        *(consent.named, consent.given_at, consent.valid_until, consent.given_at),
                    )
                    stopped.append(([consent.id],))
        many(c, "SELECT count(*) FROM end_consents(%s::uuid[], now())", stopped)
        over = [h.referral for h in told if h.ended]
        c.execute("SELECT count(end_grants(r, now())) FROM unnest(%s::uuid[]) AS r", [over])
        many(
            c,
            "INSERT INTO access_denial (id, subject, owner_id, agency_id, desk_id, account_id, category, with_units,"
            " denied_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now())",
            [
                (new_id(), h.case, house, d.agency, d.desk, d.account, d.category, d.with_units)
                for h in told
                for d in h.denials
            ],
        )


def declare(told: list[History], directory: Directory, admin: psycopg.Connection) -> None:
    """Conflicts as `declare_conflict` leaves them."""
    house = directory.agencies[HOUSE]
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        many(
            admin,
            "INSERT INTO access_conflict (id, subject, owner_id, account_id, cause, recorded_at)"
            " VALUES (%s, %s, %s, %s, 'declared', now())",
            [(new_id(), h.case, house, account) for h in told for account in h.conflicts],
        )


def run_out(rng: random.Random, told: list[History], admin: psycopg.Connection) -> None:
    """A day passes for some consents."""
    gone = []
    for h in told:
        for i, x in enumerate(h.consents):
            if rng.random() < 0.15:
                early = x.given_at + timedelta(minutes=30)
                h.consents[i] = ConsentFact(
                    *(x.id, x.purpose, x.service, x.recipient, x.categories, x.named, x.given_at, early),
                    x.withdrawn_at,
                )
                gone.append(x.id)
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        early_sql = "given_at + interval '30 minutes'"
        admin.execute(f"UPDATE consent SET valid_until = {early_sql} WHERE id = ANY (%s)".encode(), [gone])
        admin.execute("UPDATE access_grant SET valid_until = now() WHERE basis_id = ANY (%s)", [gone])


def said(h: History, who: str, directory: Directory, now: datetime) -> set[str]:
    """What the decision and the referral's state say that somebody sees."""
    me = directory.accounts[who]
    if who not in READERS:
        return {
            c
            for c in CATEGORIES
            if me not in h.conflicts and not any(d.account == me and d.category in (None, c) for d in h.denials)
        } - ({*CATEGORIES} if any(d.account == me and d.category is None for d in h.denials) else set())
    place, desk = READERS[who]
    if place != h.to or h.ended or not (h.accepted or h.exception):
        return set()
    above = frozenset({directory.agencies["so-y-te"], directory.agencies["ubnd-tinh"]}) if place == HOSPITAL else ()
    recipient = Recipient(directory.agencies[place], directory.desks[desk], me, frozenset(above))
    question = Question(SERVICE, PURPOSE, recipient, tuple(h.attached()), h.referral)
    basis = {c: next((x.id for x in h.consents if h.covers(x, c)), None) for c in CATEGORIES}
    found = set()
    for category in question.categories:
        resting = [x for x in h.consents if x.id == basis[category]] if h.exception is None else []
        decision = decide(
            Question(SERVICE, PURPOSE, recipient, (category,), h.referral),
            NEED,
            resting,
            h.denials,
            conflicts=[ConflictFact(account) for account in h.conflicts],
            exceptions=[h.exception] if h.exception else [],
            now=now,
        )
        found |= {shown.category for shown in decision.shown}
    return found


def test_read_sections_and_the_decision_agree_in_every_history(
    acting_in_sql: ActingInSql, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    rng = random.Random(20261123)
    now = datetime.now(UTC)
    told = [drawn(rng, directory, now) for _ in range(HISTORIES)]
    with acting_in_sql("lan@anh-duong") as c:
        begin(c, told, directory, now)
    go_on(rng, told, directory, acting_in_sql)
    declare(told, directory, admin_connection)
    run_out(rng, told, admin_connection)
    cases = [h.case for h in told]
    seen_something = 0
    for who in (*READERS, "lan@anh-duong", "hanh@anh-duong", "minh@tro-giup-phap-ly"):
        with acting_in_sql(who) as c:
            c.execute(ENTRIES, [cases, ["read"]])
            reading = "SELECT s, r.category FROM unnest(%s::uuid[]) AS s, LATERAL read_sections(s, %s) AS r"
            seen: dict[UUID, set[str]] = {case: set() for case in cases}
            for case, category in c.execute(reading, [cases, list(CATEGORIES)]):
                seen[case].add(category)
        later = datetime.now(UTC)
        for h in told:
            expected = set() if who.startswith("minh") else said(h, who, directory, later)
            assert seen[h.case] == expected, (who, h)
        seen_something += sum(map(bool, seen.values()))
    assert seen_something > HISTORIES
