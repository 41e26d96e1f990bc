"""``consent import|imports|settle``: consents that were written elsewhere. Nothing here opens anything."""

from typing import Any, BinaryIO, get_args
from uuid import UUID

import click

from referral_hub.cases import queries
from referral_hub.cli.cases import as_option, consent
from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.consent import imports
from referral_hub.kernel import clock

case_option = click.option("--case", "code", required=True, metavar="CODE", help="The case it is about.")


@consent.command("import")
@click.argument("file", type=click.File("rb"))
@case_option
@as_option
@answering
@pass_run
def import_command(run: Run, file: BinaryIO, code: str, person: str) -> None:
    """Take in a FHIR R4 Consent or an ISO/IEC TS 27560 record; what cannot be understood counts as a denial."""
    content = file.read(imports.LARGEST + 1)
    with run.acting(person) as actor:
        taken = imports.take_in(actor, queries.find_by_code(actor, code), content, now=clock.now())
    found: dict[str, Any] = {"id": str(taken.id), "format": taken.format, "why": taken.why}
    found |= {"denied": taken.denied, "waits": taken.waits}
    answer(found, f"{taken.why}: {taken.id}")


@consent.command("imports")
@click.argument("case_code")
@as_option
@answering
@pass_run
def imports_command(run: Run, case_code: str, person: str) -> None:
    """What waits until a person has asked her."""
    with run.acting(person) as actor:
        found = imports.waiting(actor, queries.find_by_code(actor, case_code))
    listed = [{"id": str(one.id), "format": one.format, "imported_at": one.imported_at.isoformat()} for one in found]
    answer(listed, "\n".join(one["id"] for one in listed))


@consent.command("settle")
@click.argument("import_id", type=click.UUID, metavar="ID")
@case_option
@click.option("--outcome", type=click.Choice(get_args(imports.Settlement)), required=True)
@as_option
@answering
@pass_run
def settle_command(run: Run, import_id: UUID, code: str, outcome: imports.Settlement, person: str) -> None:
    """She was asked. What she agreed to is then recorded with `consent give`."""
    with run.acting(person) as actor:
        imports.settle(actor, queries.find_by_code(actor, code), import_id, outcome, now=clock.now())
    answer({"settled": str(import_id)}, outcome)


COMMANDS = ()
