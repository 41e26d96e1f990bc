"""Whatever changes, and whoever looks: it is in the log, or stands here with the reason why not.

Every table, and every address of the hub, used for real in a world with data; what they leave is read from the log.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, update
from sqlalchemy.exc import IntegrityError

from referral_hub import tables
from referral_hub.audit.folder import Folder
from referral_hub.cases.models import CaseFile
from referral_hub.cases.queries import header
from referral_hub.config import Settings
from referral_hub.kernel.db import db
from referral_hub.kernel.server import Server
from tests.audit.small_log import SmallLog
from tests.builders import a_case
from tests.conftest import Acting, Directory
from tests.people import PASSWORD, POLICE
from tests.portal.browsing import Browser
from tests.portal.world import entries
from tests.story import Told, accepted_by, sent_to
from tests.trial import Trial

LAN, CUONG, HUYEN, HA, KIEM, DUNG = (
    *("lan@anh-duong", "cuong@cong-an-tinh", "huyen@cong-an-tinh"),
    *("ha@trung-tam-tgxh", "kiem@so-y-te", "dung@anh-duong"),
)

#: Tables whose rows may change without an entry of their own.
QUIET_TABLES = {
    "sign_in_try": "hashes of tries to sign in; each that failed leaves an entry itself",
    **{name: "the log itself" for name in ("audit_entry", "audit_payload", "audit_queue", "audit_subject")},
    **{name: "the log itself" for name in ("audit_leaf", "audit_tile", "audit_head", "audit_cosignature")},
    "account_mark": "the keyed hash of a name, made by the door out of the account, which is audited",
    "area": "comes with a version of the regulation, which is audited",
    "data_key": "made with its subject or section, which is audited; deleted with an entry of erasure alone",
    "door_key": "made once with the database; only the door reads it",
    "notice": "a copy of what an audited step tells somebody; reading it changes nothing about a case",
    "notice_preference": "how one person wants to be told, by that person",
    "operator_credential": "made by `db upgrade`, which leaves access:operator:enrolled; it has no id, a digest alone",
    "referral_watch": "a timer, derived from the referral; a deadline that passes has its own entry",
    "register_row": "points to rows that are audited",
    "role": "comes with a version of the regulation, which is audited",
    "search_made": "the pace of searching; each search has its entry",
    "search_mark": "keyed hashes of a section, written with it by the door, which asks for its entry",
    "spoken_code": "filled by a trigger from case and referral, which are audited",
}


def test_every_table_changes_with_an_entry_or_stands_here_with_its_reason(installation: Trial) -> None:
    with installation.admin(installation.name) as connection:
        rows = connection.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audited' AND tgenabled = 'O'"
            " AND tgdeferrable AND tginitdeferred AND tgtype & 28 = 28"
        ).fetchall()
    assert set(tables.metadata.tables) - {name for (name,) in rows} == set(QUIET_TABLES)


def test_a_bulk_update_through_sqlalchemy_without_an_entry_fails_at_the_commit(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = accepted_by(acting)
    with pytest.raises(IntegrityError) as caught, acting(LAN):
        changed = db.session.execute(update(CaseFile).values(closure_reason="goals_met"))
        assert changed.rowcount == 1
    assert caught.value.orig.sqlstate == "23H01"
    assert admin_connection.execute("SELECT closure_reason FROM case_file WHERE id = %s", [told.case]).fetchone() == (
        None,
    )


@dataclass(frozen=True, slots=True)
class World:
    """What addresses need: a case whose referral was accepted, another that waits, a log that ran; ``words`` that forms
    hold."""

    told: Told
    waiting: Told
    uid: UUID
    words: Mapping[str, str]


Path = Callable[[World], str]


@dataclass(frozen=True, slots=True)
class Use:
    """One use of an address, and the acts it has to leave (others may come with them)."""

    who: str
    path: Path
    acts: frozenset[str]
    form: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


def use(who: str, path: str | Path, *acts: str, status: int = 200, **form: str) -> Use:
    return Use(who, path if callable(path) else lambda _: path, frozenset(acts), form, status)


def referral(w: World) -> str:
    return f"/referrals/{w.told.referral}"


def case(w: World) -> str:
    return f"/cases/{w.told.case}"


def withdrawal(w: World) -> str:
    return f"{case(w)}/consents/{w.told.consent}/withdraw"


def asked(w: World) -> str:
    return f"{case(w)}/consents/new?service=J2&recipient={w.words['police']}"


AGREED = {"explained": "yes", "categories": "identity", "method": "paper_signed", "evidence-scan_hash": "3b1e"}
READ, VIEWED, STEPPED = "cases:sections:read", "referrals:referral:viewed", "referrals:referral:stepped"
ASSIGNED = "referrals:referral:assigned"

MAI = "mai@anh-duong"
SURE = {"confirmed": "1"}
REASON = "Anh ta cầm dao đứng trước cửa, chị ấy đang ở trong nhà."
DANGER = {"ground": "imminent_danger", "reason": REASON, "password": "{password}"}
SENT = {"ground": "imminent_danger", "reason": REASON, "inform": "raises_danger", "recipient": "{police}"}
WANTED = {"asker": "herself", "case_code": "{code}", "kind": "access", "channel": "walk_in"} | {
    "received_at-day": "2",
    "received_at-month": "3",
    "received_at-year": "2026",
}
INCIDENT = {"kind": "lost-paper", "harm": "yes", "found_at-time": "08:30"} | {
    "found_at-day": "2",
    "found_at-month": "3",
    "found_at-year": "2026",
}
LINKED = {"code": "{other}", "kind": "household", "here": "paper_signed", "there": "paper_signed"}

NOBODYS = "00000000-0000-0000-0000-0000000000aa"
TO = {"last-day": "1", "last-month": "2", "last-year": "2099"}
FIRST = {"first-day": "30", "first-month": "1", "first-year": "2099"}
AWAY = {"account": "{cuong}", "cover": "{huyen}", **FIRST, **TO}
SHIFT = {"desk": "{desk}", "account": "{cuong}", **FIRST, "from": "8", "to": "8", "days": "2"}

#: (address, method) -> its uses.
USES: dict[tuple[str, str], list[Use]] = {
    ("portal.inbox", "GET"): [use(CUONG, "/inbox", "referrals:list:shown")],
    ("portal.board", "GET"): [
        use(HA, "/board", "referrals:board:shown"),
        use(LAN, "/board", "access:step:refused", status=403),
    ],
    ("portal.board_file", "GET"): [use(HA, "/board/file", "referrals:board:taken")],
    ("portal.referral", "GET"): [
        use(CUONG, referral, READ),
        use(LAN, referral, READ),
        use(HA, referral, VIEWED),
        use(DUNG, referral, VIEWED),
        use(KIEM, referral, "access:step:refused", status=404),
    ],
    ("portal.step", "GET"): [use(CUONG, lambda w: f"{referral(w)}/start", READ)],
    ("portal.step", "POST"): [use(CUONG, lambda w: f"{referral(w)}/start", STEPPED, status=303)],
    ("portal.case", "GET"): [
        use(LAN, case, READ),
        use("thao@anh-duong", case, "access:step:refused", status=403),
        use(CUONG, case, "access:step:refused", status=404),
    ],
    ("portal.withdraw_consent", "POST"): [
        use(LAN, withdrawal, "consent:consent:withdrawn", "access:grant:ended", status=303)
    ],
    ("portal.take_over", "POST"): [use(CUONG, lambda w: f"{referral(w)}/take-over", ASSIGNED, status=303)],
    ("portal.assign", "GET"): [use(HUYEN, lambda w: f"{referral(w)}/assign", READ)],
    ("portal.assign", "POST"): [
        use(HUYEN, lambda w: f"{referral(w)}/assign", ASSIGNED, status=303, account="{cuong}"),
        use(HUYEN, lambda w: f"{referral(w)}/assign", READ, status=422),
    ],
    ("portal.denials", "GET"): [use(LAN, lambda w: f"{case(w)}/denials", "cases:sections:read")],
    ("portal.denials", "POST"): [
        use(LAN, lambda w: f"{case(w)}/denials", "access:record:changed", status=303, agency="{police}")
    ],
    ("portal.conflict", "POST"): [use(CUONG, "/conflict", "access:conflict:declared", status=303, code="{code}")],
    ("portal.emergency_open", "POST"): [
        use("thu@benh-vien-tinh", "/emergency/open", "emergency:case:opened", status=303, code="{code}", **DANGER),
        use(HUYEN, "/emergency/open", "accounts:session:refused", status=422, **{**DANGER, "password": "falsch"}),
    ],
    ("portal.disclose", "POST"): [
        use(LAN, lambda w: f"{case(w)}/emergency", "emergency:disclosure:sent", status=303, **SENT)
    ],
    ("portal.links", "POST"): [
        use(LAN, lambda w: f"{case(w)}/links", "cases:link:made", status=303, **LINKED),
    ],
    ("portal.receipt", "POST"): [
        use(LAN, lambda w: f"{case(w)}/consents/{w.told.consent}/receipt", "consent:receipt:made"),
        use(CUONG, lambda w: f"{case(w)}/consents/{w.told.consent}/receipt", "access:step:refused", status=404),
    ],
    ("portal.new_consent", "POST"): [use(LAN, asked, "consent:consent:given", status=303, **AGREED)],
    ("portal.counted", "POST"): [
        use(LAN, lambda w: f"{case(w)}/statistics", "cases:facts:changed", status=303, answer="given")
    ],
    ("portal.contact_plan", "GET"): [use(LAN, lambda w: f"{case(w)}/contact-plan", READ)],
    ("portal.contact_plan", "POST"): [use(LAN, lambda w: f"{case(w)}/contact-plan", READ, status=422)],
    ("portal.reach", "POST"): [
        use(LAN, lambda w: f"{case(w)}/reach", "cases:survivor:reached", status=409, way="call")
    ],
    ("portal.new_case", "POST"): [use(LAN, "/cases/new", "cases:file:opened", status=303, channel="walk_in")],
    ("portal.section", "GET"): [use(LAN, lambda w: f"{case(w)}/sections/risk", READ)],
    ("portal.section", "POST"): [
        use(LAN, lambda w: f"{case(w)}/sections/legal", "cases:sections:written", status=303, case_number="12/2026")
    ],
    ("portal.new_referral", "POST"): [
        use(LAN, lambda w: f"{case(w)}/referrals/new", STEPPED, status=303, service="J8", recipient="{police}", **SURE)
    ],
    ("portal.stop", "POST"): [
        use(MAI, "/stop", "consent:call:heard", "consent:consent:withdrawn", status=303, by="herself", code="{code}")
    ],
    ("portal.stop_case", "GET"): [use(LAN, lambda w: f"{case(w)}/stop", READ)],
    ("portal.stop_case", "POST"): [
        use(LAN, lambda w: f"{case(w)}/stop", "consent:hold:placed", "tasks:task:opened", status=303, by="herself"),
    ],
    ("portal.new_right", "POST"): [use(LAN, "/rights/new", "rights:request:recorded", status=303, **WANTED)],
    ("portal.covers", "POST"): [use(HUYEN, "/covers", "liaisons:cover:arranged", status=303, **AWAY)],
    ("portal.new_duty", "POST"): [use(HUYEN, "/duty/new", "liaisons:duty:arranged", status=303, **SHIFT)],
    ("portal.end_cover", "POST"): [use(LAN, f"/covers/{NOBODYS}/end", "access:step:refused", status=404)],
    ("portal.end_duty", "POST"): [
        use(HUYEN, f"/duty/{NOBODYS}/end", "access:step:refused", status=404),
        use(CUONG, f"/duty/{NOBODYS}/end", "access:step:refused", status=403),
    ],
    ("portal.places", "POST"): [use(CUONG, "/places", "directory:places:set", status=303, J2="2")],
    ("portal.urgency", "GET"): [use(CUONG, lambda w: f"{referral(w)}/urgency", "access:step:refused", status=404)],
    ("portal.urgency", "POST"): [use(LAN, lambda w: f"{referral(w)}/urgency", "access:step:refused", status=403)],
    ("portal.search", "POST"): [use(LAN, "/search", "cases:search:made", name="Nguyễn Thị Hoa")],
    ("portal.report", "GET"): [use(HA, "/reports?audience=steering", "reports:report:made")],
    ("portal.own_password", "POST"): [
        use(LAN, "/account/password", "accounts:password:set", status=303, password=PASSWORD, new="một câu dài dễ nhớ")
    ],
    ("portal.own_codes", "POST"): [use(LAN, "/account/codes", "accounts:codes:made", password=PASSWORD)],
    ("portal.sign_out", "POST"): [use(LAN, "/sign-out", "accounts:session:ended", status=303)],
    ("portal.access_log", "GET"): [use(LAN, lambda w: f"{case(w)}/access-log", "audit:case:read")],
    ("portal.access_log", "POST"): [use(LAN, lambda w: f"{case(w)}/access-log", "audit:case:verified")],
    ("portal.retention", "GET"): [use("yen@anh-duong", "/rights/retention", "rights:retention:read")],
    ("portal.new_breach", "POST"): [
        use("yen@anh-duong", "/rights/breaches/new", "rights:breach:recorded", status=303, **INCIDENT)
    ],
    ("portal.seen", "POST"): [use(LAN, lambda w: f"{case(w)}/seen", "audit:case:printed")],
    ("portal.log", "GET"): [use(KIEM, "/log", "audit:log:read")],
    ("portal.log_list", "GET"): [use(KIEM, "/log/entries", "audit:log:read")],
    ("portal.entries", "GET"): [use(KIEM, "/audit/tile/entries/000.p/{size}", "audit:entries:read")],
    ("portal.proof", "GET"): [use(LAN, lambda w: f"/audit/proof/{w.uid}", "audit:proof:taken")],
}

#: Tried in a story of their own below: they need what an earlier page made.
TOLD = {
    *(("portal.emergency_opening", "GET"), ("portal.emergency_act", "GET"), ("portal.emergency_act", "POST")),
    ("portal.task", "POST"),
    *(("portal.erasure", "GET"), ("portal.erasure", "POST")),
    *(("portal.breach", "GET"), ("portal.breach", "POST")),
    *(("portal.right", "GET"), ("portal.right", "POST"), ("portal.rights_letter", "GET")),
}

#: (address, method) -> why it leaves no entry.
QUIET = {
    ("static", "GET"): "files of the product",
    ("log.about", "GET"): "public: the log's key and its witnesses",
    ("log.checkpoint", "GET"): "public: sizes and hashes",
    ("log.cosignature", "POST"): "a witness's signature over public text; it is kept beside the head",
    ("log.tile", "GET"): "public: hashes",
    ("metrics.metrics", "GET"): "numbers about the machine",
    ("portal.conflict", "GET"): "an empty form",
    ("portal.covers", "GET"): "who of one's own agency is away",
    ("portal.duty", "GET"): "who is on call at each desk, which every agency may know",
    ("portal.places", "GET"): "numbers of beds and slots; nothing about a person",
    ("portal.new_duty", "GET"): "a form with one's own desks and colleagues",
    ("portal.disclose", "GET"): "a form; names no more than the code of a case one holds",
    ("portal.emergency", "GET"): "numbers to call; tasks by ground and colleague, no case is named",
    ("portal.emergency_open", "GET"): "an empty form",
    ("portal.health", "GET"): "whether the hub works",
    ("portal.home", "GET"): "leads to the inbox",
    ("portal.milestone", "GET"): "prints the checkpoint, which is public",
    ("portal.notices", "GET"): "what the reader was told: codes of referrals whose pages leave their own entry",
    ("portal.notices", "POST"): "the reader has seen them; nothing about a case changes",
    ("portal.notice_settings", "GET"): "how the reader wants to be told",
    ("portal.notice_settings", "POST"): "how the reader wants to be told",
    ("portal.links", "GET"): "codes and kinds of links between cases one holds; each case leaves its own entry",
    ("portal.new_consent", "GET"): "a form for a case one holds; what it asks follows from the regulation and her age",
    ("portal.ending_consents", "GET"): "codes of cases one holds, and dates; each case's page leaves its own entry",
    ("portal.reach", "GET"): "two buttons",
    ("portal.counted", "GET"): "a form for a case one holds: whether she may be counted",
    ("portal.search", "GET"): "an empty form",
    ("portal.stop", "GET"): "an empty form",
    ("portal.receipt", "GET"): "asks whether, names no more than its address",
    ("portal.new_breach", "GET"): "an empty form",
    ("portal.breaches", "GET"): "kinds and deadlines of incidents; nobody is named, each incident leaves its entry",
    ("portal.new_right", "GET"): "an empty form",
    ("portal.rights", "GET"): "kinds and deadlines of what was asked; no case is named, each request leaves its entry",
    ("portal.seen", "GET"): "asks whether, names no more than its address",
    ("portal.new_case", "GET"): "an empty form",
    ("portal.new_referral", "GET"): "services and agencies of the directory; the preview names categories, opens none",
    ("portal.tasks", "GET"): "kinds and deadlines of what one still has to do; no case is named",
    ("portal.task", "GET"): "what one still has to do; the case and the referral it leads to leave their own entry",
    ("portal.withdraw_consent", "GET"): "asks whether, names no more than its address",
    ("portal.account", "GET"): "where the reader is signed in, and what with",
    ("portal.own_app", "GET"): "a new secret for the reader; nothing is kept yet",
    ("portal.own_codes", "GET"): "asks for the password",
    ("portal.own_password", "GET"): "an empty form",
    ("portal.account", "POST"): "tests/portal/test_account_page.py: an entry for each session that ends",
    ("portal.own_app", "POST"): "tests/portal/test_account_page.py: what it leaves",
    ("portal.own_passkeys", "GET"): "an empty form",
    ("portal.own_passkeys", "POST"): "tests/portal/screen/test_passkeys.py: asks the device",
    ("portal.keep_passkey", "POST"): "tests/portal/screen/test_passkeys.py: what it leaves",
    ("portal.end_passkey", "POST"): "tests/portal/screen/test_passkeys.py: what it leaves",
    ("portal.passkey_step", "GET"): "what a device has to answer, the same for everybody",
    ("portal.passkey_step", "POST"): "tests/portal/screen/test_passkeys.py: who may and who may not",
    ("portal.people", "GET"): "the colleagues of one's own agency",
    ("portal.person", "GET"): "a colleague of one's own agency, and forms",
    ("portal.invite", "GET"): "an empty form",
    ("portal.join", "GET"): "an empty form for who has the link",
    ("portal.join", "POST"): "tests/portal/test_people_page.py: what it leaves",
    ("portal.person", "POST"): "tests/portal/test_people_page.py: what each act leaves",
    ("portal.invite", "POST"): "tests/portal/test_people_page.py: what it leaves",
    ("portal.lock", "POST"): "the screen shows nothing any more; nothing about a case changes",
    ("portal.locked", "GET"): "asks for the password",
    ("portal.locked", "POST"): "signing in afresh leaves its own entries: tests/portal/test_locking.py",
    ("portal.second_step", "GET"): "asks for a code",
    ("portal.second_step", "POST"): "tests/portal/test_second_factor.py: who may and who may not",
    ("portal.set_up", "GET"): "a new secret, for who just proved the password; nothing is kept yet",
    ("portal.set_up", "POST"): "tests/portal/test_second_factor.py: what it leaves",
    ("security.login", "GET"): "an empty form",
    ("security.login", "POST"): "tried below: who may and who may not",
}


def test_every_address_is_tried_here_or_stands_here_with_its_reason(portal: Flask) -> None:
    built = {
        (rule.endpoint, method)
        for rule in portal.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert built == set(USES) | set(QUIET) | TOLD
    assert not set(USES) & set(QUIET)


@pytest.fixture
def world(
    acting: Acting,
    server: Server,
    settings: Settings,
    directory: Directory,
    admin_connection: psycopg.Connection,
) -> Iterator[World]:
    """Two referrals of the house, and a log that was sequenced and published."""
    folder = Folder(settings.log_folder)
    shutil.rmtree(folder.root, ignore_errors=True)
    told, waiting = accepted_by(acting), sent_to(acting)
    SmallLog(server, folder, settings.public_url).advance()
    row = admin_connection.execute(
        "SELECT uid FROM audit_entry WHERE subject = %s ORDER BY id LIMIT 1", [told.case]
    ).fetchone()
    assert row is not None
    (code,) = admin_connection.execute("SELECT code FROM case_file WHERE id = %s", [told.case]).fetchone() or ("",)
    with acting(LAN) as lan:
        other = header(lan, a_case(lan)).code
    words = {"code": code, "police": str(directory.agencies[POLICE]), "cuong": str(directory.accounts[CUONG])}
    words |= {"huyen": str(directory.accounts[HUYEN]), "desk": str(directory.desks[f"duty@{POLICE}"])}
    yield World(told, waiting, row[0], words | {"password": PASSWORD, "other": other})
    shutil.rmtree(folder.root, ignore_errors=True)


@pytest.mark.parametrize(
    ("address", "number"),
    [(address, i) for address, uses in USES.items() for i in range(len(uses))],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value),
)
def test_using_an_address_leaves_its_entry(
    world: World,
    signed_in: Callable[[str], Browser],
    admin_connection: psycopg.Connection,
    address: tuple[str, str],
    number: int,
) -> None:
    one = USES[address][number]
    browser = signed_in(one.who)
    browser.get("/?lang=vi")
    if address[1] == "POST":
        browser.get("/inbox")
    before = len(entries(admin_connection))
    path = one.path(world).replace("{size}", str(_published(admin_connection)))
    answer = (
        browser.get(path)
        if address[1] == "GET"
        else browser.post(path, {key: value.format(**world.words) for key, value in one.form.items()})
    )
    assert answer.status_code == one.status, answer.get_data(as_text=True)[:2000]
    left = entries(admin_connection)[before:]
    assert one.acts <= {entry["act"] for entry in left}
    assert {entry["via"] for entry in left} == {"portal"}


def test_an_emergency_leaves_an_entry_of_each_look_and_each_answer(
    world: World, signed_in: Callable[[str], Browser], admin_connection: psycopg.Connection
) -> None:
    thu = signed_in("thu@benh-vien-tinh")
    form = {key: value.format(**world.words) for key, value in {**DANGER, "code": "{code}"}.items()}
    assert thu.post("/emergency/open", form).status_code == 303
    before = len(entries(admin_connection))
    assert thu.follow().status_code == 200
    assert [entry["act"] for entry in entries(admin_connection)[before:]] == ["cases:sections:read"]
    hung = signed_in("hung@anh-duong")
    act = hung.get("/emergency").get_data(as_text=True).split("/emergency/acts/")[1].split('"')[0]
    before = len(entries(admin_connection))
    page = hung.get(f"/emergency/acts/{act}").get_data(as_text=True)
    assert REASON in page
    task = page.split('name="task" value="')[1].split('"')[0]
    assert hung.post(f"/emergency/acts/{act}", {"task": task, "outcome": "noted"}).status_code == 303
    left = [entry["act"] for entry in entries(admin_connection)[before:]]
    assert left == ["emergency:reason:read", "emergency:approver:noted"]


def _published(admin: psycopg.Connection) -> int:
    row = admin.execute("SELECT max(size) FROM audit_head").fetchone()
    return int(row[0]) if row else 0


def test_an_empty_inbox_shows_nothing_and_leaves_nothing(
    world: World, signed_in: Callable[[str], Browser], admin_connection: psycopg.Connection
) -> None:
    browser = signed_in("thu@benh-vien-tinh")
    before = len(entries(admin_connection))
    assert browser.get("/inbox").status_code == 200
    assert len(entries(admin_connection)) == before


@pytest.mark.parametrize(
    ("typed", "password", "known"),
    [("lan@anh-duong", "falsch-falsch", True), ("niemand@anh-duong", "falsch-falsch", False)],
)
def test_a_sign_in_that_fails_is_logged_without_what_was_typed(
    world: World,
    portal: Flask,
    directory: Any,
    admin_connection: psycopg.Connection,
    typed: str,
    password: str,
    known: bool,
) -> None:
    before = len(entries(admin_connection))
    answer = Browser(portal).sign_in(typed, password)
    assert answer.status_code == 200
    (entry,) = entries(admin_connection)[before:]
    assert (entry["act"], entry["out"], entry["who"]) == ("accounts:session:refused", "denied", "nobody")
    assert entry["obj"] == str(directory.accounts[typed] if known else UUID(int=0))
    assert typed.partition("@")[0] not in str(entry)


def test_an_empty_form_is_no_try(world: World, portal: Flask, admin_connection: psycopg.Connection) -> None:
    before = len(entries(admin_connection))
    Browser(portal).sign_in("", "")
    assert len(entries(admin_connection)) == before


def test_signing_in_is_logged(
    world: World, signed_in: Callable[[str], Browser], admin_connection: psycopg.Connection
) -> None:
    before = len(entries(admin_connection))
    signed_in(LAN)
    assert [entry["act"] for entry in entries(admin_connection)[before:]] == ["accounts:session:started"]


SHOWN = (("portal.referral", "GET"), ("portal.inbox", "GET"), ("portal.step", "POST"), ("portal.report", "GET"))


@pytest.mark.parametrize("address", SHOWN, ids=lambda address: address[0])
def test_what_cannot_be_written_into_the_log_is_not_shown_and_not_done(
    world: World,
    portal: Flask,
    signed_in: Callable[[str], Browser],
    admin_connection: psycopg.Connection,
    address: tuple[str, str],
) -> None:
    one = USES[address][0]
    browser = signed_in(one.who)
    browser.get("/inbox")
    status = "SELECT status FROM referral WHERE id = %s"
    before = admin_connection.execute(status, [world.told.referral]).fetchone()
    with portal.app_context(), _log_broken(db.engine):
        path = one.path(world)
        answer = browser.get(path) if address[1] == "GET" else browser.post(path)
    assert answer.status_code in (500, 503)
    page = answer.get_data(as_text=True)
    for words in ("Nguyễn Thị Hoa", "0912345678", 'data-code="'):
        assert words not in page
    assert admin_connection.execute(status, [world.told.referral]).fetchone() == before


class _log_broken:
    """The audit log takes no more entries: every append fails in the database."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def __enter__(self) -> None:
        event.listen(self.engine, "before_cursor_execute", self._break, retval=True)

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._break)

    @staticmethod
    def _break(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, _many: bool) -> tuple[str, Any]:
        return statement.replace("audit_append(", "audit_append_full("), values
