"""The first people of an agency come in by a link from whoever runs the hub."""

# ruff: noqa: F811  # the fixtures of the portal, imported by name

import json
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask

from tests.cli.commandline import CommandLine
from tests.portal.browsing import Browser
from tests.portal.conftest import _portal, portal  # noqa: F401  # fixtures
from tests.portal.world import entries

HEAD = ("--name", "Vũ Thị Hòa", "--agency", "cong-an-tinh", "--role", "agency_head", "--role", "liaison")
NEW = "chiều nay biển lặng"


def test_the_first_person_of_an_agency_comes_in_by_the_link(
    cli: CommandLine,
    portal: Flask,
    admin_connection: psycopg.Connection,
) -> None:
    said = cli("account", "invite", "hoa@cong-an-tinh.example", *HEAD, "--format", "json")
    assert said.status == 0, said.err
    link = urlsplit(json.loads(said.out)["link"]).path
    acts = [one["act"] for one in entries(admin_connection)]
    assert acts == ["accounts:account:made", *["accounts:role:given"] * 2, "accounts:account:invited"]
    browser = Browser(portal)
    browser.get(link)
    assert browser.post(link, {"new": NEW}).status_code == 303
    assert Browser(portal).sign_in("hoa@cong-an-tinh", NEW).status_code == 302


def test_a_second_link_ends_the_first(cli: CommandLine, portal: Flask) -> None:
    first, second = (urlsplit(cli("account", "invite", "lan@anh-duong.example").out.strip()).path for _ in range(2))
    assert Browser(portal).get(first).status_code == 303
    assert Browser(portal).get(second).status_code == 200


@pytest.mark.parametrize(
    "words",
    [
        ("nobody@anh-duong.example",),
        ("x@anh-duong.example", "--name", "X Y", "--agency", "nowhere", "--role", "liaison"),
        ("x@anh-duong.example", "--name", "X Y", "--agency", "anh-duong", "--role", "boss"),
        ("x@anh-duong.example", "--name", "X Y", "--agency", "anh-duong"),
    ],
)
def test_an_invitation_that_cannot_be_makes_nothing(
    words: tuple[str, ...], cli: CommandLine, admin_connection: psycopg.Connection
) -> None:
    assert cli("account", "invite", *words).status != 0
    assert entries(admin_connection) == []
