"""``retention preview``: what the periods of the regulation end, before the worker does it."""

from datetime import date, datetime, time, timedelta

import click

from referral_hub.cli.cases import as_option
from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.kernel import clock
from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.errors import Invalid
from referral_hub.regulation import store
from referral_hub.rights.retention import preview

AHEAD = timedelta(days=366)


@click.group("retention")
def retention() -> None:
    """How long records are kept."""


@retention.command("preview")
@as_option
@click.option("--until", "day", metavar="YYYY-MM-DD", help="Up to this day; else for a year.")
@answering
@pass_run
def preview_command(run: Run, person: str, day: str | None) -> None:
    """What would be erased or lose its names when, by which period; changes nothing."""
    now = clock.now()
    until = _end_of(day) if day else now + AHEAD
    with run.acting(person) as actor:
        found = preview(actor, until, now=now)
        _id, regulation = store.in_force(now)
    document = [
        {"kind": one.kind, "code": one.code, "rule": one.rule, "then": one.then, "at": one.at.isoformat()}
        for one in found
    ]
    lines = [
        f"{one.at.astimezone(LOCAL):%d/%m/%Y}  {one.code or one.kind}  "
        f"{regulation.label('retention', one.rule, run.locale)}"
        for one in found
    ]
    none = {"vi": "Không có hồ sơ nào hết thời hạn lưu giữ.", "en": "No time of keeping ends."}[run.locale]
    answer(document, "\n".join(lines) or none)


def _end_of(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time.min, LOCAL)
    except (ValueError, OverflowError) as error:
        raise Invalid("until", "Ngày phải là YYYY-MM-DD.", "The day must be YYYY-MM-DD.") from error


COMMANDS = (retention,)
