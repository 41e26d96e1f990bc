"""An erasure outlives an older backup: what came back with the dump is erased again before anybody can sign in."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from referral_hub.audit.leading import Place
from referral_hub.audit.running import run_once
from referral_hub.cases.queries import header
from referral_hub.cases.service import close_case
from referral_hub.config import Settings
from referral_hub.kernel import clock
from referral_hub.kernel.server import Server
from referral_hub.rights.erasing import approve, erase, of_request, propose
from referral_hub.rights.retention import KEEP
from referral_hub.rights.service import NewRequest, ask
from tests.conftest import Acting
from tests.keeping.test_backup import Kept, an_empty_home, bring_back, elsewhere, kept
from tests.story import accepted_by
from tests.working import Worker

__all__ = ["elsewhere", "kept"]

LAW = "proceedings"
HELD = (
    "SELECT (SELECT count(*) FROM case_section WHERE subject = %(s)s),"
    " (SELECT count(*) FROM case_section_history WHERE subject = %(s)s),"
    " (SELECT count(*) FROM search_mark WHERE subject = %(s)s),"
    " (SELECT count(*) FROM data_key WHERE subject = %(s)s AND category <> '_audit'),"
    " (SELECT count(*) FROM data_key WHERE subject = %(s)s AND category = '_audit')"
)


@pytest.fixture
def other(acting: Acting) -> str:
    """A case that nobody erases; asked for before the backup is made."""
    return str(accepted_by(acting).case)


def test_what_was_erased_after_the_backup_is_erased_again_and_nothing_else(
    other: str,
    kept: Kept,
    tmp_path: Path,
    elsewhere: Callable[[], Server],
    acting: Acting,
    server: Server,
    settings: Settings,
    admin_connection: psycopg.Connection,
) -> None:
    with acting("lan@anh-duong") as lan:
        close_case(lan, kept.told.case, "goals_met", now=clock.now())
    before = admin_connection.execute(HELD, {"s": other}).fetchone()
    Worker(acting, admin_connection, clock.now()).work(clock.now() + timedelta(days=11 * 365), only=KEEP)
    run_once(Place(server.url("log"), kept.log, settings.public_url))
    home = an_empty_home(tmp_path, kept)
    shutil.copytree(kept.log.root, home / "audit")  # the disk of the log survived
    done = bring_back(kept, home, elsewhere)
    assert done.erased == 1
    with psycopg.connect(elsewhere().require_admin_url()) as connection:
        assert connection.execute(HELD, {"s": kept.told.case}).fetchone() == (0, 0, 0, 0, 1)
        assert connection.execute(HELD, {"s": other}).fetchone() == before


def test_what_two_people_erased_for_her_is_erased_again_before_anybody_signs_in(
    other: str,
    kept: Kept,
    tmp_path: Path,
    elsewhere: Callable[[], Server],
    acting: Acting,
    server: Server,
    settings: Settings,
    admin_connection: psycopg.Connection,
) -> None:
    now = clock.now()
    with acting("lan@anh-duong") as lan:
        code = header(lan, kept.told.case).code
        wanted = ask(lan, NewRequest("herself", "erasure", "walk_in", now, code), now=now)
    with acting("yen@anh-duong") as yen:
        parts = of_request(yen, wanted, now=now).parts
        propose(yen, wanted, {part.category: LAW if part.category == "risk" else None for part in parts}, now=now)
    with acting("dung@anh-duong") as dung:
        approve(dung, wanted, now=clock.now())
    with acting("yen@anh-duong") as yen:
        assert erase(yen, wanted, now=clock.now()).answer == "partly"
    before = admin_connection.execute(HELD, {"s": other}).fetchone()
    run_once(Place(server.url("log"), kept.log, settings.public_url))
    home = an_empty_home(tmp_path, kept)
    shutil.copytree(kept.log.root, home / "audit")
    assert bring_back(kept, home, elsewhere).erased == 1
    with psycopg.connect(elsewhere().require_admin_url()) as connection:
        rows = connection.execute("SELECT category FROM data_key WHERE subject = %s", [kept.told.case]).fetchall()
        assert rows == [("risk",)]
        words = "SELECT count(*) FROM audit_payload WHERE subject = %s"
        assert connection.execute(words, [kept.told.case]).fetchone() == (0,)
        assert connection.execute(HELD, {"s": other}).fetchone() == before
