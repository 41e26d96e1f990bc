"""`regulation check | show | diff`: the words of `adopt` are tested in tests/adoption."""

from pathlib import Path

import pytest
import yaml

from referral_hub.kernel.server import Server
from referral_hub.regulation.loader import read_yaml, shipped, shipped_source
from tests.cli.commandline import CommandLine
from tests.regulation.editing import Edit, put


def write(path: Path, *edits: Edit) -> Path:
    """A file with these edits of the shipped regulation."""
    raw = read_yaml(shipped_source(), "shipped")
    for edit in edits:
        edit(raw)
    path.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), "utf-8")
    return path


@pytest.fixture
def faster(tmp_path: Path) -> Path:
    """A version whose emergencies are acknowledged within twelve minutes."""
    return write(tmp_path / "9.yaml", put("meta.version", "9.0.0"), put("urgency_levels[0].acknowledge", "PT12M"))


def test_a_sound_file_is_named_with_its_digest(cli: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "shipped.yaml"
    path.write_bytes(shipped_source())
    said = cli("regulation", "check", path, "--format", "json")
    assert said.status == 0
    expected = {"ok": True, "id": shipped().id, "version": shipped().version, "digest": shipped().digest}
    assert said.document == expected


def test_every_fault_is_named_by_file_path_and_rule(cli: CommandLine, tmp_path: Path) -> None:
    path = write(tmp_path / "broken.yaml", put("need_to_know[0].service", "Z9"), put("data_categories[0].vi", ""))
    said = cli("regulation", "check", path, "--format", "json")
    assert (said.status, said.document["ok"]) == (1, False)
    assert len(said.document["faults"]) >= 2
    assert {fault["file"] for fault in said.document["faults"]} == {str(path)}
    for fault in said.document["faults"]:
        assert set(fault) == {"file", "path", "rule", "message"}


def test_a_category_without_a_schema_is_a_fault(cli: CommandLine, tmp_path: Path) -> None:
    def edit(raw: dict[str, list[dict[str, object]]]) -> None:
        raw["data_categories"].append({**raw["data_categories"][0], "code": "dreams", "fields": ["colour"]})

    said = cli("regulation", "check", write(tmp_path / "new.yaml", edit))
    assert said.status == 1
    assert "dreams" in said.out


def test_the_version_in_force_in_words(cli: CommandLine) -> None:
    vi, en = cli("regulation", "show"), cli("--locale", "en", "regulation", "show")
    assert shipped().title.vi in vi.out
    assert shipped().title.en in en.out


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("vi", "Mức độ khẩn “Khẩn cấp” (emergency), báo đã nhận trong: 15 phút → 12 phút."),
        ("en", "Urgency “Emergency” (emergency), acknowledge within: 15 minutes → 12 minutes."),
    ],
)
def test_changes_are_told_in_words(cli: CommandLine, faster: Path, locale: str, words: str) -> None:
    for old in ("in-force", "shipped", shipped().version):
        said = cli("--locale", locale, "regulation", "diff", old, faster, "--format", "json")
        assert said.status == 0, said.err
        assert words in said.document["changes"]
        assert (said.document["from"]["version"], said.document["to"]["version"]) == (shipped().version, "9.0.0")


def test_two_files_are_compared_without_any_database(cli: CommandLine, faster: Path, tmp_path: Path) -> None:
    cli.variable({"HOME": str(tmp_path / "nowhere"), "DATABASE_URL": "postgresql://x:y@127.0.0.1:1/hub"})
    assert cli("regulation", "diff", faster, "shipped").status == 0
    assert not (tmp_path / "nowhere").exists()


def test_the_same_version_twice_is_no_change(cli: CommandLine) -> None:
    assert cli("--locale", "en", "regulation", "diff", "shipped", "in-force").out == "Nothing changed.\n"


def test_a_name_that_is_neither_file_nor_version(cli: CommandLine) -> None:
    said = cli("regulation", "diff", "7.7.7", "shipped")
    assert (said.status, said.out) == (2, "")
    assert f"({shipped().version})" in said.err


@pytest.mark.parametrize("command", [("check",), ("adopt", "--effective-from", "2031-01-01")])
def test_a_file_that_cannot_be_read_is_the_environments_fault(
    cli: CommandLine, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for path in (tmp_path / "missing.yaml", tmp_path):
        said = cli("--locale", "en", "regulation", *command, path)
        assert (said.status, said.out) == (2, "")
        assert said.err == f"The file {path} cannot be read: check the path and the right to read it.\n"


def test_adoption_needs_the_administrator(cli: CommandLine, faster: Path) -> None:
    cli.variable({"ADMIN_DATABASE_URL": None})
    said = cli("regulation", "adopt", faster, "--effective-from", "2031-01-01")
    assert (said.status, said.out) == (2, "")
    assert "REFERRAL_HUB_ADMIN_DATABASE_URL" in said.err


def test_adoption_as_a_role_that_row_security_binds_is_refused(cli: CommandLine, server: Server, faster: Path) -> None:
    """It would see no grant at all, and end none."""
    cli.variable({"ADMIN_DATABASE_URL": server.app_url})
    said = cli("regulation", "adopt", faster, "--effective-from", "2031-01-01")
    assert said.status == 2
    assert len(said.err.splitlines()) == 1
