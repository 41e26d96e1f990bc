"""An erasure outlives an older backup: what came back with the dump is erased again before anybody can sign in."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from referral_hub.audit.leading import Place
from referral_hub.audit.running import run_once
from referral_hub.cases.service import close_case
from referral_hub.config import Settings
from referral_hub.kernel import clock
from referral_hub.kernel.server import Server
from referral_hub.rights.retention import KEEP
from tests.conftest import Acting
from tests.keeping.test_backup import Kept, an_empty_home, bring_back, elsewhere, kept
from tests.story import accepted_by
from tests.working import Worker

__all__ = ["elsewhere", "kept"]

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
