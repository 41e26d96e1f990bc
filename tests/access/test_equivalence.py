"""The door in the database and the decision in Python agree, whatever happened before.

Random histories of one case are played through the services, every act committed. Afterwards, for every person and
category, `read_sections` returns a row exactly when the decision and the status of the referral say so.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referral_hub.access.decision import DenialFact, Question, Recipient, decide
from referral_hub.access.denials import deny
from referral_hub.access.gate import Refused
from referral_hub.consent import service as consents
from referral_hub.consent.queries import denials_of_case, facts_of_case
from referral_hub.consent.service import need_row
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import HubError
from referral_hub.referrals.models import Referral, ReferralCategory
from referral_hub.regulation.loader import shipped
from tests.builders import SECTIONS, a_case, a_consent, a_sent_referral, agency_id, take
from tests.conftest import Acting, ActingInSql, Directory
from tests.database.world import read
from tests.people import HOSPITAL, LEGAL_AID, POLICE
from tests.referrals.paths import inputs

REGULATION = shipped()
ALL = tuple(SECTIONS)
SERVICE = {POLICE: "J2", HOSPITAL: "H3", LEGAL_AID: "S7"}
TYPE = {POLICE: "police_province", HOSPITAL: "health_facility", LEGAL_AID: "legal_aid"}
READERS = {
    "cuong@cong-an-tinh": (POLICE, "duty@cong-an-tinh"),
    "huyen@cong-an-tinh": (POLICE, "duty@cong-an-tinh"),
    "thu@benh-vien-tinh": (HOSPITAL, "emergency@benh-vien-tinh"),
    "dai@benh-vien-tinh": (HOSPITAL, "social-work@benh-vien-tinh"),
    "minh@tro-giup-phap-ly": (LEGAL_AID, "requests@tro-giup-phap-ly"),
}
OWNERS = {"lan@anh-duong": True, "hanh@anh-duong": True, "thao@anh-duong": False, "mai@anh-duong": False}
STRANGERS = ("son@trung-tam-tgxh", "ha@trung-tam-tgxh", "tam@so-y-te")
ANSWERING = {POLICE: "cuong@cong-an-tinh", HOSPITAL: "thu@benh-vien-tinh", LEGAL_AID: "minh@tro-giup-phap-ly"}
BY_RECIPIENT = ("accept", "accept", "decline", "ask", "start", "complete", "not_complete", "hold")
BY_SENDER = ("cancel", "withdraw", "close", "void", "answer")

PLACES = st.sampled_from(sorted(SERVICE))
WHICH = st.integers(0, 3)
TARGETS = st.sampled_from(
    [
        ("agency", POLICE),
        ("agency", HOSPITAL),
        *(("desk", desk) for desk in sorted({desk for _, desk in READERS.values()})),
        *(("account", who) for who in (*READERS, "hanh@anh-duong")),
    ]
)
ACTS = st.one_of(
    st.tuples(st.just("give"), PLACES, st.frozensets(st.sampled_from(ALL), min_size=1)),
    st.tuples(st.just("send"), PLACES),
    st.tuples(st.just("step"), WHICH, st.sampled_from((*BY_RECIPIENT, *BY_SENDER))),
    st.tuples(st.just("end"), WHICH),
    st.tuples(st.just("expire"), WHICH),
    st.tuples(st.just("deny"), TARGETS, st.none() | st.sampled_from(ALL)),
)
OPENINGS = st.tuples(
    st.tuples(st.just("give"), PLACES, st.just(frozenset(ALL))), st.lists(ACTS, min_size=2, max_size=9)
).map(lambda both: [both[0], ("send", both[0][1]), *both[1]])


@dataclass(slots=True)
class History:
    """One case and what was done to it."""

    acting: Acting
    directory: Directory
    tamper: Callable[..., int]
    case: UUID
    consents: list[UUID] = field(default_factory=list)
    referrals: list[tuple[UUID, str]] = field(default_factory=list)

    def play(self, act: tuple[Any, ...]) -> None:
        """Take one act; what the rules refuse is refused, and changes nothing."""
        name, *details = act
        with suppress(HubError, Refused):
            getattr(self, f"_{name}")(*details)

    def _give(self, place: str, categories: frozenset[str]) -> None:
        need = REGULATION.need_to_know(SERVICE[place], TYPE[place])
        assert need is not None
        agreed = categories & (need.min | need.ask)
        with self.acting("lan@anh-duong") as lan:
            made = a_consent(
                lan, self.case, to=place, service=SERVICE[place], categories=agreed, named=agreed & need.ask
            )
        self.consents.append(made)

    def _send(self, place: str) -> None:
        with self.acting("lan@anh-duong") as lan:
            made = a_sent_referral(lan, self.case, to=place, service=SERVICE[place])
        self.referrals.append((made, place))

    def _step(self, which: int, verb: str) -> None:
        if not self.referrals:
            return
        referral, place = self.referrals[which % len(self.referrals)]
        said = inputs(REGULATION, next(t for t in REGULATION.transitions if t.verb == verb), SERVICE[place])
        who = "lan@anh-duong" if verb in BY_SENDER else ANSWERING[place]
        with self.acting(who) as actor:
            take(actor, referral, verb, **said)

    def _end(self, which: int) -> None:
        if self.consents:
            with self.acting("lan@anh-duong") as lan:
                consents.withdraw(lan, self.consents[which % len(self.consents)], now=clock.now())

    def _expire(self, which: int) -> None:
        """A year passes for one consent."""
        if self.consents:
            consent = self.consents[which % len(self.consents)]
            year = "interval '1 year'"
            self.tamper(
                f"UPDATE consent SET given_at = given_at - {year}, valid_until = valid_until - {year},"
                f" withdrawn_at = withdrawn_at - {year} WHERE id = %s",
                consent,
            )
            self.tamper(f"UPDATE access_grant SET valid_until = valid_until - {year} WHERE basis_id = %s", consent)

    def _deny(self, target: tuple[str, str], category: str | None) -> None:
        with self.acting("lan@anh-duong") as lan:
            deny(lan, self.case, self.denial(target, category), now=clock.now())

    def denial(self, target: tuple[str, str], category: str | None) -> DenialFact:
        kind, name = target
        ids = {"agency": self.directory.agencies, "desk": self.directory.desks, "account": self.directory.accounts}
        return DenialFact(category, **{kind: ids[kind][name]})

    def expected(self) -> dict[str, set[tuple[str, str]]]:
        """What the decision and the statuses say that each person sees, as (category, part)."""
        now = clock.now()
        with self.acting("lan@anh-duong"):
            said_yes, said_no = facts_of_case(self.case), denials_of_case(self.case)
            agencies = {place: agency_id(place) for place in SERVICE}
            statuses = dict(db.session.query(Referral.id, Referral.status).filter(Referral.case_id == self.case).all())
            attached = db.session.query(
                ReferralCategory.referral_id, ReferralCategory.category, ReferralCategory.consent_id
            )
            rows = attached.filter(ReferralCategory.case_id == self.case).all()
        places = dict(self.referrals)
        result: dict[str, set[tuple[str, str]]] = {who: set() for who in (*READERS, *OWNERS, *STRANGERS)}
        for who, (place, desk) in READERS.items():
            need = need_row(REGULATION, SERVICE[place], TYPE[place])
            recipient = Recipient(agencies[place], self.directory.desks[desk], self.directory.accounts[who])
            for referral, category, basis in rows:
                if places[referral] != place:
                    continue
                row = REGULATION.need_to_know(SERVICE[place], TYPE[place])
                assert row is not None
                question = Question(SERVICE[place], row.purpose, recipient, (category,))
                basis_only = [consent for consent in said_yes if consent.id == basis]
                if decide(question, need, basis_only, said_no, now=now).shown:
                    result[who] |= parts(category, statuses[referral])
        for who, holds in OWNERS.items():
            me = self.directory.accounts[who]
            for category in ALL if holds else ():
                if not any(d.account == me and d.category in (None, category) for d in said_no):
                    result[who] |= parts(category, "accepted")
        return result


def parts(category: str, status: str) -> set[tuple[str, str]]:
    """Which parts of a shared category a recipient sees while the referral has this status."""
    sees = REGULATION.codes("referral_statuses")[status].raw["recipient_sees"]
    early = {(category, "preview")} if category in REGULATION.preview_fields else set()
    return {"granted": {(category, "full"), *early}, "preview": early}.get(sees, set())


@pytest.fixture
def seen_by_all(acting_in_sql: ActingInSql) -> Callable[[UUID], dict[str, set[tuple[str, str]]]]:
    def look(case: UUID) -> dict[str, set[tuple[str, str]]]:
        seen = {}
        for who in (*READERS, *OWNERS, *STRANGERS):
            with acting_in_sql(who) as connection:
                seen[who] = read(connection, case, ALL)
        return seen

    return look


@pytest.fixture
def tamper(admin_connection: psycopg.Connection) -> Callable[..., int]:
    def change(statement: str, *values: Any) -> int:
        with admin_connection.transaction():
            admin_connection.execute("SET LOCAL session_replication_role = replica")
            return admin_connection.execute(statement.encode(), values).rowcount

    return change


FIXTURES_ARE_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(acts=OPENINGS)
@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=FIXTURES_ARE_SHARED)
def test_a_section_is_read_exactly_when_the_decision_says_shown(
    acts: list[tuple[Any, ...]],
    acting: Acting,
    directory: Directory,
    tamper: Callable[..., int],
    seen_by_all: Callable[[UUID], dict[str, set[tuple[str, str]]]],
) -> None:
    with acting("lan@anh-duong") as lan:
        history = History(acting, directory, tamper, a_case(lan))
    for act in acts:
        history.play(act)
    assert seen_by_all(history.case) == history.expected()


@given(acts=OPENINGS, target=TARGETS, category=st.none() | st.sampled_from(ALL))
@settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=FIXTURES_ARE_SHARED)
def test_one_more_no_never_shows_more_to_anybody(
    acts: list[tuple[Any, ...]],
    target: tuple[str, str],
    category: str | None,
    acting: Acting,
    directory: Directory,
    tamper: Callable[..., int],
    seen_by_all: Callable[[UUID], dict[str, set[tuple[str, str]]]],
) -> None:
    with acting("lan@anh-duong") as lan:
        history = History(acting, directory, tamper, a_case(lan))
    for act in acts:
        history.play(act)
    before = seen_by_all(history.case)
    history.play(("deny", target, category))
    after = seen_by_all(history.case)
    assert all(after[who] <= before[who] for who in before)


def test_the_histories_show_something_to_every_kind_of_reader(
    acting: Acting,
    directory: Directory,
    tamper: Callable[..., int],
    seen_by_all: Callable[[UUID], dict[str, set[tuple[str, str]]]],
) -> None:
    """The two tests above would pass if nobody ever saw anything."""
    with acting("lan@anh-duong") as lan:
        history = History(acting, directory, tamper, a_case(lan))
    for number, place in enumerate(SERVICE):
        history.play(("give", place, frozenset(ALL)))
        history.play(("send", place))
        history.play(("step", number, "accept"))
    seen = seen_by_all(history.case)
    assert seen == history.expected()
    assert all(seen[who] for who in (*READERS, "lan@anh-duong", "hanh@anh-duong"))
    assert not any(seen[who] for who in (*STRANGERS, "thao@anh-duong", "mai@anh-duong"))
