"""Whoever works from the command line is in the log as well; what leaves no entry stands here with its reason."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from referral_hub.audit.folder import Folder
from referral_hub.audit.notes import COSIGNATURE, generate
from referral_hub.config import Settings
from referral_hub.demo.running import register_file
from referral_hub.installation import keyring_file, upgrade
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.server import Server
from referral_hub.liaisons.accounts import NewAccount, make_accounts
from referral_hub.vault.keyring import load_keyring, save_keyring
from tests.architecture.test_interface_page import commands, verbs
from tests.audit.small_log import SmallLog
from tests.builders import SECTIONS
from tests.cli.commandline import CommandLine
from tests.cli.logins import kept_logins
from tests.cli.test_regulation_commands import write
from tests.conftest import Acting
from tests.people import POLICE, email
from tests.portal.world import entries
from tests.regulation.editing import put
from tests.story import Told, accepted_by, sent_to
from tests.trial import Trial

LAN, THAO, CUONG, KIEM = (
    email(who) for who in ("lan@anh-duong", "thao@anh-duong", "cuong@cong-an-tinh", "kiem@so-y-te")
)
HUYEN = email("huyen@cong-an-tinh")
BINH = "binh@anh-duong.example"
GIVEN = ("--to", POLICE, "--service", "J2", "--category", "identity", "--method", "paper_signed")
EVIDENCE = ("--evidence", "scan_hash=3b1e")
WITNESS = str(generate("witness.example", COSIGNATURE)[1])


@dataclass(frozen=True, slots=True)
class World:
    """What commands name: codes of a case with an accepted referral, and of a referral that waits; files."""

    told: Told
    case: str
    accepted: str
    sent: str
    sections: Path
    regulation: Path


Words = Callable[[World], tuple[object, ...]]

#: command -> what is typed after it, and the acts it has to leave.
USES: dict[str, tuple[Words, frozenset[str]]] = {
    "case open": (lambda w: ("--as", LAN, "--sections", w.sections), frozenset({"cases:file:opened"})),
    "case write": (
        lambda w: (w.case, "--as", LAN, "--sections", w.sections),
        frozenset({"cases:sections:written"}),
    ),
    "retention preview": (lambda _: ("--as", "yen@anh-duong.example"), frozenset({"rights:retention:read"})),
    "case show": (lambda w: (w.case, "--as", LAN), frozenset({"cases:sections:read"})),
    "case search": (lambda w: ("--as", LAN, "--code", w.case), frozenset({"cases:search:made"})),
    "consent import": (lambda w: (w.sections, "--case", w.case, "--as", LAN), frozenset({"consent:document:imported"})),
    "consent settle": (
        lambda w: (w.told.consent, "--case", "HS-0000-0000", "--outcome", "refused", "--as", LAN),
        frozenset({"access:step:refused"}),
    ),
    "perpetrator alike": (lambda _: ("NG-0000-0000", "--as", BINH), frozenset({"access:step:refused"})),
    "perpetrator same": (
        lambda _: ("NG-0000-0000", "NG-0000-0001", "--as", BINH),
        frozenset({"access:step:refused"}),
    ),
    "case assign": (lambda w: (w.case, THAO, "--as", LAN), frozenset({"access:step:refused"})),
    "consent give": (lambda w: (w.case, "--as", LAN, *GIVEN, *EVIDENCE), frozenset({"consent:consent:given"})),
    "consent withdraw": (lambda w: (w.told.consent, "--as", LAN), frozenset({"consent:consent:withdrawn"})),
    "referral draft": (
        lambda w: (w.case, "--as", LAN, "--to", POLICE, "--service", "J2"),
        frozenset({"referrals:referral:stepped"}),
    ),
    "referral send": (
        lambda w: (w.case, "--as", LAN, "--to", POLICE, "--service", "J2"),
        frozenset({"referrals:referral:stepped", "access:grant:staged"}),
    ),
    "referral show": (lambda w: (w.accepted, "--as", CUONG), frozenset({"cases:sections:read"})),
    "referral accept": (
        lambda w: (w.sent, "--as", CUONG),
        frozenset({"referrals:referral:stepped", "access:grant:opened"}),
    ),
    "duty put": (
        lambda _: ("duty", CUONG, "--as", HUYEN, "--from", "2099-01-01T08:00", "--to", "2099-01-01T20:00"),
        frozenset({"liaisons:duty:arranged"}),
    ),
    "duty end": (lambda w: (w.told.case, "--as", CUONG), frozenset({"access:step:refused"})),
    "cover put": (
        lambda _: (CUONG, HUYEN, "--as", CUONG, "--from", "2099-01-01", "--to", "2099-01-08"),
        frozenset({"liaisons:cover:arranged"}),
    ),
    "cover end": (lambda w: (w.told.case, "--as", CUONG), frozenset({"access:step:refused"})),
    "audit export": (lambda _: ("--as", KIEM), frozenset({"audit:log:exported"})),
    "report": (lambda _: ("--from", "2026-01-01", "--to", "2026-07-01"), frozenset({"reports:report:made"})),
    "register import": (lambda _: (register_file(),), frozenset({"intake:register:imported", "cases:file:opened"})),
    "regulation adopt": (
        lambda w: (w.regulation, "--effective-from", "2099-01-01"),
        frozenset({"regulation:version:adopted"}),
    ),
    "account invite": (lambda _: (LAN,), frozenset({"accounts:account:invited"})),
    "keyring rotate": (lambda _: (), frozenset({"vault:rotation:begun", "vault:keyring:rotated"})),
    "keyring export": (lambda _: (), frozenset({"vault:keyring:exported"})),
    "log new-origin": (lambda _: ("--reason", "khóa cũ đã lộ"), frozenset({"audit:log:opened"})),
    "log witness add": (
        lambda _: ("witness.example", WITNESS, "--url", "https://witness.example"),
        frozenset({"audit:witnesses:changed"}),
    ),
    "log quorum": (lambda _: ("0",), frozenset({"audit:witnesses:changed"})),
}

STEP = "one and the same code takes every step of the table: `referral accept` is tried"
QUIET = {
    **{f"referral {verb}": STEP for verb in verbs() - {"accept"}},
    "duty week": "who is on call, which every agency may know",
    "cover list": "who of one's own agency is away",
    "audit verify": "reads hashes; what it opens it shows to nobody",
    "audit vkey": "public: the log's key",
    "consent imports": "ids of documents that wait, for who holds the case",
    "backup": "leaves hub:backup:made: tests/cli/test_keeping_commands.py",
    "backup drill": "leaves hub:backup:drilled: tests/keeping/test_drilling.py",
    "restore": "leaves hub:backup:restored: tests/cli/test_keeping_commands.py",
    "doctor": "reads how the machine stands; nothing about a person",
    "keyring import": "fills a home that has no database yet",
    "keyring recipient": "makes a key pair; the half that stays is public",
    "db upgrade": "tried below, on an empty database",
    "db url": "prints what lies in the home: whoever reads the home has it",
    "demo accounts": "prints what lies in a home of the demo",
    "demo run": "upgrades, makes accounts, imports and plays: each of them is tried here",
    "log recover": "leaves audit:log:recovered where it mends something: tests/audit",
    "log run": "puts entries into the tree; what it does is the log",
    "log witness list": "names and keys that are public",
    "log witness remove": "as `log witness add`",
    "regulation check": "reads a file",
    "regulation diff": "reads the regulation, which is public within the hub",
    "regulation show": "reads the regulation, which is public within the hub",
    "serve": "what people then do in the portal is tried in test_everything_is_logged.py",
    "worker": "sends what audited steps ask for; a deadline that passes has its own entry",
    "worker dead": "numbers of jobs and of what they concern",
    "worker retry": "lets a job run again",
}


def test_every_command_is_tried_here_or_stands_here_with_its_reason() -> None:
    built = {path for path, _ in commands()}
    assert built - set(USES) == set(QUIET) & built
    assert not set(USES) - built
    assert not set(USES) & set(QUIET)


@pytest.fixture
def world(
    acting: Acting, server: Server, settings: Settings, admin_connection: psycopg.Connection, tmp_path: Path
) -> Iterator[World]:
    """A house at work, its log signed once, its keyring put back afterwards."""
    folder, ring = Folder(settings.log_folder), load_keyring(keyring_file(settings.home))
    shutil.rmtree(folder.root, ignore_errors=True)
    told, waiting = accepted_by(acting), sent_to(acting)
    SmallLog(server, folder, settings.public_url).advance()
    sections, regulation = tmp_path / "sections.json", tmp_path / "next.yaml"
    sections.write_text(json.dumps(SECTIONS), "utf-8")
    write(regulation, put("meta.version", "9.0.0"), put("urgency_levels[0].acknowledge", "PT12M"))

    def code(table: str, row: Any) -> str:
        found = admin_connection.execute(f"SELECT code FROM {table} WHERE id = %s".encode(), [row]).fetchone()
        assert found is not None
        return str(found[0])

    yield World(
        told,
        code("case_file", told.case),
        code("referral", told.referral),
        code("referral", waiting.referral),
        sections,
        regulation,
    )
    save_keyring(ring, keyring_file(settings.home))
    shutil.rmtree(folder.root, ignore_errors=True)


@pytest.mark.parametrize("command", sorted(USES))
def test_a_command_leaves_its_entry(
    world: World,
    cli: CommandLine,
    installation: Trial,
    settings: Settings,
    admin_connection: psycopg.Connection,
    command: str,
) -> None:
    words, acts = USES[command]
    before = {entry["id"] for entry in entries(admin_connection)}
    with kept_logins(installation, settings.home):
        said = cli(*command.split(), *words(world), "--format", "json")
    refused = acts == {"access:step:refused"}
    assert said.status == (1 if refused else 0), said.err
    left = [entry for entry in entries(admin_connection) if entry["id"] not in before]
    assert acts <= {entry["act"] for entry in left}
    assert {entry["via"] for entry in left} == {"cli"}


def test_making_a_hub_is_logged_and_making_it_again_is_not(installation: Trial, tmp_path: Path) -> None:
    database = f"{installation.name}_made"
    installation.create(database)
    try:
        server = installation.server(database)
        found = []
        for _ in range(2):
            upgrade(server, tmp_path / "home")
            with psycopg.connect(server.require_admin_url()) as connection:
                found.append([entry["act"] for entry in entries(connection)])
        agencies = found[0].count("directory:agency:adopted")
        assert agencies > 10
        assert set(found[0]) == {
            *("access:operator:enrolled", "regulation:version:adopted", "directory:agency:adopted"),
            "hub:database:upgraded",
        }
        assert found[1] == found[0]
    finally:
        installation.drop(database)


def test_every_account_and_every_role_it_gets_is_logged(installation: Trial, server: Server) -> None:
    engine = create_engine(server.require_admin_url())
    with Session(engine) as session:  # taken back
        person = NewAccount("an@anh-duong.example", "Đỗ An", "anh-duong", ("caseworker", "liaison"))
        (made,) = make_accounts(session, [person], "x", now=clock.now())
        rows = session.execute(
            text("SELECT convert_from(envelope, 'UTF8')::jsonb FROM audit_entry WHERE subject = :made ORDER BY id"),
            {"made": made},
        ).scalars()
        assert [(entry["act"], entry.get("why")) for entry in rows] == [
            ("accounts:account:made", None),
            ("accounts:role:given", "caseworker"),
            ("accounts:role:given", "liaison"),
        ]
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET name = 'x'",
        "INSERT INTO account_role SELECT id, 'coordinator' FROM account ON CONFLICT DO NOTHING",
        "DELETE FROM account_role",
        "UPDATE agency SET phone = '113'",
        "UPDATE desk SET on_call = true",
        "DELETE FROM agency_service",
    ],
)
def test_nobody_changes_people_or_the_directory_without_an_entry(
    admin_connection: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(psycopg.IntegrityError) as caught:
        admin_connection.execute(statement.encode())
    assert caught.value.sqlstate == "23H01"


def test_which_language_somebody_reads_is_nobodys_business(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong"):
        db.session.execute(text("UPDATE account SET locale = 'en' WHERE email = :lan"), {"lan": LAN})
    assert entries(admin_connection) == []
