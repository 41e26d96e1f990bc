"""How a page is made: the door is passed, one function called, the transaction committed, then the page rendered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, TypeVar

from flask import Response, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor, actor_from_door
from referral_hub.access.gate import Refused
from referral_hub.access.policy import Relation, allowed
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.directory.queries import agency
from referral_hub.kernel import clock
from referral_hub.kernel.db import transaction
from referral_hub.kernel.errors import Forbidden
from referral_hub.liaisons.queries import approvers_for
from referral_hub.notifications.queries import unread
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.regulation import store

TOKEN = "door"
HALF = "half"  # whose password was right and whose second factor has not been asked yet, and since when
LOCKED = "locked"  # the screen was locked, see portal/locking.py
SEEN = "seen"  # when this browser last asked for a page, in seconds
TRIES = 3
IN_CHARGE = "duty_supervisor"  # who decides during the shift, by the roles of the regulation


@dataclass(frozen=True, slots=True)
class Page:
    """A template and what it shows; rendered after the commit."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A file for the reader's machine; sent after the commit."""

    body: bytes
    name: str
    media_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where to go next."""

    to: str
    notice: str | None = None


T = TypeVar("T")
View = Callable[..., Page | Redirect | Download]


def credential() -> str | None:
    """What the door takes: this browser's session token, if it has one."""
    token = session.get(TOKEN)
    return f"session:{token}" if token else None


def page(action: Action) -> Callable[[View], Callable[..., ResponseReturnValue]]:
    """A page for signed-in people. The services behind it check ``action``; the route test reads it here."""

    def wrap(view: View) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def run(**arguments: Any) -> ResponseReturnValue:
            if TOKEN in session and _locked(view):
                return redirect(url_for("portal.locked", next=_back()))
            outcome = _again_after_deadlock(lambda: _enter(view, arguments))
            if outcome is None and HALF in session:
                return redirect(url_for("portal.second_step", next=_back()))
            if outcome is None:
                language = session.get("lang")
                session.clear()  # Flask-Security's half of it too, or the two would send each other round
                if language is not None:
                    session["lang"] = language
                return redirect(url_for("security.login", next=_back()))
            return answer(outcome)

        run.action = action  # type: ignore[attr-defined]
        return run

    return wrap


def _locked(view: View) -> bool:
    from referral_hub.portal.locking import is_locked  # it shows a page itself

    return is_locked(view)


def _back() -> str | None:
    return request.full_path if request.method == "GET" else None


def _enter(view: View, arguments: dict[str, Any]) -> Page | Redirect | Download | None:
    """The view's outcome, committed; None when nobody is signed in."""
    with transaction(credential()) as entered:
        if entered is None:
            return None
        actor = replace(actor_from_door(entered, "portal"), locale=reader_locale())
        g.actor, g.frame = actor, frame(actor)
        return view(actor, **arguments)


def _again_after_deadlock(work: Callable[[], T]) -> T:
    """Two steps that lock the same rows in another order: the one that lost is simply done again."""
    for _attempt in range(TRIES - 1):
        try:
            return work()
        except OperationalError as error:
            if not isinstance(error.orig, DeadlockDetected):
                raise
    return work()


def answer(outcome: Page | Redirect | Download) -> ResponseReturnValue:
    """The response for what a view returned."""
    if isinstance(outcome, Redirect):
        if outcome.notice:
            session["notice"] = outcome.notice
        return redirect(outcome.to, code=303)
    if isinstance(outcome, Download):
        return _file(outcome)
    context = {"notice": session.pop("notice", None), "printed_at": None} | dict(outcome.context)
    headers = {} if outcome.retry_after_s is None else {"Retry-After": str(outcome.retry_after_s)}
    return render_template(outcome.template, **context), outcome.status, headers


def _file(outcome: Download) -> ResponseReturnValue:
    """Kept by nobody on the way; the name is plain ASCII by construction (ids and codes)."""
    response = Response(outcome.body, content_type=outcome.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{outcome.name}"'
    return response


def frame(actor: Actor) -> dict[str, Any]:
    """Who is signed in and where they can go (looked up inside the transaction, used after it)."""
    _id, regulation = store.in_force(clock.now())
    nav = [
        ("portal.inbox", _("Inbox"), Action.INBOX_READ),
        ("portal.tasks", _("Tasks"), Action.TASK_READ),
        ("portal.rights", _("Data rights"), Action.RIGHTS_READ),
        ("portal.board", _("Board"), Action.BOARD_READ),
        ("portal.search", _("Search"), Action.CASE_SEARCH),
        ("portal.notices", _("Notices"), Action.NOTICE_READ),
        ("portal.duty", _("On call"), Action.DUTY_READ),
        ("portal.emergency", _("Emergency"), Action.EMERGENCY_OPEN),
        ("portal.report", _("Report"), Action.REPORT_READ),
        ("portal.log", _("Log"), Action.LOG_READ),
        ("portal.people", _("People"), Action.PERSON_LET_IN),
    ]
    return {
        "viewer": {
            "name": actor.name,
            "agency_name": agency(actor.agency_id).text(actor.locale),
            "role_names": [regulation.label("roles", role, actor.locale) for role in sorted(actor.roles)],
        },
        "nav": [
            {
                "href": url_for(endpoint),
                "text": text,
                "active": request.endpoint == endpoint,
                "count": unread(actor) if action is Action.NOTICE_READ else None,
            }
            for endpoint, text, action in nav
            if allowed(actor, action, Relation())
        ],
    }


def record_refusal(refused: Refused) -> list[str]:
    """Write the refusal in a transaction of its own, so that it survives the rollback of what was refused.

    :return: names of who in charge can be asked, for a colleague; empty for a stranger.
    """
    with transaction(credential()) as entered:
        if entered is None:
            return []
        actor = actor_from_door(entered, "portal")
        entry = Entry(Act.ACCESS_REFUSED, refused.subject, why=str(refused.action), outcome="denied")
        record(actor, entry, now=clock.now())
        if not isinstance(refused.answer, Forbidden):
            return []
        return [one.name for one in approvers_for(actor, IN_CHARGE, now=clock.now())]
