"""The access log of a case, for who keeps it: who saw it, why, on what basis; and the button that checks it."""

import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, session

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.audit.acts import Act
from referral_hub.kernel import clock
from referral_hub.portal.act_words import act_words, kind_words
from tests.api.conftest import Enrol, enrol, small_log
from tests.audit.small_log import SmallLog, a_cosigner
from tests.builders import SECTIONS, a_case
from tests.conftest import Acting, Directory
from tests.portal.browsing import Browser, codes_of, part, text_of
from tests.portal.conftest import SignedIn
from tests.portal.world import entries
from tests.story import Told

__all__ = ["enrol", "small_log"]

STATEMENTS = 15  # eight of them are those of every page: who is signed in, the door, the frame
STATEMENTS_OF_A_CHECK = 22
ENGLISH = re.compile(r"[a-z]{3,}:[a-z]{3,}|\b(the|and|was|of|her)\b")


def log_of(told: Told) -> str:
    return f"/cases/{told.case}/access-log"


def rows(page: Any) -> str:
    """The entries on the page, without the summary above them."""
    whole = page.get_data(as_text=True)
    return str(whole[whole.index("rh-entries-title") :])


def break_the_seal(admin: Any, statement: str, *values: Any) -> None:
    """What only the superuser can do, with the triggers set aside."""
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        for table in ("audit_entry", "audit_leaf", "audit_head"):
            admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER unchanged".encode())
        admin.execute(statement.encode(), values)
        for table in ("audit_entry", "audit_leaf", "audit_head"):
            admin.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER unchanged".encode())
        if "audit_head" in statement:
            admin.execute("ALTER TABLE audit_head ENABLE TRIGGER unchanged")


def checked(browser: Browser, told: Told) -> str:
    answer = browser.post(log_of(told))
    assert answer.status_code == 200
    said = part(answer, "checked")
    assert said is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", said)).strip()


def test_the_case_leads_to_its_log(signed_in: SignedIn, sent: Told) -> None:
    lan = signed_in("lan@anh-duong")
    assert f'href="{log_of(sent)}"' in lan.get(f"/cases/{sent.case}").get_data(as_text=True)
    assert lan.get(log_of(sent)).status_code == 200


def test_first_of_all_it_says_who_has_seen_the_case(signed_in: SignedIn, accepted: Told) -> None:
    lan = signed_in("lan@anh-duong")
    assert "Chưa có ai mở" in (part_text(lan.get(log_of(accepted)), "rh-seen-title"))
    police = signed_in("cuong@cong-an-tinh")
    for _ in range(2):
        police.get(f"/referrals/{accepted.referral}")
    lan.get(f"/cases/{accepted.case}")
    seen = part_text(lan.get(log_of(accepted)), "rh-seen-title")
    assert seen.index("Công an tỉnh Quảng Ninh") < seen.index("Ngôi nhà Ánh Dương")
    assert re.search(r"Công an tỉnh Quảng Ninh Ngô Mạnh Cường 2 \d\d/\d\d/\d{4} \d\d:\d\d", seen)


def part_text(page: Any, heading: str) -> str:
    whole = page.get_data(as_text=True)
    start = whole.index(heading)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", whole[start : whole.index("</section>", start)]))


def test_each_entry_says_who_what_why_and_on_what_basis(signed_in: SignedIn, accepted: Told) -> None:
    signed_in("cuong@cong-an-tinh").get(f"/referrals/{accepted.referral}")
    page = signed_in("lan@anh-duong").get(log_of(accepted))
    shown = text_of(page)
    for words in (
        "Mở xem thông tin",
        "Nhân thân",
        "Ngô Mạnh Cường",
        "Công an tỉnh Quảng Ninh",
        "Áp dụng biện pháp bảo vệ",
        "Theo sự đồng ý ngày",
        "Đơn vị phụ trách trường hợp",
        "Nhận hỗ trợ",
        "nay là: Đã nhận hỗ trợ",
    ):
        assert words in shown, words
    assert not ENGLISH.search(text_of(page).partition("Mọi việc đã diễn ra")[2].partition("Người in")[0])
    assert len(codes_of(page)) >= 10


