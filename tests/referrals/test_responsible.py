"""No referral is without somebody who must act next, but one that is over."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.referrals.clocks import ACKNOWLEDGE, ACT, ESCALATION, REMINDER, ladder
from referral_hub.referrals.responsible import NextActor, TakenStep, next_actor
from referral_hub.referrals.rules import possible
from referral_hub.regulation.deadlines import deadlines
from referral_hub.regulation.loader import shipped

REGULATION = shipped()
STATUSES = REGULATION.codes("referral_statuses")
FINAL = {code for code, entry in STATUSES.items() if entry.raw.get("final")}
NINE = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
URGENCIES = tuple(REGULATION.codes("urgency_levels"))
MINH = UUID(int=7)


def of(status: str, *, redirect: bool = False, taken: tuple[TakenStep, ...] = (), **holders: UUID) -> NextActor | None:
    due = deadlines(REGULATION, "S8", "ngo", "emergency", {}, NINE)
    facts = {"urgency": "emergency", "reason_must_redirect": redirect}
    clocks = (ACKNOWLEDGE, ACT) if status == "sent" else ()
    return next_actor(
        REGULATION,
        status,
        facts,
        clocks=clocks,
        dues={ACKNOWLEDGE: due.acknowledge_due, ACT: due.act_due},
        steps=ladder(due, due.act_due),
        taken=taken,
        holders=holders,
    )


def raised(minutes: int, position: int, side: str, role: str) -> TakenStep:
    return TakenStep((ACKNOWLEDGE, ESCALATION, position), NINE + timedelta(minutes=minutes), side, role)


@given(
    status=st.sampled_from(sorted(STATUSES)),
    urgency=st.sampled_from(URGENCIES),
    redirect=st.booleans(),
    clocks=st.sampled_from([(), (ACKNOWLEDGE,), (ACT,), (ACKNOWLEDGE, ACT)]),
    rungs=st.integers(0, 6),
)
def test_somebody_must_act_next_in_every_status_but_a_final_one(
    status: str, urgency: str, redirect: bool, clocks: tuple[str, ...], rungs: int
) -> None:
    due = deadlines(REGULATION, "S8", "ngo", urgency, {}, NINE)
    steps = ladder(due, due.act_due)
    taken = [TakenStep(step.rung, step.at, step.side, step.role) for step in steps[:rungs]]
    facts = {"urgency": urgency, "reason_must_redirect": redirect}
    found = next_actor(REGULATION, status, facts, clocks=clocks, steps=steps, taken=taken)
    assert (found is None) == (status in FINAL)
    if found is not None and not found.escalated:
        assert possible(REGULATION, status, {found.side}, facts), "who must act has a step to take"


@pytest.mark.parametrize(
    ("status", "side"),
    [
        ("draft", "sender"),
        ("ready", "sender"),
        ("sent", "recipient"),
        ("acknowledged", "recipient"),
        ("info_requested", "sender"),
        ("accepted", "recipient"),
        ("in_service", "recipient"),
        ("on_hold", "recipient"),
        ("completed", "sender"),
        ("not_completed", "sender"),
        ("declined", "sender"),
        ("withdrawn", "sender"),
        ("cancelled", "sender"),
        ("redirected", "sender"),
    ],
)
def test_the_side_follows_from_the_table(status: str, side: str) -> None:
    found = of(status)
    assert found is not None and (found.side, found.escalated) == (side, False)


def test_it_is_said_by_when_and_who_hears_of_it_otherwise() -> None:
    found = of("sent")
    assert found is not None and found.otherwise is not None
    assert (found.by, found.clock) == (NINE + timedelta(minutes=15), ACKNOWLEDGE)
    assert (found.otherwise.side, found.otherwise.role) == ("recipient", "agency_supervisor")


def test_an_escalation_names_who_must_act_and_the_next_one_who_hears_then() -> None:
    found = of(
        "sent", taken=(raised(15, 0, "recipient", "agency_supervisor"), raised(30, 1, "sender", "duty_supervisor"))
    )
    assert found is not None and found.otherwise is not None
    assert (found.side, found.role, found.escalated) == ("sender", "duty_supervisor", True)
    assert (found.otherwise.side, found.otherwise.at) == ("coordinator", NINE + timedelta(minutes=60))


def test_a_reminder_names_nobody_new() -> None:
    reminded = TakenStep((ACKNOWLEDGE, REMINDER, 0), NINE, "recipient", None)
    found = of("sent", taken=(reminded,))
    assert found is not None and (found.side, found.role, found.escalated) == ("recipient", None, False)


def test_who_took_it_is_named() -> None:
    found = of("sent", taken=(raised(15, 0, "recipient", "agency_supervisor"),), recipient=MINH)
    assert found is not None and found.account == MINH


def test_an_escalation_of_a_clock_that_is_met_is_forgotten() -> None:
    due = deadlines(REGULATION, "S8", "ngo", "emergency", {}, NINE)
    found = next_actor(
        REGULATION,
        "acknowledged",
        {"urgency": "emergency"},
        clocks=(ACT,),
        dues={ACT: due.act_due},
        steps=ladder(due, due.act_due),
        taken=(raised(15, 0, "recipient", "agency_supervisor"),),
    )
    assert found is not None and (found.side, found.escalated) == ("recipient", False)
