"""What leaves the hub says that there is work to do and nothing else; it leaves when the person wants it, or now."""

import email.header
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.config import Settings, read_settings
from referral_hub.kernel import clock
from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.mail import NotDelivered, mail_server
from referral_hub.kernel.sms import HttpGateway, gateway
from referral_hub.notifications.rules import Preference, when_to_tell
from referral_hub.notifications.service import choose
from referral_hub.notifications.wording import message
from tests.builders import a_case, a_consent, a_sent_referral, take
from tests.conftest import Acting
from tests.notifications.conftest import PUBLIC_URL, Letters
from tests.story import sent_to
from tests.working import Worker

BETRAYING = re.compile(
    r"bạo lực|violen|ánh dương|anh.?duong|công an|police|tạm lánh|shelter|chuyển gửi|referral|CG-|HS-|Hoa|0912|"
    r"[0-9a-f]{8}-[0-9a-f]{4}",
    re.IGNORECASE,
)


@pytest.fixture
def by_day(worker: Worker) -> Worker:
    """At ten in the morning."""
    worker.now = clock.now().astimezone(LOCAL).replace(hour=10) + timedelta(days=1)
    return worker


def readable(raw: bytes) -> str:
    """Everything in a message as a person could read it: decoded headers, decoded body."""
    letter = email.message_from_bytes(raw)
    headers = " ".join(
        f"{name}: {email.header.make_header(email.header.decode_header(value))}" for name, value in letter.items()
    )
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes)
    return f"{headers}\n{body.decode()}"


def test_a_letter_says_that_there_is_work_and_nothing_else(by_day: Worker, acting: Acting, letters: Letters) -> None:
    sent_to(acting)
    by_day.work()
    ((address, _, raw),) = letters.taken
    text = readable(raw)
    assert address == "cuong@cong-an-tinh.example"
    assert "Có việc mới cần xem" in text
    without_address = text.replace(address, "")
    assert BETRAYING.search(without_address) is None, BETRAYING.search(without_address)


def test_its_link_leads_to_sign_in(by_day: Worker, acting: Acting, letters: Letters) -> None:
    sent_to(acting)
    by_day.work()
    assert re.findall(r"https?://\S+", readable(letters.taken[0][2])) == [f"{PUBLIC_URL}/sign-in"]


def test_neither_sender_nor_greeting_names_the_machine(by_day: Worker, acting: Acting, letters: Letters) -> None:
    sent_to(acting)
    by_day.work()
    letter = letters.taken[0][1]
    assert "thong-bao@tiep-nhan.example" in str(letter["From"])
    assert str(letter["Message-ID"]).endswith("@tiep-nhan.example>")
    assert letters.greetings == ["tiep-nhan.example"]


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("urgent", [True, False])
@pytest.mark.parametrize("count", [1, 7])
def test_no_wording_betrays_anything(locale: str, urgent: bool, count: int) -> None:
    words = message(count, urgent=urgent, public_url=PUBLIC_URL, locale=locale)
    assert BETRAYING.search(f"{words.subject} {words.text} {words.short}") is None
    assert len(words.short) <= 160


def test_several_things_make_one_letter(by_day: Worker, acting: Acting, letters: Letters) -> None:
    for _ in range(3):
        sent_to(acting)
    by_day.work()
    assert letters.addresses == ["cuong@cong-an-tinh"]
    assert "Có 3 việc mới cần xem" in readable(letters.taken[0][2])


def test_what_was_read_meanwhile_needs_no_letter(
    by_day: Worker, acting: Acting, letters: Letters, admin_connection: psycopg.Connection
) -> None:
    sent_to(acting)
    by_day.work(only="notices:tell")
    admin_connection.execute("UPDATE notice SET read_at = now()")
    by_day.work()
    assert letters.taken == []


def test_a_server_that_refuses_loses_nothing_and_its_fault_names_nobody(
    by_day: Worker, acting: Acting, letters: Letters
) -> None:
    sent_to(acting)
    letters.refuses = True
    with pytest.raises(NotDelivered) as fault:
        by_day.work()
    assert "example" not in str(fault.value) and fault.value.__cause__ is None
    letters.refuses = False
    by_day.acting("system:notices:cong-an-tinh")
    from referral_hub.notifications.delivering import deliver

    deliver(by_day, _account(by_day), "cong-an-tinh")
    assert letters.addresses == ["cuong@cong-an-tinh"]


def _account(worker: Worker) -> str:
    row = worker.admin.execute("SELECT account_id FROM notice").fetchone()
    return str(row[0]) if row else ""


