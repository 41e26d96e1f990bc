"""What is erased or loses its names when, before it happens: for data-protection officer and head."""

from datetime import timedelta
from typing import Any

from flask import url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.kernel import clock
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, page
from referral_hub.portal.words import day
from referral_hub.regulation import store
from referral_hub.rights.keeping import BEGINS
from referral_hub.rights.retention import Ending, preview

AHEAD = timedelta(days=366)
MOST = 200


@page(Action.RETENTION_READ)
def retention(actor: Actor) -> Page:
    """The next twelve months; cases by their code, first contacts by their number for each day."""
    now = clock.now()
    _id, regulation = store.in_force(now)
    found = preview(actor, now + AHEAD, now=now)
    locale = reader_locale()
    lengths = [
        {
            "label": regulation.label("retention", code, locale),
            "value": then_words(str(one.raw["then"])),
        }
        for code, one in regulation.codes("retention").items()
        if one.raw["from"] in BEGINS.values()
    ]
    return Page(
        "retention.html",
        {
            "rules": lengths,
            "rows": [_row(one) | {"rule": regulation.label("retention", one.rule, locale)} for one in found[:MOST]],
            "total": len(found),
            "back_href": url_for("portal.rights"),
        },
    )


def then_words(then: str) -> str:
    """What happens at the end of a period."""
    return {"erase": _("is erased"), "de_identify": _("loses what could name somebody")}.get(then, then)


def _row(one: Ending) -> dict[str, Any]:
    return {"code": one.code or _("First contact"), "at": day(one.at), "then": then_words(one.then)}
