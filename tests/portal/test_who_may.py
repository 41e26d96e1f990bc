"""Who may do what on the pages: one table, held against the policy and against what the portal answers."""

from dataclasses import replace
from typing import Any

import pytest

from referral_hub.access.actions import Action
from referral_hub.access.policy import Relation, allowed
from tests.builders import take
from tests.portal.conftest import SignedIn
from tests.portal.world import entries
from tests.story import Told

OWNS, HOLDS = Relation(owns=True), Relation(owns=True, holds=True)
PARTY, NONE = Relation(party=True), Relation()
ACTIONS = (
    Action.INBOX_READ,
    Action.REPORT_READ,
    Action.REFERRAL_READ,
    Action.REFERRAL_STEP,
    Action.CONSENT_WITHDRAW,
    Action.CASE_READ,
)

#: who: relation to a referral that was accepted, then one answer for each action: + allowed, 3 told to ask (403),
#: 4 not there (404)
TABLE: dict[str, tuple[Relation, str]] = {
    "lan@anh-duong": (HOLDS, "+ 3 + + + +"),
    "hanh@anh-duong": (HOLDS, "+ + + + + +"),
    "hung@anh-duong": (HOLDS, "+ + + + + +"),
    "thao@anh-duong": (OWNS, "+ 3 + 3 + 3"),
    "mai@anh-duong": (OWNS, "+ 3 + 3 + 3"),
    "dung@anh-duong": (OWNS, "+ + + 3 + 3"),
    "binh@anh-duong": (OWNS, "+ 3 3 3 3 3"),
    "phuc@anh-duong": (OWNS, "+ 3 3 3 3 3"),
    "cuong@cong-an-tinh": (PARTY, "+ 3 + + 4 4"),
    "huyen@cong-an-tinh": (PARTY, "+ + + + 4 4"),
    "minh@tro-giup-phap-ly": (NONE, "+ 3 4 4 4 4"),
    "nhung@tro-giup-phap-ly": (NONE, "+ + 4 4 4 4"),
    "ha@trung-tam-tgxh": (NONE, "+ + + + 4 4"),
    "son@trung-tam-tgxh": (NONE, "+ + 4 4 4 4"),
    "tam@so-y-te": (NONE, "+ + 4 4 4 4"),
    "helen@koica": (NONE, "+ + 4 4 4 4"),
}


def expected(who: str, action: Action) -> str:
    return TABLE[who][1].split()[ACTIONS.index(action)]


def ask(browser: Any, action: Action, told: Told, who: str) -> int:
    """The status that the portal answers when this person tries."""
    if action == Action.INBOX_READ:
        return browser.get("/inbox").status_code
    if action == Action.REPORT_READ:
        return browser.get("/reports").status_code
    if action == Action.REFERRAL_READ:
        return browser.get(f"/referrals/{told.referral}").status_code
    if action == Action.REFERRAL_STEP:
        verb, typed = ("cancel", {"reason": "duplicate"}) if who.endswith("@anh-duong") else ("start", {})
        return browser.post(f"/referrals/{told.referral}/{verb}", typed).status_code
    if action == Action.CONSENT_WITHDRAW:
        return browser.post(f"/cases/{told.case}/consents/{told.consent}/withdraw").status_code
    return browser.get(f"/cases/{told.case}").status_code


@pytest.mark.parametrize("who", TABLE)
def test_the_portal_answers_as_the_table_says_and_keeps_each_refusal(
    who: str, signed_in: SignedIn, accepted: Told, admin_connection: Any
) -> None:
    browser = signed_in(who)
    for action in sorted(ACTIONS, key=lambda one: one in (Action.REFERRAL_STEP, Action.CONSENT_WITHDRAW)):
        before = len(entries(admin_connection, "access:step:refused"))
        status = ask(browser, action, accepted, who)
        answers = {"+": (200, 303), "3": (403,), "4": (404,)}
        assert status in answers[expected(who, action)], (action, status)
        refused = len(entries(admin_connection, "access:step:refused")) - before
        assert refused == (expected(who, action) != "+"), action


@pytest.mark.parametrize("who", TABLE)
def test_the_policy_says_what_the_table_says(who: str, acting: Any) -> None:
    with acting(who) as actor:
        person = actor
    for action in ACTIONS:
        stands = TABLE[who][0]
        if action == Action.CONSENT_WITHDRAW and stands.party:
            stands = replace(stands, party=False)  # a consent is reached through the case, unknown to any recipient
        assert allowed(person, action, stands) == (expected(who, action) == "+"), action


def test_who_was_a_recipient_keeps_the_page_and_can_do_nothing(
    signed_in: SignedIn, acting: Any, accepted: Told, admin_connection: Any
) -> None:
    with acting("lan@anh-duong") as lan:
        take(lan, accepted.referral, "cancel", reason="duplicate")
    cuong = signed_in("cuong@cong-an-tinh")
    page = cuong.get(f"/referrals/{accepted.referral}")
    assert page.status_code == 200
    assert f'action="/referrals/{accepted.referral}' not in page.get_data(as_text=True)
    assert cuong.get(f"/cases/{accepted.case}").status_code == 404
    cuong.post(f"/referrals/{accepted.referral}/start")
    row = admin_connection.execute("SELECT status FROM referral").fetchone()
    assert row == ("cancelled",)


def test_a_task_of_the_system_cannot_sign_in(browser: Any) -> None:
    assert browser.sign_in("system:register-import:anh-duong", "x").status_code == 200
    assert browser.get("/inbox").status_code == 302
