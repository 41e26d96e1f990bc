"""The safety rules of the reference (interop, section 5), each with its sentence as the name of a test."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from referral_hub.access.conflicts import redescribe
from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.access.gate import Refused
from referral_hub.cases.finding import Wanted
from referral_hub.cases.queries import header
from referral_hub.cases.reaching import NotSafeNow, reach
from referral_hub.consent import service as consents
from referral_hub.consent.capacity import Capacity
from referral_hub.consent.rules import NewConsent
from referral_hub.kernel import clock
from referral_hub.kernel.errors import HubError, Invalid, NotFound
from referral_hub.notifications.wording import message
from referral_hub.referrals.assigning import assign
from referral_hub.referrals.choosing import offers
from referral_hub.referrals.disclosing import NewDisclosure, disclose
from referral_hub.referrals.finding import search
from referral_hub.referrals.queries import detail, inbox
from referral_hub.referrals.stopping import Heard, stop
from referral_hub.regulation import store
from referral_hub.tasks import service as tasks
from tests.builders import SECTIONS, SERVICE, a_case, a_consent, a_sent_referral, agency_id, take
from tests.conftest import Acting, ActingInSql, Directory
from tests.people import POLICE
from tests.story import Told, accepted_by, sent_to

LAN, CUONG, HUYEN = "lan@anh-duong", "cuong@cong-an-tinh", "huyen@cong-an-tinh"


def refused(acting: Acting, who: str, told: Told) -> type[HubError]:
    with pytest.raises(Refused) as caught, acting(who) as actor:
        detail(actor, told.referral, now=clock.now())
    return type(caught.value.answer)


def shown(acting: Acting, who: str, referral: UUID) -> set[str]:
    with acting(who) as actor:
        return {line.category for line in detail(actor, referral, now=clock.now()).shared}


@pytest.mark.parametrize("contact", [{}, {"safe_phone": "0912345678"}, {"safe_times": "sau 20 giờ"}])
def test_rule_1_unknown_is_unsafe_and_the_send_function_refuses_and_says_why(acting: Acting, contact: Any) -> None:
    with acting(LAN) as lan:
        case = a_case(lan, sections={**SECTIONS, "contact": contact} if contact else {"identity": {"full_name": "Hoa"}})
    with pytest.raises(NotSafeNow) as caught, acting(LAN) as lan:
        reach(lan, case, "call", store.in_force(clock.now())[1], now=clock.now())
    assert caught.value.sentence.vi.startswith("Bây giờ không an toàn")


TARGETS = {
    "an organisation": lambda d: DenialFact(None, agency=d.agencies[POLICE]),
    "a desk": lambda d: DenialFact(None, desk=d.desks["duty@cong-an-tinh"]),
    "an account": lambda d: DenialFact(None, account=d.accounts[CUONG]),
}


@pytest.mark.parametrize("target", TARGETS)
def test_rule_2_a_denial_is_evaluated_at_each_read_and_overrides_every_grant(
    acting: Acting, directory: Directory, target: str
) -> None:
    told = accepted_by(acting)
    assert shown(acting, CUONG, told.referral)
    with acting(LAN) as lan:
        deny(lan, told.case, TARGETS[target](directory), now=clock.now())
    assert refused(acting, CUONG, told) is NotFound


def test_rule_2_a_described_person_is_kept_out_by_name(acting: Acting) -> None:
    told = accepted_by(acting)
    with acting(LAN) as lan:
        redescribe(lan, told.case, "Ngô Mạnh Cường", now=clock.now())
    assert refused(acting, CUONG, told) is NotFound
    assert shown(acting, HUYEN, told.referral)


def test_rule_2_it_is_evaluated_at_recipient_picking_with_nothing_said(acting: Acting, directory: Directory) -> None:
    with acting(LAN) as lan:
        case = a_case(lan)
        before = {one.agency for one in offers(lan, case, SERVICE, now=clock.now())}
        deny(lan, case, DenialFact(None, agency=directory.agencies[POLICE]), now=clock.now())
        after = {one.agency for one in offers(lan, case, SERVICE, now=clock.now())}
    assert before - after == {directory.agencies[POLICE]}


def test_rule_2_it_is_evaluated_in_inbox_assignment_inside_the_receiving_agency(
    acting: Acting, directory: Directory
) -> None:
    told = accepted_by(acting)
    with acting(LAN) as lan:
        deny(lan, told.case, DenialFact(None, account=directory.accounts[CUONG]), now=clock.now())
    nobody = UUID(int=7)
    answers = set()
    for account in (directory.accounts[CUONG], nobody):  # that she refused him is for the owner to know
        with pytest.raises(Invalid) as caught, acting(HUYEN) as huyen:
            assign(huyen, told.referral, account, now=clock.now())
        answers.add(caught.value.sentence)
    assert len(answers) == 1


def test_rule_2_it_is_evaluated_in_lists_and_search(acting: Acting, directory: Directory) -> None:
    told = accepted_by(acting)
    with acting(LAN) as lan:
        code = header(lan, told.case).code
        deny(lan, told.case, DenialFact(None, account=directory.accounts[CUONG]), now=clock.now())
    with acting(CUONG) as cuong:
        assert all(not inbox(cuong, tab, now=clock.now()).rows for tab in ("todo", "waiting", "active", "overdue"))
    with acting(CUONG) as cuong:
        found = search(cuong, Wanted(code, "", ""), now=clock.now())
    assert not found.cases
    assert not found.referrals


def test_rule_3_work_with_persons_who_used_violence_lies_in_a_compartment_of_its_own(acting: Acting) -> None:
    told = accepted_by(acting)
    assert refused(acting, "binh@anh-duong", told) is not None
    with pytest.raises(Refused), acting("binh@anh-duong") as binh:
        header(binh, told.case)


def test_rule_5_withdrawal_is_effective_in_the_same_transaction_and_recipients_confirm(acting: Acting) -> None:
    told = accepted_by(acting)
    with acting(LAN) as lan:
        consents.withdraw(lan, told.consent, now=clock.now())
    assert shown(acting, CUONG, told.referral) == set()
    with acting(CUONG) as cuong:
        assert [one.kind for one in tasks.open_ones(cuong)] == ["confirm-stopped"]


def test_rule_5_pending_referrals_end_with_a_neutral_reason(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    told = sent_to(acting)
    with acting(LAN) as lan:
        consents.withdraw(lan, told.consent, wish="Anh ấy dọa tôi.", now=clock.now())
    row = admin_connection.execute("SELECT status, reason FROM referral WHERE id = %s", [told.referral]).fetchone()
    assert row == ("withdrawn", None)
    with acting(CUONG) as cuong:
        seen = detail(cuong, told.referral, now=clock.now())
    assert "Anh ấy dọa tôi." not in repr(seen)


def test_rule_5_at_2_am_with_a_page_open_a_replayed_request_gets_nothing(
    acting: Acting, acting_in_sql: ActingInSql
) -> None:
    told = accepted_by(acting)
    with acting(CUONG) as cuong:
        before = detail(cuong, told.referral, now=clock.now())
    assert before.shared
    with acting(LAN) as lan:
        stop(lan, told.case, Heard("herself", code=header(lan, told.case).code), now=clock.now())
    assert shown(acting, CUONG, told.referral) == set()
    with pytest.raises(HubError), acting(CUONG) as cuong:  # the form of the page that is still open
        take(cuong, told.referral, "start", version=before.version)
    with acting_in_sql(CUONG) as police:  # whatever he holds, the door reads nothing for him
        assert police.execute(
            "SELECT count(*) FROM access_grant WHERE referral_id = %s AND revoked_at IS NULL", [told.referral]
        ).fetchone() == (0,)


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("urgent", [True, False])
def test_rule_7_notifications_are_discreet(locale: str, urgent: bool) -> None:
    said = message(3, urgent=urgent, public_url="https://hub.example", locale=locale)
    text = " ".join((said.subject, said.text, said.short)).casefold()
    for word in ("bạo lực", "violence", "ánh dương", "anh duong", "công an", "police", "hs-", "cg-", "referral"):
        assert word not in text
    assert "https://hub.example/sign-in" in said.text


def test_rule_9_a_case_code_carries_no_year_no_district_and_no_order(acting: Acting) -> None:
    with acting(LAN) as lan:
        codes = [header(lan, a_case(lan)).code for _ in range(20)]
    assert len(set(codes)) == 20
    assert codes != sorted(codes)
    assert not any(str(clock.now().year) in code for code in codes)


def test_rule_10_a_name_is_searched_inside_the_own_agency_alone_and_logged_without_the_word(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting(LAN) as lan:
        case = a_case(lan)
    with acting(LAN) as lan:
        assert [one.id for one in search(lan, Wanted("", "nguyen thi hoa", ""), now=clock.now()).cases] == [case]
    with acting(CUONG) as cuong:
        assert not search(cuong, Wanted("", "nguyen thi hoa", ""), now=clock.now()).cases
    envelopes = admin_connection.execute("SELECT envelope FROM audit_entry").fetchall()
    told = [json.loads(bytes(row[0])) for row in envelopes]
    assert any(one["act"] == "cases:search:made" for one in told)
    assert "hoa" not in json.dumps(told, ensure_ascii=False).casefold()


def test_a_child_whose_guardian_is_the_alleged_abuser_is_protected_without_him(acting: Acting) -> None:
    """The journey: he can consent to nothing; child protection is told under its ground; he ends nothing by calling."""
    with acting(LAN) as lan:
        case = a_case(lan, age_band="b12_15", birth_year=clock.now().year - 13, relationship="parent")
    new = NewConsent(
        purpose=purpose_of(acting),
        service=SERVICE,
        recipient_id=recipient(acting),
        categories=frozenset({"identity"}),
        named=frozenset(),
        method="paper_signed",
        evidence={"scan_hash": "3b1e"},
        capacity=Capacity(child="written_assent", adult="caregiver_if_safe", guardian_is_alleged=True),
    )
    with pytest.raises(Invalid), acting(LAN) as lan:
        consents.give(lan, case, new, now=clock.now())
    with acting(LAN) as lan:
        wanted = NewDisclosure(
            case, agency_id(POLICE), "child_harm", "Cha dượng bị cho là xâm hại cháu.", "raises_danger"
        )
        sent = disclose(lan, wanted, now=clock.now())
    assert sent.referral is not None
    assert shown(acting, CUONG, sent.referral)
    with acting(LAN) as lan:
        stop(lan, case, Heard("somebody-else"), now=clock.now())
    assert shown(acting, CUONG, sent.referral), "who calls for the child ends nothing"


def purpose_of(acting: Acting) -> str:
    with acting(LAN):
        row = store.in_force(clock.now())[1].need_to_know(SERVICE, consents.agency_type(agency_id(POLICE)))
    assert row is not None
    return row.purpose


def recipient(acting: Acting) -> UUID:
    with acting(LAN):
        return agency_id(POLICE)


def test_a_narrowed_consent_on_a_running_referral_drops_a_category_at_once(acting: Acting) -> None:
    with acting(LAN) as lan:
        case = a_case(lan)
        a_consent(lan, case, categories=("identity",))
        wider = a_consent(lan, case, categories=("contact",), valid_for=timedelta(days=30))
        referral = a_sent_referral(lan, case)
    with acting(CUONG) as cuong:
        take(cuong, referral, "accept")
    assert shown(acting, CUONG, referral) == {"identity", "contact"}
    with acting(LAN) as lan:
        consents.withdraw(lan, wider, now=clock.now())
    assert shown(acting, CUONG, referral) == {"identity"}
