"""Free beds and slots: what the agencies said and how long ago, and saying it for one's own."""

from typing import Any

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.policy import Relation, allowed
from referral_hub.directory.places import Places, free_places, own_services, set_free
from referral_hub.directory.queries import agencies
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import duration
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation


@page(Action.PLACES_READ)
def places(actor: Actor) -> Page | Redirect:
    """The list, and a box for each service of one's own agency; a box that stays empty changes nothing."""
    _id, regulation = store.in_force(clock.now())
    error = None
    if request.method == "POST":
        try:
            with db.session.begin_nested():
                _write(actor)
            return Redirect(url_for("portal.places"), _("Recorded."))
        except Invalid as wrong:
            error = wrong
    locale = reader_locale()
    found = free_places(actor)
    named = [
        {
            "agency": one.text(locale),
            "lines": [
                {"label": regulation.label("essential_services", service, locale), "value": said(figure)}
                for (agency, service), figure in sorted(found.items(), key=lambda item: item[0][1])
                if agency == one.id and service in regulation.codes("essential_services")
            ],
        }
        for one in agencies()
    ]
    may_set = allowed(actor, Action.PLACES_SET, Relation(owns=True))
    context = {
        "agencies": [one for one in named if one["lines"]],
        "fields": _fields(actor, regulation, error) if may_set else [],
        "errors": form_errors(error),
    }
    return Page("places.html", context, status=422 if error else 200)


def said(figure: Places) -> str:
    """``Còn 2 chỗ, đặt 3 giờ trước``; an old figure says so."""
    now = clock.now()
    text = _("Free: %(count)s, set %(age)s ago", count=figure.free, age=duration(now - figure.set_at))
    return f"{text}. {_('An old figure: telephone first.')}" if figure.old(now) else text


def _write(actor: Actor) -> None:
    for service in own_services(actor):
        typed = request.form.get(service, "").strip()
        if typed:
            set_free(actor, service, int(typed) if typed.isdecimal() and len(typed) < 5 else -1, now=clock.now())


def _fields(actor: Actor, regulation: Regulation, error: Invalid | None) -> list[dict[str, Any]]:
    return [
        form_field(
            *(service, "text", regulation.label("essential_services", service, reader_locale())),
            *(request.form, error),
            inputmode="numeric",
        )
        for service in own_services(actor)
        if service in regulation.codes("essential_services")
    ]
