"""Lowering the urgency of a draft: the supervisor's page, with a reason, before it is sent."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from referral_hub.kernel import clock
from referral_hub.referrals.drafting import NewReferral, draft
from tests.builders import SERVICE, a_case, a_consent, agency_id, take
from tests.conftest import Acting
from tests.people import POLICE
from tests.portal.browsing import Browser

SignedIn = Callable[[str], Browser]


@pytest.fixture
def drafted(acting: Acting) -> UUID:
    """High risk: at least urgent."""
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, risk_level="high")
        a_consent(lan, case)
        return draft(lan, NewReferral(case, agency_id(POLICE), SERVICE), now=clock.now())


def _urgency(admin: psycopg.Connection, referral: UUID) -> str:
    row = admin.execute("SELECT urgency FROM referral WHERE id = %s", [referral]).fetchone()
    assert row is not None
    return str(row[0])


def test_the_supervisor_lowers_it_with_a_reason(
    signed_in: SignedIn, drafted: UUID, admin_connection: psycopg.Connection
) -> None:
    hanh, here = signed_in("hanh@anh-duong"), f"/referrals/{drafted}/urgency"
    assert here in hanh.get(f"/referrals/{drafted}").get_data(as_text=True)
    for form in ({"urgency": "standard", "reason": " "}, {"urgency": "x", "reason": "Chị đã ở nơi an toàn"}):
        assert hanh.post(here, form).status_code == 422
        assert _urgency(admin_connection, drafted) == "urgent"
    assert hanh.post(here, {"urgency": "standard", "reason": "Chị đã ở nơi an toàn"}).status_code == 303
    assert _urgency(admin_connection, drafted) == "standard"


def test_her_worker_finds_no_such_page(
    signed_in: SignedIn, drafted: UUID, admin_connection: psycopg.Connection
) -> None:
    lan, here = signed_in("lan@anh-duong"), f"/referrals/{drafted}/urgency"
    assert here not in lan.get(f"/referrals/{drafted}").get_data(as_text=True)
    assert lan.post(here, {"urgency": "standard", "reason": "vì"}).status_code == 403
    assert _urgency(admin_connection, drafted) == "urgent"


def test_what_was_sent_is_not_lowered(
    signed_in: SignedIn, acting: Acting, drafted: UUID, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        take(lan, drafted, "send")
    hanh, here = signed_in("hanh@anh-duong"), f"/referrals/{drafted}/urgency"
    assert here not in hanh.get(f"/referrals/{drafted}").get_data(as_text=True)
    assert hanh.get(here).status_code == 303
    assert hanh.post(here, {"urgency": "standard", "reason": "vì"}).status_code == 303
    assert _urgency(admin_connection, drafted) == "urgent"
