"""``referral send`` and every verb of the transition table, as a named person."""

from typing import Any

import click

from referral_hub.access.actors import Actor
from referral_hub.cases.queries import find_by_code as find_case
from referral_hub.cli.cases import a_person, as_option
from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.directory.queries import agency_by_code
from referral_hub.kernel import clock
from referral_hub.referrals import queries
from referral_hub.referrals.drafting import NewReferral, draft
from referral_hub.referrals.drafting import send as send_all
from referral_hub.referrals.rules import WRITTEN_NEEDS, Step
from referral_hub.referrals.stepping import step
from referral_hub.regulation.loader import shipped


@click.group("referral")
def referral() -> None:
    """The referral loop."""


def _new(
    actor: Actor, case_code: str, to: str, service: str, urgency: str | None, categories: tuple[str, ...]
) -> NewReferral:
    case_id = find_case(actor, case_code)
    return NewReferral(case_id, agency_by_code(to).id, service, urgency, categories or None)


what = [
    click.option("--service", required=True),
    click.option("--urgency", help="Default: the least the facts imply."),
    click.option("--category", "categories", multiple=True, help="Default: all that her consents cover."),
]


@referral.command("draft")
@click.argument("case_code")
@click.option("--to", required=True, metavar="AGENCY")
@what[0]
@what[1]
@what[2]
@as_option
@answering
@pass_run
def draft_command(
    run: Run, case_code: str, to: str, service: str, urgency: str | None, categories: tuple[str, ...], person: str
) -> None:
    """Write a referral without sending it."""
    with run.acting(person) as actor:
        made = draft(actor, _new(actor, case_code, to, service, urgency, categories), now=clock.now())
        found = queries.detail(actor, made, now=clock.now())
    answer({"id": str(made), "code": found.code, "status": found.status}, f"{found.code} {found.status}")


@referral.command("send")
@click.argument("code", metavar="CASE-OR-DRAFT")
@click.option("--to", "recipients", multiple=True, metavar="AGENCY", help="One or several; none: CODE is a draft.")
@click.option("--service")
@what[1]
@what[2]
@as_option
@answering
@pass_run
def send(
    run: Run,
    code: str,
    recipients: tuple[str, ...],
    service: str | None,
    urgency: str | None,
    categories: tuple[str, ...],
    person: str,
) -> None:
    """Send a referral of a case to one or several agencies at once, or a draft."""
    now = clock.now()
    with run.acting(person) as actor:
        if recipients and service:
            new = [_new(actor, code, to, service, urgency, categories) for to in recipients]
            sent = send_all(actor, new, now=now)
        else:
            made = queries.find_by_code(actor, code)
            step(actor, made, Step("send"), now=now)
            sent = (made,)
        found = [queries.detail(actor, one, now=now) for one in sent]
    answer(
        [{"id": str(one.id), "code": one.code, "status": one.status} for one in found],
        "\n".join(f"{one.code} {one.recipient} {one.status}" for one in found),
    )


@referral.command("show")
@click.argument("code")
@as_option
@answering
@pass_run
def show(run: Run, code: str, person: str) -> None:
    """One referral as this person may see it."""
    now = clock.now()
    with run.acting(person) as actor:
        found = queries.detail(actor, queries.find_by_code(actor, code), now=now)
    answer(_document(found), "\n".join(_lines(found, run.locale)))


def _document(found: Any) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "code": found.code,
        "case_code": found.case_code,
        "service": found.service,
        "urgency": found.urgency,
        "status": found.status,
        "version": found.version,
        "from": found.sender,
        "to": found.recipient,
        "allowed": [t.verb for t in found.steps],
        "shared": {line.category: dict(line.section.fields) if line.section else None for line in found.shared},
        "withheld": {line.category: line.reason for line in found.withheld},
        "history": [
            {"verb": line.verb, "at": line.occurred_at.isoformat(), "agency": line.agency, "reason": line.reason}
            for line in found.history
        ],
    }


def _lines(found: Any, locale: str) -> list[str]:
    regulation = found.regulation
    label = regulation.label
    lines = [
        f"{found.code}  {label('essential_services', found.service, locale)}",
        f"{found.sender} -> {found.recipient}",
        label("referral_statuses", found.status, locale),
    ]
    for line in found.shared:
        fields = ", ".join(f"{k}={v}" for k, v in line.section.fields.items()) if line.section else ""
        lines.append(f"  + {label('data_categories', line.category, locale)} {fields}".rstrip())
    lines += [f"  - {label('data_categories', one.category, locale)}: {one.reason}" for one in found.withheld]
    return lines


def _verb_command(verb: str, label: str) -> click.Command:
    @answering
    @pass_run
    def run_verb(
        run: Run,
        /,
        code: str,
        person: str,
        reason: str | None,
        outcome: str | None,
        new_referral: str | None,
        version: int | None,
        **notes: str | None,
    ) -> None:
        wanted = Step(verb, reason, outcome, {k: v for k, v in notes.items() if v is not None}, new_referral, version)
        with run.acting(person) as actor:
            status = step(actor, queries.find_by_code(actor, code), wanted, now=clock.now())
        answer({"code": code, "status": status}, status)

    options: list[click.Parameter] = [
        click.Argument(["code"]),
        click.Option(["--as", "person"], required=True, metavar="EMAIL", callback=a_person),
        click.Option(["--reason"]),
        click.Option(["--outcome"]),
        click.Option(["--new-referral"]),
        click.Option(["--version"], type=int),
    ]
    options += [click.Option([f"--{need.replace('_', '-')}", need]) for need in WRITTEN_NEEDS]
    made = click.command(verb.replace("_", "-"), help=label)(run_verb)
    made.params = options + [p for p in made.params if p.name == "output"]
    return made


for _transition in shipped().transitions:
    _name = _transition.verb.replace("_", "-")
    if _name not in referral.commands:
        referral.add_command(_verb_command(_transition.verb, _transition.label.vi), _name)
        referral.add_command(referral.commands[_name], _transition.verb)

COMMANDS = (referral,)
