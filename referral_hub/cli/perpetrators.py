"""``perpetrator alike|same``: records of one person, for the workers of that compartment."""

import click

from referral_hub.cli.cases import as_option
from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.kernel import clock
from referral_hub.perpetrators.families import find_by_code, named_alike, same_person


@click.group("perpetrator")
def perpetrator() -> None:
    """Work with persons who used violence."""


@perpetrator.command("alike")
@click.argument("code")
@as_option
@answering
@pass_run
def alike_command(run: Run, code: str, person: str) -> None:
    """Other records of the agency with the same name: hints, to be checked by a person."""
    with run.acting(person) as actor:
        found = named_alike(actor, find_by_code(actor, code))
    listed = [{"code": one.code, "same": one.same} for one in found]
    answer({"records": listed}, "\n".join(one.code for one in found))


@perpetrator.command("same")
@click.argument("code")
@click.argument("other")
@as_option
@answering
@pass_run
def same_command(run: Run, code: str, other: str, person: str) -> None:
    """Two records are of one person, who is counted once from now on."""
    with run.acting(person) as actor:
        same_person(actor, find_by_code(actor, code), find_by_code(actor, other), now=clock.now())
    answer({"same": [code, other]}, f"{code} = {other}")


COMMANDS = (perpetrator,)
