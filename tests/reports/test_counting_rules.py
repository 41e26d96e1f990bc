"""The rules of counting, one by one, on records made for them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.regulation.model import Regulation
from referral_hub.reports.model import Period, to_document
from tests.reports.conftest import PERIOD, values
from tests.reports.rows import AT, Book

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
LAST_YEAR = AT - timedelta(days=365)


def test_the_first_midnight_counts_and_the_last_does_not(book: Book, counted: Any) -> None:
    book.contact(received_at=datetime(2020, 4, 16, tzinfo=LOCAL))
    book.contact(received_at=datetime(2020, 4, 15, 23, 59, 59, 999999, tzinfo=LOCAL))
    book.contact(received_at=datetime(2020, 10, 22, tzinfo=LOCAL))
    book.contact(received_at=datetime(2020, 10, 21, 23, 59, 59, 999999, tzinfo=LOCAL))
    assert values(counted())["contacts_received"] == 2


def test_a_period_without_a_day_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        Period(date(2020, 4, 16), date(2020, 4, 16))
    assert refused.value.field == "to"


def test_a_survivor_served_twice_counts_once(book: Book, counted: Any) -> None:
    case = book.survivor()
    book.episode(case, service="S7")
    book.episode(case, service="S7", first_started_at=AT + timedelta(days=1))
    assert values(counted())["survivors_legal_aid"] == 1


def test_who_was_first_served_before_the_period_does_not_count_again(book: Book, counted: Any) -> None:
    case = book.survivor()
    book.episode(case, service="S7", first_started_at=LAST_YEAR)
    book.episode(case, service="S7")
    assert values(counted())["survivors_legal_aid"] == 0


def test_the_first_is_the_first_of_the_matching_records(book: Book, counted: Any) -> None:
    case = book.survivor()
    book.episode(case, service="S8", first_started_at=LAST_YEAR)
    book.episode(case, service="S7")
    found = values(counted())
    assert (found["survivors_legal_aid"], found["survivors_direct"]) == (1, 0)


def test_a_started_referral_is_a_service_of_its_recipient(book: Book, counted: Any) -> None:
    case = book.survivor()
    recipient = book.agencies["tro-giup-phap-ly"]
    book.referral(case, recipient_id=recipient, service="S7", first_started_at=AT)
    book.referral(book.survivor(), recipient_id=recipient, service="S7")
    assert values(counted())["survivors_legal_aid"] == 1


def test_two_records_of_one_man_count_once(book: Book, counted: Any) -> None:
    man = new_id()
    for person in (man, man, new_id()):
        book.episode(book.perpetrator(person=person), service="V3")
    found = values(counted())
    assert (found["perpetrators_worked"], found["survivors_direct"]) == (2, 0)


def test_what_ever_happened_counts_whatever_the_status_is_today(book: Book, counted: Any) -> None:
    case = book.survivor()
    book.referral(case, ("sent", "declined", "redirected", "closed"))
    book.referral(case, ("sent", "accepted"))
    assert values(counted())["referral_loop_closed"] == 50.0


def test_a_referral_whose_time_has_not_passed_is_not_late_yet(book: Book, counted: Any) -> None:
    case = book.survivor()
    hour = timedelta(hours=1)
    book.referral(case, acknowledge_due=AT + 2 * hour, acknowledged_at=AT + hour)
    book.referral(case, acknowledge_due=AT + 2 * hour)
    book.referral(case, acknowledge_due=datetime(2999, 1, 1, tzinfo=LOCAL))
    assert values(counted())["referral_ack_on_time"] == 50.0


def test_a_ratio_of_nothing_has_no_value(counted: Any) -> None:
    made = counted("donor")
    (one,) = [one for one in made.indicators if one.code == "referral_loop_closed"]
    assert (one.value, one.suppressed) == (None, False)


def test_imported_rows_stay_out_of_indicators_that_do_not_want_them(book: Book, counted: Any) -> None:
    case = book.survivor(imported=True)
    book.referral(case, ("sent", "completed"), imported=True)
    book.referral(case, ("sent", "accepted"))
    book.consent(case, withdrawn_at=AT, imported=True)
    found = values(counted())
    assert (found["referral_loop_closed"], found["consent_withdrawn"]) == (0.0, 0)


def test_a_donor_sees_only_those_who_agreed_to_statistics(book: Book, counted: Any) -> None:
    for answer in ["given"] * 6 + ["refused", "not_asked"]:
        book.episode(book.survivor(statistics_consent=answer))
    assert values(counted("steering"))["survivors_direct"] == 8
    assert values(counted("donor"))["survivors_direct"] == 6


def test_people_of_an_old_register_need_not_have_been_asked(book: Book, counted: Any, regulation: Regulation) -> None:
    for _ in range(6):
        book.episode(book.survivor(imported=True), imported=True)
    made = counted("public")
    assert values(made)["survivors_direct"] == 6
    assert regulation.raw["statistics"]["imported_note"]["vi"] in [note.vi for note in made.notes]
    assert counted("operational").notes == ()


def test_the_note_on_old_registers_stays_away_without_their_rows(book: Book, counted: Any) -> None:
    case = book.survivor(statistics_consent="given")
    book.episode(case)
    book.episode(case, first_started_at=AT + timedelta(hours=1), imported=True)
    book.contact(received_at=LAST_YEAR, imported=True)
    assert not any("sổ cũ, chưa hỏi" in note.vi for note in counted("public").notes)


def test_contacts_need_no_consent(book: Book, counted: Any) -> None:
    for _ in range(7):
        book.contact()
    assert values(counted("public"))["contacts_received"] == 7


def test_an_agency_counts_what_it_gave_and_what_its_survivors_received(book: Book, counted: Any) -> None:
    book.contact()
    book.contact(agency_id=book.agencies["tong-dai"])
    police = book.agencies["cong-an-tinh"]
    book.referral(book.survivor(), service="S7", recipient_id=police, first_started_at=AT)
    assert values(counted(agency_id=book.agencies["tong-dai"]))["contacts_received"] == 1
    assert values(counted(agency_id=police))["survivors_legal_aid"] == 1
    assert values(counted(agency_id=book.agencies["anh-duong"]))["survivors_legal_aid"] == 1
    assert values(counted(agency_id=book.agencies["benh-vien-tinh"]))["survivors_legal_aid"] == 0


def test_small_numbers_are_hidden_from_a_donor_and_zero_is_shown(book: Book, counted: Any) -> None:
    for _ in range(8):
        book.contact()
    for _ in range(4):
        book.contact(outcome="passed_to_authority", related_to_gender=False)
    found = {one.code: (one.value, one.suppressed) for one in counted("donor").indicators}
    assert found["contacts_received"] == (8, False)
    assert found["passed_to_authority"] == (None, True)
    assert found["contacts_emergency"] == (0, False)
    assert values(counted("steering"))["passed_to_authority"] == 4


def test_of_which_is_hidden_where_the_rest_is_small(book: Book, counted: Any) -> None:
    for triage in ["emergency"] * 10 + ["routine"] * 2:
        book.contact(triage=triage)
    found = {one.code: (one.value, one.suppressed) for one in counted("donor").indicators}
    assert found["contacts_received"] == (12, False)
    assert found["contacts_emergency"] == (None, True)


def test_a_share_that_stands_for_few_people_is_hidden(book: Book, counted: Any) -> None:
    case = book.survivor()
    for ever in [("sent", "completed")] * 28 + [("sent",)] * 2:
        book.referral(case, ever)
    (one,) = [one for one in counted("donor").indicators if one.code == "referral_loop_closed"]
    assert (one.value, one.suppressed) == (None, True)
    assert values(counted("steering"))["referral_loop_closed"] == 93.3


def test_what_cannot_be_counted_yet_is_left_out(counted: Any, with_indicators: Callable[..., Regulation]) -> None:
    def legal_aid(code: str, **more: Any) -> dict[str, Any]:
        count = {"of": "service_episode", "at": "first_started_at", "distinct": "survivor", **more}
        return {"code": code, "unit": "person", "count": count}

    rules = with_indicators(legal_aid("all"), legal_aid("each", by="area"))
    assert values(counted(rules=rules)) == {"all": 0}


def test_an_unknown_audience_is_refused(counted: Any) -> None:
    with pytest.raises(Invalid) as refused:
        counted("neighbours")
    assert refused.value.field == "audience"


def test_the_document_has_the_fixed_names_and_no_hidden_value(book: Book, counted: Any, regulation: Regulation) -> None:
    for _ in range(3):
        book.contact()
    document = to_document(counted("donor"))
    assert list(document) == ["period", "audience", "regulation", "indicators"]
    assert document["period"] == {"from": "2020-04-16", "to": "2020-10-22"}
    assert document["regulation"] == f"{regulation.id} {regulation.version}"
    assert document["indicators"]["contacts_received"] == {"value": None, "suppressed": True}  # type: ignore[index]


def test_the_counting_role_reads_its_views_and_nothing_that_names_a_case(
    stat: Connection, admin_connection: psycopg.Connection
) -> None:
    assert stat.execute(text("SELECT count(*) FROM stat_referral")).scalar() == 0
    for column in ("case_code", "code", "desk_id"):
        with pytest.raises(DBAPIError, match="permission denied"):
            stat.execute(text(f"SELECT {column} FROM referral"))
        stat.rollback()


def test_the_views_have_the_columns_that_are_counted(admin_connection: psycopg.Connection) -> None:
    from referral_hub.reports.views import VIEWS

    for view in VIEWS.values():
        rows = admin_connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [view.name]
        ).fetchall()
        assert set(view.c.keys()) <= {name for (name,) in rows}


def test_every_count_of_the_first_report_can_be_made(counted: Any, regulation: Regulation) -> None:
    assert set(regulation.raw["statistics"]["seed_fixture"]["values"]) <= set(values(counted(period=PERIOD)))
