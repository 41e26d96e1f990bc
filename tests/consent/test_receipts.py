"""The receipt of a consent: honest about what was shared, silent about who she is."""

import json
from datetime import date

import pytest

from referral_hub.access.gate import Refused
from referral_hub.cases.queries import header
from referral_hub.consent import receipts
from referral_hub.consent import service as consents
from referral_hub.consent.importing import read_consent
from referral_hub.kernel import clock
from referral_hub.tasks import service as tasks
from schemas.receipt import ReceiptSchema
from tests.conftest import Acting
from tests.story import Told, accepted_by, sent_to

URL = "https://hub.example"
LAN, CUONG = "lan@anh-duong", "cuong@cong-an-tinh"


def made(acting: Acting, told: Told, who: str = LAN, locale: str = "vi") -> receipts.Receipt:
    with acting(who) as actor:
        code = header(actor, told.case).code
        return receipts.make(actor, told.case, told.consent, code=code, locale=locale, public_url=URL, now=clock.now())


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_it_has_every_mandatory_field_and_names_nobody(acting: Acting, locale: str) -> None:
    document = made(acting, accepted_by(acting), locale=locale).document
    ReceiptSchema().load(document)
    text = json.dumps(document, ensure_ascii=False).casefold()
    for word in ("hoa", "0912345678", "bạo lực", "violence", "physical_assault", "spouse"):
        assert word not in text


def test_our_own_receipt_is_understood_as_something_to_ask_her_about(acting: Acting) -> None:
    told = accepted_by(acting)
    content = json.dumps(made(acting, told).document).encode()
    said = read_consent(content, date.today())
    assert (said.format, said.denies) == ("iso-27560", False)
    with acting(LAN) as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    after = read_consent(json.dumps(made(acting, told).document).encode(), date.today())
    assert after.denies


def test_it_says_what_was_shared_since_when_and_whether_it_stopped(acting: Acting) -> None:
    told = accepted_by(acting)
    (before,) = made(acting, told).shared
    assert set(before.categories) == {"identity", "contact", "demographics_min", "incident_summary"}
    assert before.seen_from is not None
    assert (before.ended, before.due, before.stopped) == (None, None, None)
    with acting(LAN) as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    (ended,) = made(acting, told).shared
    assert ended.ended is not None
    assert ended.due is not None
    assert ended.stopped is None
    with acting(CUONG) as cuong:
        (task,) = tasks.open_ones(cuong)
        tasks.complete(cuong, task.id, "kept-by-law", kept=["identity"], now=clock.now())
    (after,) = made(acting, told).shared
    assert after.stopped is not None
    assert after.kept == ("identity",)


def test_what_waited_for_acceptance_was_seen_by_nobody_and_is_not_claimed(acting: Acting) -> None:
    (line,) = made(acting, sent_to(acting, categories=("identity",))).shared
    assert line.seen_from is None
    assert line.categories == ()


@pytest.mark.parametrize("who", [CUONG, "son@trung-tam-tgxh", "thao@anh-duong"])
def test_only_who_holds_the_case_makes_one(acting: Acting, who: str) -> None:
    told = accepted_by(acting)
    with pytest.raises(Refused), acting(who) as actor:
        receipts.make(actor, told.case, told.consent, code="X", locale="vi", public_url=URL, now=clock.now())


def test_another_cases_consent_has_no_receipt_here(acting: Acting) -> None:
    told, other = accepted_by(acting), accepted_by(acting)
    with pytest.raises(Refused), acting(LAN) as lan:
        receipts.make(lan, told.case, other.consent, code="X", locale="vi", public_url=URL, now=clock.now())
