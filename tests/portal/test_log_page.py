"""The log as a whole: how it stands, what stands out, its entries, and the milestone that is printed."""

import re
from typing import Any

import psycopg
import pytest

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.audit.acts import Act
from referral_hub.audit.checkpoints import Checkpoint
from referral_hub.audit.milestones import milestone_of
from referral_hub.audit.recording import Entry, record
from referral_hub.audit.watching import REFUSALS
from referral_hub.kernel import clock
from tests.api.conftest import Enrol, enrol, small_log
from tests.audit.small_log import SmallLog, a_cosigner
from tests.conftest import Acting, Directory
from tests.portal.browsing import codes_of, part, text_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries
from tests.story import Told
from tests.verifier.published import verifier

__all__ = ["enrol", "small_log"]

AUDITOR = "kiem@so-y-te"
COORDINATOR = "ha@trung-tam-tgxh"
STATEMENTS = 18
PLACES = ("/log", "/log/entries")


@pytest.mark.parametrize("who", ["lan@anh-duong", "dung@anh-duong", "phuc@anh-duong", "tam@so-y-te"])
def test_only_who_watches_over_the_log_gets_its_page(who: str, signed_in: SignedIn, sent: Told) -> None:
    browser = signed_in(who)
    for place in PLACES:
        answer = browser.get(place)
        assert answer.status_code == 403, place
    assert 'href="/log"' not in browser.get("/inbox").get_data(as_text=True)


def test_a_coordinator_sees_how_it_stands_and_nothing_about_people(signed_in: SignedIn, sent: Told) -> None:
    coordinator = signed_in(COORDINATOR)
    page = coordinator.get("/log")
    assert page.status_code == 200
    assert part(page, "unusual") is None
    assert "/log/entries" not in page.get_data(as_text=True)
    assert coordinator.get("/log/entries").status_code == 403


def test_the_state_of_the_log_in_calm_words(signed_in: SignedIn, sent: Told, small_log: SmallLog) -> None:
    auditor = signed_in(AUDITOR)
    before = text_of(auditor.get("/log"))
    assert "Nhật ký chưa ký mốc nào." in before
    size = small_log.advance()
    page = auditor.get("/log")
    shown = text_of(page)
    assert "Nhật ký hoạt động bình thường." in shown
    assert f"Số mục trong nhật ký {size}" in shown
    assert re.search(rf"Mốc mới nhất {size} mục, ký lúc \d\d/\d\d/\d{{4}}", shown)
    assert "rh-notice--warn" not in (part(page, "state") or "")


def test_without_witnesses_the_printed_milestone_is_offered(signed_in: SignedIn, small_log: SmallLog) -> None:
    seals = part(signed_in(AUDITOR).get("/log"), "seals")
    assert seals is not None
    assert "mốc in trên giấy là nhân chứng" in seals
    assert 'href="/log/milestone"' in seals


def test_with_witnesses_it_says_who_sealed_when(
    signed_in: SignedIn, sent: Told, small_log: SmallLog, enrol: Enrol
) -> None:
    some = [a_cosigner("police.example", agency="cong-an-tinh"), a_cosigner("own.example", operator=True)]
    enrol(*some, quorum=1)
    size = small_log.advance(cosigners=(some[0],))
    shown = text_of(signed_in(AUDITOR).get("/log"))
    assert re.search(rf"police\.example Công an tỉnh Quảng Ninh {size} \d\d/\d\d/\d{{4}}", shown)
    assert "own.example own.example (đơn vị vận hành, không tính) chưa có" in shown
    assert "khi có 1 đơn vị ký" in shown


def test_a_log_that_stands_still_is_said_to(signed_in: SignedIn, sent: Told, admin_connection: Any) -> None:
    admin_connection.execute("UPDATE audit_queue SET queued_at = queued_at - interval '3 hours'")
    page = signed_in(AUDITOR).get("/log")
    assert "rh-notice--warn" in page.get_data(as_text=True)
    assert "Có mục đã chờ 3 giờ" in text_of(page)


def test_entries_per_day_stand_in_a_chart_and_in_a_table(signed_in: SignedIn, sent: Told, small_log: SmallLog) -> None:
    page = signed_in(AUDITOR).get("/log").get_data(as_text=True)
    today = clock.now().astimezone(clock.LOCAL).strftime("%d/%m/%Y")
    counted = re.search(rf'<tr data-code="{today}">.*?rh-table__number">(\d+)<', page)
    assert counted is not None
    assert int(counted[1]) > 5
    assert "<svg" in page


def test_who_was_refused_again_and_again_stands_out_with_a_way_to_the_entries(
    signed_in: SignedIn, acting: Acting, sent: Told, directory: Directory
) -> None:
    with acting("thao@anh-duong") as thao:
        for _ in range(REFUSALS):
            record(thao, Entry(Act.ACCESS_REFUSED, sent.case, why="case:read", outcome="denied"), now=clock.now())
    auditor = signed_in(AUDITOR)
    unusual = part(auditor.get("/log"), "unusual")
    assert unusual is not None
    assert "Bùi Phương Thảo" in unusual
    assert f"bị từ chối: {REFUSALS} lần" in unusual
    href = re.search(r'href="(/log/entries\?[^"]+)"', unusual)
    assert href is not None
    listed = auditor.get(href[1].replace("&amp;", "&"))
    assert text_of(listed).count("Thử mở hoặc thay đổi và bị từ chối") >= REFUSALS
    assert str(directory.accounts["thao@anh-duong"]) in href[1]


