"""Putting the portal onto the hub: routes, languages, templates, headers."""

import json
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, g, jsonify, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from sqlalchemy.exc import SQLAlchemyError

from referral_hub.config import Settings
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.demohome import is_demo, read_accounts
from referral_hub.kernel.jobs import worker_lag
from referral_hub.portal import (
    access_log,
    account,
    board,
    breaches,
    cases,
    consenting,
    covers,
    denials,
    disclosing,
    duty,
    emergency,
    erasing,
    errors,
    families,
    inbox,
    joining,
    locking,
    log,
    notices,
    passkeys,
    people,
    places,
    proofs,
    reaching,
    receipts,
    referrals,
    report,
    retention,
    rights,
    search,
    second_step,
    seen,
    sending,
    sign_in,
    stopping,
    tasks,
    urgency,
    writing,
)
from referral_hub.portal.language import _
from referral_hub.portal.standing import is_unsealed, log_standing
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
#: What browsers and proxies may keep, as long as it says itself: files, and what the log shows to everybody.
KEPT = frozenset({"static", "log.checkpoint", "log.tile", "log.about"})


class PageSessions(SecureCookieSessionInterface):
    """Sessions for pages. What is the same for everybody may lie in any cache: it sets no cookie and varies by none."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint not in KEPT:
            super().save_session(app, session, response)


def add_portal(app: Flask, settings: Settings) -> None:
    """Make ``app`` serve the portal; in a home of the demo with its banner and its accounts."""
    demo = is_demo(settings.home)
    accounts = [one for one in read_accounts(settings.home) if one["shown"]]
    app.config.update(
        **_secrets(settings.home / "keys" / "portal.json"),
        SECOND_FACTOR_REQUIRED=not demo,
        PUBLIC_URL=settings.public_url,
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
    app.session_interface = PageSessions()
    Babel(app, locale_selector=_locale)
    csrf = CSRFProtect(app)
    for machines in app.extensions.get("machines", ()):  # they have no session, so nothing can be forged in its name
        csrf.exempt(machines)
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
    portal.add_url_rule("/account", "account", account.account, methods=["GET", "POST"])
    portal.add_url_rule("/account/password", "own_password", account.own_password, methods=["GET", "POST"])
    portal.add_url_rule("/account/app", "own_app", account.own_app, methods=["GET", "POST"])
    portal.add_url_rule("/account/codes", "own_codes", account.own_codes, methods=["GET", "POST"])
    portal.add_url_rule("/account/passkeys", "own_passkeys", passkeys.own_passkeys, methods=["GET", "POST"])
    portal.add_url_rule("/account/passkeys/keep", "keep_passkey", passkeys.keep_passkey, methods=["POST"])
    portal.add_url_rule("/account/passkeys/<uuid:key_id>/end", "end_passkey", passkeys.end_passkey, methods=["POST"])
    portal.add_url_rule("/sign-in/passkey", "passkey_step", passkeys.passkey_step, methods=["GET", "POST"])
    portal.add_url_rule("/people", "people", people.people)
    portal.add_url_rule("/people/invite", "invite", people.invite, methods=["GET", "POST"])
    portal.add_url_rule("/people/<uuid:account_id>", "person", people.person, methods=["GET", "POST"])
    portal.add_url_rule("/join/<string:token>", "join", joining.join, methods=["GET", "POST"])
    portal.add_url_rule("/lock", "lock", locking.lock, methods=["POST"])
    portal.add_url_rule("/locked", "locked", locking.locked, methods=["GET", "POST"])
    portal.add_url_rule("/sign-in/code", "second_step", second_step.second_step, methods=["GET", "POST"])
    portal.add_url_rule("/sign-in/set-up", "set_up", second_step.set_up, methods=["GET", "POST"])
    portal.add_url_rule("/referrals/<uuid:referral_id>", "referral", referrals.referral)
    portal.add_url_rule("/referrals/<uuid:referral_id>/take-over", "take_over", notices.take, methods=["POST"])
    portal.add_url_rule("/referrals/<uuid:referral_id>/assign", "assign", notices.give, methods=["GET", "POST"])
    portal.add_url_rule("/referrals/<uuid:referral_id>/urgency", "urgency", urgency.urgency, methods=["GET", "POST"])
    portal.add_url_rule("/notices", "notices", notices.notices, methods=["GET", "POST"])
    portal.add_url_rule("/notices/settings", "notice_settings", notices.notice_settings, methods=["GET", "POST"])
    portal.add_url_rule("/referrals/<uuid:referral_id>/<string:verb>", "step", referrals.step, methods=["GET", "POST"])
    portal.add_url_rule("/cases/<uuid:case_id>", "case", cases.case)
    portal.add_url_rule(
        "/cases/<uuid:case_id>/consents/<uuid:consent_id>/withdraw",
        "withdraw_consent",
        cases.withdraw_consent,
        methods=["GET", "POST"],
    )
    portal.add_url_rule(
        "/cases/<uuid:case_id>/access-log", "access_log", access_log.access_log, methods=["GET", "POST"]
    )
    portal.add_url_rule("/cases/<uuid:case_id>/seen", "seen", seen.seen, methods=["GET", "POST"])
    portal.add_url_rule("/log", "log", log.log)
    portal.add_url_rule("/log/entries", "log_list", log.log_list)
    portal.add_url_rule("/log/milestone", "milestone", log.milestone)
    both = ["GET", "POST"]
    portal.add_url_rule("/emergency", "emergency", emergency.emergency)
    portal.add_url_rule("/emergency/open", "emergency_open", emergency.open_case, methods=both)
    portal.add_url_rule("/emergency/openings/<uuid:act_id>", "emergency_opening", emergency.opening)
    portal.add_url_rule("/emergency/acts/<uuid:act_id>", "emergency_act", emergency.act, methods=both)
    portal.add_url_rule("/conflict", "conflict", denials.declare_conflict, methods=both)
    portal.add_url_rule("/cases/<uuid:case_id>/emergency", "disclose", disclosing.disclose, methods=both)
    portal.add_url_rule("/cases/<uuid:case_id>/denials", "denials", denials.denials, methods=both)
    portal.add_url_rule("/cases/<uuid:case_id>/links", "links", families.links, methods=both)
    portal.add_url_rule("/cases/<uuid:case_id>/consents/new", "new_consent", consenting.new_consent, methods=both)
    portal.add_url_rule("/cases/<uuid:case_id>/contact-plan", "contact_plan", reaching.contact_plan, methods=both)
    portal.add_url_rule("/cases/<uuid:case_id>/reach", "reach", reaching.reach, methods=both)
    portal.add_url_rule("/consents/ending", "ending_consents", consenting.ending_consents)
    portal.add_url_rule("/cases/<uuid:case_id>/statistics", "counted", consenting.counted, methods=both)
    portal.add_url_rule("/search", "search", search.search, methods=both)
    portal.add_url_rule(
        "/cases/<uuid:case_id>/consents/<uuid:consent_id>/receipt", "receipt", receipts.receipt, methods=both
    )
    portal.add_url_rule("/cases/new", "new_case", writing.new_case, methods=both)
    portal.add_url_rule("/cases/<uuid:case_id>/sections/<string:category>", "section", writing.section, methods=both)
    portal.add_url_rule("/cases/<uuid:case_id>/referrals/new", "new_referral", sending.new_referral, methods=both)
    portal.add_url_rule("/duty", "duty", duty.duty)
    portal.add_url_rule("/duty/new", "new_duty", duty.new_duty, methods=both)
    portal.add_url_rule("/duty/<uuid:duty_id>/end", "end_duty", duty.end, methods=["POST"])
    portal.add_url_rule("/covers", "covers", covers.covers, methods=both)
    portal.add_url_rule("/covers/<uuid:cover_id>/end", "end_cover", covers.end, methods=["POST"])
    portal.add_url_rule("/places", "places", places.places, methods=both)
    portal.add_url_rule("/tasks", "tasks", tasks.tasks)
    portal.add_url_rule("/tasks/<uuid:task_id>", "task", tasks.task, methods=both)
    portal.add_url_rule("/rights", "rights", rights.rights)
    portal.add_url_rule("/rights/breaches", "breaches", breaches.breaches)
    portal.add_url_rule("/rights/breaches/new", "new_breach", breaches.new_breach, methods=both)
    portal.add_url_rule("/rights/breaches/<uuid:breach_id>", "breach", breaches.breach, methods=both)
    portal.add_url_rule("/rights/retention", "retention", retention.retention)
    portal.add_url_rule("/rights/new", "new_right", rights.new_request, methods=both)
    portal.add_url_rule("/rights/<uuid:request_id>", "right", rights.one_request, methods=both)
    portal.add_url_rule("/rights/<uuid:request_id>/erasure", "erasure", erasing.erasure, methods=both)
    portal.add_url_rule("/rights/<uuid:request_id>/letter", "rights_letter", rights.letter)
    portal.add_url_rule("/stop", "stop", stopping.hear_by_code, methods=both)
    portal.add_url_rule("/cases/<uuid:case_id>/stop", "stop_case", stopping.hear, methods=both)
    portal.add_url_rule("/reports", "report", report.report)
    portal.add_url_rule("/board", "board", board.board)
    portal.add_url_rule("/board/file", "board_file", board.board_file)
    portal.add_url_rule("/audit/proof/<uuid:uid>", "proof", proofs.proof)
    portal.add_url_rule("/audit/tile/entries/<bundle:place>", "entries", proofs.entries)
    return portal


def health() -> ResponseReturnValue:
    """Whether the hub works; open to anybody who can reach it, says nothing about anybody."""
    try:
        behind = worker_lag(now=clock.now())
        log = log_standing(proofs.log_files())
        working = True
    except SQLAlchemyError:
        behind, log, working = None, None, False
    finally:
        db.session.rollback()
    body = {
        "status": "ok" if working else "failing",
        "database": "ok" if working else "unreachable",
        "worker_lag_s": behind,
        "log_lag_s": None if log is None else round(log.lag_s, 3),
        "unsealed_s": None if log is None or log.unsealed_s is None else round(log.unsealed_s, 3),
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
    if request.endpoint not in KEPT:
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
            "lock_href": url_for("portal.lock", next=_here()) if found["viewer"] else None,
            "idle": (locking.WARNED.seconds, locking.IDLE.seconds),
            "home_href": "/inbox" if found["viewer"] else "/sign-in",
            "unsealed": bool(found["viewer"]) and is_unsealed(proofs.log_files()),
            "_": _,
        }
        | _telephones(locale)
    )


def _in_language(code: str) -> str:
    """This page in another language; a page that only posts leads to the inbox, as does a fault.

    A page that says "not found" must not differ by what was asked for, its own address included.
    """
    path = _here()
    arguments = {k: v for k, v in request.args.items() if k in ("tab", "page")} | {"lang": code}
    return f"{path}?{'&'.join(f'{k}={v}' for k, v in arguments.items())}"


def _here() -> str:
    return request.path if request.method == "GET" and "fault" not in g else "/inbox"


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
