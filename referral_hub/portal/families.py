"""Linking a case with another one held by the same person: that there is a link, and of what kind, nothing else."""

from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.cases import families as service
from referral_hub.cases import queries as cases
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import when
from referral_hub.regulation import store


@page(Action.CASE_WRITE)
def links(actor: Actor, case_id: UUID) -> Page | Redirect:
    """The links that stand, one more, or ending one."""
    here = url_for("portal.links", case_id=case_id)
    error = None
    if request.method == "POST":
        try:
            _change(actor, case_id)
            return Redirect(here, _("Recorded."))
        except Conflict as conflict:
            return Redirect(here, conflict.sentence.text(reader_locale()))
        except Invalid as found:
            error = found
    header = cases.header(actor, case_id)
    return Page(
        "links.html",
        {
            "code": header.code,
            "links": [
                {
                    "id": one.id,
                    "code": one.code,
                    "kind": _kinds()[one.kind],
                    "href": url_for("portal.case", case_id=one.other),
                    "since": when(one.since),
                }
                for one in service.links(actor, case_id)
            ],
            "fields": _fields(error),
            "errors": form_errors(error),
            "back_href": url_for("portal.case", case_id=case_id),
        },
        status=422 if error else 200,
    )


def _change(actor: Actor, case_id: UUID) -> None:
    now = clock.now()
    ended = request.form.get("end", type=UUID)
    if ended is not None:
        service.unlink(actor, case_id, ended, now=now)
        return
    typed = {name: request.form.get(name, "") for name in ("code", "kind", "here", "there")}
    agreed = service.Agreed(typed["here"], typed["there"])
    service.link(actor, case_id, typed["code"], typed["kind"], agreed, now=now)


def _kinds() -> dict[str, str]:
    return {"household": _("Same household"), "same-incident": _("Same incident")}


def _fields(error: Invalid | None) -> list[dict[str, Any]]:
    methods = store.in_force(clock.now())[1].codes("consent.methods")
    blank = {"value": "", "text": _("Choose")}
    ways = [blank] + [{"value": code, "text": one.label.text(reader_locale())} for code, one in methods.items()]
    kinds = [{"value": code, "text": text} for code, text in _kinds().items()]
    return [
        form_field("code", "text", _("Code of the other case"), request.form, error),
        form_field("kind", "radios", _("What links them"), request.form, error, items=kinds),
        form_field("here", "select", _("How she agreed"), request.form, error, items=ways),
        form_field("there", "select", _("How the other person agreed"), request.form, error, items=ways),
    ]
