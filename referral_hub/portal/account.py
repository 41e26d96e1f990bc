"""My account: where I am signed in, my password, my second factor. Whatever weakens it asks for the password again."""

from typing import Any

from flask import current_app, request, session, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons import factors
from referral_hub.liaisons.models import Account
from referral_hub.liaisons.passkeys import passkeys_of
from referral_hub.liaisons.passwords import LEAST, change_password
from referral_hub.liaisons.sessions import end_own_sessions, own_sessions
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.pages import TOKEN, Page, Redirect, page
from referral_hub.portal.second_step import SETUP, secret_in_hand, setup_view, typed_code, wrong_code
from referral_hub.portal.sign_in import sign_in_again
from referral_hub.portal.words import when


@page(Action.ACCOUNT_OWN)
def account(actor: Actor) -> Page | Redirect:
    """Where I am signed in, what I sign in with. POST ends one session (``mark``) or all others."""
    require(actor, Action.ACCOUNT_OWN)
    if request.method == "POST":
        ended = end_own_sessions(actor, session[TOKEN], request.form.get("mark"), now=clock.now())
        return Redirect(url_for("portal.account"), _("Signed out there.") if ended else _("That had ended already."))
    user = _user(actor)
    with current_app.extensions["sign-in"].begin() as connection:
        factor = factors.standing(connection, user.id)
        keys = passkeys_of(connection, user.id)
    return Page(
        "account.html",
        {
            "email": user.email,
            "app_since": when(factor.app_since) if factor.app_since else None,
            "codes_left": factor.recovery_left,
            "passkeys": [
                {
                    "name": one.name,
                    "since": when(one.made_at),
                    "used": when(one.used_at) if one.used_at else None,
                    "end_href": url_for("portal.end_passkey", key_id=one.id),
                }
                for one in keys
            ],
            "sessions": [
                {
                    "mark": one.mark,
                    "device": one.device or _("Unknown browser"),
                    "since": when(one.since),
                    "until": when(one.until),
                    "this": one.this,
                }
                for one in own_sessions(actor, session[TOKEN])
            ],
        },
    )


@page(Action.ACCOUNT_OWN)
def own_password(actor: Actor) -> Page | Redirect:
    """The old password, the new one; every other session ends."""
    require(actor, Action.ACCOUNT_OWN)
    if request.method == "GET":
        return _password_form(None)
    user, now = _user(actor), clock.now()
    try:
        sign_in_again(actor, request.form.get("password", ""))
        change_password(actor, request.form.get("new", ""), email=user.email, now=now)
    except Invalid as error:
        return _password_form(error)
    end_own_sessions(actor, session[TOKEN], None, now=now)
    return Redirect(url_for("portal.account"), _("The password is changed. All other sessions have ended."))


@page(Action.ACCOUNT_OWN)
def own_app(actor: Actor) -> Page | Redirect:
    """Setting up an app, in place of an earlier one; the password again, and the code of the new one."""
    require(actor, Action.ACCOUNT_OWN)
    user, now = _user(actor), clock.now()
    secret = secret_in_hand(user.id)
    if request.method == "GET":
        return _app_form(user, secret, None)
    codes: tuple[str, ...] = ()
    try:
        sign_in_again(actor, request.form.get("password", ""))
        with current_app.extensions["sign-in"].begin() as connection:
            if not factors.keep_authenticator(connection, actor, user.id, secret, typed_code(), now=now):
                raise wrong_code()
            if not factors.standing(connection, user.id).recovery_left:
                codes = factors.renew_codes(connection, actor, user.id, now=now)
    except Invalid as error:
        return _app_form(user, secret, error)
    session.pop(SETUP)
    if codes:
        return Page("recovery_codes.html", {"codes": factors.shown(codes), "onward": url_for("portal.account")})
    return Redirect(url_for("portal.account"), _("The new app is set up; the earlier one is worth nothing any more."))


@page(Action.ACCOUNT_OWN)
def own_codes(actor: Actor) -> Page | Redirect:
    """Ten new codes on paper, for the password; the earlier ones are worth nothing any more."""
    require(actor, Action.ACCOUNT_OWN)
    if request.method == "GET":
        return _codes_form(None)
    user, now = _user(actor), clock.now()
    try:
        sign_in_again(actor, request.form.get("password", ""))
    except Invalid as error:
        return _codes_form(error)
    with current_app.extensions["sign-in"].begin() as connection:
        codes = factors.renew_codes(connection, actor, user.id, now=now)
    return Page("recovery_codes.html", {"codes": factors.shown(codes), "onward": url_for("portal.account")})


def _user(actor: Actor) -> Account:
    user = db.session.get(Account, actor.account_id)
    assert user is not None
    return user


def _password_form(error: Invalid | None) -> Page:
    hint = _("At least %(least)s characters. A short sentence is easiest to remember.", least=LEAST)
    new = form_field("new", "password", _("New password"), {}, error, hint=hint, autocomplete="new-password")
    return _form(
        _("Change the password"),
        [_("Wherever else you are signed in, you are signed out.")],
        error,
        [_again(error), new],
    )


def _codes_form(error: Invalid | None) -> Page:
    explain = _("You get ten new codes to keep on paper. The earlier ones are worth nothing any more.")
    return _form(_("Make new codes"), [explain], error, [_again(error)])


def _app_form(user: Account, secret: bytes, error: Invalid | None) -> Page:
    code = form_field("code", "text", _("Code of the app"), {}, error, autocomplete="one-time-code")
    shown = _form(_("Set up the app"), [], error, [code, _again(error)])
    return Page("account_form.html", {**shown.context, **setup_view(user.email, secret)}, shown.status)


def _again(error: Invalid | None) -> dict[str, Any]:
    return form_field("password", "password", _("Your password, again"), {}, error)


def _form(title: str, explain: list[str], error: Invalid | None, fields: list[dict[str, Any]]) -> Page:
    context = {
        "form": {"title": title, "explain": explain},
        "fields": fields,
        "errors": form_errors(error),
        "back_href": url_for("portal.account"),
    }
    return Page("account_form.html", context, 422 if error else 200)
