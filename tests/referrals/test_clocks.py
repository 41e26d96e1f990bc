"""The ladders of both clocks against the calendar: nights, weekends, Tết, what stands still, what never does."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from referral_hub.kernel.clock import LOCAL
from referral_hub.referrals.clocks import (
    ACKNOWLEDGE,
    ACT,
    ESCALATION,
    REMINDER,
    LadderStep,
    Standing,
    due_steps,
    ended,
    ladder,
    meets,
    next_look,
    running,
)
from referral_hub.regulation.deadlines import Deadlines, deadlines
from referral_hub.regulation.loader import shipped

REGULATION = shipped()


def at(text: str) -> datetime:
    """A moment as the clock on the wall in Quảng Ninh shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def due(urgency: str, sent: str, service: str = "S8", to: str = "ngo") -> Deadlines:
    return deadlines(REGULATION, service, to, urgency, {}, at(sent))


def rungs(urgency: str, sent: str, clock: str, kind: str, **more: str) -> list[tuple[str, str | None, str]]:
    found = due(urgency, sent, **more)
    return [
        (step.side, step.role, step.at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M"))
        for step in ladder(found, found.act_due)
        if (step.clock, step.kind) == (clock, kind)
    ]


def standing(status: str, sent: str = "2026-03-02T09:00", **more: Any) -> Standing:
    said: dict[str, Any] = {"acknowledged_at": None, "act_met_at": None, "act_due": at("2026-03-11T24:00"[:10])} | more
    return Standing(status, at(sent), **said)


def test_an_emergency_climbs_by_the_minute_through_the_night() -> None:
    assert rungs("emergency", "2026-03-07T23:50", ACKNOWLEDGE, REMINDER) == [("recipient", None, "2026-03-08 00:00")]
    assert rungs("emergency", "2026-03-07T23:50", ACKNOWLEDGE, ESCALATION) == [
        ("recipient", "agency_supervisor", "2026-03-08 00:05"),
        ("sender", "duty_supervisor", "2026-03-08 00:20"),
        ("coordinator", "coordinator", "2026-03-08 00:50"),
    ]


def test_business_days_of_a_friday_afternoon_begin_on_monday() -> None:
    friday = "2026-03-06T16:00"
    assert rungs("standard", friday, ACKNOWLEDGE, REMINDER) == [("recipient", None, "2026-03-10 00:00")]
    assert [row[2] for row in rungs("standard", friday, ACKNOWLEDGE, ESCALATION)] == [
        "2026-03-11 00:00",
        "2026-03-13 00:00",
    ]


def test_the_holidays_of_tet_are_no_working_days_and_do_not_stop_the_wall_clock() -> None:
    eve = "2027-02-04T16:00"  # Tết holidays begin
    standard = due("standard", eve)
    urgent = due("urgent", eve)
    assert standard.acknowledge_due is not None and urgent.acknowledge_due is not None
    assert standard.acknowledge_due > at("2027-02-09T00:00")
    assert urgent.acknowledge_due == at("2027-02-04T20:00")


def test_the_end_of_a_month_and_of_a_year_is_a_day_like_any_other() -> None:
    assert [row[2] for row in rungs("urgent", "2026-12-31T22:30", ACT, ESCALATION)] == [
        "2027-01-01 22:30",
        "2027-01-02 10:30",
    ]


def test_a_duty_of_the_law_brings_its_own_ladder() -> None:
    found = rungs("urgent", "2026-03-02T09:00", ACT, ESCALATION, service="V1", to="commune_pc")
    assert found == [
        ("recipient", "agency_head", "2026-03-02 21:00"),
        ("coordinator", "coordinator", "2026-03-02 22:00"),
    ]


def test_what_stood_still_moves_every_later_step_of_that_clock_and_of_no_other() -> None:
    found = due("urgent", "2026-03-02T09:00")
    assert found.act_due is not None
    plain, moved = ladder(found, found.act_due), ladder(found, found.act_due + timedelta(hours=5))
    shift = {one.rung: other.at - one.at for one in plain for other in moved if one.rung == other.rung}
    assert {gap for (clock, _, _), gap in shift.items() if clock == ACT} == {timedelta(hours=5)}
    assert {gap for (clock, _, _), gap in shift.items() if clock == ACKNOWLEDGE} == {timedelta(0)}


def test_a_clock_of_the_law_is_never_moved() -> None:
    found = due("urgent", "2026-03-02T09:00", "V1", "commune_pc")
    assert found.act_due is not None
    assert ladder(found, found.act_due + timedelta(hours=5)) == ladder(found, found.act_due)


@pytest.mark.parametrize(
    ("status", "urgency", "clocks"),
    [
        ("draft", "urgent", ()),
        ("sent", "urgent", (ACKNOWLEDGE, ACT)),
        ("info_requested", "urgent", (ACKNOWLEDGE,)),
        ("info_requested", "emergency", (ACKNOWLEDGE, ACT)),
        ("on_hold", "standard", (ACKNOWLEDGE,)),
        ("declined", "urgent", ()),
        ("redirected", "urgent", ()),
        ("withdrawn", "emergency", ()),
        ("closed", "urgent", ()),
        ("void", "urgent", ()),
    ],
)
def test_the_status_says_which_clock_runs(status: str, urgency: str, clocks: tuple[str, ...]) -> None:
    facts = {"urgency": urgency}
    stands = Standing(status, None if status == "draft" else at("2026-03-02T09:00"), None, None, at("2026-03-03T09:00"))
    assert running(REGULATION, stands, due(urgency, "2026-03-02T09:00"), facts) == clocks


def test_a_clock_of_the_law_runs_while_information_is_awaited() -> None:
    found = due("urgent", "2026-03-02T09:00", "V1", "commune_pc")
    stands = Standing("info_requested", at("2026-03-02T09:00"), at("2026-03-02T10:00"), None, found.act_due)
    assert running(REGULATION, stands, found, {"urgency": "urgent"}) == (ACT,)


def test_nothing_imported_has_a_clock() -> None:
    stands = Standing("sent", at("2026-03-02T09:00"), None, None, at("2026-03-03T09:00"), imported=True)
    assert running(REGULATION, stands, due("urgent", "2026-03-02T09:00"), {"urgency": "urgent"}) == ()


def test_met_clocks_rest() -> None:
    met = at("2026-03-02T10:00")
    stands = Standing("in_service", at("2026-03-02T09:00"), met, met, at("2026-03-03T09:00"))
    assert running(REGULATION, stands, due("urgent", "2026-03-02T09:00"), {"urgency": "urgent"}) == ()


def test_only_what_cannot_be_acted_on_any_more_ends_both_clocks() -> None:
    assert ended(REGULATION) == {"declined", "not_completed", "redirected", "withdrawn", "cancelled", "closed", "void"}


def test_a_decision_that_the_law_wants_is_not_met_by_another_outcome() -> None:
    found = due("urgent", "2026-03-02T09:00", "V1", "commune_pc")
    assert not meets(found, ACT, "start", None)
    assert meets(found, ACT, "complete", "decision_issued")
    assert not meets(found, ACT, "complete", "helped_fully")
    assert meets(due("urgent", "2026-03-02T09:00"), ACT, "complete", "helped_fully")


def step(clock: str, minute: int, position: int = 0) -> LadderStep:
    return LadderStep(clock, ESCALATION, position, at("2026-03-02T09:00") + timedelta(minutes=minute), "recipient", "x")


def test_a_step_is_due_at_its_minute_and_once() -> None:
    steps = (step(ACKNOWLEDGE, 10), step(ACT, 20), step(ACT, 30, 1))
    nine = at("2026-03-02T09:00")
    assert due_steps(steps, (ACKNOWLEDGE, ACT), (), nine + timedelta(minutes=9)) == ()
    assert due_steps(steps, (ACKNOWLEDGE, ACT), (), nine + timedelta(minutes=20)) == steps[:2]
    assert due_steps(steps, (ACT,), {steps[1].rung}, nine + timedelta(hours=1)) == (steps[2],)
    assert next_look(steps, (ACT,), {steps[1].rung}) == steps[2].at
    assert next_look(steps, (), ()) is None
