"""The hub as machines meet it: the served application, and a log that has run."""

import shutil
from collections.abc import Callable, Iterator

import pytest

from referral_hub.audit.folder import Folder
from referral_hub.audit.roster import Roster, write_roster
from referral_hub.config import Settings
from referral_hub.kernel.server import Server
from tests.audit.small_log import Cosigner, SmallLog
from tests.portal.conftest import _portal, accepted, browser, portal, sent, signed_in, statements

Enrol = Callable[..., Roster]

__all__ = ["Enrol", "_portal", "accepted", "browser", "portal", "sent", "signed_in", "statements"]


@pytest.fixture
def small_log(server: Server, settings: Settings) -> Iterator[SmallLog]:
    """The log of this hub, empty and without a key so far; its files are gone afterwards."""
    folder = Folder(settings.log_folder)
    shutil.rmtree(folder.root, ignore_errors=True)
    yield SmallLog(server, folder, settings.public_url)
    shutil.rmtree(folder.root, ignore_errors=True)


@pytest.fixture
def enrol(small_log: SmallLog) -> Enrol:
    """`enrol(one, other, quorum=2)` puts witnesses on the roster."""

    def write(*cosigners: Cosigner, quorum: int = 0) -> Roster:
        roster = Roster()
        for one in cosigners:
            roster = roster.with_witness(one.witness)
        roster = roster.with_quorum(quorum)
        write_roster(small_log.folder.witnesses, roster)
        return roster

    return write
