"""The transition table is the only thing that decides which step follows; the code reads it and adds nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from referral_hub.referrals.rules import (
    Step,
    choose,
    needs_redirect,
    outcomes,
    possible,
    reasons,
    times_set,
    turns,
)
from tests.referrals.paths import REGULATION, STATUSES, VERBS, path, reachable

SIDES = tuple(REGULATION.codes("sides"))
TABLE: tuple[Mapping[str, Any], ...] = tuple(REGULATION.raw["transitions"])
SITUATIONS: tuple[dict[str, Any], ...] = tuple(
    {"urgency": urgency, "reason_must_redirect": must, "recipient_sector": "policing"}
    for urgency in ("emergency", "standard")
    for must in (True, False)
)


def says_the_table(verb: str, status: str, side: str, facts: Mapping[str, Any]) -> set[str]:
    """The targets that the file itself names, read without the code under test. Its conditions test one fact each."""
    found = set()
    for row in TABLE:
        if row["verb"] == verb and status in row["from"] and side in row["by"]:
            when = row.get("when")
            if when is None or facts[when["fact"]] == when["is"]:
                found.add(row["to"])
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_a_step_is_possible_exactly_where_the_table_says(verb: str) -> None:
    allowed = 0
    for status in STATUSES:
        for side in SIDES:
            for facts in SITUATIONS:
                found = choose(REGULATION, verb, status, {side}, facts)
                said = says_the_table(verb, status, side, facts)
                assert ({found.target} if found else set()) == said, (status, side, facts)
                allowed += bool(said)
    assert allowed


def test_nobody_on_no_side_may_do_anything() -> None:
    for status in STATUSES:
        assert possible(REGULATION, status, (), SITUATIONS[0]) == ()


def test_who_stands_on_two_sides_may_do_what_either_may() -> None:
    for status in STATUSES:
        for facts in SITUATIONS:
            both = set(possible(REGULATION, status, {"sender", "recipient"}, facts))
            each = [set(possible(REGULATION, status, {side}, facts)) for side in ("sender", "recipient")]
            assert both == each[0] | each[1]


def test_a_final_status_has_no_step_and_every_other_has_one() -> None:
    for status, entry in REGULATION.codes("referral_statuses").items():
        steps = [s for facts in SITUATIONS for s in possible(REGULATION, status, SIDES, facts)]
        assert bool(steps) != bool(entry.raw.get("final")), status


def test_whatever_happened_a_sent_referral_can_be_closed() -> None:
    for status in set(reachable()) - {"void"}:
        assert path("closed", status) is not None


def test_an_emergency_is_not_declined_by_a_social_provider_except_for_force_majeure() -> None:
    decline = next(t for t in REGULATION.transitions if t.verb == "decline")
    social = {"urgency": "emergency", "recipient_sector": "social"}
    assert reasons(REGULATION, decline, social) == ("force_majeure",)
    everywhere = set(REGULATION.codes("decline_reasons"))
    assert set(reasons(REGULATION, decline, {**social, "urgency": "urgent"})) == everywhere
    assert set(reasons(REGULATION, decline, {**social, "recipient_sector": "policing"})) == everywhere


def test_a_step_without_a_list_of_reasons_takes_none() -> None:
    accept = next(t for t in REGULATION.transitions if t.verb == "accept")
    assert reasons(REGULATION, accept, {}) == ()
    assert outcomes(REGULATION, accept, "S4") == ()


def test_an_outcome_fits_its_service() -> None:
    complete = next(t for t in REGULATION.transitions if t.verb == "complete")
    assert "sheltered" in outcomes(REGULATION, complete, "S4")
    assert "sheltered" not in outcomes(REGULATION, complete, "J2")
    for service in REGULATION.codes("essential_services"):
        assert {"helped_fully", "helped_partly"} <= set(outcomes(REGULATION, complete, service))


def test_the_reason_says_whether_another_provider_must_be_found() -> None:
    for name in ("decline_reasons", "not_completed_reasons"):
        for code, entry in REGULATION.codes(name).items():
            if code not in REGULATION.codes("decline_reasons") or name == "decline_reasons":
                assert needs_redirect(REGULATION, code) == entry.raw["must_redirect"], code
    assert not needs_redirect(REGULATION, None)
    assert not needs_redirect(REGULATION, "helped_fully")


def test_a_time_is_set_once_and_kept() -> None:
    first, later = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
    nothing = dict.fromkeys(REGULATION.transition_times)
    assert times_set(REGULATION, "accept", nothing, first) == {"acknowledged_at": first, "first_accepted_at": first}
    assert times_set(REGULATION, "accept", {**nothing, "acknowledged_at": first}, later) == {"first_accepted_at": later}
    assert times_set(REGULATION, "resume", nothing, first) == {}


def test_each_status_is_in_exactly_one_turn() -> None:
    turn = turns(REGULATION)
    parts = (turn.recipient, turn.sender, turn.running, turn.over)
    assert frozenset().union(*parts) == set(STATUSES)
    assert sum(map(len, parts)) == len(STATUSES)
    assert {"sent", "acknowledged", "accepted"} <= turn.recipient
    assert {"draft", "ready", "info_requested"} <= turn.sender
    assert {"in_service", "on_hold"} == turn.running
    assert {"closed", "void", "cancelled", "withdrawn"} <= turn.over


def test_a_step_carries_nothing_it_was_not_given() -> None:
    step = Step("accept")
    assert (step.reason, step.outcome, dict(step.notes), step.new_referral, step.version) == (
        None,
        None,
        {},
        None,
        None,
    )
