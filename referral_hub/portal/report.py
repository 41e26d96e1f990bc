"""Placeholder until the reports package is in."""

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.portal.pages import Page, page


@page(Action.REPORT_READ)
def report(actor: Actor) -> Page:
    """Figures."""
    return Page("report.html", {"period": {"from": None, "to": None, "text": ""}, "indicators": []})
