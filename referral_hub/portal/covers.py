"""Who of the agency is away, from which day to which, and who answers instead."""

from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.policy import Relation, allowed
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.duties import cover, end_cover
from referral_hub.liaisons.queries import people_of
from referral_hub.liaisons.rosters import CoverLine, own_covers
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.moments import after, at, boxes, today, typed_day
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import when


@page(Action.COVER_ASK)
def covers(actor: Actor) -> Page | Redirect:
    """The list, and a form: for oneself, or for a colleague by who arranges covers."""
    now = clock.now()
    arranges = allowed(actor, Action.COVER_ARRANGE, Relation(owns=True))
    error = None
    if request.method == "POST":
        try:
            with db.session.begin_nested():
                _arrange(actor, arranges)
            return Redirect(url_for("portal.covers"), _("Recorded. Until then your colleague is told instead."))
        except Invalid as wrong:
            field = "first" if wrong.field == "until" else wrong.field
            error = Invalid(field, wrong.sentence.vi, wrong.sentence.en)
    context = {
        "covers": [_line(one, actor, arranges) for one in own_covers(actor, now=now)],
        "fields": _fields(actor, arranges, error),
        "errors": form_errors(error),
        "back_href": url_for("portal.duty"),
    }
    return Page("covers.html", context, status=422 if error else 200)


@page(Action.COVER_ASK)
def end(actor: Actor, cover_id: UUID) -> Redirect:
    """The person is back, or stays."""
    ended = end_cover(actor, cover_id, now=clock.now())
    return Redirect(url_for("portal.covers"), _("The cover was ended.") if ended else _("It was over already."))


def _arrange(actor: Actor, arranges: bool) -> None:
    """Whole days here; what begins today begins now."""
    now = clock.now()
    away = _person("account") if arranges else actor.account_id
    assert away is not None  # pages are for people
    since, until = at(typed_day("first")), at(after(typed_day("last"), 1))
    cover(actor, away, _person("cover"), max(since, now), until, now=now)


def _person(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError as error:
        raise Invalid(name, "Hãy chọn một người.", "Choose a person.") from error


def _fields(actor: Actor, arranges: bool, error: Invalid | None) -> list[dict[str, Any]]:
    people = [{"value": str(one), "text": name} for one, name in people_of(actor.agency_id)]
    typed = request.form if request.method == "POST" else {"account": str(actor.account_id)}
    others = [one for one in people if arranges or one["value"] != str(actor.account_id)]
    return [
        *([form_field("account", "select", _("Who is away"), typed, error, items=people)] if arranges else []),
        form_field("cover", "select", _("Who answers instead"), typed, error, items=others),
        form_field("first", "date", _("First day"), {}, error) | {"value": boxes("first", today())},
        form_field("last", "date", _("Last day"), {}, error) | {"value": boxes("last", None)},
    ]


def _line(one: CoverLine, actor: Actor, arranges: bool) -> dict[str, Any]:
    mine = arranges or one.account_id == actor.account_id
    return {
        "away": one.name,
        "instead": one.instead,
        "since": when(one.since),
        "until": when(one.until),
        "begun": one.since <= clock.now(),
        "end_href": url_for("portal.end_cover", cover_id=one.id) if mine else None,
    }
