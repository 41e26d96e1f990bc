"""Sending from a case in an emergency, without her consent: one page, one button, the numbers first."""

from collections.abc import Mapping
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.cases import queries as cases
from referral_hub.consent.exceptions import TOLD, grounds
from referral_hub.directory.queries import agencies
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.referrals.disclosing import Disclosed, NewDisclosure
from referral_hub.referrals.disclosing import disclose as send_now
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation


@page(Action.EMERGENCY_SEND)
def disclose(actor: Actor, case_id: UUID) -> Page | Redirect:
    """Ground, recipient, reason, whether she was told. Ends with a recipient or with a number to call."""
    now = clock.now()
    _id, regulation = store.in_force(now)
    require(actor, Action.EMERGENCY_SEND, subject=case_id)
    if request.method == "GET":
        return _form(actor, case_id, regulation, {}, None)
    typed = {name: value.strip() for name, value in request.form.items()}
    try:
        recipient = request.form.get("recipient", type=UUID)
        if recipient not in {one.id for one in agencies()} or recipient is None:
            raise Invalid("recipient", "Hãy chọn đơn vị nhận.", "Choose a recipient.")
        wanted = NewDisclosure(
            case_id, recipient, typed.get("ground", ""), typed.get("reason", ""), typed.get("inform", "")
        )
        sent = send_now(actor, wanted, now=now)
    except Invalid as error:
        return _form(actor, case_id, regulation, typed, error)
    return _done(sent, case_id)


def _done(sent: Disclosed, case_id: UUID) -> Page | Redirect:
    names = {one.id: one.text(reader_locale()) for one in agencies()}
    if sent.referral is None:
        return Page(
            "emergency_act.html",
            {
                "act": {"title": _("Nobody can be reached through the hub: telephone now"), "facts": []},
                "tasks": [],
                "back_href": url_for("portal.case", case_id=case_id),
            },
        )
    said = _("Sent to %(agency)s. Telephone as well.", agency=names.get(sent.recipient or UUID(int=0), "?"))
    return Redirect(url_for("portal.referral", referral_id=sent.referral), said)


def _form(actor: Actor, case_id: UUID, regulation: Regulation, typed: Mapping[str, str], error: Invalid | None) -> Page:
    locale = reader_locale()
    usable = grounds(regulation, "disclosure")
    kinds = {kind for ground in usable.values() for kind in ground.shows}
    places = sorted(
        (one for one in agencies() if one.type in kinds and one.id != actor.agency_id),
        key=lambda one: one.text(locale),
    )
    waiting = dict.fromkeys(code for ground in usable.values() for code in ground.inform_unless)
    told = [{"value": TOLD, "text": _("She knows")}]
    told += [{"value": code, "text": regulation.label("inform_unless", code, locale)} for code in waiting]
    least = regulation.raw["emergency"]["opening"]["reason_min_chars"]
    header_code = None if actor.suspended else cases.header(actor, case_id).code
    return Page(
        "emergency_form.html",
        {
            "form": {
                "title": _("Send in an emergency"),
                "explain": [
                    *([_("Case %(code)s", code=header_code)] if header_code else []),
                    _("The recipient sees at once what the ground allows, without her consent."),
                    _("The supervisor on duty is told."),
                    _("If she has shut out the unit you choose, the next unit up gets it."),
                ],
                "submit": _("Send now"),
                "danger": True,
            },
            "calls": True,
            "fields": [
                form_field(
                    "ground",
                    "radios",
                    _("Ground"),
                    typed,
                    error,
                    items=[{"value": g.code, "text": g.label.text(locale)} for g in usable.values()],
                ),
                form_field(
                    "recipient",
                    "select",
                    _("To"),
                    typed,
                    error,
                    items=[{"value": "", "text": _("Choose")}]
                    + [{"value": str(one.id), "text": one.text(locale)} for one in places],
                ),
                form_field(
                    "reason",
                    "textarea",
                    _("Why now, in your words"),
                    typed,
                    error,
                    hint=_("At least %(least)s characters.", least=least),
                ),
                form_field("inform", "radios", _("Was she told?"), typed, error, items=told),
            ],
            "errors": form_errors(error),
            "back_href": url_for("portal.case", case_id=case_id),
        },
        status=422 if error else 200,
    )
