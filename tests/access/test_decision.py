"""The consent decision, by itself: one verdict for each category, and a reason that is the owner's alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.access.decision import (
    ConflictFact,
    ConsentFact,
    Decision,
    DenialFact,
    ExceptionFact,
    NeedRow,
    Question,
    Reason,
    Recipient,
    Shown,
    Withheld,
    decide,
    view,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICE, HOSPITAL, DESK, PERSON = (UUID(int=n) for n in range(1, 5))
NEED = NeedRow(frozenset({"identity", "contact"}), frozenset({"medical"}), frozenset({"psychosocial"}))
ASKED = ("identity", "contact", "medical", "psychosocial", "reporter")
QUESTION = Question("J2", "legal_protection", Recipient(POLICE, DESK, PERSON), ASKED)
CONSENT = ConsentFact(
    id=UUID(int=100),
    purpose="legal_protection",
    service="J2",
    recipient=POLICE,
    categories=frozenset(ASKED),
    named=frozenset({"medical"}),
    given_at=NOW - HOUR,
    valid_until=NOW + HOUR,
    withdrawn_at=None,
)


def reasons(decision: Decision) -> dict[str, Reason]:
    return {verdict.category: verdict.reason for verdict in decision.withheld}


def shown(decision: Decision) -> set[str]:
    return {verdict.category for verdict in decision.shown}


def test_what_she_agreed_to_and_the_regulation_lets_through_is_shown() -> None:
    decision = decide(QUESTION, NEED, [CONSENT], [], now=NOW)
    assert decision.shown == tuple(
        Shown(c, CONSENT.id, CONSENT.valid_until) for c in ("identity", "contact", "medical")
    )
    assert reasons(decision) == {"psychosocial": Reason.NEVER, "reporter": Reason.NOT_NEEDED}


def test_without_a_row_of_the_matrix_nothing_goes() -> None:
    decision = decide(QUESTION, None, [CONSENT], [], now=NOW)
    assert not decision.shown
    assert set(reasons(decision).values()) == {Reason.NOT_NEEDED}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"withdrawn_at": NOW - HOUR / 2}, Reason.WITHDRAWN),
        ({"valid_until": NOW}, Reason.EXPIRED),
        ({"given_at": NOW + HOUR / 2}, Reason.NOT_YET),
        ({"purpose": "statistics"}, Reason.NO_CONSENT),
        ({"service": "J8"}, Reason.NO_CONSENT),
        ({"recipient": HOSPITAL}, Reason.NO_CONSENT),
        ({"categories": frozenset({"contact"}), "named": frozenset()}, Reason.NO_CONSENT),
    ],
)
def test_a_consent_that_is_not_live_or_not_for_this_covers_nothing(change: dict[str, object], reason: Reason) -> None:
    decision = decide(replace(QUESTION, categories=("identity",)), NEED, [replace(CONSENT, **change)], [], now=NOW)
    assert decision.verdicts == (Withheld("identity", reason),)


def test_a_consent_starts_with_its_first_moment_and_ends_before_its_last() -> None:
    for at, live in ((CONSENT.given_at, True), (CONSENT.valid_until, False), (CONSENT.valid_until - HOUR / 60, True)):
        assert bool(decide(QUESTION, NEED, [CONSENT], [], now=at).shown) == live


def test_a_category_to_be_asked_for_needs_its_name_said() -> None:
    general = replace(CONSENT, named=frozenset())
    assert reasons(decide(QUESTION, NEED, [general], [], now=NOW))["medical"] is Reason.NOT_ASKED_BY_NAME
    by_name = replace(CONSENT, id=UUID(int=101), categories=frozenset({"medical"}))
    assert "medical" in shown(decide(QUESTION, NEED, [general, by_name], [], now=NOW))


def test_the_consent_that_lasts_longest_is_the_basis() -> None:
    longer = replace(CONSENT, id=UUID(int=1), valid_until=NOW + 2 * HOUR)
    decision = decide(QUESTION, NEED, [CONSENT, longer], [], now=NOW)
    assert {(s.basis_id, s.until) for s in decision.shown} == {(longer.id, longer.valid_until)}


@pytest.mark.parametrize("target", [{"agency": POLICE}, {"desk": DESK}, {"account": PERSON}])
def test_her_no_wins_over_every_yes(target: dict[str, UUID]) -> None:
    decision = decide(QUESTION, NEED, [CONSENT], [DenialFact(None, **target)], now=NOW)
    assert not decision.shown
    assert reasons(decision)["identity"] is Reason.DENIED
    one = decide(QUESTION, NEED, [CONSENT], [DenialFact("identity", **target)], now=NOW)
    assert shown(one) == {"contact", "medical"}


def test_her_no_to_somebody_else_changes_nothing() -> None:
    others = [DenialFact(None, agency=HOSPITAL), DenialFact(None, desk=PERSON), DenialFact(None, account=DESK)]
    assert decide(QUESTION, NEED, [CONSENT], others, now=NOW) == decide(QUESTION, NEED, [CONSENT], [], now=NOW)


def test_before_anybody_opened_it_only_a_no_to_the_agency_counts() -> None:
    whole = replace(QUESTION, recipient=Recipient(POLICE))
    assert decide(whole, NEED, [CONSENT], [DenialFact(None, account=PERSON)], now=NOW).shown
    assert not decide(whole, NEED, [CONSENT], [DenialFact(None, agency=POLICE)], now=NOW).shown


def test_what_the_case_does_not_hold_is_not_promised() -> None:
    decision = decide(QUESTION, NEED, [CONSENT], [], held={"identity"}, now=NOW)
    assert shown(decision) == {"identity"}
    assert reasons(decision)["contact"] is Reason.NO_DATA


def test_the_recipients_half_holds_what_is_shown_and_nothing_else() -> None:
    decision = decide(QUESTION, NEED, [CONSENT], [DenialFact("contact", agency=POLICE)], now=NOW)
    assert [line.category for line in view(decision, "recipient")] == ["identity", "medical"]
    assert all(line.reason is None for line in view(decision, "recipient"))
    assert [line.category for line in view(decision, "owner")] == list(ASKED)
    assert all((line.reason is None) == line.shown for line in view(decision, "owner"))


MOMENTS = st.integers(-3, 3).map(lambda hours: NOW + hours * HOUR)
CATEGORIES = st.frozensets(st.sampled_from(ASKED))
CONSENTS = st.builds(
    ConsentFact,
    id=st.uuids(),
    purpose=st.sampled_from(["legal_protection", "evidence"]),
    service=st.sampled_from(["J2", "J8"]),
    recipient=st.sampled_from([POLICE, HOSPITAL]),
    categories=CATEGORIES,
    named=CATEGORIES,
    given_at=MOMENTS,
    valid_until=MOMENTS,
    withdrawn_at=st.none() | MOMENTS,
)
TARGETS = st.sampled_from([{"agency": POLICE}, {"agency": HOSPITAL}, {"desk": DESK}, {"account": PERSON}])
DENIALS = st.builds(
    lambda category, target: DenialFact(category, **target), st.none() | st.sampled_from(ASKED), TARGETS
)
NEEDS = st.none() | st.builds(NeedRow, CATEGORIES, CATEGORIES, CATEGORIES)


@given(NEEDS, st.lists(CONSENTS, max_size=4), st.lists(DENIALS, max_size=3), DENIALS)
def test_another_no_never_shows_more(
    need: NeedRow | None, consents: list[ConsentFact], denials: list[DenialFact], more: DenialFact
) -> None:
    before = shown(decide(QUESTION, need, consents, denials, now=NOW))
    assert shown(decide(QUESTION, need, consents, [*denials, more], now=NOW)) <= before


@given(NEEDS, st.lists(CONSENTS, min_size=1, max_size=4), st.lists(DENIALS, max_size=3))
def test_a_withdrawal_never_shows_more(
    need: NeedRow | None, consents: list[ConsentFact], denials: list[DenialFact]
) -> None:
    before = shown(decide(QUESTION, need, consents, denials, now=NOW))
    withdrawn = [replace(consents[0], withdrawn_at=NOW), *consents[1:]]
    assert shown(decide(QUESTION, need, withdrawn, denials, now=NOW)) <= before


@given(NEEDS, st.lists(CONSENTS, max_size=4), st.lists(DENIALS, max_size=3))
def test_every_category_asked_about_gets_one_verdict_and_a_basis_that_lives(
    need: NeedRow | None, consents: list[ConsentFact], denials: list[DenialFact]
) -> None:
    decision = decide(QUESTION, need, consents, denials, now=NOW)
    assert [verdict.category for verdict in decision.verdicts] == list(ASKED)
    by_id = {consent.id: consent for consent in consents}
    for verdict in decision.shown:
        basis = by_id[verdict.basis_id]
        assert basis.withdrawn_at is None
        assert basis.given_at <= NOW < basis.valid_until == verdict.until
        assert verdict.category in basis.categories | basis.named


# ---------------------------------------------------------------- exceptions, conflicts, organisations

REFERRAL = UUID(int=50)
EXCEPTION = ExceptionFact(
    UUID(int=200), "imminent_danger", POLICE, frozenset({"identity", "reporter"}), NOW - HOUR, referral=REFERRAL
)
EXCEPTIONS = st.builds(
    ExceptionFact,
    id=st.uuids(),
    ground=st.just("imminent_danger"),
    recipient=st.sampled_from([POLICE, HOSPITAL]),
    categories=CATEGORIES,
    since=MOMENTS,
    until=st.none() | MOMENTS,
    referral=st.sampled_from([None, REFERRAL]),
    account=st.sampled_from([None, PERSON, DESK]),
)
CONFLICTS = st.lists(st.sampled_from([ConflictFact(PERSON), ConflictFact(DESK)]), max_size=2)
EVERYBODY = DENIALS | st.just(DenialFact(None, agency=HOSPITAL, with_units=True))


def test_an_exception_shows_its_categories_for_its_own_referral_alone_also_beyond_the_matrix() -> None:
    asked = replace(QUESTION, referral=REFERRAL)
    decision = decide(asked, NEED, [], [], exceptions=[EXCEPTION], now=NOW)
    assert {(s.category, s.basis) for s in decision.shown} == {("identity", "exception"), ("reporter", "exception")}
    assert not decide(QUESTION, NEED, [], [], exceptions=[EXCEPTION], now=NOW).shown
    assert not decide(asked, NEED, [], [], exceptions=[EXCEPTION], now=NOW - 2 * HOUR).shown
    assert not decide(asked, NEED, [], [DenialFact(None, desk=DESK)], exceptions=[EXCEPTION], now=NOW).shown


def test_an_opening_is_one_persons_and_ends() -> None:
    opening = replace(EXCEPTION, referral=None, account=PERSON, until=NOW + HOUR)
    colleague = replace(QUESTION, recipient=Recipient(POLICE, DESK, HOSPITAL))
    assert shown(decide(QUESTION, None, [], [], exceptions=[opening], now=NOW)) == {"identity", "reporter"}
    assert not decide(colleague, None, [], [], exceptions=[opening], now=NOW).shown
    assert not decide(QUESTION, None, [], [], exceptions=[opening], now=NOW + HOUR).shown


def test_whoever_is_in_conflict_sees_nothing_and_the_owner_reads_why() -> None:
    decision = decide(QUESTION, NEED, [CONSENT], [], conflicts=[ConflictFact(PERSON)], now=NOW)
    assert not decision.shown
    assert reasons(decision)["identity"] is Reason.CONFLICT
    assert view(decision, "recipient") == ()


def test_a_no_to_an_organisation_reaches_its_units_only_where_she_said_so() -> None:
    unit = replace(QUESTION, recipient=Recipient(POLICE, above=frozenset({HOSPITAL})))
    assert not decide(unit, NEED, [CONSENT], [DenialFact(None, agency=HOSPITAL, with_units=True)], now=NOW).shown
    assert decide(unit, NEED, [CONSENT], [DenialFact(None, agency=HOSPITAL)], now=NOW).shown


@given(NEEDS, st.lists(CONSENTS, max_size=3), st.lists(EXCEPTIONS, max_size=3), st.lists(EVERYBODY), CONFLICTS)
def test_no_denial_and_no_conflict_ever_shows_more_whatever_else_stands(
    need: NeedRow | None,
    consents: list[ConsentFact],
    exceptions: list[ExceptionFact],
    denials: list[DenialFact],
    conflicts: list[ConflictFact],
) -> None:
    asked = replace(QUESTION, referral=REFERRAL)
    free = shown(decide(asked, need, consents, [], exceptions=exceptions, now=NOW))
    kept = shown(decide(asked, need, consents, denials, exceptions=exceptions, conflicts=conflicts, now=NOW))
    assert kept <= free
    if any(c.account == PERSON for c in conflicts):
        assert kept == set()


@given(NEEDS, st.lists(CONSENTS, max_size=4), st.lists(EXCEPTIONS, max_size=3))
def test_what_has_ended_or_not_begun_shows_nothing(
    need: NeedRow | None, consents: list[ConsentFact], exceptions: list[ExceptionFact]
) -> None:
    dead = [c for c in consents if c.withdrawn_at is not None or not c.given_at <= NOW < c.valid_until]
    gone = [e for e in exceptions if e.since > NOW or (e.until is not None and e.until <= NOW)]
    assert not decide(QUESTION, need, dead, [], exceptions=gone, now=NOW).shown


@given(NEEDS, st.lists(CONSENTS, max_size=4), st.lists(EXCEPTIONS, max_size=3), st.lists(DENIALS, max_size=3))
def test_the_senders_preview_and_the_recipients_page_name_the_same(
    need: NeedRow | None, consents: list[ConsentFact], exceptions: list[ExceptionFact], denials: list[DenialFact]
) -> None:
    decision = decide(QUESTION, need, consents, denials, exceptions=exceptions, now=NOW)
    owner = [line for line in view(decision, "owner") if line.shown]
    assert tuple(owner) == view(decision, "recipient")
    assert {line.category for line in owner} == shown(decision)
