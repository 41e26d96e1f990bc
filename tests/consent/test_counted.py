"""Uses of a ground without her consent are counted, and how many were reviewed in time."""

from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import Connection, create_engine

from referral_hub.kernel import clock
from referral_hub.kernel.server import Server
from referral_hub.referrals.disclosing import NewDisclosure, disclose
from referral_hub.regulation.loader import shipped
from referral_hub.reports.model import Period
from referral_hub.reports.queries import report
from tests.builders import a_case, agency_id
from tests.conftest import Acting, Directory

REASON = "Anh ta cầm dao đứng trước cửa, chị ấy đang ở trong nhà."
ASKED = ("exceptions_used", "exceptions_reviewed_in_time")


@pytest.fixture
def stat(server: Server) -> Iterator[Connection]:
    engine = create_engine(server.url("stat").replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def counted(stat: Connection, directory: Directory | None = None, code: str = "") -> list[float | int | None]:
    today = date.today()
    period = Period(today - timedelta(days=2), today + timedelta(days=2))
    office = directory.agencies[code] if directory else None
    found = {one.code: one.value for one in report(stat, shipped(), period, "operational", office).indicators}
    stat.rollback()
    return [found[code] for code in ASKED]


@pytest.fixture
def four(acting: Acting) -> None:
    """Four disclosures in an emergency."""
    for _turn in range(4):
        with acting("lan@anh-duong") as lan:
            case = a_case(lan)
            new = NewDisclosure(case, agency_id("cong-an-tinh"), "imminent_danger", REASON, "raises_danger")
            disclose(lan, new, now=clock.now())


def test_each_use_counts_and_no_review_is_late_before_it_is_due(four: None, stat: Connection) -> None:
    assert counted(stat)[0] == 4


def test_a_review_in_time_counts_and_one_that_is_missing_does_not(
    four: None, stat: Connection, admin_connection: psycopg.Connection
) -> None:
    """One was reviewed whole and in time, one too late, one is overdue, one is not due yet."""
    admin_connection.execute("SET session_replication_role = replica")
    acts = [act for (act,) in admin_connection.execute("SELECT id FROM emergency_act ORDER BY id")]
    changes = (
        "done_at = due - interval '1 hour'",
        "done_at = due + interval '1 hour'",
        "due = now() - interval '1 hour'",
    )
    for act, change in zip(acts, changes, strict=False):
        outcome = ", outcome = 'justified'" if "done_at" in change else ""
        admin_connection.execute(
            f"UPDATE emergency_task SET {change}{outcome} WHERE act_id = %s AND kind <> 'told'".encode(), [act]
        )
    admin_connection.execute("SET session_replication_role = origin")
    assert counted(stat) == [4, 33.3]


def test_only_the_agencies_concerned_have_them_in_their_own_report(
    four: None, stat: Connection, directory: Directory
) -> None:
    assert counted(stat, directory, "anh-duong")[0] == 4
    assert counted(stat, directory, "benh-vien-tinh")[0] == 0


def test_who_counts_reads_no_reason_and_no_ground(four: None, stat: Connection) -> None:
    for column in ("reason", "ground", "account_id", "recipient_id"):
        with pytest.raises(Exception, match="permission denied"):
            stat.exec_driver_sql(f"SELECT {column} FROM emergency_act")
        stat.rollback()
