"""What the log shows to everybody: checkpoint, hash tiles, who seals; and nothing else of the disk."""

from collections.abc import Callable
from typing import Any

import pytest

from referral_hub.audit import checkpoints
from referral_hub.audit.notes import parse_note, verify_cosignature
from referral_hub.audit.tiles import unbundle
from referral_hub.audit.tree import leaf_hash, root_of
from referral_hub.kernel import clock
from tests.api.conftest import Enrol
from tests.audit.small_log import SmallLog, a_cosigner
from tests.portal.browsing import Browser
from tests.story import Told

FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
def size(small_log: SmallLog, accepted: Told) -> int:
    """A referral was sent and accepted, and the log has run."""
    return small_log.advance()


def leaves(body: bytes) -> list[bytes]:
    return [body[i : i + 32] for i in range(0, len(body), 32)]


def test_anybody_reads_the_checkpoint_and_recomputes_its_root_from_the_tiles(browser: Browser, size: int) -> None:
    answer = browser.get("/audit/checkpoint")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    vkey = browser.get("/.well-known/referral-hub-audit").get_json()["vkey"]
    opened = checkpoints.open_checkpoint(answer.get_data(), vkey)
    assert opened.size == size
    tile = browser.get(f"/audit/tile/0/000.p/{size}")
    assert (tile.status_code, tile.content_type) == (200, "application/octet-stream")
    assert tile.headers["Cache-Control"] == FOREVER
    assert root_of(leaves(tile.get_data())) == opened.root
    assert "Set-Cookie" not in tile.headers and "Set-Cookie" not in answer.headers


def test_what_any_cache_may_keep_sets_no_cookie_and_varies_by_none(
    browser: Browser, signed_in: Callable[[str], Browser], size: int
) -> None:
    for reader in (browser, signed_in("lan@anh-duong")):
        for path in ("/audit/checkpoint", f"/audit/tile/0/000.p/{size}", "/.well-known/referral-hub-audit"):
            for language in ("", "?lang=en"):
                answer = reader.get(path + language)
                assert answer.status_code == 200
                assert not {"Set-Cookie", "Vary"} & set(answer.headers.keys()), path


def test_a_tile_as_narrow_as_it_once_was_is_still_there(browser: Browser, size: int, small_log: SmallLog) -> None:
    whole = browser.get(f"/audit/tile/0/000.p/{size}").get_data()
    narrower = browser.get(f"/audit/tile/0/000.p/{size - 1}")
    assert narrower.get_data() == whole[: 32 * (size - 1)]
    assert browser.get(f"/audit/tile/0/000.p/{size + 1}").status_code == 404
    assert browser.get("/audit/tile/0/000").status_code == 404
    assert browser.get("/audit/tile/0/000").headers["Cache-Control"] == "no-store"


def test_who_has_the_tile_already_is_told_so(browser: Browser, size: int) -> None:
    tag = browser.get(f"/audit/tile/0/000.p/{size}").headers["ETag"]
    again = browser.get(f"/audit/tile/0/000.p/{size}", headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        *("0/../../signing/log.json", "0/000.p/../../../checkpoint", "..%2f..%2fsigning/log.json", "0/%2e%2e/000"),
        *("64/000", "00/000", "0/0", "0/00", "0/x000/000", "0/000.p/0", "0/000.p/257", "0/000.p/01", "0/000.p/256"),
        *("x/000", "0/000/", "0/000.p", "-1/000", "0/٠٠٠", "../signing/log.json", "witnesses.json", "0/x001/x000/000"),
    ],
)
def test_nothing_else_of_the_disk_can_be_reached(browser: Browser, size: int, path: str) -> None:
    answer = browser.get(f"/audit/tile/{path}")
    assert answer.status_code in (308, 404)
    assert b"seed" not in answer.get_data()


