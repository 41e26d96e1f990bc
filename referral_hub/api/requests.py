"""One line in the process's log for each answer: which page, by which account of which agency, how it went, how long.

Never the address (it may hold a name that was searched for), the form, the browser or where it stands.
"""

import logging
import time
from uuid import uuid4

from flask import Flask, Response, g, request

from referral_hub.kernel.logs import set_about

log = logging.getLogger(__name__)
HEADER = "X-Request-Id"
#: Asked every few seconds by machines: not worth a line while all is well.
QUIET = frozenset({"portal.health", "metrics.metrics", "static"})


def add_requests(app: Flask) -> None:
    """Give every request of ``app`` an id (also a header of its answer) and its line."""
    app.before_request(_begin)
    app.after_request(_tell)
    app.teardown_request(_end)


def _begin() -> None:
    # made here, never taken from the request: somebody could send a name
    g.request_id, g.request_began = uuid4().hex, time.perf_counter()
    set_about(request=g.request_id)


def _end(_error: BaseException | None) -> None:
    set_about()  # a thread serves many requests


def _tell(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers[HEADER] = g.request_id
    if request.endpoint in QUIET and response.status_code < 500:
        return response
    actor = g.get("actor")
    extra = {
        "endpoint": request.endpoint,
        "method": request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS") else "other",
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.request_began) * 1000, 1),
        "account": str(actor.account_id) if actor is not None else None,
        "agency": str(actor.agency_id) if actor is not None else None,
    }
    log.log(logging.ERROR if response.status_code >= 500 else logging.INFO, "answered", extra=extra)
    return response
