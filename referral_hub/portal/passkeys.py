"""Passkeys in the portal: signing in with one, setting one up, removing it."""

import base64
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons import passkeys
from referral_hub.liaisons.models import Account
from referral_hub.liaisons.passkeys import Site
from referral_hub.liaisons.throttling import counted_challenge
from referral_hub.portal import tries
from referral_hub.portal.devices import device_of
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.second_step import onward
from referral_hub.portal.sign_in import begin_session, enter, refuse, sign_in_again, signing_in

CHALLENGE = "challenge"
LASTS = timedelta(minutes=5)
NAME_MOST = 60


def passkey_step() -> ResponseReturnValue:
    """GET: what a device has to answer, the same for everybody. POST: its answer; who it is gets in."""
    if request.method == "GET":
        options = passkeys.options_to_prove(site(), _new_challenge())
        return Response(options, content_type="application/json")
    challenge, now = _challenge(), clock.now()
    if challenge is not None and not tries.begin(counted_challenge(challenge), request.remote_addr).wait_s:
        answer = request.form.get("credential", "")[:10_000]
        with current_app.extensions["sign-in"].begin() as connection:
            account_id = passkeys.take_passkey(connection, site(), challenge, answer, now=now)
            user = db.session.get(Account, account_id) if account_id else None
            token = begin_session(connection, signing_in(user), user.id, now=now) if user else None
        if user is not None and token is not None:
            enter(user, token)
            return redirect(onward(), code=303)
        refuse(None)
    session["notice"] = _("That did not work. Try once more, or sign in with e-mail and password.")
    return redirect(url_for("security.login", next=request.args.get("next")), code=303)


@page(Action.ACCOUNT_OWN)
def own_passkeys(actor: Actor) -> Page | Redirect:
    """What the device is called, and the password again; then the browser makes the key."""
    require(actor, Action.ACCOUNT_OWN)
    if request.method == "GET":
        return _form(None)
    try:
        sign_in_again(actor, request.form.get("password", ""))
    except Invalid as error:
        return _form(error)
    user = db.session.get(Account, actor.account_id)
    assert user is not None
    with current_app.extensions["sign-in"].begin() as connection:
        existing = passkeys.credential_ids(connection, user.id)
    options = passkeys.options_to_make(site(), user.id, user.email, _new_challenge(), existing)
    return Page("passkey_making.html", {"options": options, "name": _name()})


@page(Action.ACCOUNT_OWN)
def keep_passkey(actor: Actor) -> Redirect:
    """What the device made, a moment after the password."""
    require(actor, Action.ACCOUNT_OWN)
    assert actor.account_id is not None
    challenge, kept = _challenge(), False
    if challenge is not None:
        answer = request.form.get("credential", "")[:20_000]
        with current_app.extensions["sign-in"].begin() as connection:
            kept = passkeys.keep_passkey(
                connection, actor, actor.account_id, site(), challenge, answer, _name(), now=clock.now()
            )
    said = _("The passkey is set up.") if kept else _("The device made no passkey. Try once more.")
    return Redirect(url_for("portal.account"), said)


@page(Action.ACCOUNT_OWN)
def end_passkey(actor: Actor, key_id: UUID) -> Redirect:
    """One device less."""
    require(actor, Action.ACCOUNT_OWN)
    assert actor.account_id is not None
    with current_app.extensions["sign-in"].begin() as connection:
        ended = passkeys.end_passkey(connection, actor, actor.account_id, key_id, now=clock.now())
    return Redirect(url_for("portal.account"), _("Removed.") if ended else _("That had ended already."))


def site() -> Site:
    """Keys are valid for the public address; on this machine itself with any port."""
    public = urlsplit(current_app.config["PUBLIC_URL"])
    host = public.hostname or "localhost"
    origins = [f"{public.scheme}://{public.netloc}"]
    if host == "localhost" and request.host.partition(":")[0] == host:
        origins.append(f"{request.scheme}://{request.host}")
    return Site(host, tuple(origins), _("Referral hub"))


def _new_challenge() -> bytes:
    challenge = secrets.token_bytes(32)
    kept = {"bytes": base64.b64encode(challenge).decode(), "at": clock.now().timestamp()}
    session[CHALLENGE] = kept
    return challenge


def _challenge() -> bytes | None:
    """What was asked in this browser a moment ago; it is asked once."""
    kept = session.pop(CHALLENGE, None)
    if kept is None or clock.now() - datetime.fromtimestamp(kept["at"], tz=clock.LOCAL) > LASTS:
        return None
    return base64.b64decode(kept["bytes"])


def _name() -> str:
    typed = " ".join(request.form.get("name", "").split())[:NAME_MOST]
    return typed or device_of(request.user_agent.string) or _("Unknown browser")


def _form(error: Invalid | None) -> Page:
    typed = {"name": request.form.get("name", "")[:NAME_MOST]}
    hint = _("For example: my telephone, the desk of the night shift")
    context = {
        "form": {
            "title": _("Set up a passkey"),
            "explain": [
                _("With a passkey you sign in by unlocking the device: finger, face or PIN. No password, no code."),
                _("On a shared computer use your own key with its PIN, never the computer's own account."),
            ],
            "submit": _("Go on"),
        },
        "fields": [
            form_field("name", "text", _("What you call this device"), typed, error, hint=hint, wide=True),
            form_field("password", "password", _("Your password, again"), {}, error),
        ],
        "errors": form_errors(error),
        "back_href": url_for("portal.account"),
    }
    return Page("account_form.html", context, 422 if error else 200)
