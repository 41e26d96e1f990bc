"""``case open|show|assign`` and ``consent give|withdraw``: the same services as the portal, as a named person."""

import json
from typing import Any

import click
from sqlalchemy import select

from referral_hub.access.actors import Actor
from referral_hub.cases import queries
from referral_hub.cases.facts import CaseFacts
from referral_hub.cases.finding import Wanted
from referral_hub.cases.service import assign, open_case, write_case
from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.consent import queries as consents
from referral_hub.consent import service as consent_service
from referral_hub.consent.capacity import Capacity
from referral_hub.consent.rules import NewConsent
from referral_hub.directory.queries import agencies, agency_by_code
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.models import Account
from referral_hub.referrals.finding import search
from referral_hub.regulation import store


def a_person(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """``--as`` names a person; the tasks of an agency are no option of the command line."""
    if ":" in value:
        raise click.BadParameter(value)
    return value


as_option = click.option(
    "--as", "person", required=True, metavar="EMAIL", callback=a_person, help="The person who acts."
)


@click.group("case")
def case() -> None:
    """Cases of one's own agency."""


@case.command("open")
@as_option
@click.option("--sections", type=click.File("r"), help="JSON: category -> fields.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=CODE", help="risk_level=high, sex=female, ...")
@answering
@pass_run
def open_command(run: Run, person: str, sections: Any, facts: tuple[str, ...]) -> None:
    """Open a case; prints its code."""
    documents = _json(sections)
    with run.acting(person) as actor:
        case_id = open_case(actor, _facts(facts), documents, now=clock.now())
        code = queries.header(actor, case_id).code
    answer({"id": str(case_id), "code": code}, code)


@case.command("write")
@click.argument("code")
@as_option
@click.option("--sections", type=click.File("r"), required=True, help="JSON: category -> fields.")
@answering
@pass_run
def write_command(run: Run, code: str, person: str, sections: Any) -> None:
    """Write sections of a case."""
    documents = _json(sections)
    with run.acting(person) as actor:
        write_case(actor, queries.find_by_code(actor, code), documents, now=clock.now())
    answer({"written": sorted(documents)}, ", ".join(sorted(documents)))


@case.command("show")
@click.argument("code")
@as_option
@answering
@pass_run
def show(run: Run, code: str, person: str) -> None:
    """Everything its holder may see of a case."""
    with run.acting(person) as actor:
        found = _case_document(actor, code)
    answer(found, json.dumps(found, ensure_ascii=False, indent=2, default=str))


@case.command("search")
@click.option("--code", default="", help="Exact code of a case or a referral.")
@click.option("--name", default="", help="Her whole name, with or without accents.")
@click.option("--telephone", default="", help="Her whole telephone number.")
@as_option
@answering
@pass_run
def search_command(run: Run, code: str, name: str, telephone: str, person: str) -> None:
    """Cases and referrals that this person may open."""
    with run.acting(person) as actor:
        found = search(actor, Wanted(code, name, telephone), now=clock.now())
    cases = [{"id": str(one.id), "code": one.code} for one in found.cases]
    referrals = [{"id": str(one.id), "code": one.code} for one in found.referrals]
    answer({"cases": cases, "referrals": referrals}, "\n".join(one["code"] for one in cases + referrals))


@case.command("assign")
@click.argument("code")
@click.argument("colleague", metavar="EMAIL")
@click.option("--cover", is_flag=True, help="Stands in, does not lead.")
@as_option
@answering
@pass_run
def assign_command(run: Run, code: str, colleague: str, cover: bool, person: str) -> None:
    """Add a colleague of the same agency to the case's team."""
    with run.acting(person) as actor:
        account = db.session.scalar(
            select(Account.id).where(Account.email == colleague.lower(), Account.agency_id == actor.agency_id)
        )
        if account is None:
            raise Invalid("colleague", "Đơn vị không có tài khoản này.", "The agency has no such account.")
        assign(actor, queries.find_by_code(actor, code), account, "cover" if cover else "worker", now=clock.now())
    answer({"assigned": colleague}, colleague)


@click.group("consent")
def consent() -> None:
    """What the survivor allowed."""


@consent.command("give")
@click.argument("case_code")
@click.option("--to", "recipient", required=True, metavar="AGENCY")
@click.option("--service", required=True)
@click.option("--category", "categories", multiple=True, required=True)
@click.option("--named", multiple=True, help="Categories she agreed to by name.")
@click.option("--method", required=True)
@click.option("--evidence", multiple=True, metavar="KEY=VALUE")
@click.option("--child", "child_form", metavar="FORM", help="What the child gave (minors.forms).")
@click.option("--adult", "adult_form", metavar="FORM", help="What a safe adult gave (minors.adult_forms).")
@click.option("--guardian-is-alleged", is_flag=True, help="The representative is said to have used violence.")
@click.option("--guardian-sides", is_flag=True, help="The representative sides with that person.")
@click.option("--cannot-decide", is_flag=True, help="An adult who cannot decide now.")
@as_option
@answering
@pass_run
def give(
    run: Run,
    case_code: str,
    recipient: str,
    service: str,
    categories: tuple[str, ...],
    named: tuple[str, ...],
    method: str,
    evidence: tuple[str, ...],
    child_form: str | None,
    adult_form: str | None,
    guardian_is_alleged: bool,
    guardian_sides: bool,
    cannot_decide: bool,
    person: str,
) -> None:
    """Record one consent: one service, one recipient; the purpose follows from the regulation."""
    now = clock.now()
    said = Capacity(child_form, adult_form, guardian_is_alleged, guardian_sides, cannot_decide)
    with run.acting(person) as actor:
        to = agency_by_code(recipient)
        row = store.in_force(now)[1].need_to_know(service, to.type)
        new = NewConsent(
            purpose=row.purpose if row else "",
            service=service,
            recipient_id=to.id,
            categories=frozenset(categories) | frozenset(named),
            named=frozenset(named),
            method=method,
            capacity=None if said == Capacity() else said,
            evidence=_pairs(evidence),
        )
        consent_id = consent_service.give(actor, queries.find_by_code(actor, case_code), new, now=now)
    answer({"id": str(consent_id)}, str(consent_id))


@consent.command("withdraw")
@click.argument("consent_id", type=click.UUID)
@click.option("--wish", help="Her words, if she gave any.")
@as_option
@answering
@pass_run
def withdraw(run: Run, consent_id: Any, wish: str | None, person: str) -> None:
    """She said stop: consent and access end in one transaction."""
    with run.acting(person) as actor:
        ended = consent_service.withdraw(actor, consent_id, wish=wish, now=clock.now())
    answer({"referrals": [str(one) for one in ended]}, str(len(ended)))


def _case_document(actor: Actor, code: str) -> dict[str, Any]:
    now = clock.now()
    case_id = queries.find_by_code(actor, code)
    header = queries.header(actor, case_id)
    names = {one.id: one.code for one in agencies()}
    return {
        "id": str(case_id),
        "code": header.code,
        "opened_at": header.opened_at.isoformat(),
        "closed_at": header.closed_at.isoformat() if header.closed_at else None,
        "imported": header.imported,
        "sections": {category: dict(one.fields) for category, one in queries.sections(actor, case_id, now=now).items()},
        "consents": [
            {
                "id": str(view.fact.id),
                "to": names.get(view.fact.recipient),
                "service": view.fact.service,
                "purpose": view.fact.purpose,
                "categories": sorted(view.fact.categories),
                "valid_until": view.fact.valid_until.isoformat(),
                "withdrawn_at": view.fact.withdrawn_at.isoformat() if view.fact.withdrawn_at else None,
            }
            for view in consents.of_case(actor, case_id)
        ],
    }


def _facts(pairs: tuple[str, ...]) -> CaseFacts:
    given: dict[str, Any] = _pairs(pairs)
    if "birth_year" in given:
        if not given["birth_year"].isdigit():
            raise Invalid("birth_year", "Năm sinh phải là số.", "The year of birth must be a number.")
        given["birth_year"] = int(given["birth_year"])
    unknown = set(given) - set(CaseFacts.__dataclass_fields__) - {"received_at"}
    if unknown:
        raise Invalid(min(unknown), f"Không có dữ kiện “{min(unknown)}”.", f"There is no fact “{min(unknown)}”.")
    return CaseFacts(received_at=clock.now(), **given)


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    wrong = next((text for text in texts if "=" not in text), None)
    if wrong is not None:
        raise Invalid("option", f"“{wrong}” phải có dạng TÊN=GIÁ_TRỊ.", f"“{wrong}” must read NAME=VALUE.")
    return dict(text.split("=", 1) for text in texts)


def _json(file: Any) -> dict[str, dict[str, Any]]:
    if file is None:
        return {}
    try:
        found = json.load(file)
    except ValueError as error:
        raise Invalid("sections", "Tệp không phải JSON.", "The file is not JSON.") from error
    if not isinstance(found, dict) or not all(isinstance(value, dict) for value in found.values()):
        raise Invalid("sections", "Cần dạng {mục: {trường: giá trị}}.", "Needed: {category: {field: value}}.")
    return found


COMMANDS = (case, consent)
