"""Coming by a link that a supervisor handed over: a password is chosen, then one signs in as always."""

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons import people
from referral_hub.liaisons.passwords import LEAST
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _


def join(token: str) -> ResponseReturnValue:
    """The password of who came by the link; a link that was used, or ran out, leads to the sign-in page."""
    now = clock.now()
    try:
        with current_app.extensions["sign-in"].begin() as connection:
            if request.method == "GET":
                usable = people.invited(connection, token) is not None
            else:
                usable = people.accept(connection, token, request.form.get("new", ""), now=now)
    except Invalid as error:
        return _form(error)
    if usable and request.method == "GET":
        return _form(None)
    said = _("The password is set. Now sign in with it.") if usable else _("This link was used or has run out.")
    session.clear()
    session["notice"] = said
    return redirect(url_for("security.login"), code=303)


def _form(error: Invalid | None) -> ResponseReturnValue:
    hint = _("At least %(least)s characters. A short sentence is easiest to remember.", least=LEAST)
    new = form_field("new", "password", _("New password"), {}, error, hint=hint, autocomplete="new-password")
    context = {
        "form": {"title": _("Choose a password"), "explain": [], "submit": _("Save")},
        "fields": [new],
        "errors": form_errors(error),
        "back_href": url_for("security.login"),
    }
    return render_template("account_form.html", **context), 422 if error else 200
