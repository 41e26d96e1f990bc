"""A consent is explicit: one purpose, one service, one recipient, each category allowed by the regulation."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from referral_hub.access.decision import NeedRow
from referral_hub.access.gate import Refused
from referral_hub.consent import queries
from referral_hub.consent.rules import MethodRule, NewConsent, check, shareable
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Forbidden, Invalid, NotFound
from tests.builders import a_case, a_consent
from tests.conftest import Acting
from tests.people import HOSPITAL, LEGAL_AID

NEED = NeedRow(frozenset({"identity", "contact"}), frozenset({"medical"}), frozenset({"psychosocial"}))
PAPER = MethodRule("paper_signed", ("scan_hash",))


def new(**said: Any) -> NewConsent:
    usual: dict[str, Any] = {
        **{"purpose": "legal_protection", "service": "J2", "recipient_id": uuid4()},
        **{"categories": frozenset({"identity"}), "method": "paper_signed", "evidence": {"scan_hash": "3b"}},
    }
    return NewConsent(**{**usual, **said})


def judged(
    consent: NewConsent, need: NeedRow | None = NEED, method: MethodRule | None = PAPER, imported: bool = False
) -> None:
    check(consent, need, "legal_protection", method, imported)


def test_what_the_regulation_allows_and_the_paper_shows_stands() -> None:
    judged(new())
    judged(new(categories=frozenset({"identity", "medical"}), named=frozenset({"medical"})))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"purpose": "statistics"}, "purpose"),
        ({"categories": frozenset()}, "categories"),
        ({"categories": frozenset({"psychosocial"}), "named": frozenset({"psychosocial"})}, "categories"),
        ({"categories": frozenset({"reporter"})}, "categories"),
        ({"categories": frozenset({"medical"})}, "named"),
        ({"named": frozenset({"medical"})}, "named"),
        ({"evidence": {}}, "evidence"),
        ({"evidence": {"scan_hash": ""}}, "evidence"),
    ],
)
def test_what_does_not_stand_names_its_field(said: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        judged(new(**said))
    assert caught.value.field == field
    assert caught.value.sentence.vi != caught.value.sentence.en


def test_a_service_or_a_method_that_the_regulation_does_not_know_is_refused() -> None:
    for need, method, field in ((None, PAPER, "service"), (NEED, None, "method")):
        with pytest.raises(Invalid) as caught:
            judged(new(), need, method)
        assert caught.value.field == field


def test_an_old_register_names_no_evidence() -> None:
    judged(new(evidence={}), imported=True)


def test_an_old_general_consent_covers_what_is_needed_and_no_more() -> None:
    asked = {"identity", "medical", "psychosocial", "unheard-of"}
    assert shareable(asked, NEED) == ({"identity"}, {"medical", "psychosocial", "unheard-of"})
    assert shareable(asked, None) == (frozenset(), asked)


def test_a_recorded_consent_reads_as_it_was_given(acting: Acting) -> None:
    at = clock.now()
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        made = a_consent(lan, case, to=HOSPITAL, service="H3", categories=("identity",), named=("risk",), now=at)
    with acting("hanh@anh-duong") as hanh:
        (view,) = queries.of_case(hanh, case)
    assert view.fact.id == made
    assert (view.fact.categories, view.fact.named) == ({"identity", "risk"}, {"risk"})
    assert view.fact.valid_until - at > timedelta(days=150), "the regulation's default validity"
    assert (view.method, view.imported) == ("paper_signed", False)


def test_the_service_and_the_agency_decide_which_categories_may_be_agreed(acting: Acting) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
    for said, field in (
        ({"to": LEGAL_AID, "service": "S7", "categories": ("medical",)}, "categories"),
        ({"to": LEGAL_AID, "service": "J2"}, "service"),
        ({"service": "J2", "purpose": "statistics"}, "purpose"),
        ({"given_at": clock.now() + timedelta(hours=1)}, "given_at"),
        ({"valid_for": timedelta(hours=-1)}, "given_at"),
    ):
        with pytest.raises(Invalid) as caught, acting("lan@anh-duong") as lan:
            a_consent(lan, case, **said)
        assert caught.value.field == field


@pytest.mark.parametrize(
    ("who", "answer"),
    [("thao@anh-duong", Forbidden), ("mai@anh-duong", Forbidden), ("cuong@cong-an-tinh", NotFound)],
)
def test_only_who_holds_the_case_records_a_consent_and_reads_them(
    acting: Acting, admin_connection: psycopg.Connection, who: str, answer: type
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        a_consent(lan, case)
    for deed in (lambda actor: a_consent(actor, case), lambda actor: queries.of_case(actor, case)):
        with pytest.raises(Refused) as caught, acting(who) as actor:
            deed(actor)
        assert type(caught.value.answer) is answer
    assert admin_connection.execute("SELECT count(*) FROM consent").fetchone() == (1,)
