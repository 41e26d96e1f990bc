"""``regulation check|show`` (adopt and diff follow)."""

import sys

import click

from referral_hub.cli.runtime import FAULTS, Run, answer, answering, pass_run
from referral_hub.kernel import clock
from referral_hub.kernel.db import transaction
from referral_hub.regulation import store, summary
from referral_hub.regulation.faults import RegulationFaults
from referral_hub.regulation.loader import load
from schemas.sections import SCHEMAS


@click.group("regulation")
def regulation() -> None:
    """The coordination regulation as data."""


@regulation.command("check")
@click.argument("file", type=click.Path(dir_okay=False))
@answering
@pass_run
def check(run: Run, file: str) -> None:
    """Name file, path and rule of every fault; exit status 1 when there is one."""
    try:
        found = load(file, known_categories=SCHEMAS)
    except RegulationFaults as error:
        faults = [{"file": f.file, "path": f.path, "rule": f.rule, "message": f.message.text(run.locale)} for f in error.faults]
        answer({"ok": False, "faults": faults}, "\n".join(f"{f['file']}: {f['path']}: {f['message']}" for f in faults))
        sys.exit(FAULTS)
    answer({"ok": True, "id": found.id, "version": found.version, "digest": found.digest}, f"{found.id} {found.version}")


@regulation.command("show")
@answering
@pass_run
def show(run: Run) -> None:
    """The version in force, in words."""
    with run.hub.app_context(), transaction(None):
        _id, found = store.in_force(clock.now())
    lines = summary.show(found, run.locale)
    answer({"id": found.id, "version": found.version, "digest": found.digest, "lines": lines}, "\n".join(lines))


COMMANDS = (regulation,)