def test_nobody_is_called_a_party_who_was_none(
    signed_in: SignedIn, sent: Told, small_log: SmallLog, admin_connection: Any
) -> None:
    small_log.advance()
    (uid, *_rest) = [one["id"] for one in entries(admin_connection, "cases:file:opened")]
    assert signed_in("kiem@so-y-te").get(f"/audit/proof/{uid}").status_code == 200
    shown = text_of(signed_in("lan@anh-duong").get(log_of(sent)))
    assert "Tải về bằng chứng của một mục" in shown
    assert "Là một bên của chuyển gửi" not in shown


def test_it_holds_nothing_of_what_was_written_about_her(signed_in: SignedIn, accepted: Told) -> None:
    shown = signed_in("lan@anh-duong").get(log_of(accepted)).get_data(as_text=True)
    said = [str(value) for section in SECTIONS.values() for value in section.values()]
    assert not [words for words in said if (" " in words or words.isdigit()) and words in shown]


def test_reading_and_checking_leave_entries(signed_in: SignedIn, sent: Told, admin_connection: Any) -> None:
    lan = signed_in("lan@anh-duong")
    lan.get(log_of(sent))
    (read,) = entries(admin_connection, "audit:case:read")
    assert (read["obj"], read["org"], read["via"]) == (str(sent.case), "anh-duong", "portal")
    assert entries(admin_connection, "audit:case:verified") == []
    lan.post(log_of(sent))
    assert len(entries(admin_connection, "audit:case:verified")) == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [("hanh@anh-duong", 200), ("thao@anh-duong", 403), ("dung@anh-duong", 403), ("mai@anh-duong", 403)],
)
def test_inside_the_house_who_keeps_the_case_reads_it(who: str, status: int, signed_in: SignedIn, sent: Told) -> None:
    assert signed_in(who).get(log_of(sent)).status_code == status


@pytest.mark.parametrize("who", ["cuong@cong-an-tinh", "ha@trung-tam-tgxh", "kiem@so-y-te"])
def test_for_everybody_else_there_is_no_such_page(who: str, signed_in: SignedIn, accepted: Told) -> None:
    browser = signed_in(who)
    there = browser.get(log_of(accepted))
    missing = browser.get(f"/cases/{uuid4()}/access-log")
    assert there.status_code == missing.status_code == 404
    assert text_of(there) == text_of(missing)
    assert browser.post(log_of(accepted)).status_code == 404


def test_the_filter_shows_what_was_asked_for(signed_in: SignedIn, accepted: Told, directory: Directory) -> None:
    lan = signed_in("lan@anh-duong")
    everything = len(codes_of(lan.get(log_of(accepted))))
    by_police = rows(lan.get(f"{log_of(accepted)}?agency=cong-an-tinh")).partition("<tbody")[2]
    assert "Ngô Mạnh Cường" in by_police
    assert "Nguyễn Ngọc Lan" not in by_police.partition("</tbody>")[0]
    cuong = directory.accounts["cuong@cong-an-tinh"]
    assert len(codes_of(lan.get(f"{log_of(accepted)}?who={cuong}"))) < everything
    assert "Ghi nhận sự đồng ý" in rows(lan.get(f"{log_of(accepted)}?kind=consent"))
    nothing = lan.get(f"{log_of(accepted)}?to-day=1&to-month=1&to-year=2020")
    assert "Không có mục nào như vậy." in text_of(nothing)


def test_a_day_that_is_none_is_said_to_be_none(signed_in: SignedIn, sent: Told) -> None:
    page = signed_in("lan@anh-duong").get(f"{log_of(sent)}?from-day=31&from-month=2&from-year=2026")
    assert page.status_code == 422
    assert "Ngày này không có" in text_of(page)


