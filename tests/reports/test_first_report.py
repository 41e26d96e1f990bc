"""The register of 2020, imported through the real services, gives the figures that were published then."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from importlib.resources import as_file, files

import pytest
from sqlalchemy import Connection

from referral_hub.access.actors import Actor
from referral_hub.intake.importing import import_register
from referral_hub.intake.register import read_register
from referral_hub.regulation.model import Regulation
from referral_hub.reports.queries import report
from tests.reports.conftest import PERIOD, values

Acting = Callable[..., AbstractContextManager[Actor]]


@pytest.fixture
def imported(acting: Acting, regulation: Regulation, now: datetime) -> None:
    with as_file(files("referral_hub.intake") / "data" / "so_tiep_nhan_2020.xlsx") as path:
        book = read_register(path, regulation)
    with acting("system:register-import:anh-duong") as actor:
        import_register(actor, book, now=now)


@pytest.mark.usefixtures("imported")
def test_the_imported_register_gives_the_figures_of_the_first_report(stat: Connection, regulation: Regulation) -> None:
    published = regulation.raw["statistics"]["seed_fixture"]["values"]
    found = values(report(stat, regulation, PERIOD, "steering"))
    assert {code: found[code] for code in published} == dict(published)


@pytest.mark.usefixtures("imported")
def test_a_donor_sees_the_large_figures_of_the_first_report_with_the_note_on_old_registers(
    stat: Connection, regulation: Regulation
) -> None:
    made = report(stat, regulation, PERIOD, "donor")
    found = {one.code: one.value for one in made.indicators}
    assert (found["contacts_received"], found["contacts_emergency"], found["survivors_direct"]) == (164, 36, 6)
    small = {code for code, n in regulation.raw["statistics"]["seed_fixture"]["values"].items() if n < 5}
    assert {one.code for one in made.indicators if one.suppressed} >= small
    assert regulation.raw["statistics"]["imported_note"]["vi"] in [note.vi for note in made.notes]
