"""``audit export``: entries of the log as a file, one JSON object a line."""

import json
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

import click

from referral_hub.access.log_exporting import all_entries, as_fhir, case_entries
from referral_hub.audit.folder import Folder
from referral_hub.audit.logkey import read_vkey
from referral_hub.audit.reading import LogLine, Wanted
from referral_hub.cases.queries import find_by_code
from referral_hub.cli.auditing import audit
from referral_hub.cli.cases import as_option
from referral_hub.cli.runtime import Run, answering, pass_run
from referral_hub.kernel import clock

DAYS = 30
_DAY = click.DateTime(["%Y-%m-%d"])


@audit.command("export")
@as_option
@click.option("--case", "code", help="The access log of this case, with what its entries say; for who holds it.")
@click.option("--from", "first", type=_DAY, help="First day (local time); without --case: 30 days ago.")
@click.option("--to", "last", type=_DAY, help="Last day; today when not given.")
@click.option("--fhir", is_flag=True, help="FHIR R4 AuditEvent (IHE BALP) instead of the entries as they are.")
@answering
@pass_run
def export(run: Run, person: str, code: str | None, first: datetime | None, last: datetime | None, fhir: bool) -> None:
    """Entries of the log, oldest first, one JSON object a line: of a case for who holds it, else for auditors."""
    now = clock.now()
    wanted = _wanted(first, last, now, bounded=code is None)
    with run.acting(person) as actor:
        if code is None:
            lines = all_entries(actor, wanted, now=now)
        else:
            lines = case_entries(actor, find_by_code(actor, code), wanted, now=now)
    for text in _fhir_lines(run, lines, of_case=code is not None) if fhir else map(_raw, lines):
        click.echo(text)


def _raw(line: LogLine) -> str:
    return line.raw.decode("utf-8", "backslashreplace")  # also one that somebody made unreadable


def _fhir_lines(run: Run, lines: tuple[LogLine, ...], *, of_case: bool) -> list[str]:
    events = as_fhir(lines, _origin(run), of_case=of_case)
    return [json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in events]


def _origin(run: Run) -> str:
    """The log's name; before the log first ran, the hub's."""
    line = read_vkey(Folder(run.settings.log_folder))
    return line.partition("+")[0] if line else f"{urlsplit(run.settings.public_url).hostname}/audit"


def _wanted(first: datetime | None, last: datetime | None, now: datetime, *, bounded: bool) -> Wanted:
    """Whole days in the time of the province."""
    today = now.astimezone(clock.LOCAL).date()
    until = last.date() if last else today if bounded else None
    since = first.date() if first else (until or today) - timedelta(days=DAYS) if bounded else None
    return Wanted(since=_midnight(since), until=_midnight(until and until + timedelta(days=1)))


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), clock.LOCAL)


COMMANDS = (audit,)
