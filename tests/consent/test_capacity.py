"""Children and people who cannot decide now: whose word is asked for at which age, and who never decides."""

from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.consent.capacity import AgeRange, Capacity, age_range, check, required
from referral_hub.consent.rules import NewConsent
from referral_hub.consent.service import give
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.regulation.loader import shipped
from tests.builders import a_case, agency_id
from tests.conftest import Acting

REGULATION = shipped()
TODAY = date(2026, 11, 23)


def at(age: int) -> AgeRange:
    return AgeRange(age, age)


def refused(age: AgeRange | None, said: Capacity | None) -> str:
    with pytest.raises(Invalid) as caught:
        check(REGULATION, age, said)
    return caught.value.field


@pytest.mark.parametrize(
    ("age", "child", "adult_must"),
    [
        (3, None, True),
        (6, "informed_assent", True),
        (7, "informed_assent", True),
        (11, "informed_assent", True),
        (12, "written_assent", True),
        (15, "written_consent", True),
        (16, "written_consent", False),
        (17, "written_consent", False),
    ],
)
def test_the_ladder_asks_for_the_childs_own_word_and_a_safe_adult(
    age: int, child: str | None, adult_must: bool
) -> None:
    needed = required(REGULATION, at(age))
    assert needed is not None
    assert (needed.child, needed.adult_must) == (child, adult_must)
    assert (needed.under_16, needed.under_18) == (age < 16, True)


def test_an_adult_decides_alone_and_nothing_more_is_kept() -> None:
    assert required(REGULATION, at(18)) is None
    assert check(REGULATION, at(35), None) is None
    assert check(REGULATION, None, None) is None


def test_an_uncertain_birth_date_asks_for_every_step_it_may_be_on() -> None:
    needed = required(REGULATION, AgeRange(15, 18))
    assert needed is not None
    assert (needed.under_16, needed.under_18, needed.child) == (True, True, "written_consent")
    assert needed.adult_must


@pytest.mark.parametrize(
    ("year", "band", "expected"),
    [
        (2010, None, AgeRange(15, 16)),
        (2010, "b16_17", AgeRange(16, 16)),
        (None, "b12_15", AgeRange(12, 15)),
        (2000, "b12_15", AgeRange(12, 26)),
        (2026, None, AgeRange(0, 0)),
    ],
)
def test_year_and_band_narrow_the_age_and_a_contradiction_widens_it(
    year: int | None, band: str | None, expected: AgeRange
) -> None:
    assert age_range(REGULATION, TODAY, year, band) == expected
    assert age_range(REGULATION, TODAY, None, None) is None


@given(st.integers(0, 17), st.sampled_from(list(REGULATION.codes("minors.adult_forms"))), st.booleans())
def test_a_guardian_who_is_the_alleged_or_sides_with_him_never_consents(age: int, form: str, alleged: bool) -> None:
    said = Capacity("written_consent", form, guardian_is_alleged=alleged, guardian_sides=not alleged)
    assert refused(at(age), said) == "adult"


def test_a_child_whose_guardian_is_the_alleged_needs_the_child_protection_ground() -> None:
    with pytest.raises(Invalid, match="child-protection ground"):
        check(REGULATION, at(13), Capacity("written_assent", guardian_is_alleged=True))
    assert check(REGULATION, at(16), Capacity("written_consent", guardian_is_alleged=True)) is not None


def test_an_adults_word_does_not_replace_the_childs() -> None:
    assert refused(at(9), Capacity(adult="caregiver_written")) == "child"
    assert refused(at(13), Capacity("informed_assent", "caregiver_written")) == "child"
    assert refused(at(9), Capacity("informed_assent")) == "adult"
    kept = check(REGULATION, at(9), Capacity("informed_assent", "caregiver_written"))
    assert kept is not None
    assert (kept["under_16"], kept["under_18"], kept["age"]) == (True, True, [9, 9])


def test_an_adult_who_cannot_decide_now_gives_no_consent() -> None:
    assert refused(at(40), Capacity(cannot_decide=True)) == "capacity"


def consent(to: UUID, **more: Any) -> NewConsent:
    return NewConsent(
        "legal_protection", "J2", to, frozenset({"identity"}), "paper_signed", evidence={"scan_hash": "x"}, **more
    )


def test_a_consent_for_a_child_is_recorded_with_who_decided(
    acting: Acting, admin_connection: psycopg.Connection
) -> None:
    with acting("lan@anh-duong") as lan:
        case = a_case(lan, birth_year=None, age_band="b12_15")
        with pytest.raises(Invalid):
            give(lan, case, consent(agency_id("cong-an-tinh")), now=clock.now())
        said = Capacity("written_consent", "caregiver_written")
        give(lan, case, consent(agency_id("cong-an-tinh"), capacity=said), now=clock.now())
    (kept,) = admin_connection.execute("SELECT capacity FROM consent").fetchone() or (None,)
    assert kept["under_16"] and kept["child"] == "written_consent"


def test_the_database_holds_no_consent_by_the_alleged(acting: Acting, admin_connection: psycopg.Connection) -> None:
    with acting("lan@anh-duong") as lan:
        give(lan, a_case(lan), consent(agency_id("cong-an-tinh")), now=clock.now())
    admin_connection.execute("SET session_replication_role = replica")
    with pytest.raises(psycopg.errors.CheckViolation):
        admin_connection.execute(
            """UPDATE consent SET capacity = '{"adult": "caregiver_written", "guardian_is_alleged": true}'"""
        )
