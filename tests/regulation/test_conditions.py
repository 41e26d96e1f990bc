"""The condition grammar: what holds, what never holds on a guess, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.regulation.conditions import All, Any, ConditionFault, Test, facts_in, parse_condition
from referral_hub.regulation.loader import shipped

FACTS = shipped().facts
HIGH = {"fact": "risk_level", "at_least": "high"}


def holds(raw, **facts):
    return parse_condition(raw, FACTS).holds(facts)


@pytest.mark.parametrize(
    ("raw", "facts", "expected"),
    [
        ({"fact": "service", "is": "H4"}, {"service": "H4"}, True),
        ({"fact": "service", "is": "H4"}, {"service": "H3"}, False),
        ({"fact": "service", "not": "H4"}, {"service": "H3"}, True),
        ({"fact": "service", "in": ["J2", "J3"]}, {"service": "J3"}, True),
        ({"fact": "ever", "has": "sent"}, {"ever": ["draft", "sent"]}, True),
        ({"fact": "ever", "has": "sent"}, {"ever": []}, False),
        ({"fact": "age", "below": 16}, {"age": 15}, True),
        ({"fact": "age", "below": 16}, {"age": 16}, False),
        ({"fact": "age", "at_least": 16}, {"age": 16}, True),
        (HIGH, {"risk_level": "extreme"}, True),
        (HIGH, {"risk_level": "medium"}, False),
        (HIGH, {"risk_level": "a code of another version"}, False),
        ({"fact": "risk_level", "below": "medium"}, {"risk_level": "low"}, True),
        ({"fact": "on_site", "is": False}, {"on_site": False}, True),
        ({"fact": "age", "known": False}, {}, True),
        ({"fact": "age", "known": False}, {"age": None}, True),
        ({"fact": "age", "known": False}, {"age": 0}, False),
    ],
)
def test_a_condition_holds_as_the_header_of_the_file_says(raw, facts, expected):
    assert holds(raw, **facts) is expected


TESTS = st.sampled_from(
    [
        {"fact": "service", "is": "H4"},
        {"fact": "service", "not": "H4"},
        {"fact": "age", "below": 16},
        {"fact": "age", "at_least": 0},
        {"fact": "ever", "has": "sent"},
        {"fact": "on_site", "not": True},
        HIGH,
    ]
)
TREES = st.recursive(
    TESTS,
    lambda inner: st.builds(
        lambda word, parts: {word: parts}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@given(TREES, st.sampled_from([None, ...]))
def test_nothing_holds_when_nothing_is_known(raw, unknown):
    condition = parse_condition(raw, FACTS)
    facts = {} if unknown is ... else dict.fromkeys(facts_in(condition))
    assert not condition.holds(facts)


@given(st.lists(TREES, min_size=1, max_size=3), st.integers(0, 30), st.sampled_from(["H4", "H3"]))
def test_all_and_any_join_as_their_names_say(parts, age, service):
    facts = {"age": age, "service": service, "on_site": False, "ever": ["sent"], "risk_level": "high"}
    each = [parse_condition(part, FACTS).holds(facts) for part in parts]
    assert parse_condition({"all": parts}, FACTS).holds(facts) is all(each)
    assert parse_condition({"any": parts}, FACTS).holds(facts) is any(each)


def test_a_rank_comparison_lists_the_codes_that_pass():
    condition = parse_condition(HIGH, FACTS)
    assert isinstance(condition, Test)
    assert condition.codes == {"high", "extreme"}


def test_the_nodes_can_be_walked():
    condition = parse_condition({"all": [HIGH, {"any": [{"fact": "age", "known": False}]}]}, FACTS)
    assert isinstance(condition, All) and isinstance(condition.parts[1], Any)
    assert facts_in(condition) == {"risk_level", "age"}


@pytest.mark.parametrize(
    ("raw", "rule", "at"),
    [
        ("always", "condition-shape", ""),
        ({}, "condition-shape", ""),
        ({"fact": "age"}, "condition-shape", ""),
        ({"fact": "age", "is": 3, "not": 4}, "condition-shape", ""),
        ({"fact": "age", "like": 3}, "condition-shape", ""),
        ({"all": []}, "condition-shape", "all"),
        ({"any": [HIGH, {"fact": "mood", "is": 1}]}, "unknown-fact", "any[1].fact"),
        ({"fact": [], "is": 1}, "unknown-fact", "fact"),
        ({"fact": "ever", "is": "sent"}, "wrong-operator", "is"),
        ({"fact": "age", "has": 3}, "wrong-operator", "has"),
        ({"fact": "sender_type", "at_least": "ossc"}, "wrong-operator", "at_least"),
        ({"fact": "on_site", "is": 1}, "wrong-value", "is"),
        ({"fact": "age", "is": True}, "wrong-value", "is"),
        ({"fact": "age", "known": True}, "wrong-value", "known"),
        ({"fact": "service", "in": ["J2", "J99"]}, "wrong-value", "in[1]"),
        ({"fact": "service", "in": "J2"}, "condition-shape", "in"),
        ({"fact": "area", "is": "no-such-commune"}, "wrong-value", "is"),
    ],
)
def test_what_the_grammar_does_not_allow_is_refused_with_its_place(raw, rule, at):
    with pytest.raises(ConditionFault) as caught:
        parse_condition(raw, FACTS)
    assert (caught.value.rule, caught.value.at) == (rule, at)


def test_a_fact_may_draw_its_codes_from_several_lists():
    assert holds({"fact": "area", "in": ["06652", "193"]}, area="193")
