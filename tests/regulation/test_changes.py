"""What a new version changes, in words; and whether it keeps the meaning of old records."""

import copy
import re
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referral_hub.regulation.changes import allowed_by, compatible, diff
from referral_hub.regulation.differences import compare
from referral_hub.regulation.loader import load_text, read_yaml, shipped, shipped_source
from referral_hub.regulation.reading import build
from referral_hub.regulation.summary import show
from tests.regulation.editing import add, drop, insert, put

# row 6: J2 to the commune police; row 14: J10 to four types
WORDS = [
    (
        add("need_to_know[6].ask", "safety_plan"),
        "Công an xã, phường, đặc khu nay nhận thêm, khi có đồng ý riêng: Kế hoạch an toàn "
        "(dịch vụ J2: Tiếp nhận tin báo, tiếp xúc ban đầu).",
        "Commune-level police may now also receive, with a separate consent: Safety plan "
        "(service J2: Initial contact).",
    ),
    (
        drop("need_to_know[6].min[6]"),
        "Công an xã, phường, đặc khu không còn nhận: Người có hành vi bạo lực "
        "(dịch vụ J2: Tiếp nhận tin báo, tiếp xúc ban đầu).",
        "Commune-level police may no longer receive: Person who used violence (service J2: Initial contact).",
    ),
    (
        put("urgency_levels[0].acknowledge", "PT12M"),
        "Mức độ khẩn “Khẩn cấp” (emergency), báo đã nhận trong: 15 phút → 12 phút.",
        "Urgency “Emergency” (emergency), acknowledge within: 15 minutes → 12 minutes.",
    ),
    (
        put("hold_reasons[5].retired", date(2027, 1, 1)),
        "Lý do tạm dừng “Khác” (other): ngừng dùng từ 2027-01-01.",
        "Reason to put on hold “Other” (other): retired on 2027-01-01.",
    ),
    (
        add("transitions[1].by", "coordinator"),
        "Bước “Đánh dấu sẵn sàng” (mark_ready), do: thêm Đầu mối điều phối.",
        "Step “Mark ready” (mark_ready), by: now also Coordinator.",
    ),
    (
        put("calendar.holidays[4].to", date(2020, 9, 3)),
        "Ngày nghỉ, 2020-09-02, đến: 2020-09-02 → 2020-09-03.",
        "Holiday, 2020-09-02, to: 2020-09-02 → 2020-09-03.",
    ),
    (
        put("consent.default_validity", "P3M"),
        "consent, default_validity: 6 tháng → 3 tháng.",
        "consent, default_validity: 6 months → 3 months.",
    ),
    (
        put("urgency_rules[3].when.is", "medium"),
        "Quy tắc mức độ khẩn “Nguy cơ cao” (risk_high), khi: Mức độ nguy cơ là Cao → Mức độ nguy cơ là Trung bình.",
        "Urgency rule “High risk” (risk_high), when: Risk level set by the worker is High → "
        "Risk level set by the worker is Medium.",
    ),
    (
        drop("consent_exceptions[5].max[0].categories[4]"),
        "Ngoại lệ “Nguy cơ tự sát” (suicide_risk), tối đa, health_facility: bỏ Nhu cầu hỗ trợ tiếp cận.",
        "Exception to consent “Serious risk of suicide” (suicide_risk), at most, health_facility: "
        "no longer Access needs.",
    ),
]


@pytest.mark.parametrize(("edit", "vi", "en"), WORDS, ids=[en[:40] for _, _, en in WORDS])
def test_a_change_is_told_in_words(regulation, version_with, edit, vi, en):
    later = version_with(edit)
    assert diff(regulation, later, "vi") == [vi]
    assert diff(regulation, later, "en") == [en]


def test_a_category_moved_from_min_to_ask_is_one_sentence(regulation, version_with):
    later = version_with(drop("need_to_know[14].min[1]"), add("need_to_know[14].ask", "legal"))
    assert diff(regulation, later, "en") == [
        "Provincial police; Commune-level police; Regional People's Court; Regional People's Procuracy "
        "may now receive only with a separate consent: Legal status (service J10: Communication and information)."
    ]


def test_a_new_code_names_what_it_replaces(regulation, version_with):
    moved = {"code": "moved", "vi": "Đã chuyển đi", "en": "Moved", "replaces": ["survivor_wish"]}
    assert diff(regulation, version_with(add("close_reasons", moved)), "en") == [
        "Added: Reason to close a referral “Moved” (moved) (replaces: survivor_wish)."
    ]


