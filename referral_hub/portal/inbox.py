"""The inbox: what an agency must do next, the nearest deadline first."""

from typing import Any

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.policy import Relation, allowed
from referral_hub.kernel import clock
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, page
from referral_hub.portal.words import clock_view
from referral_hub.referrals import queries
from referral_hub.referrals.expecting import raised
from referral_hub.referrals.facts import ListedReferral
from referral_hub.referrals.rules import turns
from referral_hub.regulation import store

LAST_PAGE = 100_000  # more than any list has; beyond some number the database would refuse to count


@page(Action.INBOX_READ)
def inbox(actor: Actor) -> Page:
    """One tab of the agency's referrals (``?tab=todo|waiting|active|overdue|closed``)."""
    now = clock.now()
    tab = request.args.get("tab", "todo")
    number = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    found = queries.inbox(actor, tab if tab in queries.TABS else "todo", page=number, now=now)
    told_above = raised([row.id for row in found.rows])
    locale = reader_locale()
    names = {
        "todo": _("To do"),
        "waiting": _("Waiting for others"),
        "active": _("In service"),
        "overdue": _("Overdue"),
        "closed": _("Closed"),
    }
    return Page(
        "inbox.html",
        {
            "tabs": [
                {
                    "key": key,
                    "text": names[key],
                    "count": found.counts.get(key),
                    "href": url_for("portal.inbox", tab=key),
                    "current": key == found.tab,
                }
                for key in queries.TABS
            ],
            "rows": [row_view(row, locale, told_above.get(row.id, frozenset())) for row in found.rows],
            "begin": _begin(actor),
            "overdue_count": found.counts["overdue"],
            "page": {
                "previous": url_for("portal.inbox", tab=found.tab, page=number - 1) if number > 1 else None,
                "next": url_for("portal.inbox", tab=found.tab, page=number + 1) if found.has_next else None,
            },
        },
    )


def _begin(actor: Actor) -> list[dict[str, str]]:
    """What begins here, for who may."""
    own = Relation(owns=True)
    ways = (
        (Action.CASE_OPEN, _("New case"), "portal.new_case"),
        (Action.STOP_HEAR, _("She calls and says stop"), "portal.stop"),
    )
    return [{"text": text, "href": url_for(where)} for action, text, where in ways if allowed(actor, action, own)]


def row_view(row: ListedReferral, locale: str, told_above: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A row of a list, in words. ``told_above``: the clocks of which somebody above was told."""
    regulation = store.version(row.regulation_id)
    return {
        "code": row.code,
        "href": url_for("portal.referral", referral_id=row.id),
        "service": regulation.label("essential_services", row.service, locale),
        "other_side": row.other_agency,
        "direction": "in" if row.incoming else "out",
        "urgency": row.urgency,
        "urgency_label": regulation.label("urgency_levels", row.urgency, locale),
        "clock": clock_view(row.clock, clock.now()),
        "status_label": regulation.label("referral_statuses", row.status, locale),
        "next_step": next_step(row.incoming, row.status, row.regulation_id),
        "raised": row.clock is not None and row.clock.name in told_above,
    }


def next_step(incoming: bool, status: str, regulation_id: Any) -> str | None:
    """The one thing to do, or None when it is the other side's turn."""
    turn = turns(store.version(regulation_id))
    side = turn.recipient | turn.running if incoming else turn.sender
    if status not in side:
        return None
    words = {
        "draft": _("Send, or delete the draft"),
        "awaiting_consent": _("Ask for her consent"),
        "ready": _("Send"),
        "sent": _("Read and answer"),
        "acknowledged": _("Accept or decline"),
        "info_requested": _("Answer the question"),
        "accepted": _("Start the service"),
        "in_service": _("Report the outcome when done"),
        "on_hold": _("Resume when possible"),
        "completed": _("Read the outcome and close"),
        "not_completed": _("Find another provider or close"),
        "declined": _("Find another provider or close"),
    }
    return words.get(status, _("Read and answer"))
