"""A world to attack: a case of the house, sent to the police and accepted, and subjects without any row yet."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from referral_hub.cases.sections import open_subject
from referral_hub.kernel import clock
from referral_hub.kernel.ids import new_id
from tests.conftest import Acting, Directory
from tests.database.world import World
from tests.people import HOUSE, POLICE
from tests.story import Told, accepted_by, sent_to
from tests.trial import Snapshot, Trial

Tamper = Callable[..., int]


@pytest.fixture(scope="session")
def _told() -> dict[str, tuple[World, Snapshot]]:
    """Worlds that were made once; afterwards their rows are put back as they were."""
    return {}


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """Lan's case, accepted by the police; `bare` and `bare_perpetrator` are subjects that nothing was written about."""
    return _made(request, accepted_by)


@pytest.fixture
def waiting_world(request: pytest.FixtureRequest) -> World:
    """The same before the police answered."""
    return _made(request, sent_to)


def _made(request: pytest.FixtureRequest, story: Callable[[Acting], Told]) -> World:
    installation: Trial = request.getfixturevalue("installation")
    told = request.getfixturevalue("_told")
    request.getfixturevalue("server")
    if story.__name__ in told:
        world, rows = told[story.__name__]
        installation.recall(rows)
        return world
    acting = request.getfixturevalue("acting")
    admin = request.getfixturevalue("admin_connection")
    world = _world(acting, request.getfixturevalue("directory"), admin, story(acting))
    told[story.__name__] = world, installation.remember()
    return world


def _world(acting: Acting, directory: Directory, admin: psycopg.Connection, told: Told) -> World:
    bare, bare_perpetrator = new_id(), new_id()
    at = clock.now()
    with acting("lan@anh-duong") as lan:
        open_subject(lan, bare, "case", at=at, now=at)
    with acting("binh@anh-duong") as binh:
        open_subject(binh, bare_perpetrator, "perpetrator", at=at, now=at)
    (regulation,) = admin.execute("SELECT id FROM regulation_version").fetchone() or (None,)
    return World(
        case=told.case,
        consent=told.consent,
        referral=told.referral,
        bare=bare,
        bare_perpetrator=bare_perpetrator,
        house=directory.agencies[HOUSE],
        police=directory.agencies[POLICE],
        desk=directory.desks["duty@cong-an-tinh"],
        lan=directory.accounts["lan@anh-duong"],
        thao=directory.accounts["thao@anh-duong"],
        regulation=regulation,
    )


@pytest.fixture
def tamper(admin_connection: psycopg.Connection) -> Tamper:
    """Changes rows behind the door's back, without triggers: what time or an attacker of the machine would do."""

    def change(statement: str, *values: Any) -> int:
        with admin_connection.transaction():
            admin_connection.execute("SET LOCAL session_replication_role = replica")
            return admin_connection.execute(statement.encode(), values).rowcount

    return change
