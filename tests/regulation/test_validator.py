"""Each rule of the validator: the shipped file is sound, and one broken place is told as exactly that fault."""

import copy
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referral_hub.regulation.loader import read_yaml, shipped_source
from referral_hub.regulation.messages import MESSAGES
from referral_hub.regulation.reading import build
from referral_hub.regulation.validator import check
from tests.regulation.editing import add, drop, put, repeat

LOST = {"code": "lost", "vi": "Thất lạc", "en": "Lost", "recipient_sees": "nothing"}
FOUND = {**LOST, "code": "found", "vi": "Tìm thấy", "en": "Found"}


def step(verb: str, source: str, target: str) -> dict[str, Any]:
    return {"verb": verb, "vi": verb, "en": verb, "by": ["sender"], "from": [source], "to": target}


# rule, edits, where the fault is told (one place, or several)
BROKEN: list[tuple[str, list[Any], list[str]]] = [
    ("wrong-shape", [put("emergency.opening.reason_min_chars", "many")], ["emergency.opening.reason_min_chars"]),
    ("wrong-shape", [put("call_back", 3)], ["call_back"]),
    ("wrong-shape", [put("need_to_know[2].min", "identity")], ["need_to_know[2].min"]),
    ("missing-field", [drop("calendar.provisional_counts")], ["calendar.provisional_counts"]),
    ("unknown-field", [put("service_overrides[0].legl", True)], ["service_overrides[0].legl"]),
    ("unknown-field", [put("holidays", [])], ["holidays"]),
    ("missing-label", [drop("roles[0].en")], ["roles[0].en"]),
    ("missing-label", [put("transitions[3].vi", " ")], ["transitions[3].vi"]),
    ("empty-list", [put("preview.always", [])], ["preview.always"]),
    ("named-twice", [add("preview.always", "service")], ["preview.always[6]"]),
    ("unknown-word", [put("calendar.due_at", "18:00")], ["calendar.due_at"]),
    ("unknown-word", [put("deadline_rules.legal_never_stops", False)], ["deadline_rules.legal_never_stops"]),
    ("unknown-zone", [put("meta.time_zone", "Asia/Hanoi")], ["meta.time_zone"]),
    ("bad-code", [put("open_legal_questions[0].code", "câu 1")], ["open_legal_questions[0].code"]),
    ("bad-code", [put("glossary_style", []), put("open_legal_questions[0].code", 7)], ["open_legal_questions[0].code"]),
    ("unknown-code", [add("need_to_know[0].ask", "shoe_size")], ["need_to_know[0].ask[2]"]),
    (
        "unknown-code",
        [put("urgency_levels[1].escalate.act[0].role", "boss")],
        ["urgency_levels[1].escalate.act[0].role"],
    ),
    ("unknown-code", [put("import_aliases.services.Tạm lánh", "S99")], ["import_aliases.services.Tạm lánh"]),
    ("unknown-code", [add("deadline_rules.ended_by", "vanish")], ["deadline_rules.ended_by[5]"]),
    ("unknown-list", [put("transitions[0].reason", "moods")], ["transitions[0].reason"]),
    ("no-duration", [put("call_back.due", "24h")], ["call_back.due"]),
    ("missing-clock", [drop("statutory_deadlines[1].clock")], ["statutory_deadlines[1].value"]),
    ("wrong-clock", [put("statutory_deadlines[1].value", "PT72H")], ["statutory_deadlines[1].value"]),
    ("wrong-clock", [put("urgency_levels[2].reminders.act[0]", "P5D")], ["urgency_levels[2].reminders.act[0]"]),
    ("glossary-parts", [drop("glossary[4][2]")], ["glossary[4]"]),
    ("condition-shape", [put("urgency_rules[0].when", {"any": []})], ["urgency_rules[0].when.any"]),
    ("condition-shape", [put("decline_rules[0].when.is", "x")], ["decline_rules[0].when"]),
    ("unknown-fact", [put("urgency_rules[0].when.fact", "mood")], ["urgency_rules[0].when.fact"]),
    (
        "wrong-operator",
        [put("urgency_rules[0].when", {"fact": "service", "below": "H4"})],
        ["urgency_rules[0].when.below"],
    ),
    ("wrong-value", [put("urgency_rules[0].when", {"fact": "risk_level", "is": "huge"})], ["urgency_rules[0].when.is"]),
    ("wrong-value", [put("urgency_rules[0].when", {"fact": "age", "below": "10"})], ["urgency_rules[0].when.below"]),
    ("fact-type", [drop("facts[9].unit")], ["facts[9].type"]),
    ("duplicate-code", [put("hold_reasons[1].code", "survivor_asked")], ["hold_reasons[1].code"]),
    ("order-twice", [put("gbv_types[1].order", 1)], ["gbv_types[1].order"]),
    ("glossary-twice", [put("glossary[1][0]", "app_name")], ["glossary[1]"]),
    ("pair-twice", [repeat("need_to_know[1]")], ["need_to_know[43].to[0]"]),
    ("pair-missing", [drop("need_to_know[0].to[1]")], ["essential_services[1].by"]),
    ("not-provider", [add("need_to_know[1].to", "ossc")], ["need_to_know[1].to[1]"]),
    ("not-provider", [add("service_overrides[4].to", "ossc")], ["service_overrides[4].to[1]"]),
    ("not-referable", [put("essential_services[1].referable", False)], ["need_to_know[0].service"]),
    ("category-both", [add("need_to_know[0].ask", "identity")], ["need_to_know[0].ask[2]"]),
    ("category-both", [add("need_to_know[0].deny", "risk")], ["need_to_know[0].deny[4]"]),
    ("implied-denied", [add("need_to_know[0].deny", "ref")], ["need_to_know[0].deny[4]"]),
    ("never-shared-in-min", [add("need_to_know[0].min", "psychosocial")], ["need_to_know[0].min[5]"]),
    ("owner-only-shared", [add("need_to_know[0].ask", "contact_check")], ["need_to_know[0].ask[2]"]),
    ("aggregate-in-referral", [add("need_to_know[0].ask", "aggregate")], ["need_to_know[0].ask[2]"]),
    ("no-case-access", [put("agency_types[14].data_access", "aggregate")], ["need_to_know[33].to[0]"]),
    ("case-in-aggregate", [add("aggregate_recipients.min", "risk")], ["aggregate_recipients.min[1]"]),
    ("exception-recipients", [add("consent_exceptions[0].to", "court")], ["consent_exceptions[0].max"]),
    ("limit-fields", [drop("consent_exceptions[3].document_fields")], ["consent_exceptions[3]"]),
    (
        "never-in-max",
        [put("consent_exceptions[0].never", ["residence"])],
        ["consent_exceptions[0].max[0].categories[3]"],
    ),
    ("ground-not-immediate", [add("emergency.opening.grounds", "lacks_capacity")], ["emergency.opening.grounds[3]"]),
    ("preview-field", [add("preview.if_granted.contact", "full_name")], ["preview.if_granted.contact[4]"]),
    ("preview-number", [put("preview.if_granted.reporter", ["reporter_name"])], ["preview.if_granted.reporter"]),
    ("contact-plan-field", [put("contact_plan[0].shared", False)], ["contact_plan[0]"]),
    (
        "unit-cycle",
        [add("next_unit_up", {"from": "social_centre", "to": "ossc"})],
        ["next_unit_up[4]", "next_unit_up[5]"],
    ),
    ("unit-twice", [add("next_unit_up", {"from": "ossc", "to": "hotline"})], ["next_unit_up[5].from"]),
    ("one-initial", [put("referral_statuses[1].initial", True)], ["referral_statuses"]),
    (
        "no-way-out",
        [add("referral_statuses", LOST), add("transitions", step("lose", "draft", "lost"))],
        ["referral_statuses[17]"],
    ),
    (
        "unreachable",
        [add("referral_statuses", LOST), add("transitions", step("regain", "lost", "closed"))],
        ["referral_statuses[17]"],
    ),
    (
        "no-end",
        [
            add("referral_statuses", LOST),
            add("referral_statuses", FOUND),
            add("transitions", step("lose", "draft", "lost")),
            add("transitions", step("find", "lost", "found")),
            add("transitions", step("lose", "found", "lost")),
        ],
        ["referral_statuses[17]", "referral_statuses[18]"],
    ),
    ("final-left", [add("transitions[0].from", "void")], ["referral_statuses[16]"]),
    ("step-twice", [repeat("transitions[0]")], ["transitions[22]"]),
    (
        "override-empty",
        [drop(f"service_overrides[2].{part}") for part in ("acknowledge", "reminders", "escalate")],
        ["service_overrides[2]"],
    ),
    ("override-outcome", [add("service_overrides[0].outcomes", "sheltered")], ["service_overrides[0].outcomes[2]"]),
    (
        "reminder-late",
        [put("urgency_levels[0].reminders.acknowledge[0]", "PT15M")],
        ["urgency_levels[0].reminders.acknowledge[0]"],
    ),
    (
        "escalation-early",
        [put("urgency_levels[0].escalate.acknowledge[0].after", "PT5M")],
        ["urgency_levels[0].escalate.acknowledge[0].after"],
    ),
    (
        "ladder-order",
        [put("urgency_levels[0].escalate.acknowledge[1].after", "PT90M")],
        ["urgency_levels[0].escalate.acknowledge"],
    ),
    (
        "clock-not-set",
        [put("service_overrides[0].reminders.acknowledge", ["PT5M"])],
        ["service_overrides[0].reminders.acknowledge"],
    ),
    ("dates-reversed", [put("calendar.holidays[0].to", date(2019, 12, 31))], ["calendar.holidays[0]"]),
    ("holiday-twice", [put("calendar.holidays[1].from", date(2020, 1, 1))], ["calendar.holidays[1]"]),
    ("swap-day", [put("calendar.working_saturdays[0].day", date(2024, 5, 3))], ["calendar.working_saturdays[0].day"]),
    ("swap-for", [put("calendar.working_saturdays[0].for", date(2024, 5, 6))], ["calendar.working_saturdays[0].for"]),
    ("age-gap", [put("age_bands[1].at_least", 13)], ["age_bands[1]"]),
    ("age-twice", [put("age_bands[1].at_least", 11)], ["age_bands[1]"]),
    ("age-gap", [put("minors.ladder[0].when.below", 5)], ["minors.ladder"]),
    ("age-twice", [put("minors.ladder[0].when.below", 7)], ["minors.ladder"]),
    ("thresholds-reversed", [put("minors.legal_child_under", 20)], ["minors"]),
    ("unknown-time", [put("statistics.indicators[0].count.at", "ended_at")], ["statistics.indicators[0].count.at"]),
    ("one-formula", [drop("statistics.indicators[0].count")], ["statistics.indicators[0]"]),
    ("unknown-column", [put("import_means[0].column", "Màu")], ["import_means[0].column"]),
    ("unknown-sheet", [put("import_means[0].sheet", "Mau")], ["import_means[0].sheet"]),
    ("unknown-column-kind", [put("import_columns.Ho_so.Số con", "colour")], ["import_columns.Ho_so.Số con"]),
    ("unknown-import-list", [put("import_aliases.colours", {"Đỏ": "red"})], ["import_aliases.colours"]),
    (
        "alias-ambiguous",
        [put("import_aliases.relationships.VỢ/CHỒNG  cũ", "spouse")],
        ["import_aliases.relationships.VỢ/CHỒNG  cũ"],
    ),
    ("word-ambiguous", [add("import_words.no_words", " X ")], ["import_words.no_words[3]"]),
    ("wrong-meaning", [put("import_means[1].if_yes", "burning")], ["import_means[1].if_yes"]),
]
TOLD_ELSEWHERE = {
    *("unreadable", "not-utf8", "empty-file", "no-yaml", "duplicate-key", "key-not-text", "yaml-reference"),
    *("code-removed", "code-redefined", "code-revived", "version-reused", "other-regulation"),
    "no-schema",
}