@pytest.mark.parametrize("path", ["/audit/checkpoint", "/.well-known/referral-hub-audit", "/audit/tile/0/000.p/1"])
def test_before_the_log_first_ran_there_is_nothing(browser: Browser, small_log: SmallLog, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_nothing_is_written_through_these_addresses(browser: Browser, size: int) -> None:
    for path in ("/audit/checkpoint", "/audit/tile/0/000.p/1", "/.well-known/referral-hub-audit"):
        for method in ("POST", "PUT", "DELETE"):
            assert browser.client.open(path, method=method).status_code in (400, 405)


def test_the_well_known_page_names_log_witnesses_and_quorum(browser: Browser, size: int, enrol: Enrol) -> None:
    police, own = a_cosigner("police.example", agency="cong-an-tinh"), a_cosigner("own.example", operator=True)
    enrol(police, own, quorum=1)
    answer = browser.get("/.well-known/referral-hub-audit")
    assert answer.headers["Cache-Control"] == "no-cache"
    found = answer.get_json()
    assert set(found) == {"origin", "vkey", "checkpoint", "witnesses", "quorum"}
    assert found["origin"] == found["vkey"].split("+")[0]
    assert found["checkpoint"] == "http://localhost:8000/audit/checkpoint"
    assert found["quorum"] == 1
    assert found["witnesses"][0] == {
        "name": "police.example",
        "vkey": police.witness.vkey,
        "agency": "cong-an-tinh",
        "counts": True,
    }
    assert found["witnesses"][1]["counts"] is False


def test_entries_are_for_auditors_and_for_all_others_there_is_no_such_file(
    size: int, browser: Browser, signed_in: Callable[[str], Browser], admin_connection: Any
) -> None:
    path = f"/audit/tile/entries/000.p/{size}"
    assert browser.get(path).status_code == 404
    for who in ("lan@anh-duong", "dung@anh-duong", "ha@trung-tam-tgxh", "phuc@anh-duong"):
        refused = signed_in(who).get(path)
        assert refused.status_code == 404
        assert b"referrals:referral:stepped" not in refused.get_data()
    auditor = signed_in("kiem@so-y-te")
    answer = auditor.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    hashes = browser.get(f"/audit/tile/0/000.p/{size}").get_data()
    assert [leaf_hash(one) for one in unbundle(answer.get_data())] == leaves(hashes)
    assert auditor.get("/audit/tile/entries/000.p/255").status_code == 404
    row = admin_connection.execute(
        "SELECT count(*) FROM audit_entry WHERE convert_from(envelope, 'UTF8')::jsonb ->> 'act' = 'audit:entries:read'"
    ).fetchone()
    assert row == (1,)


def test_a_witness_that_fetches_checkpoints_brings_back_its_line(browser: Browser, size: int, enrol: Enrol) -> None:
    police = a_cosigner("police.example")
    enrol(police, quorum=1)
    note = browser.get("/audit/checkpoint").get_data()
    line = police.line(parse_note(note).text)
    answer = browser.client.post("/audit/cosignature", data=note + line.encode())
    assert (answer.status_code, answer.get_data()) == (200, b"kept\n")
    shown = parse_note(browser.get("/audit/checkpoint").get_data())
    assert [one.name for one in shown.signatures] == [parse_note(note).signatures[0].name, "police.example"]
    assert verify_cosignature(shown.signatures[1], police.witness.vkey, shown.text) > 0
    again = browser.client.post("/audit/cosignature", data=note + line.encode())
    assert again.status_code == 200
    assert len(parse_note(browser.get("/audit/checkpoint").get_data()).signatures) == 2


def test_nobody_else_leaves_a_line(
    browser: Browser, size: int, small_log: SmallLog, enrol: Enrol, admin_connection: Any
) -> None:
    police, stranger = a_cosigner("police.example"), a_cosigner("stranger.example")
    enrol(police, quorum=1)
    note = browser.get("/audit/checkpoint").get_data()
    text = parse_note(note).text
    other = f"{text.splitlines()[0]}\n{size}\n{'A' * 43}=\n"
    later = int(clock.now().timestamp()) + 7200
    bodies = {
        400: [b"", b"x", b"\xff\n\n", note.replace(b"\n\n", b"\n"), b"a\nb\nc\n\n" + note.split(b"\n\n")[1]],
        403: [
            note,
            note + stranger.line(text).encode(),
            note + police.line(other).encode(),
            note + police.line(text, later).encode(),
        ],
        404: [
            other.encode() + b"\n" + police.line(other).encode(),
            text.replace(f"\n{size}\n", f"\n{size + 9}\n").encode() + b"\n" + police.line(text).encode(),
            text.replace(f"\n{size}\n", f"\n{2**63 - 1}\n").encode() + b"\n" + police.line(text).encode(),
            text.replace(f"\n{size}\n", f"\n{10**19 - 1}\n").encode() + b"\n" + police.line(text).encode(),
        ],
    }
    for status, some in bodies.items():
        for body in some:
            assert browser.client.post("/audit/cosignature", data=body).status_code == status, body
    too_much = browser.client.post("/audit/cosignature", data=b"x" * 65537)
    assert (too_much.status_code, too_much.content_type) == (413, "text/plain; charset=utf-8")
    assert admin_connection.execute("SELECT count(*) FROM audit_cosignature").fetchone() == (0,)
