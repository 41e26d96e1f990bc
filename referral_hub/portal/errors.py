"""Every fault as a page in the reader's language. Never a traceback; a stranger's case is simply not there."""

import logging

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from referral_hub.access.gate import Refused
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Forbidden, HubError, NotFound
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import record_refusal

log = logging.getLogger(__name__)
STATUS = ((NotFound, 404), (Forbidden, 403), (Conflict, 409), (HubError, 422))


def register(app: Flask) -> None:
    """Wire the handlers."""
    app.register_error_handler(Refused, refused)
    app.register_error_handler(HubError, named)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(DBAPIError, database)
    app.register_error_handler(Exception, unexpected)


def refused(error: Refused) -> ResponseReturnValue:
    """A step the policy refuses: recorded for good, answered with as little as possible."""
    g.refused = True  # counted for who watches the hub
    in_charge = record_refusal(error)
    if not in_charge:
        return named(error.answer)
    sentence = error.answer.sentence.text(reader_locale())
    return _page(403, f"{sentence} {_('In charge: %(names)s.', names=', '.join(in_charge))}")


def named(error: HubError) -> ResponseReturnValue:
    """A refusal or fault that has a sentence."""
    status = next(code for kind, code in STATUS if isinstance(error, kind))
    return _page(status, error.sentence.text(reader_locale()))


def stale_form(_error: CSRFError) -> ResponseReturnValue:
    """The form was open too long, or came from elsewhere: nothing was recorded."""
    return _page(400, _("This form has expired and nothing was recorded. Go back, reload the page and send it again."))


def http(error: HTTPException) -> ResponseReturnValue:
    """What the web layer itself refuses; its headers (Allow, Retry-After) stay."""
    status = error.code or 500
    if status < 400:
        return error
    body, _status = _page(status, NotFound().sentence.text(reader_locale()) if status == 404 else _sentence(status))
    return body, status, {k: v for k, v in error.get_headers() if k in ("Allow", "Retry-After")}


def database(error: DBAPIError) -> ResponseReturnValue:
    """The database cannot be reached, or refused what the page tried."""
    db.session.rollback()
    # the state alone: PostgreSQL's details may hold values
    log.error("database fault %s on %s %s", getattr(error.orig, "sqlstate", None), request.method, request.endpoint)
    return _page(503 if error.connection_invalidated else 500, _sentence(503))


def unexpected(error: Exception) -> ResponseReturnValue:
    """A bug: into the log, never onto the page."""
    db.session.rollback()
    log.exception("fault on %s %s", request.method, request.endpoint, exc_info=error)
    return _page(500, _sentence(500))


def _sentence(status: int) -> str:
    if status == 405:
        return _("This page cannot be used that way.")
    if status == 413:
        return _("That was too much at once.")
    if status in (500, 503):
        return _("Something went wrong here. Nothing was recorded. Try again; in danger, telephone.")
    return _("The request could not be understood. Nothing was recorded.")


def _page(status: int, message: str) -> tuple[str, int]:
    titles = {
        403: _("Not assigned to you"),
        404: _("Not found"),
        409: _("Somebody was faster"),
        422: _("Please check"),
        500: _("Something went wrong"),
        503: _("Not available just now"),
    }
    known = "frame" in g
    g.fault = status
    return render_template(
        "error.html",
        title=titles.get(status, _("This did not work")),
        message=message,
        status=status,
        viewer=g.frame["viewer"] if known else None,
    ), status
