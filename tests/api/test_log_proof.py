"""Evidence to take away: who gets the proof of an entry, what it holds, and that it can be checked on its own."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.audit import checkpoints, proofs
from referral_hub.audit.acts import Act
from referral_hub.audit.notes import parse_note
from referral_hub.audit.recording import Entry, record
from referral_hub.kernel import clock
from tests.api.conftest import Enrol
from tests.audit.small_log import SmallLog, a_cosigner
from tests.conftest import Acting, Directory
from tests.portal.browsing import Browser, part, text_of
from tests.story import Told

SignedIn = Callable[[str], Browser]
AUDITOR = "kiem@so-y-te"


def entries(admin: psycopg.Connection, act: str) -> list[UUID]:
    """The uids of the entries of one act, oldest first."""
    rows = admin.execute(
        "SELECT uid FROM audit_entry WHERE convert_from(envelope, 'UTF8')::jsonb ->> 'act' = %s ORDER BY id", [act]
    ).fetchall()
    return [uid for (uid,) in rows]


def size_of(text: str) -> int:
    return checkpoints.parse(text).size


@pytest.fixture
def uid_of(admin_connection: psycopg.Connection) -> Callable[[str], UUID]:
    """`uid_of(act)`: the last entry of an act."""
    return lambda act: entries(admin_connection, act)[-1]


@pytest.fixture
def told(accepted: Told, small_log: SmallLog) -> Told:
    """Sent, accepted, signed, published."""
    small_log.advance()
    return accepted


def test_both_parties_take_the_proof_of_each_step_from_the_page_and_it_holds(
    told: Told, signed_in: SignedIn, small_log: SmallLog, browser: Browser
) -> None:
    vkey = browser.get("/.well-known/referral-hub-audit").get_json()["vkey"]
    for who in ("lan@anh-duong", "cuong@cong-an-tinh"):
        reader = signed_in(who)
        block = part(reader.get(f"/referrals/{told.referral}"), "evidence")
        assert block is not None
        hrefs = [piece.split('"')[0] for piece in block.split('href="')[1:]]
        assert len(hrefs) == 3, "the consent, the sending, the acceptance"
        said = []
        for href in hrefs:
            answer = reader.get(href)
            assert answer.status_code == 200
            assert answer.headers["Content-Disposition"].startswith('attachment; filename="')
            assert answer.headers["Content-Disposition"].endswith('.tlog-proof"')
            assert "no-store" in answer.headers["Cache-Control"]
            proof = proofs.parse(answer.get_data())
            proofs.verify(proof, proof.extra, vkey)
            said.append(json.loads(proof.extra)["act"])
        assert sorted(said) == ["consent:consent:given"] + ["referrals:referral:stepped"] * 2


def test_that_a_proof_was_taken_is_an_entry_about_the_case(
    told: Told, signed_in: SignedIn, uid_of: Callable[[str], UUID], admin_connection: psycopg.Connection
) -> None:
    signed_in("cuong@cong-an-tinh").get(f"/audit/proof/{uid_of('referrals:referral:stepped')}")
    row = admin_connection.execute(
        "SELECT subject, kind, convert_from(envelope, 'UTF8')::jsonb ->> 'pl' FROM audit_entry WHERE uid = %s",
        [uid_of("audit:proof:taken")],
    ).fetchone()
    assert row == (told.case, "export", "1")


def test_an_auditor_takes_every_proof_and_leaves_an_entry(
    told: Told, signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    auditor = signed_in(AUDITOR)
    acts = ("referrals:referral:stepped", "consent:consent:given", "cases:file:opened", "access:grant:opened")
    for act in acts:
        assert auditor.get(f"/audit/proof/{entries(admin_connection, act)[-1]}").status_code == 200
    assert len(entries(admin_connection, "audit:proof:taken")) == len(acts)


@pytest.mark.parametrize("act", ["referrals:referral:stepped", "consent:consent:given", "cases:file:opened"])
def test_for_strangers_there_is_no_such_entry(
    told: Told, signed_in: SignedIn, uid_of: Callable[[str], UUID], act: str, browser: Browser
) -> None:
    uid = uid_of(act)
    for who in ("minh@tro-giup-phap-ly", "nhung@tro-giup-phap-ly", "ha@trung-tam-tgxh"):
        stranger = signed_in(who)
        there, nowhere = stranger.get(f"/audit/proof/{uid}"), stranger.get(f"/audit/proof/{uuid4()}")
        assert (there.status_code, text_of(there)) == (404, text_of(nowhere))
    anybody = browser.get(f"/audit/proof/{uid}")
    assert anybody.status_code == 302
    assert "/sign-in" in anybody.headers["Location"]


def test_a_recipient_gets_nothing_that_is_the_owners_own(
    told: Told, signed_in: SignedIn, uid_of: Callable[[str], UUID]
) -> None:
    police = signed_in("cuong@cong-an-tinh")
    for act in ("cases:file:opened", "access:grant:staged", "cases:sections:written"):
        assert police.get(f"/audit/proof/{uid_of(act)}").status_code == 404


def test_before_acceptance_the_recipient_gets_no_consent(
    sent: Told, small_log: SmallLog, signed_in: SignedIn, uid_of: Callable[[str], UUID]
) -> None:
    small_log.advance()
    police = signed_in("cuong@cong-an-tinh")
    block = part(police.get(f"/referrals/{sent.referral}"), "evidence")
    assert block is not None and block.count("href=") == 1
    assert police.get(f"/audit/proof/{uid_of('consent:consent:given')}").status_code == 404
    assert signed_in("lan@anh-duong").get(f"/audit/proof/{uid_of('consent:consent:given')}").status_code == 200


def test_an_entry_that_is_not_yet_signed_is_asked_for_again_in_a_minute(
    accepted: Told, small_log: SmallLog, signed_in: SignedIn, uid_of: Callable[[str], UUID]
) -> None:
    uid = uid_of("referrals:referral:stepped")
    lan = signed_in("lan@anh-duong")
    for sign in (None, False):
        if sign is not None:
            small_log.advance(sign=sign)
        answer = lan.get(f"/audit/proof/{uid}")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) <= 60
        assert "phút" in text_of(answer)
    assert lan.get(f"/audit/proof/{uid}?lang=en").status_code == 503
    small_log.advance()
    assert lan.get(f"/audit/proof/{uid}").status_code == 200


def test_a_sealed_checkpoint_is_preferred_to_a_newer_one_that_is_not(
    accepted: Told, small_log: SmallLog, signed_in: SignedIn, uid_of: Callable[[str], UUID], enrol: Enrol
) -> None:
    two = (a_cosigner("police.example"), a_cosigner("health.example"))
    enrol(*two, quorum=2)
    uid = uid_of("referrals:referral:stepped")
    sealed = small_log.advance(cosigners=two)
    lan = signed_in("lan@anh-duong")  # signing in is an entry: the log grows
    assert small_log.advance(cosigners=two[:1]) > sealed
    note = parse_note(proofs.parse(lan.get(f"/audit/proof/{uid}").get_data()).note)
    assert size_of(note.text) == sealed
    assert {one.name for one in note.signatures} >= {"police.example", "health.example"}
    late = proofs.parse(lan.get(f"/audit/proof/{uid_of('accounts:session:started')}").get_data())
    assert size_of(parse_note(late.note).text) > sealed


@pytest.mark.parametrize(
    ("target", "hidden_from", "shown_to"),
    [
        ({"account": "cuong@cong-an-tinh"}, ("huyen@cong-an-tinh",), ("lan@anh-duong", AUDITOR)),
        ({"agency": "cong-an-tinh"}, ("huyen@cong-an-tinh",), ("lan@anh-duong", AUDITOR)),
        # the auditor's agency stands above the house: it has the leaf anyway, and the leaf does not accuse
        ({"account": "thao@anh-duong"}, ("lan@anh-duong", "hanh@anh-duong", "dung@anh-duong"), (AUDITOR,)),
    ],
)
def test_an_accusation_is_hidden_from_the_whole_chain_of_the_accused(
    told: Told,
    acting: Acting,
    directory: Directory,
    small_log: SmallLog,
    signed_in: SignedIn,
    uid_of: Callable[[str], UUID],
    target: dict[str, str],
    hidden_from: tuple[str, ...],
    shown_to: tuple[str, ...],
) -> None:
    kept = {"account": directory.accounts, "agency": directory.agencies}
    fact: dict[str, Any] = {"category": None, "agency": None, "desk": None, "account": None}
    fact |= {kind: kept[kind][name] for kind, name in target.items()}
    with acting("lan@anh-duong") as lan:
        deny(lan, told.case, DenialFact(**fact), now=clock.now())
    small_log.advance()
    uid = uid_of("access:record:changed")
    for who in hidden_from:
        assert signed_in(who).get(f"/audit/proof/{uid}").status_code == 404, who
    for who in shown_to:
        answer = signed_in(who).get(f"/audit/proof/{uid}")
        assert answer.status_code == 200, who
        assert b"denial" not in proofs.parse(answer.get_data()).extra


def test_the_refusals_that_a_denial_causes_prove_nothing_to_the_accused_chain(
    told: Told,
    acting: Acting,
    directory: Directory,
    small_log: SmallLog,
    signed_in: SignedIn,
    uid_of: Callable[[str], UUID],
) -> None:
    police = {"who": "cuong@cong-an-tinh", "head": "huyen@cong-an-tinh"}
    signed_in(police["who"]).get(f"/cases/{told.case}")
    small_log.advance()
    uid = uid_of("access:step:refused")
    assert signed_in(police["head"]).get(f"/audit/proof/{uid}").status_code == 200, "a stranger's try, as any other"
    with acting("lan@anh-duong") as lan:
        deny(lan, told.case, DenialFact(None, account=directory.accounts[police["who"]]), now=clock.now())
    signed_in(police["who"]).get(f"/referrals/{told.referral}")
    with acting(police["who"]) as refused:
        record(refused, Entry(Act.ACCESS_REFUSED, told.case, why="case:read", outcome="denied"), now=clock.now())
    small_log.advance()
    for one in (uid, uid_of("access:step:refused")):
        assert signed_in(police["head"]).get(f"/audit/proof/{one}").status_code == 404
        assert signed_in("lan@anh-duong").get(f"/audit/proof/{one}").status_code == 200


def test_a_proof_costs_few_statements(
    told: Told, signed_in: SignedIn, uid_of: Callable[[str], UUID], statements: Callable[[], Any]
) -> None:
    uid = uid_of("referrals:referral:stepped")
    police = signed_in("cuong@cong-an-tinh")
    police.get(f"/audit/proof/{uid}")
    with statements() as sent:
        assert police.get(f"/audit/proof/{uid}").status_code == 200
    assert len(sent) <= 12, sent
    about_the_log = [one for one in sent if "entry_to_prove" in one or "audit_head" in one or "audit_tile" in one]
    assert len(about_the_log) == 3