def test_a_worker_that_dies_after_sending_sends_again(
    by_day: Worker, acting: Acting, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_to(acting)
    by_day.work(only="notices:tell")
    from referral_hub.notifications import delivering

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(delivering, "update", die)
        with pytest.raises(Killed):
            delivering.deliver(by_day, _account(by_day), "cong-an-tinh")
    delivering.deliver(by_day, _account(by_day), "cong-an-tinh")
    delivering.deliver(by_day, _account(by_day), "cong-an-tinh")
    assert letters.addresses == ["cuong@cong-an-tinh"] * 2


def at_night(worker: Worker) -> datetime:
    return worker.now.astimezone(LOCAL).replace(hour=23, minute=0)


def test_at_night_only_what_is_urgent_is_told(by_day: Worker, acting: Acting, letters: Letters) -> None:
    night = at_night(by_day)
    sent_to(acting)
    by_day.work(night)
    assert letters.taken == []
    by_day.work(night + timedelta(hours=8, minutes=1))
    assert set(letters.addresses) == {"cuong@cong-an-tinh"}


def test_however_much_waits_for_the_morning_one_job_waits_for_it(by_day: Worker, acting: Acting) -> None:
    for _ in range(3):
        sent_to(acting)
    by_day.work(at_night(by_day))
    assert by_day.waiting() == ["notices:deliver"]


def test_an_emergency_rings_at_any_hour(by_day: Worker, acting: Acting, letters: Letters) -> None:
    sent_to(acting, risk_level="extreme")
    by_day.work(at_night(by_day))
    assert "Có việc cần xem ngay" in readable(letters.taken[0][2])


def test_who_wants_a_digest_gets_one_in_the_morning(by_day: Worker, acting: Acting, letters: Letters) -> None:
    with acting("cuong@cong-an-tinh") as cuong:
        choose(cuong, Preference(digest=True))
    for hour in (0, 2):
        sent_to(acting)
        by_day.work(by_day.now + timedelta(hours=hour))
    assert letters.taken == []
    by_day.work(by_day.now + timedelta(days=1))
    assert "Có 2 việc mới cần xem" in readable(letters.taken[0][2])


def test_who_wants_text_messages_gets_them_without_a_letter(
    by_day: Worker, acting: Acting, letters: Letters, sms: Path
) -> None:
    with acting("cuong@cong-an-tinh") as cuong:
        choose(cuong, Preference(mail=False, sms=True, phone="0203000999"))
    sent_to(acting)
    by_day.work()
    (file,) = sms.iterdir()
    found = json.loads(file.read_text("utf-8"))
    assert found == {"to": "0203000999", "text": f"Có việc mới cần xem. {PUBLIC_URL}/sign-in"}
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert letters.taken == []


def test_the_sender_hears_of_an_answer_by_letter(by_day: Worker, acting: Acting, letters: Letters) -> None:
    story = sent_to(acting)
    by_day.work()
    with acting("cuong@cong-an-tinh") as police:
        take(police, story.referral, "accept")
    by_day.work()
    assert letters.addresses == ["cuong@cong-an-tinh", "lan@anh-duong"]


def test_the_coordinator_hears_of_an_emergency_that_nobody_answers(
    worker: Worker, acting: Acting, letters: Letters
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, risk_level="extreme")
        a_consent(lan, case)
        a_sent_referral(lan, case)
    worker.work(clock.now() + timedelta(minutes=61))
    assert set(letters.addresses) == {
        "cuong@cong-an-tinh",
        "huyen@cong-an-tinh",
        "hung@anh-duong",
        "ha@trung-tam-tgxh",
    }


# the rule itself

TEN = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
PLAIN = Preference()


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.times(), st.times(), st.booleans())
def test_what_is_urgent_never_waits(at: datetime, begins: time, ends: time, digest: bool) -> None:
    wishes = replace(PLAIN, quiet_from=begins, quiet_until=ends, digest=digest)
    now = at.replace(tzinfo=UTC)
    assert when_to_tell(wishes, urgent=True, made_at=now, now=now) == now


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.times(), st.times(), st.booleans())
def test_nothing_waits_longer_than_a_day(at: datetime, begins: time, ends: time, digest: bool) -> None:
    wishes = replace(PLAIN, quiet_from=begins, quiet_until=ends, digest=digest)
    now = at.replace(tzinfo=UTC)
    assert now <= when_to_tell(wishes, urgent=False, made_at=now, now=now) <= now + timedelta(days=1)


def test_quiet_hours_may_lie_within_a_day_or_over_midnight() -> None:
    siesta = replace(PLAIN, quiet_from=time(9), quiet_until=time(11))
    assert when_to_tell(siesta, urgent=False, made_at=TEN, now=TEN) == TEN + timedelta(hours=1)
    assert when_to_tell(PLAIN, urgent=False, made_at=TEN, now=TEN) == TEN
    none = replace(PLAIN, quiet_from=time(7), quiet_until=time(7))
    assert when_to_tell(none, urgent=False, made_at=TEN, now=TEN) == TEN


# where it leaves


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://h:x", "smtp://h?from=nobody"]
)
def test_an_address_of_a_mail_server_that_cannot_be_used_is_said(url: str) -> None:
    with pytest.raises(EnvironmentFault):
        mail_server(url, PUBLIC_URL)


def test_the_address_of_a_mail_server_says_how_to_reach_it() -> None:
    found = mail_server("smtp+starttls://u%40x:p%3A@mail.example", PUBLIC_URL)
    assert (found.host, found.port, found.username, found.password) == ("mail.example", 587, "u@x", "p:")
    assert found.sender == "no-reply@tiep-nhan.example"


def test_a_gateway_that_is_away_names_nobody(tmp_path: Path) -> None:
    found = gateway("http://127.0.0.1:9/", tmp_path)
    assert isinstance(found, HttpGateway)
    with pytest.raises(NotDelivered) as fault:
        found.send("0203000999", "Có việc mới cần xem.")
    assert "0203" not in repr(fault.value)


def test_both_addresses_are_settings(tmp_path: Path) -> None:
    environ = {
        "REFERRAL_HUB_HOME": str(tmp_path),
        "REFERRAL_HUB_SMTP_URL": "smtp://h",
        "REFERRAL_HUB_SMS_URL": "http://s",
    }
    found = read_settings(environ)
    assert isinstance(found, Settings)
    assert (found.smtp_url, found.sms_url) == ("smtp://h", "http://s")
