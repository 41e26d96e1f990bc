"""The screen that was left: locked by its person, or by the clock; the password opens it where it was."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import g, request, session, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.pages import LOCKED, SEEN, Page, Redirect, page
from referral_hub.portal.second_step import onward
from referral_hub.portal.sign_in import sign_in_again

IDLE = timedelta(minutes=15)
WARNED = timedelta(minutes=13)


def while_locked(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page that a locked screen may show."""
    view.while_locked = True  # type: ignore[attr-defined]
    return view


def is_locked(view: Callable[..., Any]) -> bool:
    """Whether this request meets a locked screen. What was typed before is still taken: nothing typed is lost."""
    seen, moment = session.get(SEEN), clock.now().timestamp()
    if seen is not None and moment - seen > IDLE.total_seconds() and LOCKED not in session:
        session[LOCKED] = True
        if request.method == "POST":
            return False
    if seen is None or moment - seen > 60:
        session[SEEN] = int(moment)
    return LOCKED in session and not getattr(view, "while_locked", False)


@page(Action.SESSION_END)
@while_locked
def lock(actor: Actor) -> Redirect:
    """From now on this screen shows nothing but the question for the password."""
    require(actor, Action.SESSION_END)
    session[LOCKED] = True
    return Redirect(url_for("portal.locked", next=onward()))


@page(Action.SESSION_END)
@while_locked
def locked(actor: Actor) -> Page | Redirect:
    """The password; nothing of what lies behind."""
    require(actor, Action.SESSION_END)
    g.frame = {"viewer": None, "nav": []}
    error = None
    if request.method == "POST":
        try:
            sign_in_again(actor, request.form.get("password", ""))
            session.pop(LOCKED, None)
            session[SEEN] = int(clock.now().timestamp())
            return Redirect(onward())
        except Invalid as wrong:
            error = wrong
    field = form_field("password", "password", _("Password"), {}, error)
    context = {"name": actor.name, "field": field, "errors": form_errors(error)}
    return Page("locked.html", context, 422 if error else 200)
