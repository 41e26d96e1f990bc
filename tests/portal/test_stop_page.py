"""The page for a call that says stop, and the list of what there is to do."""

import re

import psycopg
import pytest

from referral_hub.consent import service as consents
from referral_hub.kernel import clock
from referral_hub.referrals.stopping import Heard, stop
from tests.conftest import Acting
from tests.portal.browsing import text_of
from tests.portal.conftest import SignedIn
from tests.referrals.test_stopping import CHECKS, RIGHT, code_of, running, the_task
from tests.story import accepted_by

LAN, MAI, HUNG, CUONG = "lan@anh-duong", "mai@anh-duong", "hung@anh-duong", "cuong@cong-an-tinh"


def test_whoever_takes_the_call_reads_one_answer_whatever_the_checks_found(acting: Acting, signed_in: SignedIn) -> None:
    answers = set()
    for said in ({"answer0": RIGHT[0], "answer1": RIGHT[1]}, {"answer0": "sai"}, {"word": CHECKS["duress_word"]}):
        told = running(acting)
        browser = signed_in(LAN)
        page = browser.get(f"/cases/{told.case}/stop")
        assert "Con mèo nhà chị tên gì?" in text_of(page)
        assert "Mướp" not in text_of(page), "the answer is nobody's to read out"
        done = browser.post(f"/cases/{told.case}/stop", dict(by="herself", **said))
        assert done.status_code == 303
        page = browser.get(done.location)
        answers.add(re.findall(r'role="status"><p>([^<]*)', page.text)[0])
    assert len(answers) == 1


def test_a_form_without_a_caller_keeps_what_was_typed(acting: Acting, signed_in: SignedIn) -> None:
    told = running(acting)
    page = signed_in(LAN).post(f"/cases/{told.case}/stop", dict(her_wish="Chị muốn dừng hết."))
    assert page.status_code == 422
    assert "Chị muốn dừng hết." in page.text
    assert "#by" in page.text


def test_by_code_for_whoever_does_not_hold_the_case(
    acting: Acting, signed_in: SignedIn, admin_connection: psycopg.Connection
) -> None:
    told = running(acting)
    mai = signed_in(MAI)
    wrong = mai.post("/stop", dict(by="herself", code="HS-AAAA-AAAA"))
    assert wrong.status_code == 422
    assert "HS-AAAA-AAAA" in wrong.text
    done = mai.post("/stop", dict(by="herself", code=code_of(admin_connection, told.case)))
    assert done.status_code == 303
    assert admin_connection.execute("SELECT count(*) FROM consent WHERE withdrawn_at IS NULL").fetchone() == (0,)


@pytest.mark.parametrize("who", [CUONG, "phuc@anh-duong", "helen@koica"])
def test_who_hears_no_survivors_has_no_such_page(acting: Acting, signed_in: SignedIn, who: str) -> None:
    told = running(acting)
    browser = signed_in(who)
    assert browser.get(f"/cases/{told.case}/stop").status_code in (403, 404)
    assert browser.post("/stop", dict(by="herself", code="HS-AAAA-AAAA")).status_code in (403, 404)


def test_a_case_that_waits_for_a_call_back_says_so_on_top(acting: Acting, signed_in: SignedIn) -> None:
    told = accepted_by(acting)
    with acting(LAN) as lan:
        stop(lan, told.case, Heard("herself"), now=clock.now())
    page = signed_in(LAN).get(f"/cases/{told.case}")
    assert 'data-rh-part="hold"' in page.text
    assert "Gọi lại cho người được hỗ trợ" in text_of(page)
    assert "Gọi lại cho người được hỗ trợ" in text_of(signed_in(HUNG).get("/tasks"))
    assert "Gọi lại" not in text_of(signed_in("thao@anh-duong").get("/tasks"))


def test_the_recipient_confirms_on_a_page_that_names_no_case(acting: Acting, signed_in: SignedIn) -> None:
    told = running(acting)
    with acting(LAN) as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    task = the_task(acting, CUONG, "confirm-stopped")
    cuong = signed_in(CUONG)
    page = cuong.get(f"/tasks/{task}")
    assert "HS-" not in text_of(page)
    assert 'value="identity"' in page.text
    assert 'value="medical"' not in page.text, "what was never given is not offered"
    assert cuong.post(f"/tasks/{task}", dict(outcome="kept-by-law")).status_code == 422
    assert cuong.post(f"/tasks/{task}", dict(outcome="kept-by-law", kept="identity")).status_code == 303
    assert "Nhân thân" in text_of(signed_in(LAN).get(f"/tasks/{task}"))
    assert cuong.post(f"/tasks/{task}", dict(outcome="stopped")).status_code == 303, (
        "somebody was faster: the list says so"
    )


def test_a_task_of_others_is_not_there(acting: Acting, signed_in: SignedIn) -> None:
    told = running(acting, risk_level="high")
    with acting(LAN) as lan:
        stop(lan, told.case, Heard("herself", answers=RIGHT), now=clock.now())
    task = the_task(acting, HUNG, "maybe-coerced")
    missing = signed_in(LAN).get("/tasks/00000000-0000-7000-8000-000000000000")
    for who in (LAN, MAI, CUONG, "minh@tro-giup-phap-ly"):
        answer = signed_in(who).get(f"/tasks/{task}")
        assert answer.status_code == missing.status_code == 404
    page = signed_in(HUNG).get(f"/tasks/{task}")
    assert f"/cases/{told.case}/emergency" in page.text
