"""Deadlines of referrals: the stricter wins, what the law sets, what facts imply."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.regulation.deadlines import deadlines, implied_risk, implied_triage, implied_urgency
from referral_hub.regulation.loader import shipped
from tests.regulation.editing import put

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 09:00 in Quảng Ninh
REGULATION = shipped()


def after(**length: int) -> datetime:
    return MONDAY + timedelta(**length)


def test_an_urgency_level_sets_both_deadlines(regulation):
    found = deadlines(regulation, "S8", "ngo", "emergency", {}, MONDAY)
    assert (found.acknowledge_due, found.act_due) == (after(minutes=15), after(hours=2))
    assert found.acknowledge_source == found.act_source == "urgency_levels.emergency"
    assert not found.legal_act


def test_a_contact_ban_is_decided_within_the_twelve_hours_of_the_law(regulation):
    found = deadlines(regulation, "V1", "commune_pc", "urgent", {}, MONDAY)
    assert (found.acknowledge_due, found.act_due) == (after(hours=4), after(hours=12))
    assert found.act_source == "service_overrides[0]"
    assert found.legal_act and not found.legal_acknowledge
    assert found.met_by["act"] == {"complete"}
    assert found.outcomes == {"decision_issued", "refused_in_writing_with_reason"}


def test_an_earlier_hour_of_the_level_wins_and_the_duty_stays_what_the_law_asks(regulation):
    found = deadlines(regulation, "V1", "commune_pc", "emergency", {}, MONDAY)
    assert found.act_due == after(hours=2)
    assert found.met_by["act"] == {"complete"}


def test_each_clock_is_decided_by_itself(regulation):
    found = deadlines(regulation, "J2", "police_commune", "urgent", {}, MONDAY)
    assert (found.acknowledge_due, found.acknowledge_source) == (after(minutes=15), "service_overrides[2]")
    assert (found.act_due, found.act_source) == (after(hours=24), "urgency_levels.urgent")


def test_an_override_concerns_its_recipients_only(regulation):
    found = deadlines(regulation, "J2", "police_province", "urgent", {}, MONDAY)
    assert found.acknowledge_due == after(hours=4)


@pytest.mark.parametrize(("urgency", "legal"), [("standard", False), ("urgent", False)])
def test_an_override_with_a_condition_waits_for_it(regulation, urgency, legal):
    assert deadlines(regulation, "S10", "child_protection", urgency, {}, MONDAY).legal_act is legal


def test_the_urgency_asked_about_stands_above_the_facts(regulation):
    found = deadlines(regulation, "S10", "child_protection", "standard", {"urgency": "emergency"}, MONDAY)
    assert found.act_source == "urgency_levels.standard"


def test_of_equal_deadlines_the_one_set_by_law_is_named(version_with):
    later = version_with(put("urgency_levels[1].act", "PT12H"), put("urgency_levels[1].reminders.act", []))
    found = deadlines(later, "V1", "commune_pc", "urgent", {}, MONDAY)
    assert (found.act_due, found.legal_act) == (after(hours=12), True)


def test_business_deadlines_of_legal_aid_are_compared_as_instants(regulation):
    found = deadlines(regulation, "S7", "legal_aid", "standard", {}, MONDAY)
    assert found.acknowledge_due == datetime(2026, 3, 3, 17, tzinfo=UTC)
    assert found.act_due == datetime(2026, 3, 5, 17, tzinfo=UTC)
    assert deadlines(regulation, "S7", "legal_aid", "urgent", {}, MONDAY).act_due == after(hours=24)


def test_the_winner_brings_its_own_reminders_and_ladder(regulation):
    found = deadlines(regulation, "J2", "police_commune", "urgent", {}, MONDAY)
    assert [(one.clock, one.at) for one in found.reminders] == [
        ("acknowledge", after(minutes=10)),
        ("act", after(hours=20)),
    ]
    ladder = [(one.at, one.side, one.role) for one in found.escalations if one.clock == "acknowledge"]
    assert ladder == [
        (after(minutes=15), "recipient", "agency_supervisor"),
        (after(minutes=60), "coordinator", "coordinator"),
    ]


def test_an_unknown_urgency_is_refused(regulation):
    with pytest.raises(KeyError):
        deadlines(regulation, "S8", "ngo", "yesterday", {}, MONDAY)


@given(
    st.sampled_from(sorted(REGULATION.matrix)),
    st.sampled_from(["emergency", "urgent", "standard"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
)
def test_no_override_ever_makes_an_answer_later(pair, urgency, sent_at):
    service, recipient = pair
    found = deadlines(REGULATION, service, recipient, urgency, {}, sent_at)
    level = next(one for one in REGULATION.urgency_levels if one.code == urgency)
    assert sent_at < found.acknowledge_due <= level.clocks["acknowledge"].due.due(sent_at, REGULATION.calendar)
    assert sent_at < found.act_due <= level.clocks["act"].due.due(sent_at, REGULATION.calendar)


@pytest.mark.parametrize(
    ("facts", "urgency"),
    [
        ({}, "standard"),
        ({"risk_level": "low"}, "standard"),
        ({"risk_level": "high"}, "urgent"),
        ({"risk_level": "extreme", "service": "V1"}, "emergency"),
        ({"service": "V1"}, "urgent"),
        ({"service": "H4"}, "emergency"),
        ({"service": "H4", "hours_since_incident": 119}, "emergency"),
        ({"service": "H4", "hours_since_incident": 120}, "standard"),
        ({"age": 15}, "standard"),
        ({"age": 15, "child_needs_protection": True}, "emergency"),
    ],
)
def test_facts_imply_a_least_urgency(regulation, facts, urgency):
    assert implied_urgency(regulation, facts) == urgency


@pytest.mark.parametrize(
    ("facts", "triage"),
    [({}, "routine"), ({"age": 15}, "emergency"), ({"age": 30, "gbv_type": "sexual_assault"}, "urgent")],
)
def test_facts_imply_a_least_triage(regulation, facts, triage):
    assert implied_triage(regulation, facts) == triage


@pytest.mark.parametrize(
    ("signs", "least"),
    [([], None), (["pregnant", "stalking"], None), (["weapon", "pregnant"], "high"), (["no_such_sign"], None)],
)
def test_signs_of_risk_set_a_least_level_and_are_not_added_up(regulation, signs, least):
    assert implied_risk(regulation, signs) == least


def test_the_rules_say_what_meets_ends_and_stops_the_clocks(regulation):
    rules = regulation.deadline_rules
    assert regulation.clock_met_by["act"] == {"start", "complete"}
    assert rules.ended_by == {"decline", "not_complete", "cancel", "withdraw", "void"}
    stop = next(one for one in rules.stops if one.status == "on_hold")
    assert stop.clocks == {"act"}
    assert stop.when.holds({"urgency": "urgent"}) and not stop.when.holds({"urgency": "emergency"})
