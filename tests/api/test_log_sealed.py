"""A hub and its witnesses, each a process or a server of its own: what is sealed, what waits, and who hears of it."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from referral_hub.audit.leading import Place
from referral_hub.audit.notes import parse_note
from referral_hub.audit.roster import Roster, Witness, write_roster
from referral_hub.audit.running import run_once
from referral_hub.kernel import clock
from referral_hub.portal import standing as portal_standing
from tests.api.conftest import Enrol
from tests.audit.small_log import SmallLog, a_cosigner
from tests.audit.test_witnesses import lying, served
from tests.portal.browsing import Browser, part
from tests.portal.conftest import SignedIn
from tests.story import Told
from tests.verifier.witnessing import new_key, serving


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """A web process asks how the log stands now and then, not for each page."""
    portal_standing.forget()


def place(log: SmallLog) -> Place:
    return Place(log.server.url("log"), log.folder, log.public_url)


def names(browser: Browser) -> list[str]:
    """Who signed the checkpoint that is shown, after the log itself."""
    return [one.name for one in parse_note(browser.get("/audit/checkpoint").get_data()).signatures][1:]


def test_one_witness_down_and_one_lying_seal_nothing_until_the_one_is_back(
    sent: Told, small_log: SmallLog, browser: Browser, tmp_path: Path
) -> None:
    run_once(place(small_log))
    log = SimpleNamespace(key=browser.get("/.well-known/referral-hub-audit").get_json()["vkey"])
    folders = [tmp_path / "police", tmp_path / "health"]
    for folder in folders:
        folder.mkdir()
    police, health = (new_key(folder, f"{folder.name}.example")[1] for folder in folders)
    with serving(folders[0], log) as up, served(lying) as (liar, _):  # type: ignore[arg-type]
        roster = Roster()
        for one in (
            Witness(police.name, str(police), f"http://127.0.0.1:{up.port}", "police"),
            Witness(health.name, str(health), "http://127.0.0.1:9", "health"),
            liar,
        ):
            roster = roster.with_witness(one)
        write_roster(small_log.folder.witnesses, roster.with_quorum(2))
        run_once(place(small_log))
        assert names(browser) == ["police.example"]
        assert browser.get("/health").get_json()["unsealed_s"] > 0
        with serving(folders[1], log) as back:  # type: ignore[arg-type]
            healthy = Witness(health.name, str(health), f"http://127.0.0.1:{back.port}", "health")
            write_roster(small_log.folder.witnesses, roster.without(health.name).with_witness(healthy).with_quorum(2))
            run_once(place(small_log))
        assert names(browser) == ["health.example", "police.example"]
        assert browser.get("/health").get_json()["unsealed_s"] == 0


def test_with_no_witness_nothing_waits_to_be_sealed_and_nobody_is_alarmed(
    sent: Told, small_log: SmallLog, signed_in: SignedIn, browser: Browser, enrol: Enrol
) -> None:
    enrol(a_cosigner("police.example"), quorum=0)
    small_log.advance()
    figures = browser.get("/health").get_json()
    assert figures["unsealed_s"] is None
    assert figures["log_lag_s"] == 0
    assert part(signed_in("lan@anh-duong").get("/inbox"), "unsealed") is None


def test_what_waits_for_its_place_is_told_with_its_age(sent: Told, small_log: SmallLog, browser: Browser) -> None:
    assert 0 < browser.get("/health").get_json()["log_lag_s"] < 60
    small_log.advance()
    assert browser.get("/health").get_json()["log_lag_s"] == 0


def test_unsealed_for_an_hour_shows_on_every_page_of_the_portal(
    sent: Told,
    small_log: SmallLog,
    signed_in: SignedIn,
    browser: Browser,
    enrol: Enrol,
    later: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    police = a_cosigner("police.example")
    enrol(police, quorum=1)
    small_log.advance()
    lan = signed_in("lan@anh-duong")
    small_log.advance()
    inbox = lan.get("/inbox")
    assert inbox.status_code == 200 and part(inbox, "unsealed") is None
    later(timedelta(hours=1, minutes=5))
    portal_standing.forget()
    lan = signed_in("lan@anh-duong")  # her screen was locked meanwhile
    banner = part(lan.get("/inbox"), "unsealed")
    assert banner is not None and "một giờ" in banner
    assert part(browser.get("/sign-in"), "unsealed") is None
    small_log.advance(cosigners=(police,))
    assert part(lan.get("/inbox"), "unsealed") is not None, "what was asked is remembered for a while"
    monkeypatch.undo()  # the database's clock, by which entries wait, was never moved
    portal_standing.forget()
    page = signed_in("lan@anh-duong").get(f"/referrals/{sent.referral}")
    assert page.status_code == 200 and part(page, "unsealed") is None


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`later(hours)`: from now on the hub's clock stands that much further."""

    def move(by: timedelta) -> None:
        now = clock.now()
        monkeypatch.setattr(clock, "now", lambda: now + by)

    return move


def test_a_roster_that_cannot_be_read_breaks_neither_log_nor_page(
    sent: Told, small_log: SmallLog, signed_in: SignedIn, browser: Browser
) -> None:
    run_once(place(small_log))
    small_log.folder.witnesses.write_text("{")
    assert run_once(place(small_log)).size > 0, "and the log goes on"
    assert signed_in("lan@anh-duong").get("/inbox").status_code == 200
    assert browser.get("/health").status_code == 200
    assert browser.get("/audit/checkpoint").status_code == 200


def test_nobody_stores_a_line_for_a_head_that_was_not_signed(app_connection: psycopg.Connection) -> None:
    row = app_connection.execute("SELECT store_cosignature(7, 'w', 'l', now())").fetchone()
    assert row == (False,)
