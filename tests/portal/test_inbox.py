"""The inbox: what is whose turn, the nearest deadline first, in few statements."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from referral_hub.referrals.drafting import NewReferral, draft
from tests.builders import a_case, a_consent, a_sent_referral, agency_id, take
from tests.people import POLICE
from tests.portal.browsing import Browser, codes_of, part, text_of
from tests.portal.conftest import SignedIn

MOST_STATEMENTS = 12
TABS = ("todo", "waiting", "active", "overdue", "closed")
PAGE = 20
RUBBISH = (
    "page=0",
    "page=-5",
    "page=99999999999999999999999999",
    "page=9223372036854775807",
    "page=1e9",
    "page=",
    "page=x",
    "page=١",
    "tab=%00",
    "tab=nothing",
    "tab=" + "x" * 3000,
    "tab=todo'--",
    "tab=todo&tab=closed",
    "lang=xx",
    "%00=%00",
    "page=%F0%9F%98%80",
)


def codes_by_tab(browser: Browser) -> dict[str, list[str]]:
    return {tab: codes_of(browser.get(f"/inbox?tab={tab}")) for tab in TABS}


def tab_counts(browser: Browser, tab: str = "todo") -> dict[str, str]:
    """The number that each tab bears."""
    page = browser.get(f"/inbox?tab={tab}").get_data(as_text=True)
    found = re.findall(r'<a href="/inbox\?tab=(\w+)"[^>]*>[^<]*(?:<span[^>]*>(\d+)</span>)?</a>', page)
    return dict(found)


@pytest.fixture
def send(acting: Any) -> Callable[..., Any]:
    """Lan sends to the police as of a moment."""

    def make(now: datetime, *, steps: tuple[str, ...] = (), urgency: str | None = None) -> Any:
        with acting("lan@anh-duong") as lan:
            case = a_case(lan, now=now)
            a_consent(lan, case, now=now)
            referral = a_sent_referral(lan, case, urgency=urgency, now=now)
        for verb in steps:
            with acting("cuong@cong-an-tinh") as cuong:
                take(cuong, referral, verb, now=now + timedelta(minutes=1), reason="no_capacity")
        return referral

    return make


def test_each_referral_is_on_the_tab_of_whose_turn_it_is(
    send: Callable[..., Any], signed_in: SignedIn, now: datetime, admin_connection: Any
) -> None:
    at = now - timedelta(minutes=5)
    for steps in ((), ("accept", "start"), ("decline",)):
        send(at, steps=steps)
    codes = [row[0] for row in admin_connection.execute("SELECT code FROM referral ORDER BY id")]
    fresh, serving, declined = codes
    police, house = codes_by_tab(signed_in("cuong@cong-an-tinh")), codes_by_tab(signed_in("lan@anh-duong"))
    assert police == {"todo": [fresh], "waiting": [declined], "active": [serving], "overdue": [], "closed": []}
    assert house == {"todo": [declined], "waiting": [fresh], "active": [serving], "overdue": [], "closed": []}


def test_the_tabs_bear_their_counts(send: Callable[..., Any], signed_in: SignedIn, now: datetime) -> None:
    for _ in range(2):
        send(now)
    send(now, steps=("accept", "start"))
    send(now - timedelta(days=60))
    counts = tab_counts(signed_in("cuong@cong-an-tinh"))
    assert counts == {"todo": "3", "waiting": "0", "active": "1", "overdue": "1", "closed": ""}


def test_what_is_over_its_deadline_stands_first_and_says_so(
    send: Callable[..., Any], signed_in: SignedIn, now: datetime, admin_connection: Any
) -> None:
    for age in (timedelta(minutes=1), timedelta(days=60), timedelta(days=30)):
        send(now - age)
    codes = [row[0] for row in admin_connection.execute("SELECT code FROM referral ORDER BY created_at")]
    cuong = signed_in("cuong@cong-an-tinh")
    page = cuong.get("/inbox")
    assert codes_of(page) == codes
    assert "Quá hạn" in text_of(page)
    assert codes_of(cuong.get("/inbox?tab=overdue")) == codes[:2]


def test_what_was_ended_is_on_the_tab_of_what_is_over(
    send: Callable[..., Any], signed_in: SignedIn, acting: Any, now: datetime
) -> None:
    referral = send(now)
    with acting("lan@anh-duong") as lan:
        take(lan, referral, "cancel", reason="duplicate")
    for who in ("lan@anh-duong", "cuong@cong-an-tinh"):
        assert {tab: len(codes) for tab, codes in codes_by_tab(signed_in(who)).items()} == {
            **dict.fromkeys(TABS, 0),
            "closed": 1,
        }


def test_a_draft_is_on_the_senders_list_alone(acting: Any, signed_in: SignedIn, now: datetime) -> None:
    with acting("lan@anh-duong") as lan:
        draft(lan, NewReferral(a_case(lan), agency_id(POLICE), "J2"), now=now)
    assert len(codes_of(signed_in("lan@anh-duong").get("/inbox"))) == 1
    assert not any(codes_by_tab(signed_in("cuong@cong-an-tinh")).values())


def test_nobody_elses_referral_is_on_the_list(send: Callable[..., Any], signed_in: SignedIn, now: datetime) -> None:
    send(now)
    for who in ("minh@tro-giup-phap-ly", "helen@koica", "thu@benh-vien-tinh"):
        assert not any(codes_by_tab(signed_in(who)).values()), who


def test_an_inbox_shows_codes_and_no_fact_about_her(
    send: Callable[..., Any], signed_in: SignedIn, now: datetime
) -> None:
    send(now, steps=("accept",))
    for who in ("lan@anh-duong", "cuong@cong-an-tinh"):
        shown = text_of(signed_in(who).get("/inbox?tab=todo"))
        assert not [word for word in ("Hoa", "N. T. H.", "25-39", "Nữ ", "0912", "thể chất") if word in shown]


@pytest.fixture
def many(send: Callable[..., Any], now: datetime) -> int:
    for n in range(PAGE + 3):
        send(now - timedelta(hours=n), steps=("accept",) if n % 5 == 4 else ())
    return PAGE + 3


def test_a_page_of_the_inbox_takes_few_statements_however_long_the_list(
    many: int, signed_in: SignedIn, statements: Any
) -> None:
    for who in ("cuong@cong-an-tinh", "lan@anh-duong"):
        browser = signed_in(who)
        for tab in TABS:
            with statements() as sent:
                page = browser.get(f"/inbox?tab={tab}")
            assert page.status_code == 200
            assert len(sent) <= MOST_STATEMENTS, (who, tab, len(sent), sent)


def test_a_long_list_is_shown_page_by_page_without_a_gap(many: int, signed_in: SignedIn) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    first, second = cuong.get("/inbox"), cuong.get("/inbox?tab=todo&page=2")
    assert len(codes_of(first)) == PAGE
    assert len(codes_of(second)) == many - PAGE
    assert len({*codes_of(first), *codes_of(second)}) == many
    assert "page=2" in first.get_data(as_text=True)
    assert "page=3" not in second.get_data(as_text=True)


def test_rubbish_in_the_address_of_the_inbox_still_shows_an_inbox(signed_in: SignedIn) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    broken = []
    for query in RUBBISH:
        page = cuong.get(f"/inbox?{query}")
        if page.status_code != 200 or "Hộp thư" not in text_of(page):
            broken.append((query[:60], page.status_code))
    assert broken == []


def test_an_inbox_without_anything_says_so(signed_in: SignedIn) -> None:
    page = signed_in("minh@tro-giup-phap-ly").get("/inbox")
    assert codes_of(page) == []
    assert part(page, "withheld") is None
    assert "rh-big" in page.get_data(as_text=True)
