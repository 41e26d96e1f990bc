"""Section schemas: one for each data category that holds content, strict about what it takes."""

from __future__ import annotations

import unicodedata
from importlib.resources import files
from typing import Any

import pytest
import yaml
from marshmallow import ValidationError

from schemas.sections import FIELD_LABELS, SCHEMAS, SHAPES, load, version
from schemas.sections.base import FieldShape
from schemas.wording import in_locale

WITHOUT_CONTENT = {"ref", "service_status", "aggregate"}
REGULATION = yaml.safe_load(files("referral_hub.regulation").joinpath("data/quang_ninh.yaml").read_text("utf-8"))
CATEGORIES = {entry["code"]: entry["fields"] for entry in REGULATION["data_categories"]}


def the_list(dotted: str) -> Any:
    found: Any = REGULATION
    for part in dotted.split("."):
        found = found[part]
    return found


def test_every_category_that_holds_content_has_a_schema_and_no_other() -> None:
    assert set(SCHEMAS) == set(CATEGORIES) - WITHOUT_CONTENT


@pytest.mark.parametrize("category", sorted(SCHEMAS))
def test_a_schema_has_exactly_the_fields_of_its_category(category: str) -> None:
    assert list(FIELD_LABELS[category]) == CATEGORIES[category]


@pytest.mark.parametrize("category", sorted(SCHEMAS))
def test_every_field_is_labelled_in_both_languages(category: str) -> None:
    assert all(vi and en for vi, en in FIELD_LABELS[category].values())
    assert all(entry.vi and entry.en for field in SHAPES[category] for entry in field.entries)


@pytest.mark.parametrize("field", [field for shape in SHAPES.values() for field in shape], ids=lambda field: field.name)
def test_the_lists_of_a_coded_field_are_in_the_regulation(field: FieldShape) -> None:
    assert (field.kind == "code") == bool(field.of)
    assert all(the_list(name) for name in field.of)


@pytest.mark.parametrize("category", sorted(SCHEMAS))
def test_a_section_may_say_nothing_at_all(category: str) -> None:
    assert load(category, {}) == {}
    assert load(category, dict.fromkeys(CATEGORIES[category])) == {}


@pytest.mark.parametrize("category", sorted(SCHEMAS))
def test_a_field_of_another_category_is_refused_in_both_languages(category: str) -> None:
    with pytest.raises(ValidationError) as refused:
        load(category, {"nickname": "x"})
    assert in_locale(refused.value.messages, "vi") == {"nickname": ["Không có mục này."]}
    assert in_locale(refused.value.messages, "en") == {"nickname": ["There is no such field."]}


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(ValidationError):
        load("identity", ["full_name"])  # type: ignore[arg-type]


def test_a_category_without_content_cannot_be_loaded() -> None:
    with pytest.raises(ValidationError):
        load("aggregate", {})


def test_each_schema_has_a_version() -> None:
    assert {version(category) for category in SCHEMAS} == {1}


def test_names_are_composed_and_trimmed() -> None:
    typed = "  " + unicodedata.normalize("NFD", "Ngô  Thị\u00a0Hồng\u200b Hà") + "\n"
    assert load("identity", {"full_name": typed}) == {"full_name": "Ngô Thị Hồng Hà"}


def test_a_narrative_keeps_its_lines() -> None:
    assert load("incident_detail", {"account": " một \r\n\r\nhai  "}) == {"account": "một\n\nhai"}


def test_text_that_is_too_long_is_refused_with_the_limit() -> None:
    with pytest.raises(ValidationError) as refused:
        load("access_needs", {"language": "a" * 81})
    assert in_locale(refused.value.messages, "en") == {"language": ["Longer than 80 characters."]}


@pytest.mark.parametrize("number", [5, True, ["Lan"], {"vi": "Lan"}])
def test_text_is_never_made_of_something_else(number: object) -> None:
    with pytest.raises(ValidationError):
        load("identity", {"full_name": number})


@pytest.mark.parametrize("birth", ["1991", "1991-05", "1991-05-17", "2000-02-29", " 1991 "])
def test_birth_is_kept_as_far_as_it_is_known(birth: str) -> None:
    assert load("identity", {"date_of_birth": birth}) == {"date_of_birth": birth.strip()}


@pytest.mark.parametrize(
    "birth", [1991, "91", "1991-13", "1991-02-30", "17/05/1991", "1991-5-17", "1899", "٢٠٢٠", "1991-"]
)
def test_a_birth_that_cannot_be_is_refused(birth: object) -> None:
    with pytest.raises(ValidationError):
        load("identity", {"date_of_birth": birth})


def test_identity_numbers_lose_their_blanks() -> None:
    assert load("identity_doc", {"personal_id_number": "022 191-000.123"}) == {"personal_id_number": "022191000123"}


@pytest.mark.parametrize(("said", "kept"), [(True, True), (False, False), ("true", True), ("false", False)])
def test_a_flag_is_true_or_false(said: object, kept: bool) -> None:
    assert load("risk", {"weapon": said}) == {"weapon": kept}


@pytest.mark.parametrize("said", [1, 0, "yes", "có", "x", "True", 1.0, [], "on"])
def test_a_flag_is_nothing_else(said: object) -> None:
    with pytest.raises(ValidationError):
        load("risk", {"weapon": said})


@pytest.mark.parametrize("hours", [1.0, 1.9, True, -1, "1.5", "-2", 100_001, "một"])
def test_hours_are_whole_and_not_negative(hours: object) -> None:
    with pytest.raises(ValidationError):
        load("medical", {"hours_since_incident": hours})


@pytest.mark.parametrize("hours", [0, 72, "72"])
def test_whole_hours_are_kept_as_a_number(hours: object) -> None:
    assert load("medical", {"hours_since_incident": hours}) == {"hours_since_incident": int(str(hours))}


@pytest.mark.parametrize("code", ["Bạo lực", "physical assault", "Physical", "a'b", "x" * 41])
def test_a_label_is_no_code(code: str) -> None:
    with pytest.raises(ValidationError):
        load("incident_summary", {"gbv_type": code})


def test_codes_named_twice_count_once() -> None:
    assert load("incident_summary", {"dv_acts": ["b", "a", "b", " "]}) == {"dv_acts": ["b", "a"]}


def test_a_list_has_an_end() -> None:
    with pytest.raises(ValidationError) as refused:
        load("contact_check", {"check_questions": [{"question": "q", "answer": "a"}] * 6})
    assert in_locale(refused.value.messages, "en") == {"check_questions": ["More than 5 entries."]}


def test_children_of_whom_only_the_number_is_known_are_still_counted() -> None:
    assert load("child", {"children": [{}, {"name": "Bé An", "sex": None}]}) == {"children": [{}, {"name": "Bé An"}]}


@pytest.mark.parametrize("half", [{"question": "Con mèo tên gì?"}, {"question": "Con mèo tên gì?", "answer": " "}])
def test_a_check_question_without_its_answer_is_refused(half: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        load("contact_check", {"check_questions": [half]})
    assert in_locale(refused.value.messages, "en") == {"check_questions": {0: {"answer": ["This is needed."]}}}


@pytest.mark.parametrize("attachment", ["../../etc/passwd", "1", 7])
def test_a_picture_is_named_by_its_id_alone(attachment: object) -> None:
    with pytest.raises(ValidationError):
        load("forensic", {"photos": [attachment]})