def test_the_shipped_regulation_has_no_fault(faults_after):
    assert faults_after() == []


@pytest.mark.parametrize(("rule", "edits", "places"), BROKEN, ids=[f"{rule}-{where[0]}" for rule, _, where in BROKEN])
def test_one_broken_place_is_told_as_exactly_that_fault(faults_after, rule, edits, places):
    found = faults_after(*edits)
    assert [(one.rule, one.path, one.file) for one in found] == [(rule, place, "edited.yaml") for place in places]
    assert all(one.message.vi and one.message.en and "{" not in one.message.vi for one in found)


def test_every_rule_with_a_message_is_tried_by_a_test():
    assert {rule for rule, _, _ in BROKEN} | TOLD_ELSEWHERE == set(MESSAGES)


def test_a_category_without_a_content_schema_is_told(faults_after, raw):
    categories = {entry["code"] for entry in raw["data_categories"]}
    found = faults_after(known_categories=categories - {"risk", "ref", "service_status", "aggregate"})
    assert [(one.rule, one.path) for one in found] == [("no-schema", "data_categories[10]")]


def test_several_faults_are_told_in_one_run(faults_after):
    found = faults_after(
        add("need_to_know[0].ask", "shoe_size"), put("call_back.colour", 1), put("age_bands[1].at_least", 13)
    )
    assert {one.rule for one in found} == {"unknown-code", "unknown-field", "age-gap"}


def _places(raw: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


SOUND = read_yaml(shipped_source(), "shipped")
PLACES = [place for place in _places(SOUND) if place]
STRANGE = st.sampled_from(
    [None, True, -1, 2.5, float("nan"), "", "x", [], [[]], {}, {"fact": []}, [None], date(2020, 1, 1)]
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), STRANGE)
def test_whatever_stands_anywhere_is_told_or_is_usable(place, strange):
    raw = copy.deepcopy(SOUND)
    parent = raw
    for at in place[:-1]:
        parent = parent[at]
    parent[place[-1]] = strange
    if not check(raw, "strange.yaml"):
        build(raw, "")


@pytest.mark.parametrize("raw", [None, [], "text", 3, {}, {"facts": 1, "meta": []}, {1: 2}, {"transitions": 2.5}])
def test_data_of_another_shape_is_told_and_not_a_crash(raw):
    assert check(raw, "other.yaml")
