"""``report``: the indicators of the regulation for a period."""

from datetime import date

import click

from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.directory.queries import agencies, agency_by_code
from referral_hub.hub import STATISTICS
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.regulation import store
from referral_hub.reports.model import Period, Report, to_document
from referral_hub.reports.printing import to_text
from referral_hub.reports.service import figures

AUDIENCES = ("operational", "steering", "donor", "public")


@click.command("report")
@click.option("--from", "start", required=True, metavar="YYYY-MM-DD")
@click.option("--to", "end", required=True, metavar="YYYY-MM-DD", help="This day is not counted.")
@click.option("--audience", type=click.Choice(AUDIENCES), default="operational")
@click.option("--agency", metavar="CODE")
@click.option("--all", "everyone", is_flag=True, help="All agencies together (the default).")
@answering
@pass_run
def report(run: Run, start: str, end: str, audience: str, agency: str | None, everyone: bool) -> None:
    """Figures of a period, for an audience."""
    if agency and everyone:
        raise click.UsageError("--agency or --all, not both")
    print_report(run, start, end, audience, agency)


def print_report(run: Run, start: str, end: str, audience: str, agency: str | None = None) -> Report:
    """Print the report and return it; the operator asks as a task of the first coordinating agency."""
    period = Period(_day("from", start), _day("to", end))
    with run.acting(f"system:report:{_asker(run)}") as actor:
        _id, regulation = store.in_force(clock.now())
        of = agency_by_code(agency).id if agency else None
        with run.hub.extensions[STATISTICS].connect() as connection:
            found = figures(actor, connection, regulation, period, audience, of, now=clock.now())
    answer(to_document(found), to_text(found, regulation, run.locale).rstrip())
    return found


def _asker(run: Run) -> str:
    with run.reading():
        _id, regulation = store.in_force(clock.now())
        kinds = regulation.codes("agency_types")
        return next(one.code for one in agencies() if kinds[one.type].raw["role"] == "coordinator")


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            field, f"“{text}” không phải ngày dạng NĂM-THÁNG-NGÀY.", f"“{text}” is no YYYY-MM-DD day."
        ) from error


COMMANDS = (report,)
