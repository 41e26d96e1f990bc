"""What the web writes into its process's log while people work: ids, and nobody."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from referral_hub.kernel.logs import Lines
from tests.people import email
from tests.portal.browsing import Browser
from tests.portal.conftest import SignedIn
from tests.story import Told

ASKED = "Nguyen+Thi+Hoa"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that any logger says, as the process would write it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines("web"))
    root, own = logging.getLogger(), logging.getLogger("referral_hub")
    before = own.level
    root.addHandler(handler)
    own.setLevel(logging.INFO)
    yield stream
    own.setLevel(before)
    root.removeHandler(handler)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_each_answer_has_a_line_with_account_agency_and_request(
    signed_in: SignedIn, written: io.StringIO, accepted: Told, admin_connection: psycopg.Connection
) -> None:
    browser = signed_in("lan@anh-duong")
    answer = browser.get(f"/inbox?q={ASKED}")
    last = lines(written)[-1]
    row = admin_connection.execute("SELECT id FROM account WHERE email = %s", [email("lan@anh-duong")]).fetchone()
    assert row is not None and last["account"] == str(row[0])
    assert (last["endpoint"], last["status"], last["request"]) == ("portal.inbox", 200, answer.headers["X-Request-Id"])
    assert last["agency"]


def test_no_name_telephone_or_address_of_the_database_is_in_what_was_logged(
    signed_in: SignedIn, written: io.StringIO, accepted: Told, admin_connection: psycopg.Connection, portal: Flask
) -> None:
    Browser(portal).sign_in("lan@anh-duong", password="wrong")
    browser = signed_in("lan@anh-duong")
    for path in ("/inbox", f"/search?q={ASKED}", f"/inbox?lang=vi&name={ASKED}", f"/nowhere/{ASKED}", "/log", "/tasks"):
        browser.get(path)
    for path in (f"/cases/{accepted.case}", f"/referrals/{accepted.referral}"):
        assert browser.get(path).status_code == 200
    browser.post("/search", {"q": "Nguyễn Thị Hoa", "name": "Nguyễn Thị Hoa", "phone": "0912345678"})
    text = written.getvalue()
    assert len(lines(written)) > 8
    people = admin_connection.execute("SELECT email, name FROM account").fetchall()
    assert people
    for value in (
        ASKED,
        "Nguyen",
        "Nguyễn Thị Hoa",
        "Hoa",
        "0912345678",
        "127.0.0.1",
        *(one for row in people for one in row if one),
    ):
        assert value not in text, value


def test_a_fault_is_a_page_without_a_traceback_and_a_line_without_values(
    signed_in: SignedIn, written: io.StringIO, portal: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in("lan@anh-duong")

    def fail(*_: object, **__: object) -> None:
        raise ValueError("could not read Hoa 0912345678")

    monkeypatch.setitem(portal.view_functions, "portal.inbox", fail)
    monkeypatch.setitem(portal.config, "PROPAGATE_EXCEPTIONS", False)
    answer = browser.get("/inbox")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 500 and "Traceback" not in page and "Hoa" not in page
    told = [line for line in lines(written) if "error" in line]
    assert told and told[-1]["error"][0]["kind"] == "builtins.ValueError"
    assert told[-1]["request"] == answer.headers["X-Request-Id"]
    assert "Hoa" not in written.getvalue() and "0912345678" not in written.getvalue()