def test_the_same_text_changes_nothing(regulation):
    assert diff(regulation, shipped(), "vi") == []


def test_another_comment_is_told_as_layout_only(regulation):
    later = load_text(shipped_source() + b"# reviewed\n", "later.yaml")
    assert diff(regulation, later, "en") == ["Only comments or layout changed."]


SOUND = read_yaml(shipped_source(), "shipped")


def _texts(raw, path=""):
    if isinstance(raw, dict):
        for key, value in raw.items():
            yield from _texts(value, f"{path}.{key}" if path else key)
    elif isinstance(raw, list):
        for i, value in enumerate(raw):
            yield from _texts(value, f"{path}[{i}]")
    elif isinstance(raw, str):
        yield path


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([path for path in _texts(SOUND) if "." in path and not path.startswith("import_")]))
def test_a_change_at_any_place_is_found(path):
    later = copy.deepcopy(SOUND)
    put(path, "something else")(later)
    assert compare(SOUND, later)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(st.sampled_from([path for path in _texts(SOUND) if path.endswith((".vi", ".en", ".note", ".basis"))]))
def test_no_other_wording_is_silent(path):
    later = copy.deepcopy(SOUND)
    put(path, "something else")(later)
    row = re.match(r"need_to_know\[(\d+)\]", path)
    told_to = len(SOUND["need_to_know"][int(row[1])]["to"]) if row else 1  # a row of the matrix is told by recipient
    assert len(diff(shipped(), build(later, "another digest"), "vi")) == told_to


def test_a_row_split_in_two_with_the_same_meaning_is_told_as_layout_only(regulation, raw, version_with):
    rest = {**copy.deepcopy(raw["need_to_know"][0]), "to": ["ossc"]}
    later = version_with(drop("need_to_know[0].to[1]"), insert("need_to_know", 1, rest))
    assert diff(regulation, later, "en") == ["Only comments or layout changed."]


def test_the_matrix_says_how_a_category_may_be_given(regulation):
    assert allowed_by(regulation, "S7", "legal_aid", "identity") == "min"
    assert allowed_by(regulation, "S7", "legal_aid", "child") == "ask"
    assert allowed_by(regulation, "S7", "legal_aid", "medical") is None
    assert allowed_by(regulation, "S7", "legal_aid", "guardian") is None
    assert allowed_by(regulation, "S7", "legal_aid", "ref") == "min"
    assert allowed_by(regulation, "S7", "school", "ref") is None


def told(old, new):
    return [(one.rule, one.path) for one in compatible(old, new)]


def test_a_version_may_add_and_retire(regulation, version_with):
    later = version_with(
        put("meta.version", "0.3.0"),
        add("sexes", {"code": "intersex", "vi": "Liên giới tính", "en": "Intersex"}),
        put("hold_reasons[5].retired", date(2027, 1, 1)),
    )
    assert told(regulation, later) == []


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (drop("hold_reasons[5]"), ("code-removed", "hold_reasons.other")),
        (put("agency_types[16].sector", "health"), ("code-redefined", "agency_types.trusted_address.sector")),
        (put("meta.id", "another"), ("other-regulation", "meta.id")),
    ],
)
def test_a_version_that_takes_meaning_from_old_records_is_told(regulation, version_with, edit, fault):
    assert told(regulation, version_with(put("meta.version", "0.3.0"), edit)) == [fault]


def test_a_version_number_stands_for_one_text(regulation, version_with):
    assert told(regulation, version_with()) == [("version-reused", "meta.version")]


def test_a_retired_code_does_not_come_back(regulation, version_with):
    retired = version_with(put("meta.version", "0.3.0"), put("hold_reasons[5].retired", date(2027, 1, 1)))
    assert told(retired, regulation) == [("code-revived", "hold_reasons.other")]


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("vi", "Khẩn cấp: báo đã nhận trong 15 phút, xử lý trong 2 giờ"),
        ("en", "Emergency: acknowledge within 15 minutes, act within 2 hours"),
    ],
)
def test_a_version_can_be_shown_in_words(regulation, locale, words):
    lines = show(regulation, locale)
    assert words in lines
    assert any(regulation.digest in line for line in lines)
