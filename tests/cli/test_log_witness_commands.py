"""`log witness` and `log quorum`: who cosigns the checkpoints, said in words and written into the log."""

import json
from pathlib import Path

import psycopg
import pytest

from referral_hub.audit.folder import Folder
from referral_hub.audit.notes import generate
from referral_hub.audit.witnesses import FaultBook
from tests.audit.small_log import Cosigner, a_cosigner
from tests.cli.commandline import CommandLine


@pytest.fixture(autouse=True)
def folder(cli: CommandLine, tmp_path: Path) -> Folder:
    """A folder of the log that is this test's own."""
    cli.variable({"AUDIT_DIR": str(tmp_path / "audit")})
    return Folder(tmp_path / "audit")


def add(cli: CommandLine, one: Cosigner, *options: str) -> None:
    said = cli("log", "witness", "add", one.witness.name, one.witness.vkey, *options)
    assert said.status == 0, said.err


def changes(admin: psycopg.Connection) -> list[tuple[str, int, str]]:
    rows = admin.execute(
        "SELECT convert_from(envelope, 'UTF8') FROM audit_entry WHERE kind = 'hub' AND convert_from(envelope, 'UTF8')"
        " LIKE '%audit:witnesses:changed%' ORDER BY id"
    ).fetchall()
    said = [json.loads(row[0]) for row in rows]
    return [(one["why"], one["n"], one["who"]) for one in said]


def test_the_roster_is_kept_with_commands_and_each_change_is_an_entry(
    cli: CommandLine, admin_connection: psycopg.Connection, folder: Folder
) -> None:
    police, health, own = (a_cosigner(f"{name}.example") for name in ("police", "health", "own"))
    add(cli, police, "--url", "https://witness.police.example/w", "--agency", "cong-an-tinh")
    add(cli, health, "--agency", "benh-vien-tinh")
    add(cli, own, "--operator", "--agency", "anh-duong")
    said = cli("log", "quorum", 2, "--format", "json")
    assert (said.status, said.document["quorum"]) == (0, 2)
    listed = cli("log", "witness", "list", "--format", "json").document
    assert [(one["name"], one["agency"], one["url"], one["operator"]) for one in listed["witnesses"]] == [
        ("police.example", "cong-an-tinh", "https://witness.police.example/w", False),
        ("health.example", "benh-vien-tinh", None, False),
        ("own.example", "anh-duong", None, True),
    ]
    assert listed["quorum"] == 2
    assert cli("log", "quorum", 1).status == 0
    assert cli("log", "witness", "remove", "health.example").status == 0
    assert [name for name, _, _ in changes(admin_connection)] == ["add"] * 3 + ["quorum"] * 2 + ["remove"]
    assert {who for _, _, who in changes(admin_connection)} == {"operator"}
    assert (changes(admin_connection)[3][1], changes(admin_connection)[4][1]) == (2, 1)


def test_what_cannot_be_is_refused_with_a_sentence_and_changes_nothing(
    cli: CommandLine, admin_connection: psycopg.Connection, folder: Folder
) -> None:
    police = a_cosigner("police.example")
    add(cli, police, "--agency", "cong-an-tinh")
    before = folder.witnesses.read_bytes()
    log_key = str(generate("x.example")[1])
    for arguments in (
        ("witness", "add", "x.example", log_key),
        ("witness", "add", "x.example", "rubbish"),
        ("witness", "add", "other.example", police.witness.vkey),
        ("witness", "add", "police.example", police.witness.vkey),
        ("witness", "add", "y.example", a_cosigner("y.example").witness.vkey, "--agency", "nowhere"),
        ("witness", "add", "y.example", a_cosigner("y.example").witness.vkey, "--url", "file:///etc/passwd"),
        ("witness", "remove", "nobody.example"),
        ("quorum", 2),
    ):
        said = cli("log", *arguments)
        assert said.status == 1, arguments
        assert said.err.strip() and "Traceback" not in said.err
    assert folder.witnesses.read_bytes() == before
    assert len(changes(admin_connection)) == 1


def test_without_witnesses_the_list_says_so_calmly(cli: CommandLine) -> None:
    said = cli("log", "witness", "list")
    assert said.status == 0
    assert "biên bản" in said.out
    assert cli("log", "witness", "list", "--format", "json").document["unsealed_s"] is None


def test_the_last_fault_of_a_witness_stands_in_the_list(cli: CommandLine, folder: Folder) -> None:
    add(cli, a_cosigner("police.example"))
    FaultBook(folder.witness_faults).note("police.example", "answered 500")
    assert "answered 500" in cli("log", "witness", "list").out
    (one,) = cli("log", "witness", "list", "--format", "json").document["witnesses"]
    assert one["fault"] == "answered 500" and one["fault_at"]
    assert cli("log", "witness", "remove", "police.example").status == 0
    assert FaultBook(folder.witness_faults).read() == {}


def test_a_broken_roster_is_named(cli: CommandLine, folder: Folder) -> None:
    add(cli, a_cosigner("police.example"))
    folder.witnesses.write_text("{")
    said = cli("log", "witness", "list")
    assert said.status == 2
    assert "witnesses.json" in said.err
