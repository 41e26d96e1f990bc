"""Who joins, moves and leaves; who is locked out is let in; nobody alone gets both halves of a colleague's sign-in."""

import re
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask

from tests.conftest import Directory
from tests.people import PASSWORD
from tests.portal.browsing import Browser, text_of
from tests.portal.conftest import SignedIn
from tests.portal.test_second_factor import enrolled, half, prove
from tests.portal.world import entries

HANH, HUNG, DUNG, LAN = "hanh@anh-duong", "hung@anh-duong", "dung@anh-duong", "lan@anh-duong"
NEW = "chiều nay biển lặng"
JOINER = {"name": "Trịnh Thu Phương", "email": "phuong@anh-duong.example", "roles": "caseworker", "desk": ""}


def link_on(page: Any) -> str:
    found = re.search(r'data-rh-part="link">([^<]+)<', page.get_data(as_text=True))
    assert found is not None, text_of(page)
    return urlsplit(found[1]).path


def act(browser: Browser, account: object, do: str, **more: Any) -> Any:
    browser.get(f"/people/{account}")
    return browser.post(f"/people/{account}", {"do": do, "password": PASSWORD, **more})


def test_a_colleague_is_invited_chooses_a_password_and_signs_in(
    signed_in: SignedIn, portal: Flask, admin_connection: psycopg.Connection
) -> None:
    hanh = signed_in(HANH)
    hanh.get("/people/invite")
    link = link_on(hanh.post("/people/invite", {**JOINER, "password": PASSWORD}))
    new = Browser(portal)
    new.get(link)
    assert new.post(link, {"new": NEW}).status_code == 303
    assert Browser(portal).sign_in("phuong@anh-duong", NEW).status_code == 302
    acts = [one["act"] for one in entries(admin_connection)]
    assert "accounts:account:made" in acts and "accounts:account:invited" in acts and "accounts:account:joined" in acts
    again = Browser(portal)
    assert again.get(link).status_code == 303
    again.get("/sign-in")
    assert again.post(link, {"new": "một câu khác hẳn"}).status_code == 303
    assert Browser(portal).sign_in("phuong@anh-duong", NEW).status_code == 302


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "không-phải"}, "email"),
        ({"email": "lan@anh-duong.example"}, "email"),
        ({"name": " "}, "name"),
        ({"roles": "coordinator"}, "roles"),
        ({"roles": ""}, "roles"),
        ({"password": "sai"}, "password"),
    ],
)
def test_an_invitation_that_cannot_be_makes_nothing(
    change: dict[str, str], field: str, signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    hanh = signed_in(HANH)
    hanh.get("/people/invite")
    answer = hanh.post("/people/invite", {**JOINER, "password": PASSWORD, **change})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.get_data(as_text=True)
    assert entries(admin_connection, "accounts:account:made") == []


def test_who_leaves_is_signed_out_everywhere(
    signed_in: SignedIn, portal: Flask, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    lan = signed_in(LAN)
    assert act(signed_in(HANH), directory.accounts[LAN], "end").status_code == 303
    assert lan.get("/inbox").status_code == 302
    assert Browser(portal).sign_in(LAN).status_code == 200
    living = "SELECT count(*) FROM sign_in_session s JOIN account a ON a.id = s.account_id WHERE a.email LIKE 'lan@%'"
    assert admin_connection.execute(f"{living} AND s.ended_at IS NULL".encode()).fetchone() == (0,)
    assert len(entries(admin_connection, "accounts:account:left")) == 1


def test_roles_change_from_the_next_page_on(signed_in: SignedIn, directory: Directory) -> None:
    lan = signed_in(LAN)
    assert lan.get("/cases/new").status_code == 200
    lan.get("/reports")
    answer = act(signed_in(HANH), directory.accounts[LAN], "place", roles="statistics_viewer", desk="")
    assert answer.status_code == 303
    assert lan.get("/reports").status_code == 200
    assert lan.post("/cases/new", {"channel": "walk_in"}).status_code == 403


def test_a_locked_out_colleague_is_let_in_for_one_shift_by_who_is_on_duty(
    demanding: Flask,
    signed_in: SignedIn,
    directory: Directory,
    admin_connection: psycopg.Connection,
) -> None:
    enrolled(demanding)
    demanding.config["SECOND_FACTOR_REQUIRED"] = False
    page = act(signed_in(HUNG), directory.accounts[LAN], "let-in")
    code = re.search(r'data-rh-part="code">([^<]+)<', page.get_data(as_text=True))
    assert code is not None, text_of(page)
    assert prove(half(demanding), code[1]) == 303
    assert prove(half(demanding), code[1]) == 422
    assert len(entries(admin_connection, "accounts:person:let-in")) == 1


def test_nobody_alone_gets_both_halves_of_a_colleagues_sign_in(signed_in: SignedIn, directory: Directory) -> None:
    hanh, lan, thao = signed_in(HANH), directory.accounts[LAN], directory.accounts["thao@anh-duong"]
    assert act(hanh, lan, "link").status_code == 200
    assert act(hanh, lan, "let-in").status_code == 422
    assert act(hanh, thao, "let-in").status_code == 200
    assert act(hanh, thao, "link").status_code == 422
    assert act(signed_in(HUNG), lan, "let-in").status_code == 200, "somebody else in charge may"


def test_a_supervisor_manages_neither_the_head_nor_herself_nor_another_agency(
    signed_in: SignedIn, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    hanh = signed_in(HANH)
    assert act(hanh, directory.accounts[DUNG], "end").status_code == 422
    assert act(hanh, directory.accounts[HANH], "end").headers["Location"] == "/people"
    assert act(hanh, directory.accounts["cuong@cong-an-tinh"], "end").headers["Location"] == "/people"
    assert act(signed_in(DUNG), directory.accounts[HANH], "end").status_code == 303
    assert len(entries(admin_connection, "accounts:account:left")) == 1


def test_who_is_not_in_charge_sees_no_people_and_who_is_on_duty_invites_nobody(
    signed_in: SignedIn, directory: Directory
) -> None:
    assert signed_in(LAN).get("/people").status_code == 403
    hung = signed_in(HUNG)
    assert hung.get("/people").status_code == 200
    assert hung.get("/people/invite").status_code == 403
    assert act(hung, directory.accounts[LAN], "end").status_code == 403


@pytest.mark.parametrize("do", ["place", "link", "end", "let-in"])
def test_a_screen_left_alone_is_not_enough(
    do: str, signed_in: SignedIn, directory: Directory, admin_connection: psycopg.Connection
) -> None:
    answer = act(signed_in(HANH), directory.accounts[LAN], do, password="sai", roles="caseworker", desk="")
    assert answer.status_code == 422
    acts = {one["act"] for one in entries(admin_connection)}
    assert acts == {"accounts:session:started", "accounts:session:refused"}


STATEMENTS = (
    "SELECT leave_agency('{lan}', now())",
    "SELECT place_person('{lan}', NULL, '{{caseworker}}')",
    "SELECT invite_person('{lan}', sha256('x'), now(), now() + interval '1 hour')",
    "SELECT let_in('{lan}', sha256('x'), now(), now() + interval '10 minutes')",
    "SELECT make_person(gen_random_uuid(), 'x@y.zz', 'x', 'x', 'x', 'vi')",
    "SELECT accept_invitation(sha256('x'), 'x')",
    "SELECT * FROM invitation",
)


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", HANH])
def test_in_sql_nobody_manages_people_without_signing_in_afresh(
    who: str, statement: str, acting_in_sql: Any, directory: Directory
) -> None:
    with acting_in_sql(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.format(lan=directory.accounts[LAN]).encode())
