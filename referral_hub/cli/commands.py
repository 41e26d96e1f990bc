"""The root of the command line: one module for each group of verbs."""

import click

from referral_hub.cli import (
    accounts,
    audit_export,
    auditing,
    cases,
    consent_imports,
    database,
    duties,
    keeping,
    log,
    log_witnesses,
    perpetrators,
    referrals,
    register,
    regulation,
    reports,
    retention,
    serving,
    working,
)
from referral_hub.cli.runtime import Run


@click.group()
@click.option("--locale", type=click.Choice(["vi", "en"]), default="vi", envvar="REFERRAL_HUB_LOCALE", help="vi | en")
@click.pass_context
def root(context: click.Context, locale: str) -> None:
    """Referral hub: dated, purposed, revocable, verifiable disclosures between agencies."""
    context.obj = Run(locale)
    context.call_on_close(context.obj.close)


for module in (
    *(database, regulation, register, reports, cases, referrals, serving),
    *(log, log_witnesses, working, auditing, audit_export),
    *(perpetrators, consent_imports, keeping),
    accounts,
    *(retention,),
    duties,
):
    for command in module.COMMANDS:
        root.add_command(command)
