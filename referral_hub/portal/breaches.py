"""The register of incidents with data: what the authority has to be told of, recording, who was told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.kernel import clock
from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import when
from referral_hub.regulation import store
from referral_hub.rights import breaches as service
from referral_hub.rights.breaches import KINDS, WHOM, BreachView, NewBreach, Told


@page(Action.BREACH_KEEP)
def breaches(actor: Actor) -> Page:
    """The register, what waits first."""
    now = clock.now()
    rows = [_row(one, now) for one in service.breaches(actor)]
    return Page("breaches.html", {"rows": rows, "new_href": url_for("portal.new_breach")})


@page(Action.BREACH_KEEP)
def new_breach(actor: Actor) -> Page | Redirect:
    """Codes and numbers: what happened in words stands in the agency's own file."""
    error = None
    if request.method == "POST":
        try:
            made = service.found(actor, _typed(), now=clock.now())
            return Redirect(url_for("portal.breach", breach_id=made), _("Recorded."))
        except Invalid as found:
            error = found
    return Page(
        "emergency_form.html",
        {
            "form": {
                "title": _("Record an incident with data"),
                "explain": [
                    _("Write down no name and no story: those belong into the agency's own file."),
                    _("Where harm can come of it the authority is told within the time of the law."),
                ],
                "submit": _("Record it"),
                "danger": False,
            },
            "fields": _fields(error),
            "errors": form_errors(error),
            "back_href": url_for("portal.breaches"),
        },
        status=422 if error else 200,
    )


@page(Action.BREACH_KEEP)
def breach(actor: Actor, breach_id: UUID) -> Page | Redirect:
    """One incident: who was told, one more, closing it."""
    here, error = url_for("portal.breach", breach_id=breach_id), None
    if request.method == "POST":
        try:
            if request.form.get("step") == "close":
                service.close(actor, breach_id, now=clock.now())
            else:
                reference = request.form.get("reference", "").strip()
                said = Told(request.form.get("whom", ""), _moment("told_at"), reference)
                service.told(actor, breach_id, said, now=clock.now())
            return Redirect(here, _("Recorded."))
        except Conflict as conflict:
            return Redirect(here, conflict.sentence.text(reader_locale()))
        except Invalid as found:
            error = found
    now = clock.now()
    one = service.one(actor, breach_id, now=now)
    return Page("breach.html", _one(one, error, now), status=422 if error else 200)


def kind_of_breach(kind: str) -> str:
    """What happened, in words."""
    return {
        "lost-device": _("A device was lost or stolen"),
        "lost-paper": _("Papers were lost or stolen"),
        "wrong-recipient": _("Sent to the wrong person or place"),
        "seen-by-others": _("Seen by somebody who must not see it"),
        "account-misused": _("An account was misused"),
        "attack": _("Somebody broke in from outside"),
        "other": _("Something else"),
    }.get(kind, kind)


def whom_words(whom: str) -> str:
    """Who was told, in words."""
    return {
        "authority": _("The authority for the protection of personal data"),
        "head": _("The head of the agency"),
        "agencies": _("Agencies that are concerned"),
        "persons": _("The people concerned, each in their safe way"),
    }.get(whom, whom)


def _row(one: BreachView, now: datetime) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": kind_of_breach(one.kind),
        "href": url_for("portal.breach", breach_id=one.id),
        "found": when(one.found_at),
        "due": when(one.waits_until),
        "overdue": one.waits_until is not None and one.waits_until <= now,
        "closed": when(one.closed_at),
    }


def _one(one: BreachView, error: Invalid | None, now: datetime) -> dict[str, Any]:
    _id, regulation = store.in_force(now)
    names = [regulation.label("data_categories", code, reader_locale()) for code in one.categories]
    typed = request.form
    return {
        "one": _row(one, now),
        "facts": [
            {"label": _("Found on"), "value": when(one.found_at)},
            {"label": _("Can harm come of it?"), "value": _("Yes") if one.harm else _("No")},
            {"label": _("About how many people"), "value": one.persons},
            {"label": _("What data"), "value": "; ".join(names)},
            {"label": _("Closed"), "value": when(one.closed_at)},
        ],
        "told": [{"whom": whom_words(t.whom), "at": when(t.at), "reference": t.reference} for t in one.told],
        "fields": []
        if one.closed_at is not None
        else [
            form_field(
                "whom",
                "radios",
                _("Who was told"),
                typed,
                error,
                items=[{"value": code, "text": whom_words(code)} for code in WHOM],
            ),
            *_moment_fields("told_at", _("When"), error),
            form_field("reference", "text", _("Number of the letter"), typed, error),
        ],
        "may_close": one.closed_at is None and one.waits_until is None,
        "errors": form_errors(error),
        "back_href": url_for("portal.breaches"),
    }


def _fields(error: Invalid | None) -> list[dict[str, Any]]:
    typed, locale = request.form, reader_locale()
    _id, regulation = store.in_force(clock.now())
    kinds = [{"value": code, "text": kind_of_breach(code)} for code in KINDS]
    answers = [{"value": "yes", "text": _("Yes, or not known")}, {"value": "no", "text": _("No")}]
    data = [
        {"value": code, "text": regulation.label("data_categories", code, locale)}
        for code in regulation.codes("data_categories")
    ]
    return [
        form_field("kind", "radios", _("What happened"), typed, error, items=kinds),
        *_moment_fields("found_at", _("Found on"), error),
        form_field(
            "harm",
            "radios",
            _("Can it harm somebody's life, health, honour, dignity or property?"),
            typed,
            error,
            items=answers,
        ),
        form_field("persons", "text", _("About how many people (empty: not known)"), typed, error, inputmode="numeric"),
        form_field("categories", "checkboxes", _("What data"), {}, error, items=data)
        | {"value": typed.getlist("categories")},
    ]


def _moment_fields(name: str, label: str, error: Invalid | None) -> list[dict[str, Any]]:
    now, typed = clock.now().astimezone(LOCAL), request.form
    day = {part: typed.get(f"{name}-{part}", str(getattr(now, part))) for part in ("day", "month", "year")}
    hour = typed.get(f"{name}-time", f"{now:%H:%M}")
    return [
        form_field(name, "date", label, {}, error) | {"value": day},
        form_field(f"{name}-time", "text", _("Time, as 14:30"), {}, None) | {"value": hour},
    ]


def _moment(name: str) -> datetime:
    form = request.form
    try:
        hour, minute = (int(part) for part in form.get(f"{name}-time", "").split(":"))
        year, month, date = (int(form.get(f"{name}-{part}", "")) for part in ("year", "month", "day"))
        return datetime(year, month, date, hour, minute, tzinfo=LOCAL)
    except (ValueError, OverflowError):
        raise Invalid(name, "Hãy ghi ngày và giờ.", "Write the day and the time.") from None


def _typed() -> NewBreach:
    form = request.form
    persons = form.get("persons", "").strip()
    if persons and not (persons.isascii() and persons.isdigit()):
        raise Invalid("persons", "Hãy ghi một số.", "Write a number.")
    if form.get("harm") not in ("yes", "no"):
        raise Invalid("harm", "Hãy chọn có hoặc không.", "Choose yes or no.")
    return NewBreach(
        form.get("kind", ""),
        form["harm"] == "yes",
        _moment("found_at"),
        int(persons) if persons else None,
        tuple(form.getlist("categories")),
    )
