"""The coordinator's board: codes of all agencies' referrals, nothing about anybody, nothing kept from the reader."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import psycopg
import pytest
from openpyxl import load_workbook

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.portal.board import _rule
from referral_hub.referrals.board import Breach
from referral_hub.regulation.loader import shipped
from tests.builders import a_case, a_consent, a_sent_referral, take
from tests.conftest import Directory
from tests.portal.browsing import codes_of, part, text_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries

HA, LAN, CUONG = "ha@trung-tam-tgxh", "lan@anh-duong", "cuong@cong-an-tinh"
MOST_STATEMENTS = 20
SECRET = ("Hoa", "N. T. H.", "0912", "HS-", "thể chất")


@pytest.fixture
def send(acting: Any) -> Callable[..., Any]:
    """Lan sends to the police as of a moment; they acknowledge after a while, or not."""

    def make(at: datetime, acknowledged_after: timedelta | None = None) -> Any:
        with acting(LAN) as lan:
            case = a_case(lan, now=at)
            a_consent(lan, case, now=at)
            referral = a_sent_referral(lan, case, now=at)
        if acknowledged_after is not None:
            with acting(CUONG) as cuong:
                take(cuong, referral, "acknowledge", now=at + acknowledged_after)
        return case, referral

    return make


def test_a_coordinator_sees_what_is_overdue_first_by_code_alone(
    send: Callable[..., Any], signed_in: SignedIn, now: datetime, admin_connection: psycopg.Connection
) -> None:
    for age in (timedelta(minutes=1), timedelta(days=20), timedelta(days=25)):
        send(now - age)
    late = [row[0] for row in admin_connection.execute("SELECT code FROM referral ORDER BY sent_at LIMIT 2")]
    page = signed_in(HA).get("/board")
    assert codes_of(page) == late
    assert "Công an" in str(part(page, "finding"))
    assert not [word for word in SECRET if word in text_of(page)]
    assert len(entries(admin_connection, "referrals:board:shown")) == 1


def test_the_times_to_acknowledge_are_the_median_and_the_ninth_of_ten(
    send: Callable[..., Any], signed_in: SignedIn, now: datetime
) -> None:
    for minutes in (10, 20, 30, 40, 120):
        send(now - timedelta(days=2), timedelta(minutes=minutes))
    shown = str(part(signed_in(HA).get("/board"), "agencies"))
    assert "30 phút" in shown
    assert "1 giờ 28 phút" in shown  # 40 + 0.6 * (120 - 40)


def test_a_missed_deadline_names_the_rule_that_set_it(
    send: Callable[..., Any], signed_in: SignedIn, now: datetime
) -> None:
    send(now - timedelta(days=20))
    send(now - timedelta(days=20), timedelta(minutes=5))
    rules = str(part(signed_in(HA).get("/board?lang=en"), "rules"))
    assert "acknowledge within" in rules
    assert "act within" in rules
    assert "(1)" in rules
    assert "(2)" in rules


def test_a_rule_out_of_a_law_cites_its_article_and_no_remark() -> None:
    regulation = shipped()
    (aid,) = [one.path for one in regulation.service_overrides if one.service == "S7"]
    (urgent,) = [one.path for one in regulation.service_overrides if one.service == "H4"]
    said = _rule(Breach(regulation, "acknowledge", aid, 1, ()), "vi")
    assert said.endswith(", Điều 30(2))")
    assert "defaults" not in said
    assert "statute" not in _rule(Breach(regulation, "act", urgent, 1, ()), "vi")


def test_outside_the_period_no_time_and_no_missed_rule_is_counted(
    send: Callable[..., Any], signed_in: SignedIn, now: datetime
) -> None:
    send(now - timedelta(days=60))
    page = signed_in(HA).get("/board")
    assert len(codes_of(page)) == 1
    assert "Times" not in str(part(page, "rules"))
    assert "rh-table" not in str(part(page, "rules"))


def test_a_case_she_kept_from_the_coordinator_is_not_on_the_board(
    send: Callable[..., Any], signed_in: SignedIn, acting: Any, now: datetime, directory: Directory
) -> None:
    case, _referral = send(now - timedelta(days=20))
    ha = signed_in(HA)
    assert len(codes_of(ha.get("/board"))) == 1
    with acting(LAN) as lan:
        deny(lan, case, DenialFact(None, account=directory.accounts[HA]), now=now)
    page = ha.get("/board")
    assert codes_of(page) == []
    assert "Công an" not in str(part(page, "finding"))


def test_nobody_but_a_coordinator_sees_the_board(
    send: Callable[..., Any], signed_in: SignedIn, admin_connection: psycopg.Connection, now: datetime
) -> None:
    send(now)
    people = (LAN, CUONG, "hanh@anh-duong", "kiem@so-y-te", "helen@koica", "son@trung-tam-tgxh")
    for who in people:
        for path in ("/board", "/board/file"):
            assert signed_in(who).get(path).status_code == 403, who
    assert len(entries(admin_connection, "access:step:refused")) == 2 * len(people)


def test_the_view_of_the_board_shows_nobody_else_a_row(
    send: Callable[..., Any], acting_in_sql: Any, now: datetime
) -> None:
    send(now)
    for who, seen in ((HA, 1), (LAN, 0), (CUONG, 0), ("son@trung-tam-tgxh", 0)):
        with acting_in_sql(who) as connection:
            assert connection.execute("SELECT count(*) FROM board_referral").fetchone() == (seen,), who


def test_a_board_takes_few_statements_however_much_is_open(
    send: Callable[..., Any], signed_in: SignedIn, statements: Any, now: datetime
) -> None:
    for days in range(3, 15):
        send(now - timedelta(days=days))
    ha = signed_in(HA)
    with statements() as sent:
        assert ha.get("/board").status_code == 200
    assert len(sent) <= MOST_STATEMENTS, sent


def test_the_coordinator_takes_an_overdue_referral_from_the_board(
    send: Callable[..., Any], signed_in: SignedIn, now: datetime, admin_connection: psycopg.Connection
) -> None:
    _case, referral = send(now - timedelta(days=20))
    ha = signed_in(HA)
    assert f'action="/referrals/{referral}/take-over"' in ha.get("/board").get_data(as_text=True)
    assert ha.post(f"/referrals/{referral}/take-over").status_code == 303
    assert admin_connection.execute("SELECT how FROM referral_assignment").fetchall() == [("taken",)]


def test_the_workbook_holds_what_the_page_shows_and_its_taking_is_an_entry(
    send: Callable[..., Any], signed_in: SignedIn, now: datetime, admin_connection: psycopg.Connection
) -> None:
    send(now - timedelta(days=20), timedelta(minutes=30))
    ha = signed_in(HA)
    book = load_workbook(BytesIO(ha.get("/board/file").data))
    cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    assert len(book.sheetnames) == 4
    assert codes_of(ha.get("/board"))[0] in cells
    assert "30 phút" in cells
    assert not [word for word in SECRET if any(word in cell for cell in cells)]
    assert len(entries(admin_connection, "referrals:board:taken")) == 1


def test_rubbish_in_the_period_is_said_and_the_usual_board_is_shown(signed_in: SignedIn) -> None:
    page = signed_in(HA).get("/board?from-day=31&from-month=2&from-year=2026")
    assert page.status_code == 422
    assert "Ngày này không có" in text_of(page)