def test_an_auditor_of_the_chain_reads_refusals_and_changes_and_of_no_accusation(
    signed_in: SignedIn, acting: Acting, sent: Told, directory: Directory
) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, sent.case, DenialFact(None, account=directory.accounts["thao@anh-duong"]), now=clock.now())
    with acting("thao@anh-duong") as thao:
        for _ in range(REFUSALS):
            record(thao, Entry(Act.ACCESS_REFUSED, sent.case, why="case:read", outcome="denied"), now=clock.now())
    auditor = signed_in(AUDITOR)
    for place in PLACES:
        shown = text_of(auditor.get(place))
        assert "không muốn cho xem" not in shown and "không cho ai đó xem" not in shown, place
    assert "Thay đổi người được xem hồ sơ" in shown, "as any change of the team"


def test_the_entries_say_who_did_what_and_nothing_of_a_case(
    signed_in: SignedIn, accepted: Told, small_log: SmallLog
) -> None:
    small_log.advance()
    page = signed_in(AUDITOR).get("/log/entries")
    shown, whole = text_of(page), page.get_data(as_text=True)
    assert "Ngô Mạnh Cường" in shown
    assert "Ghi nhận sự đồng ý" in shown
    assert str(accepted.case)[-6:] in shown
    assert str(accepted.case) not in whole
    assert not re.search(r"HS-|CG-|Nhân thân|J2", shown)
    assert "/audit/proof/" in whole
    assert len(codes_of(page)) > 8


def test_a_filter_and_pages_of_entries(signed_in: SignedIn, accepted: Told) -> None:
    auditor = signed_in(AUDITOR)
    police = auditor.get("/log/entries?agency=cong-an-tinh")
    table = text_of(police).partition("Số thứ tự trong nhật ký")[2]
    assert "Ngô Mạnh Cường" in table
    assert "Nguyễn Ngọc Lan" not in table
    assert codes_of(auditor.get("/log/entries?kind=consent"))
    assert "Không có mục nào" in text_of(auditor.get("/log/entries?to-day=1&to-month=1&to-year=2020"))
    assert auditor.get("/log/entries?from-day=31&from-month=2&from-year=2026").status_code == 422
    assert auditor.get("/log/entries?page=99999999").status_code == 200


def test_an_auditor_leaves_entries_too(signed_in: SignedIn, sent: Told, admin_connection: Any) -> None:
    auditor = signed_in(AUDITOR)
    for place in PLACES:
        auditor.get(place)
    assert [one["org"] for one in entries(admin_connection, "audit:log:read")] == ["so-y-te"] * 2


@pytest.mark.parametrize("place", PLACES)
def test_the_pages_take_few_statements(
    place: str, signed_in: SignedIn, accepted: Told, statements: Any, small_log: SmallLog
) -> None:
    small_log.advance()
    auditor = signed_in(AUDITOR)
    auditor.get(place)
    with statements() as sent:
        assert auditor.get(place).status_code == 200
    assert len(sent) <= STATEMENTS, [one[:90] for one in sent]


def test_whoever_works_on_referrals_prints_the_milestone(
    signed_in: SignedIn, sent: Told, small_log: SmallLog, admin_connection: psycopg.Connection
) -> None:
    size = small_log.advance()
    row = admin_connection.execute("SELECT root FROM audit_head WHERE size = %s", [size]).fetchone()
    assert row is not None
    for who in ("cuong@cong-an-tinh", "lan@anh-duong", AUDITOR):
        page = signed_in(who).get("/log/milestone")
        line = re.sub(r"<[^>]+>", "", re.search(r'data-rh-part="line">(.*?)</p>', page.get_data(as_text=True))[1])  # type: ignore[index]
        typed = verifier.parse_milestone(line)
        assert (typed.size, typed.root) == (size, bytes(row[0]))
        assert "<svg" in page.get_data(as_text=True)


def test_before_the_first_checkpoint_there_is_nothing_to_print(
    signed_in: SignedIn, browser: Any, small_log: SmallLog
) -> None:
    assert "chưa ký mốc nào" in text_of(signed_in("lan@anh-duong").get("/log/milestone"))
    assert browser.get("/log/milestone").status_code == 302
    assert signed_in("phuc@anh-duong").get("/log/milestone").status_code == 403


@pytest.mark.parametrize(
    "spoilt", [str.split, lambda line: [line.replace(" ", "")], lambda line: re.findall("..?", line)]
)
def test_the_line_survives_being_typed_in_groups(spoilt: Any) -> None:
    line = milestone_of(Checkpoint("hub.example/audit/0a1b2c3d", 4711, bytes(range(32)))).line
    typed = verifier.parse_milestone("\n".join(spoilt(line)))
    assert typed.milestone == line


def test_the_groups_are_the_root_and_nothing_else() -> None:
    made = milestone_of(Checkpoint("hub.example/audit/0a1b2c3d", 4711, bytes(range(32))))
    assert "".join(made.groups()) == made.root
    assert {len(group) for group in made.groups()} == {4}
    assert made.line.split(" ") == [made.origin, "4711", made.root, made.check]
