"""To be filled."""

import click
from referral_hub.cli.runtime import Run


def print_report(run: Run, start: str, end: str, audience: str) -> None:
    click.echo("report")


COMMANDS: tuple[click.Command, ...] = ()
