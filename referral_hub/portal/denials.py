"""Whom she does not want to see anything of her case; and saying that one must not work on a case oneself."""

from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access import conflicts
from referral_hub.access import denials as service
from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.decision import DenialFact
from referral_hub.cases import queries as cases
from referral_hub.directory.queries import agencies, all_desks
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.liaisons.queries import account_by_email, account_names
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import when


@page(Action.CONFLICT_DECLARE)
def declare_conflict(actor: Actor) -> Page | Redirect:
    """The code alone; the answer never says whether there is such a case."""
    back = url_for("portal.inbox")
    if request.method == "POST":
        conflicts.declare(actor, request.form.get("code", ""), now=clock.now())
        return Redirect(back, _("Recorded. If there is such a case, you do not see it any more."))
    return Page(
        "emergency_form.html",
        {
            "form": {
                "title": _("I must not work on this case"),
                "explain": [
                    _("You know somebody of this case, or there is another reason."),
                    _("You need the code alone; nothing is opened."),
                    _("From now on the case is not there for you. Somebody else of your agency takes over."),
                ],
                "submit": _("Record it"),
                "danger": False,
            },
            "fields": [form_field("code", "text", _("Code of the case or of the referral"), {}, None)],
            "errors": [],
            "back_href": back,
        },
    )


@page(Action.DENIAL_RECORD)
def denials(actor: Actor, case_id: UUID) -> Page | Redirect:
    """What stands, one more, or lifting one; for who holds the case."""
    here = url_for("portal.denials", case_id=case_id)
    error = None
    if request.method == "POST":
        try:
            _change(actor, case_id)
            return Redirect(here, _("Recorded."))
        except Conflict as conflict:
            return Redirect(here, conflict.sentence.text(reader_locale()))
        except Invalid as found:
            error = found
    locale = reader_locale()
    names = {one.id: one.text(locale) for one in agencies()}
    desks = {one.id: f"{names.get(one.agency_id, '?')}: {one.text(locale)}" for one in all_desks()}
    standing = service.of_case(actor, case_id, now=clock.now())
    people = account_names([one.fact.account for one in standing if one.fact.account is not None])
    blank = [{"value": "", "text": _("Choose")}]
    return Page(
        "denials.html",
        {
            "code": cases.header(actor, case_id).code,
            "standing": [
                {"id": one.id, "who": _whom(one.fact, names, desks, people), "since": when(one.denied_at)}
                for one in standing
            ],
            "fields": [
                form_field(
                    "agency",
                    "select",
                    _("Agency"),
                    request.form,
                    error,
                    items=blank + [{"value": str(key), "text": name} for key, name in names.items()],
                ),
                form_field(
                    "units",
                    "checkboxes",
                    _("How far"),
                    {},
                    None,
                    items=[{"value": "with", "text": _("With every unit under it")}],
                ),
                form_field(
                    "desk",
                    "select",
                    _("Or one desk"),
                    request.form,
                    error,
                    items=blank + [{"value": str(key), "text": name} for key, name in desks.items()],
                ),
                form_field("account", "text", _("Or one account, by its e-mail address"), request.form, error),
                form_field("name", "text", _("Or a person, by full name, in any agency"), request.form, error),
            ],
            "errors": form_errors(error),
            "back_href": url_for("portal.case", case_id=case_id),
        },
        status=422 if error else 200,
    )


def _change(actor: Actor, case_id: UUID) -> None:
    now = clock.now()
    lifted = request.form.get("lift", type=UUID)
    if lifted is not None:
        service.lift(actor, case_id, lifted, now=now)
        return
    name = request.form.get("name", "").strip()
    agency = request.form.get("agency", type=UUID)
    desk = request.form.get("desk", type=UUID)
    email = request.form.get("account", "").strip()
    account = account_by_email(email) if email else None
    if agency is None and desk is None and account is None and not name:
        raise Invalid("agency", "Hãy chọn một đơn vị hoặc ghi họ tên.", "Choose an agency or write a name.")
    if agency is not None:
        with_units = request.form.get("units") == "with"
        service.deny(actor, case_id, DenialFact(None, agency=agency, with_units=with_units), now=now)
    if desk is not None:
        service.deny(actor, case_id, DenialFact(None, desk=desk), now=now)
    if account is not None:
        service.deny(actor, case_id, DenialFact(None, account=account), now=now)
    if name:
        conflicts.describe(actor, case_id, name[:200], now=now)


def _whom(fact: DenialFact, names: dict[UUID, str], desks: dict[UUID, str], people: dict[UUID, str]) -> Any:
    if fact.agency is not None:
        name = names.get(fact.agency, "?")
        return _("%(agency)s with every unit under it", agency=name) if fact.with_units else name
    if fact.desk is not None:
        return desks.get(fact.desk) or _("One desk")
    return people[fact.account] if fact.account in people else _("One person")
