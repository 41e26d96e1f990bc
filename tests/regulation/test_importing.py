"""Cells of old registers: folding, looking up, and never guessing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.regulation.importing import (
    columns,
    fold,
    imported_times,
    lookup,
    meanings,
    split,
    yes_or_no,
)

VIETNAMESE = st.text(alphabet="aAăÂđĐêÔơưỚ ạẢ\t\u0300\u0301\u0323nN", max_size=20)


@pytest.mark.parametrize(
    ("key", "cell", "code"),
    [
        ("gbv_types", "Bạo lực thân thể", "physical_assault"),
        ("gbv_types", "  bạo  LỰC thể chất ", "physical_assault"),
        ("gbv_types", "Psychological / emotional abuse", "psychological"),
        ("services", "Tạm lánh", "S4"),
        ("essential_services", "Tạm lánh an toàn", "S4"),
        ("areas", unicodedata.normalize("NFD", "TP Hạ Long"), "193"),
        ("areas", "Thành phố Hạ Long", "193"),
        ("consent_methods", "Điểm chỉ", "thumbprint_witnessed"),
        ("gbv_types", "Bạo lực gì đó", None),
        ("gbv_types", "", None),
        ("gbv_types", "rape", "rape"),
        ("referral_statuses", "in_service", None),
    ],
)
def test_a_cell_is_known_by_label_or_alias_and_otherwise_unknown(regulation, key, cell, code):
    assert lookup(regulation, key, cell) == code


def test_an_unknown_list_is_refused(regulation):
    with pytest.raises(KeyError):
        lookup(regulation, "moods", "x")


@given(VIETNAMESE)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(VIETNAMESE)
def test_composed_and_decomposed_letters_fold_alike(text):
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_marks_are_kept_because_they_carry_meaning():
    assert fold("Mẹ") != fold("Me")


@pytest.mark.parametrize(("cell", "said"), [("Có", True), ("X", True), ("không", False), ("", False), ("Có lẽ", None)])
def test_a_yes_or_no_cell_says_one_or_is_unknown(regulation, cell, said):
    assert yes_or_no(regulation, cell) is said


def test_one_cell_may_name_several_values():
    assert split("Nhân thân; Liên hệ an toàn;") == ("Nhân thân", "Liên hệ an toàn")
    assert split("  ") == ()


def test_every_label_of_an_importable_list_finds_its_own_code(regulation):
    for key, path in regulation.raw["import_lists"].items():
        for code, entry in regulation.codes(path).items():
            assert lookup(regulation, key, entry.label.vi) == code
            assert lookup(regulation, key, entry.label.en) == code


def test_sheets_say_what_their_columns_hold(regulation):
    assert columns(regulation)["Tong_dai"]["Khẩn cấp"] == "words"
    assert imported_times(regulation, "Chuyen_gui")["first_accepted_at"] == "Ngày tiếp nhận"
    assert imported_times(regulation, "Truyen_thong") == {}


def test_meanings_are_typed(regulation):
    by_column = {(one.sheet, one.column): one for one in meanings(regulation)}
    urgent = by_column["Tong_dai", "Khẩn cấp"]
    assert (urgent.fact, urgent.if_yes, urgent.if_no, urgent.makes) == ("triage", "emergency", "routine", ())
    assert by_column["Chuyen_gui", "Dịch vụ"].makes == ("referral", "service_episode")
    assert by_column["Ho_so", "Hỗ trợ tại chỗ"].makes == ("service_episode",)
