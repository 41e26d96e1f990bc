"""After the password: the code of the authenticator app, or setting one up the first time."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons import factors
from referral_hub.liaisons.models import Account
from referral_hub.liaisons.throttling import counted_code
from referral_hub.portal import tries
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import HALF
from referral_hub.portal.qr import qr_svg
from referral_hub.portal.sign_in import begin_session, enter, refuse, signing_in

LASTS = timedelta(minutes=10)
SETUP = "setup"
HERE = re.compile(r"/(?![/\\])[^\s\\]*")


def second_step() -> ResponseReturnValue:
    """The code of the app, or one on paper."""
    user = _half_signed_in()
    if user is None or "over" in request.args:
        return _start_over()
    if not _standing(user).any:
        return redirect(url_for("portal.set_up", next=request.args.get("next")))
    if request.method == "GET":
        return _ask(None)
    wait_s, token = _prove(user)
    if wait_s:
        return _ask(tries.too_fast(wait_s, "code"), wait_s)
    if token is None:
        refuse(user)
        return _ask(Invalid("code", "Mã chưa đúng hoặc đã dùng rồi.", "The code is not right, or it was used before."))
    enter(user, token)
    return redirect(onward(), code=303)


def set_up() -> ResponseReturnValue:
    """The first time: an app is set up and ten codes are shown once. Who has one already cannot come here."""
    user = _half_signed_in()
    if user is None:
        return _start_over()
    if _standing(user).any:
        return redirect(url_for("portal.second_step", next=request.args.get("next")))
    secret = secret_in_hand(user.id)
    if request.method == "GET":
        return _show_setup(user, secret, None)
    now = clock.now()
    who = signing_in(user)
    with current_app.extensions["sign-in"].begin() as connection:
        kept = factors.keep_authenticator(connection, who, user.id, secret, typed_code(), now=now)
        if kept:
            codes = factors.renew_codes(connection, who, user.id, now=now)
            token = begin_session(connection, who, user.id, now=now)
    if not kept:
        return _show_setup(user, secret, wrong_code())
    session.pop(SETUP)
    enter(user, token)
    return render_template("recovery_codes.html", codes=factors.shown(codes), onward=onward())


def secret_in_hand(account_id: UUID) -> bytes:
    """The secret that is being set up in this browser; a new one where there is none."""
    secret = factors.secret_of_setup(account_id, str(session.get(SETUP, "")))
    if secret is None:
        secret = factors.fresh_secret()
        session[SETUP] = factors.kept_for_setup(account_id, secret)
    return secret


def setup_view(email: str, secret: bytes) -> dict[str, Any]:
    """What somebody scans or types to set the app up."""
    words = factors.in_words(secret)
    return {
        "qr": qr_svg(factors.address(secret, email, _("Referral hub")), _("Code to scan with the app")),
        "secret": " ".join(words[i : i + 4] for i in range(0, len(words), 4)),
    }


def typed_code() -> str:
    """The six digits, however they were grouped."""
    return "".join(one for one in request.form.get("code", "") if one.isdecimal())[:10]


def wrong_code() -> Invalid:
    """What somebody reads whose app shows another code."""
    return Invalid(
        "code",
        "Mã chưa đúng. Hãy xem giờ của điện thoại có đúng không.",
        "The code is not right. Check that the clock of the telephone is right.",
    )


def _prove(user: Account) -> tuple[int, str | None]:
    """Seconds to wait, or the token of the session that begins; None: the code was wrong."""
    count = counted_code(user.id)
    made = tries.begin(count, request.remote_addr)
    if made.wait_s:
        return made.wait_s, None
    now, who = clock.now(), signing_in(user)
    with current_app.extensions["sign-in"].begin() as connection:
        if not factors.take_code(connection, who, user.id, request.form.get("code", "")[:100], now=now):
            return 0, None
        token = begin_session(connection, who, user.id, now=now)
    tries.right(made, count)
    return 0, token


def _half_signed_in() -> Account | None:
    """Whose password was right in this browser in the last minutes."""
    half = session.get(HALF)
    if not half or clock.now() - datetime.fromtimestamp(half["at"], tz=clock.LOCAL) > LASTS:
        return None
    user = db.session.get(Account, UUID(half["account"]))
    return user if user is not None and user.active else None


def _standing(user: Account) -> factors.Standing:
    with current_app.extensions["sign-in"].begin() as connection:
        return factors.standing(connection, user.id)


def _start_over() -> ResponseReturnValue:
    language = session.get("lang")
    session.clear()
    if language is not None:
        session["lang"] = language
    return redirect(url_for("security.login", next=request.args.get("next")))


def onward() -> str:
    """Where the link led, on this hub; else the inbox."""
    wanted = request.args.get("next", "")
    return wanted if HERE.fullmatch(wanted) else url_for("portal.inbox")


def _ask(error: Invalid | None, wait_s: int = 0) -> ResponseReturnValue:
    page = render_template("second_step.html", error=_said(error), over_href=url_for("portal.second_step", over=1))
    if wait_s:
        return page, 429, {"Retry-After": str(wait_s)}
    return page, 422 if error else 200


def _show_setup(user: Account, secret: bytes, error: Invalid | None) -> ResponseReturnValue:
    shown = setup_view(user.email, secret)
    page = render_template("set_up.html", error=_said(error), over_href=url_for("portal.second_step", over=1), **shown)
    return page, 422 if error else 200


def _said(error: Invalid | None) -> str | None:
    return error.sentence.text(reader_locale()) if error else None
