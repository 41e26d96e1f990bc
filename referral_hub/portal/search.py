"""Search: by code, by her name, by her telephone number. What is typed travels in the form, in no address."""

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.cases.finding import Wanted
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.pages import Page, page
from referral_hub.portal.words import when
from referral_hub.referrals.finding import Found
from referral_hub.referrals.finding import search as find


@page(Action.CASE_SEARCH)
def search(actor: Actor) -> Page:
    """The form, and under it what was found; nothing found reads the same whatever the reason."""
    found, error = None, None
    if request.method == "POST":
        typed = Wanted(*(request.form.get(name, "") for name in ("code", "name", "telephone")))
        try:
            found = find(actor, typed, now=clock.now())
        except Invalid as wrong:
            error = wrong
    return Page(
        "search.html",
        {
            "fields": [
                form_field("code", "text", _("Code of the case or of the referral"), request.form, error),
                form_field("name", "text", _("Her name"), request.form, error, hint=_("With or without accents.")),
                form_field("telephone", "text", _("Her telephone number"), request.form, error),
            ],
            "errors": form_errors(error),
            "rows": None if found is None else _rows(found),
        },
        status=422 if error else 200,
    )


def _rows(found: Found) -> list[dict[str, str | None]]:
    cases = [
        {
            "code": one.code,
            "href": url_for("portal.case", case_id=one.id),
            "kind": _("Case"),
            "since": when(one.opened_at),
            "state": _("closed") if one.closed_at else _("open"),
        }
        for one in found.cases
    ]
    referrals = [
        {
            "code": one.code,
            "href": url_for("portal.referral", referral_id=one.id),
            "kind": _("Referral"),
            "since": None,
            "state": None,
        }
        for one in found.referrals
    ]
    return cases + referrals
