"""The bell: what one was told, and how one wants to be told. And who of an agency looks after a referral."""

from datetime import time
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.policy import Relation, allowed
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.notifications import desk, queries, service
from referral_hub.notifications.queries import ToldLine
from referral_hub.notifications.reminding import CONSENT_ENDS
from referral_hub.notifications.rules import Preference
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.tasks import kind_words
from referral_hub.portal.words import when
from referral_hub.referrals.assigning import assign, colleagues, take_over
from referral_hub.referrals.queries import detail
from referral_hub.regulation import store


@page(Action.NOTICE_READ)
def notices(actor: Actor) -> Page | Redirect:
    """The list (GET); all of it has been seen (POST)."""
    if request.method == "POST":
        service.mark_read(actor, now=clock.now())
        return Redirect(url_for("portal.notices"))
    locale = reader_locale()
    lines = [
        {
            "what": _what(line, locale),
            "code": line.code,
            "service": _service(line, locale),
            "other_side": line.other_agency,
            "href": url_for("portal.tasks")
            if line.kind.startswith(("task:", "overdue:"))
            else url_for("portal.ending_consents")
            if line.kind == CONSENT_ENDS
            else url_for("portal.rights")
            if line.kind.startswith("right:")
            else url_for("portal.breaches")
            if line.kind.startswith("breach:")
            else url_for("portal.referral", referral_id=line.referral_id),
            "when_text": when(line.made_at),
            "iso": line.made_at.isoformat(),
            "urgent": line.urgent,
            "read": line.read,
        }
        for line in queries.told(actor)
    ]
    return Page("notices.html", {"lines": lines, "some_unread": any(not line["read"] for line in lines)})


def _service(line: ToldLine, locale: str) -> str | None:
    if line.regulation_id is None or line.service is None:
        return None
    return store.version(line.regulation_id).label("essential_services", line.service, locale)


def _what(line: ToldLine, locale: str) -> str:
    kind, _colon, of = line.kind.partition(":")
    if kind == "task":
        return kind_words(of)
    if kind == "overdue":
        return _("Overdue: %(what)s", what=kind_words(of))
    if kind == "step" and line.regulation_id is not None:
        step = next((t for t in store.version(line.regulation_id).transitions if t.verb == of), None)
        if step is None:
            return of
        return _("A new referral came in") if "start_clocks" in step.effects else step.label.text(locale)
    words = {
        "reminder:acknowledge": _("Please acknowledge soon"),
        "reminder:act": _("Please act soon"),
        "escalation:acknowledge": _("Not acknowledged in time: it is now up to you"),
        "escalation:act": _("Not acted on in time: it is now up to you"),
        CONSENT_ENDS: _("Her consent runs out soon: ask her again"),
        desk.RIGHT_NEW: _("A request about data came in"),
        desk.RIGHT_OVERDUE: _("A request about data is overdue"),
        desk.BREACH_NEW: _("An incident with data was recorded"),
        desk.BREACH_SOON: _("The authority has to be told of an incident within a day"),
        desk.BREACH_OVERDUE: _("The authority was not told of an incident in time"),
        "assigned": _("Assigned to you"),
    }
    return words.get(line.kind, line.kind)


@page(Action.NOTICE_READ)
def notice_settings(actor: Actor) -> Page | Redirect:
    """How one wants to be told (GET), and choosing it (POST)."""
    wishes = queries.wishes(actor)
    if request.method != "POST":
        return _settings_page(wishes, None)
    typed = Preference(
        mail="mail" in request.form,
        sms="sms" in request.form,
        phone=request.form.get("phone", "").strip() or None,
        digest="digest" in request.form,
        quiet_from=_hour("quiet_from", wishes.quiet_from),
        quiet_until=_hour("quiet_until", wishes.quiet_until),
    )
    try:
        service.choose(actor, typed)
    except Invalid as error:
        return _settings_page(typed, error)
    return Redirect(url_for("portal.notices"), _("Your choice was saved."))


def _hour(name: str, otherwise: time) -> time:
    found = request.form.get(name, type=int)
    return time(found) if found is not None and 0 <= found <= 23 else otherwise


def _settings_page(wishes: Preference, error: Invalid | None) -> Page:
    message = error.sentence.text(reader_locale()) if error else None
    return Page(
        "notice_settings.html",
        {
            "wishes": wishes,
            "hours": [f"{hour:02}:00" for hour in range(24)],
            "errors": [{"text": message, "href": "#phone"}] if message else [],
            "error": message,
            "back_href": url_for("portal.notices"),
        },
        status=422 if error else 200,
    )


@page(Action.REFERRAL_TAKE)
def take(actor: Actor, referral_id: UUID) -> Redirect:
    """ "I take this"."""
    here = url_for("portal.referral", referral_id=referral_id)
    try:
        take_over(actor, referral_id, now=clock.now())
    except Conflict as error:
        return Redirect(here, error.sentence.text(reader_locale()))
    return Redirect(here, _("You now look after this referral."))


@page(Action.REFERRAL_ASSIGN)
def give(actor: Actor, referral_id: UUID) -> Page | Redirect:
    """Choosing a colleague (GET), and giving it to that person (POST)."""
    now = clock.now()
    people = [{"value": str(person), "text": name} for person, name in colleagues(actor, referral_id)]
    found = detail(actor, referral_id, now=now)
    here = url_for("portal.referral", referral_id=referral_id)
    error = None
    if request.method == "POST":
        try:
            with db.session.begin_nested():
                assign(actor, referral_id, UUID(request.form.get("account", "")), now=now)
            return Redirect(here, _("The referral was assigned."))
        except (Invalid, ValueError) as fault:
            error = fault.sentence.text(reader_locale()) if isinstance(fault, Invalid) else _("Choose a colleague.")
    return Page(
        "assign.html",
        {
            "code": found.code,
            "people": people,
            "errors": [{"text": error, "href": "#account"}] if error else [],
            "error": error,
            "back_href": here,
        },
        status=422 if error else 200,
    )


def may_assign(actor: Actor, *, party: bool, owns: bool, holds: bool) -> bool:
    """Whether the page of a referral offers to give it to a colleague."""
    return allowed(actor, Action.REFERRAL_ASSIGN, Relation(owns, holds, party))