@pytest.mark.parametrize("query", ["page=99999999999", "page=-3", "kind=%27", "agency=x&who=y", "from-year=99999"])
def test_a_strange_question_breaks_nothing(query: str, signed_in: SignedIn, sent: Told) -> None:
    assert signed_in("lan@anh-duong").get(f"{log_of(sent)}?{query}").status_code in (200, 422)


def test_an_accusation_against_a_colleague_is_not_in_it(
    signed_in: SignedIn, acting: Acting, sent: Told, directory: Directory
) -> None:
    with acting("lan@anh-duong") as lan:
        deny(lan, sent.case, DenialFact(None, account=directory.accounts["thao@anh-duong"]), now=clock.now())
        deny(lan, sent.case, DenialFact(None, account=directory.accounts["thu@benh-vien-tinh"]), now=clock.now())
    shown = rows(signed_in("lan@anh-duong").get(log_of(sent)))
    assert "Phan Minh Thu" in shown
    assert "Bùi Phương Thảo" not in shown


def test_it_takes_few_statements(signed_in: SignedIn, accepted: Told, statements: Any, small_log: SmallLog) -> None:
    lan = signed_in("lan@anh-duong")
    lan.get(log_of(accepted))
    small_log.advance()
    with statements() as sent:
        assert lan.get(log_of(accepted)).status_code == 200
    assert len(sent) <= STATEMENTS, [one[:90] for one in sent]
    lan.token()
    with statements() as sent:
        assert lan.post(log_of(accepted)).status_code == 200
    assert len(sent) <= STATEMENTS_OF_A_CHECK, [one[:90] for one in sent]


def test_before_the_log_has_signed_anything_the_check_says_so(
    signed_in: SignedIn, sent: Told, small_log: SmallLog
) -> None:
    assert "chưa ký mốc nào" in checked(signed_in("lan@anh-duong"), sent)


def test_an_intact_log_is_said_to_be_intact(signed_in: SignedIn, accepted: Told, small_log: SmallLog) -> None:
    size = small_log.advance()
    said = checked(signed_in("lan@anh-duong"), accepted)
    assert re.search(rf"\d+ mục, tất cả nguyên vẹn, nằm dưới mốc số {size} ký lúc .*, 0 con dấu nhân chứng\.", said)
    assert "mốc sau sẽ bao gồm" in said, "the reading itself is too new"


def test_the_seals_of_witnesses_are_counted(
    signed_in: SignedIn, accepted: Told, small_log: SmallLog, enrol: Enrol
) -> None:
    some = [a_cosigner(name) for name in ("police.example", "health.example", "justice.example")]
    enrol(*some, quorum=2)
    small_log.advance(cosigners=tuple(some[:2]))
    said = checked(signed_in("lan@anh-duong"), accepted)
    assert "2 con dấu nhân chứng" in said
    assert "police.example đã đóng dấu" in said
    assert "justice.example" not in said


EDIT = (
    "UPDATE audit_entry SET envelope ="
    " convert_to(replace(convert_from(envelope, 'UTF8'), 'cong-an', 'benh-vien'), 'UTF8') WHERE uid = %s"
)
OTHER_HASH = (
    """UPDATE audit_leaf l SET leaf_hash = sha256('x') FROM audit_entry e WHERE e.id = l.entry_id AND e.uid = %s"""
)
SCRIBBLED = "UPDATE audit_entry SET envelope = decode(%s, 'hex') WHERE uid = %s"
LOSS = "DELETE FROM audit_payload WHERE entry_uid = %s"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (EDIT, "đã bị sửa sau khi ghi"),
        (OTHER_HASH, "đã bị sửa sau khi ghi"),
        (LOSS, "mất nội dung mà không có mục nào ghi việc xóa"),
    ],
    ids=["edited", "other hash", "payload gone"],
)
def test_a_changed_entry_is_named(
    statement: str, words: str, signed_in: SignedIn, accepted: Told, small_log: SmallLog, admin_connection: Any
) -> None:
    small_log.advance()
    steps = entries(admin_connection, "referrals:referral:stepped")
    uid = next(one["id"] for one in steps if one["org"] == "cong-an-tinh")
    break_the_seal(admin_connection, statement, uid)
    said = checked(signed_in("lan@anh-duong"), accepted)
    assert words in said
    assert "nguyên vẹn" not in said


