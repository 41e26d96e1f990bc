"""Reading a file: whatever is wrong with the bytes comes out as faults."""

import hashlib

import pytest

from referral_hub.regulation.loader import RegulationFaults, load, load_text, shipped, shipped_source


def rules_of(source: str | bytes) -> list[tuple[str, str]]:
    with pytest.raises(RegulationFaults) as caught:
        load_text(source, "file.yaml")
    return [(one.rule, one.path) for one in caught.value.faults]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (b"a: \xff", [("not-utf8", "")]),
        ("", [("empty-file", "")]),
        ("# only a comment\n", [("empty-file", "")]),
        ("a: [1, 2", [("no-yaml", "")]),
        ("a: 1\n---\nb: 2\n", [("no-yaml", "")]),
        ("a: !!python/object:os.system x", [("no-yaml", "")]),
        ("day: 2026-02-30", [("no-yaml", "")]),
        ("a: {b: 1, c: 2, b: 3}", [("duplicate-key", "a.b")]),
        ("a: [{b: 1, b: 2}]", [("duplicate-key", "a[0].b")]),
        ("a: {no: 1}", [("key-not-text", "a")]),
        ("a: &x [1]\nb: *x", [("yaml-reference", "b")]),
        ("- a list", [("wrong-shape", "")]),
        ("only words", [("wrong-shape", "")]),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_rule(source, told):
    assert rules_of(source) == told


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RegulationFaults) as caught:
        load(tmp_path / "missing.yaml")
    assert [one.rule for one in caught.value.faults] == ["unreadable"]


def test_every_missing_section_is_told_by_name():
    told = rules_of("meta: {}\n")
    assert ("missing-field", "need_to_know") in told
    assert ("missing-field", "meta.version") in told


def test_the_digest_is_that_of_the_exact_bytes(tmp_path):
    path = tmp_path / "copy.yaml"
    path.write_bytes(shipped_source() + b"# one more comment\n")
    assert shipped().digest == hashlib.sha256(shipped_source()).hexdigest()
    assert load(path).digest == hashlib.sha256(path.read_bytes()).hexdigest() != shipped().digest


def test_a_fault_reads_as_one_line_in_both_languages():
    with pytest.raises(RegulationFaults) as caught:
        load_text("a: {b: 1, b: 2}", "file.yaml")
    (fault,) = caught.value.faults
    assert fault.text("vi") == "file.yaml: a.b: Khóa 'b' được viết hai lần [duplicate-key]"
    assert fault.text("en") == "file.yaml: a.b: The key 'b' is written twice [duplicate-key]"


def test_the_model_cannot_be_written_to(regulation):
    with pytest.raises(TypeError):
        regulation.raw["meta"]["version"] = "9"
    with pytest.raises(AttributeError):
        regulation.version = "9"
    with pytest.raises(TypeError):
        regulation.codes("roles")["boss"] = None


def test_the_model_answers_by_code(regulation):
    assert regulation.label("essential_services", "S7", "en").startswith("Legal information")
    assert regulation.label("consent.methods", "electronic", "vi") == "Xác nhận điện tử"
    assert regulation.label("roles", "forgotten_role", "vi") == "forgotten_role"
    assert list(regulation.codes("urgency_levels")) == ["emergency", "urgent", "standard"]
    with pytest.raises(KeyError):
        regulation.codes("no_such_list")


def test_the_matrix_answers_per_pair(regulation):
    row = regulation.need_to_know("S7", "legal_aid")
    assert row.min_order[0] == "identity" and "incident_detail" in row.ask and "medical" in row.deny
    assert regulation.need_to_know("S7", "school") is None


@pytest.mark.parametrize(("age", "band"), [(0, "b00_11"), (11, "b00_11"), (12, "b12_15"), (17, "b16_17"), (60, "b60")])
def test_an_age_falls_into_its_band(regulation, age, band):
    assert regulation.age_band(age) == band


@pytest.mark.parametrize("age", [-1, 130])
def test_an_age_outside_all_bands_is_refused(regulation, age):
    with pytest.raises(ValueError, match="no age band"):
        regulation.age_band(age)
