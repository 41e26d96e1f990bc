"""Putting the portal onto the hub: routes, languages, templates, headers."""

import json
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, g, jsonify, request, session
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from referral_hub.config import Settings
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.demohome import is_demo, read_accounts
from referral_hub.portal import cases, errors, inbox, referrals, report, sign_in
from referral_hub.portal.language import _
from referral_hub.regulation import store

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
LANGUAGES = (("vi", "Tiếng Việt"), ("en", "English"))
YEAR = timedelta(days=365)


def add_portal(app: Flask, settings: Settings) -> None:
    """Make ``app`` serve the portal; in a home of the demo with its banner and its accounts."""
    demo = is_demo(settings.home)
    accounts = [one for one in read_accounts(settings.home) if one["shown"]]
    app.config.update(
        **_secrets(settings.home / "keys" / "portal.json"),
        SESSION_COOKIE_NAME="rh",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        BABEL_DEFAULT_LOCALE="vi",
        BABEL_DEFAULT_TIMEZONE="Asia/Ho_Chi_Minh",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parent / "translations"),
        SEND_FILE_MAX_AGE_DEFAULT=YEAR,
    )
    Babel(app, locale_selector=_locale)
    CSRFProtect(app)
    app.jinja_loader = ChoiceLoader(
        [
            PackageLoader("referral_hub.portal", "templates"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    sign_in.configure(app)
    app.register_blueprint(_blueprint())
    errors.register(app)
    app.before_request(_choose_language)
    app.after_request(_protect)
    app.context_processor(lambda: _frame(demo) | {"demo_accounts": accounts})


def _blueprint() -> Blueprint:
    portal = Blueprint("portal", __name__)
    portal.add_url_rule("/", "home", sign_in.home)
    portal.add_url_rule("/health", "health", health)
    portal.add_url_rule("/sign-out", "sign_out", sign_in.sign_out, methods=["POST"])
    portal.add_url_rule("/inbox", "inbox", inbox.inbox)
    portal.add_url_rule("/referrals/<uuid:referral_id>", "referral", referrals.referral)
    portal.add_url_rule("/referrals/<uuid:referral_id>/<string:verb>", "step", referrals.step, methods=["GET", "POST"])
    portal.add_url_rule("/cases/<uuid:case_id>", "case", cases.case)
    portal.add_url_rule(
        "/cases/<uuid:case_id>/consents/<uuid:consent_id>/withdraw",
        "withdraw_consent",
        cases.withdraw_consent,
        methods=["GET", "POST"],
    )
    portal.add_url_rule("/reports", "report", report.report)
    return portal


def health() -> ResponseReturnValue:
    """Whether the hub works; open to anybody who can reach it, says nothing about anybody."""
    try:
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
        working = True
    except SQLAlchemyError:
        working = False
    body = {
        "status": "ok" if working else "failing",
        "database": "ok" if working else "unreachable",
        "worker_lag_s": None,
        "log_lag_s": None,
        "unsealed_s": None,
    }
    return jsonify(body), 200 if working else 503


def _locale() -> str:
    chosen = session.get("lang")
    if chosen in dict(LANGUAGES):
        return str(chosen)
    return "vi"


def _choose_language() -> None:
    """``?lang=`` is remembered for this browser; the browser's own wish is not asked (shared desks)."""
    wanted = request.args.get("lang")
    if wanted in dict(LANGUAGES):
        session["lang"] = wanted


def _protect(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


def _frame(demo: bool) -> dict[str, Any]:
    """What every page's frame shows. A page for signed-in people has looked it up already."""
    locale = _locale()
    found: dict[str, Any] = {"viewer": None, "nav": []} | (g.frame if "frame" in g else {})
    return (
        found
        | {
            "locale": locale,
            "demo": demo,
            "language_links": [
                {"lang": code, "text": name, "href": _in_language(code), "current": code == locale}
                for code, name in LANGUAGES
            ],
            "home_href": "/inbox" if found["viewer"] else "/sign-in",
            "_": _,
        }
        | _telephones(locale)
    )


def _in_language(code: str) -> str:
    """This page in another language; a page that only posts leads to the inbox, as does a fault.

    A page that says "not found" must not differ by what was asked for, its own address included.
    """
    path = request.path if request.method == "GET" and "fault" not in g else "/inbox"
    arguments = {k: v for k, v in request.args.items() if k in ("tab", "page")} | {"lang": code}
    return f"{path}?{'&'.join(f'{k}={v}' for k, v in arguments.items())}"


def _telephones(locale: str) -> dict[str, Any]:
    """113, 115, ... of the regulation in force; the house's own number last."""
    try:
        _id, regulation = store.in_force(clock.now())
    except Exception:  # a page that reports a broken database still has to be shown
        return {"emergency_numbers": [], "hotline": None}
    finally:
        db.session.rollback()
    lines = regulation.raw["emergency"]["numbers"]
    return {
        "emergency_numbers": [
            {"number": line["number"], "label": line["en" if locale == "en" else "vi"]} for line in lines
        ]
    }


def _secrets(path: Path) -> dict[str, str]:
    """The keys of cookies and passwords, made once, 0600."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = {"SECRET_KEY": secrets.token_urlsafe(48), "SECURITY_PASSWORD_SALT": secrets.token_urlsafe(32)}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(made, file)
    loaded: dict[str, str] = json.loads(path.read_text("utf-8"))
    return loaded
