"""``backup``, ``restore``, ``doctor`` and the keyring on paper, as somebody types them."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from referral_hub.audit.acts import Act
from referral_hub.config import Settings
from referral_hub.keeping.checks import Finding, backup, certificate, clocks, disk, mail, sms
from referral_hub.kernel import clock
from tests.cli.commandline import CommandLine
from tests.conftest import Acting
from tests.portal.world import entries
from tests.story import accepted_by


def acts(admin: psycopg.Connection) -> set[str]:
    return {entry["act"] for entry in entries(admin)}


def document(answer: Any) -> Any:
    return json.loads(answer.out)


def test_a_backup_is_made_after_the_key_for_it_and_leaves_its_entry(
    cli: CommandLine, acting: Acting, settings: Settings, tmp_path: Path, admin_connection: psycopg.Connection
) -> None:
    accepted_by(acting)
    (settings.home / "keys" / "backup.json").unlink(missing_ok=True)
    without = cli("backup", tmp_path / "b", "--format", "json")
    assert without.status == 2
    assert "keyring recipient" in without.err
    made = document(cli("keyring", "recipient", tmp_path / "key", "--format", "json"))
    assert made["file"] == str(tmp_path / "key")
    done = document(cli("backup", tmp_path / "b", "--format", "json"))
    assert set(done["files"]) == {"database.dump", "log.tar", "home.tar", "rows.json"}
    assert Act.BACKUP_MADE.value.code in acts(admin_connection)
    again = cli("keyring", "recipient", tmp_path / "key", "--format", "json")
    assert again.status == 2, "a key that may be needed is not written over"


def test_restoring_onto_an_installation_in_use_is_refused_by_name(
    cli: CommandLine, acting: Acting, tmp_path: Path
) -> None:
    cli("keyring", "recipient", tmp_path / "key")
    cli("backup", tmp_path / "b")
    refused = cli("restore", tmp_path / "b", "--key", tmp_path / "key", "--format", "json")
    assert refused.status == 1
    assert document(refused)["error"] == "not-empty"
    for wrong, code in (("x 1 y z", "no-milestone"), ("", None)):
        answer = cli(*("restore", tmp_path / "b", "--key", tmp_path / "key", "--milestone", wrong, "--format", "json"))
        if code:
            assert document(answer)["error"] == code
    missing = cli("restore", tmp_path / "b", "--key", tmp_path / "nothing", "--format", "json")
    assert missing.status == 2


def test_the_keyring_goes_on_paper_and_back_into_an_empty_home(
    cli: CommandLine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = document(cli("keyring", "export", "--shares", "3", "--threshold", "2", "--format", "json"))["shares"]
    (tmp_path / "shares").write_text("\n".join(lines[:2]))
    (tmp_path / "one").write_text(lines[0])
    assert cli("keyring", "import", tmp_path / "shares").status == 2, "there is a keyring already"
    monkeypatch.setenv("REFERRAL_HUB_HOME", str(tmp_path / "new"))
    few = cli("keyring", "import", tmp_path / "one", "--format", "json")
    assert (few.status, document(few)["error"]) == (1, "validation")
    assert cli("keyring", "import", tmp_path / "shares").status == 0
    assert (tmp_path / "new" / "keys" / "keyring.json").read_text() == (
        settings.home / "keys" / "keyring.json"
    ).read_text()


def test_more_shares_needed_than_made_are_refused(cli: CommandLine) -> None:
    assert cli("keyring", "export", "--shares", "2", "--need", "3").status == 1


def test_doctor_names_what_is_missing_and_ends_with_status_one(cli: CommandLine) -> None:
    answer = cli("doctor", "--format", "json")
    assert answer.status == 1
    found = document(answer)
    assert found["ok"] is False
    stands = {one["name"]: one["ok"] for one in found["checks"]}
    assert stands["database"] and stands["role"] and stands["clock"] and stands["keyring"]
    assert stands["mail"] is False
    assert stands["certificate"] is False
    assert stands["sms"] is None
    assert all(one["detail"] for one in found["checks"])


def test_each_check_tells_good_from_bad(tmp_path: Path) -> None:
    now = clock.now()
    assert disk(1 << 40)[0] is True
    assert disk(1 << 20)[0] is False
    assert clocks(now, now)[0] is True
    assert clocks(now.replace(year=now.year - 1), now)[0] is False
    assert backup(tmp_path, now)[0] is False
    (tmp_path / "last-backup.json").write_text(json.dumps({"at": now.isoformat()}))
    assert backup(tmp_path, now)[0] is True
    assert backup(tmp_path, now.replace(year=now.year + 1))[0] is False
    (tmp_path / "last-backup.json").write_text("[")
    assert backup(tmp_path, now)[0] is False
    assert mail("smtp://127.0.0.1:1")[0] is False
    assert sms(None)[0] is None
    assert certificate("http://localhost", now)[0] is False
    assert Finding("x", True, disk(1 << 40)[1]).ok
