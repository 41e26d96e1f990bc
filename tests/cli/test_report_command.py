"""`report`: the figures of a period in the form that is fixed, small ones hidden where they must be."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from referral_hub.access.actors import actor_from_door
from referral_hub.config import Settings
from referral_hub.hub import STATISTICS, make_hub
from referral_hub.installation import operator_secret
from referral_hub.intake.importing import import_register
from referral_hub.intake.register import read_register
from referral_hub.kernel import clock
from referral_hub.kernel.db import db, transaction
from referral_hub.kernel.roles import close_schema, open_schema
from referral_hub.kernel.server import Server
from referral_hub.regulation.loader import shipped
from tests.cli.commandline import CommandLine, Said, variables
from tests.cli.logins import kept_logins
from tests.intake.register.conftest import packed
from tests.intake.workbooks import CALLS, SHIPPED, SOURCE, TASK, get, put, shipped_book
from tests.trial import PREFIX, Trial

FIRST, END = "2020-04-16", "2020-10-22"
Asked = Callable[..., Said]


@pytest.fixture(autouse=True)
def logins(installation: Trial, settings: Settings) -> Iterator[None]:
    """Who counts has a role of its own."""
    with kept_logins(installation, settings.home):
        yield


@pytest.fixture(scope="module")
def imported(installation: Trial, settings: Settings) -> Iterator[Server]:
    """A database of its own that holds the shipped register; these tests only read it."""
    name = f"{installation.name}_counted"
    installation.create(name, installation.template)
    with installation.admin(name) as connection:
        open_schema(connection, PREFIX)
        close_schema(connection, PREFIX)
    server = installation.server(name)
    hub = make_hub(settings, server)
    with hub.app_context(), transaction(f"operator:{operator_secret(settings.home)}:{TASK}") as row:
        assert row is not None
        import_register(actor_from_door(row, "cli"), read_register(SOURCE, shipped()), now=clock.now())
    hub.extensions[STATISTICS].dispose()
    with hub.app_context():
        db.engine.dispose()
    yield server
    installation.drop(name)


@pytest.fixture
def ask(cli: CommandLine, imported: Server, settings: Settings) -> Asked:
    """`ask("--audience", "donor")` of the shipped register; another period with `first` and `end`."""
    cli.variable(variables(imported, settings))

    def run(*options: str, first: str = FIRST, end: str = END, form: str = "json") -> Said:
        return cli("report", "--from", first, "--to", end, *options, "--format", form)

    return run


def test_the_report_has_the_form_that_is_fixed(ask: Asked) -> None:
    said = ask()
    assert (said.status, said.err) == (0, "")
    document = said.document
    assert set(document) == {"period", "audience", "regulation", "indicators"}
    assert document["period"] == {"from": FIRST, "to": END}
    assert document["audience"] == "operational"
    assert shipped().id in document["regulation"] and str(shipped().version) in document["regulation"]
    assert document["indicators"]["contacts_received"] == {"value": 164, "suppressed": False}
    for one in document["indicators"].values():
        assert set(one) == {"value", "suppressed"}


def test_indicators_stand_in_the_order_of_the_regulation(ask: Asked) -> None:
    listed = [one["code"] for one in shipped().raw["statistics"]["indicators"]]
    found = list(ask().document["indicators"])
    assert found == [code for code in listed if code in found]
    assert set(found) >= set(shipped().raw["statistics"]["seed_fixture"]["values"])


def test_a_donor_reads_no_small_number(ask: Asked) -> None:
    own, donor = ask().document["indicators"], ask("--audience", "donor").document["indicators"]
    hidden = {code for code, one in donor.items() if one["suppressed"]}
    small = {code for code, one in own.items() if isinstance(one["value"], int) and 1 <= one["value"] <= 4}
    assert small & set(donor) <= hidden
    assert {donor[code]["value"] for code in hidden} == {None}
    assert all(one["value"] == own[code]["value"] for code, one in donor.items() if code not in hidden)
    assert donor["contacts_received"] == {"value": 164, "suppressed": False}


def test_a_zero_is_shown_to_a_donor(ask: Asked) -> None:
    donor = ask("--audience", "donor", first="2019-01-01", end="2019-02-01").document["indicators"]
    assert donor["contacts_received"] == {"value": 0, "suppressed": False}


def test_the_words_for_a_donor_hide_what_the_document_hides(ask: Asked) -> None:
    donor = ask("--audience", "donor").document["indicators"]
    lines = ask("--audience", "donor", form="text").out.splitlines()
    for entry in shipped().raw["statistics"]["indicators"]:
        if donor.get(entry["code"], {}).get("suppressed"):
            (line,) = [one for one in lines if entry["vi"] in one][:1]
            assert not any(sign.isdigit() for sign in line.replace(entry["vi"], "")), line


def test_the_last_day_itself_is_not_counted(ask: Asked) -> None:
    book = shipped_book()
    numbers = range(1, SHIPPED[CALLS] + 1)
    days = [get(book, CALLS, n, "Ngày giờ").date() for n in numbers if get(book, CALLS, n, "Liên quan BLG") == "Có"]
    last = max(days)
    through = ask(end=last.isoformat()).document["indicators"]["contacts_received"]["value"]
    assert through == 164 - days.count(last)


def test_a_call_at_local_midnight_belongs_to_the_new_day(cli: CommandLine, tmp_path: Path) -> None:
    book = put(shipped_book(), CALLS, 1, "Ngày giờ", dt.datetime(2020, 5, 1, 0, 0))
    path = tmp_path / "book.xlsx"
    path.write_bytes(packed(book))
    assert cli("register", "import", path).status == 0

    def calls(first: str, end: str) -> Any:
        said = cli("report", "--from", first, "--to", end, "--format", "json")
        return said.document["indicators"]["contacts_received"]["value"]

    assert calls("2020-04-16", "2020-05-01") + calls("2020-05-01", END) == 164
    without_it = [get(book, CALLS, n, "Ngày giờ") for n in range(2, SHIPPED[CALLS] + 1)]
    related = [get(book, CALLS, n, "Liên quan BLG") == "Có" for n in range(2, SHIPPED[CALLS] + 1)]
    before = sum(yes for at, yes in zip(without_it, related, strict=True) if at.date() < dt.date(2020, 5, 1))
    assert calls("2020-04-16", "2020-05-01") == before


def test_one_agency_is_counted_alone(ask: Asked) -> None:
    house, police = (ask("--agency", code).document["indicators"] for code in ("anh-duong", "cong-an-tinh"))
    assert house["contacts_received"]["value"] == 164
    assert police["contacts_received"]["value"] == 0
    assert ask("--all").document == ask().document


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (("--agency", "khong-co"), None),
        (("--from", "2020-13-01"), "from"),
        (("--to", "hôm qua"), "to"),
        (("--from", "2021-01-01", "--to", "2020-01-01"), "to"),
        (("--from", "2020-01-01", "--to", "2020-01-01"), "to"),
    ],
)
def test_a_question_that_cannot_be_answered_names_its_field(
    options: tuple[str, ...], field: str | None, cli: CommandLine
) -> None:
    said = cli("report", "--from", FIRST, "--to", END, *options, "--format", "json")
    assert said.status == 1
    assert set(said.document) >= {"error", "detail"}
    if field:
        assert (said.document["error"], said.document["field"]) == ("validation", field)
    assert said.err.strip() and "Traceback" not in said.err


def test_all_and_one_agency_at_once_is_a_fault_of_usage(cli: CommandLine) -> None:
    said = cli("report", "--from", FIRST, "--to", END, "--agency", "anh-duong", "--all")
    assert said.status == 2


@pytest.mark.parametrize("audience", ["operational", "steering", "donor", "public"])
def test_every_audience_has_its_report(audience: str, ask: Asked) -> None:
    said = ask("--audience", audience)
    assert (said.status, said.document["audience"]) == (0, audience)
    assert ask("--audience", audience, form="text").out.strip()


def test_an_audience_that_nobody_knows_is_a_fault_of_usage(cli: CommandLine) -> None:
    assert cli("report", "--from", FIRST, "--to", END, "--audience", "press").status == 2