@pytest.mark.parametrize(
    "scribbled",
    [
        *(b"{", b"", b"\xff\xfe\x00", b"[1]", b'"text"', b"{}"),
        *(b'{"at":"yesterday"}', b'{"at":[1],"who":{}}', b'{"at":9e9}'),
    ],
)
def test_an_entry_that_was_made_unreadable_is_shown_and_named(
    scribbled: bytes, signed_in: SignedIn, accepted: Told, small_log: SmallLog, admin_connection: Any
) -> None:
    small_log.advance()
    steps = entries(admin_connection, "referrals:referral:stepped")
    (uid,) = (one["id"] for one in steps if one["org"] == "cong-an-tinh")
    lan, auditor = signed_in("lan@anh-duong"), signed_in("kiem@so-y-te")
    break_the_seal(admin_connection, SCRIBBLED, scribbled.hex(), uid)
    page = lan.get(log_of(accepted))
    assert page.status_code == 200
    assert "Không còn đọc được" in text_of(page)
    said = checked(lan, accepted)
    assert "đã bị sửa sau khi ghi" in said and "nguyên vẹn" not in said
    assert auditor.get("/log").status_code == 200
    for who in (lan, auditor):
        assert who.get(f"/audit/proof/{uid}").status_code == 200, "the verifier says it is not the leaf"


def test_a_pair_that_was_swapped_is_noticed(
    signed_in: SignedIn, accepted: Told, small_log: SmallLog, admin_connection: Any
) -> None:
    small_log.advance()
    one, other = (e["id"] for e in entries(admin_connection, "referrals:referral:stepped")[:2])
    swap = (
        "UPDATE audit_leaf l SET entry_id = -w.b FROM (SELECT x.id AS a, y.id AS b FROM audit_entry x, audit_entry y"
        " WHERE x.uid = %s AND y.uid = %s) AS w WHERE l.entry_id = w.a"
    )
    break_the_seal(admin_connection, swap, one, other)
    break_the_seal(
        admin_connection,
        "UPDATE audit_leaf l SET entry_id = (SELECT id FROM audit_entry WHERE uid = %s)"
        " FROM audit_entry y WHERE y.uid = %s AND l.entry_id = y.id",
        one,
        other,
    )
    break_the_seal(admin_connection, "UPDATE audit_leaf SET entry_id = -entry_id WHERE entry_id < 0")
    said = checked(signed_in("lan@anh-duong"), accepted)
    assert "đã bị sửa" in said or "không nằm đúng chỗ" in said


def test_a_forged_milestone_is_noticed(
    signed_in: SignedIn, accepted: Told, small_log: SmallLog, admin_connection: Any
) -> None:
    size = small_log.advance()
    break_the_seal(
        admin_connection, "UPDATE audit_head SET note = replace(note, %s, %s)", f"\n{size}\n", f"\n{size + 1}\n"
    )
    assert "Chữ ký dưới mốc mới nhất không đúng" in checked(signed_in("lan@anh-duong"), accepted)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_act_has_words_in_both_languages(language: str, portal: Flask) -> None:
    with portal.test_request_context(f"/?lang={language}"):
        session["lang"] = language
        for act in Act:
            words, kind = act_words(act.value.code), kind_words(act.value.kind)
            assert words != act.value.code, f"{act.name} has no words in act_words.py"
            assert kind != act.value.kind, f"the kind {act.value.kind} has no words in act_words.py"
            if language == "vi":
                assert not words.isascii() and not kind.isascii(), (words, kind)


def test_who_opened_a_case_a_moment_ago_is_alone_in_its_log(signed_in: SignedIn, acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    page = signed_in("lan@anh-duong").get(f"/cases/{case}/access-log")
    assert "Chưa có ai mở" in text_of(page)
    assert len(codes_of(page)) == 4, "record, case, information, and this reading"
