"""Lowering the urgency of a draft below what the facts imply: the supervisor's page."""

from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.policy import Relation, allowed
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.referrals.facts import ReferralDetail
from referral_hub.referrals.lowering import lower_urgency
from referral_hub.referrals.queries import detail


@page(Action.URGENCY_LOWER)
def urgency(actor: Actor, referral_id: UUID) -> Page | Redirect:
    """Which urgency, and why (GET); deciding it (POST)."""
    now = clock.now()
    found = detail(actor, referral_id, now=now)
    require(actor, Action.URGENCY_LOWER, subject=found.case_id)
    here = url_for("portal.referral", referral_id=referral_id)
    error = None
    if request.method == "POST":
        wanted, reason = request.form.get("urgency", ""), request.form.get("reason", "")
        try:
            if wanted not in found.regulation.codes("urgency_levels"):
                raise Invalid("urgency", "Hãy chọn mức độ khẩn.", "Choose the urgency.")
            with db.session.begin_nested():
                lower_urgency(actor, referral_id, wanted, reason, now=now)
            return Redirect(here, _("Recorded. The referral may go with this urgency."))
        except Conflict as late:
            return Redirect(here, late.sentence.text(reader_locale()))
        except Invalid as wrong:
            error = wrong
    if found.sent_at is not None:
        return Redirect(here, _("What was sent is not lowered any more."))
    items = [
        {"value": code, "text": entry.label.text(reader_locale())}
        for code, entry in found.regulation.codes("urgency_levels").items()
    ]
    context = {
        "title": _("Lower the urgency"),
        "explain": _("The facts of the case ask for more. Your name and your reason stay with the case."),
        "fields": [
            form_field("urgency", "radios", _("Urgency"), request.form, error, items=items),
            form_field("reason", "textarea", _("Reason"), request.form, error),
        ],
        "errors": form_errors(error),
        "back_href": here,
    }
    return Page("duty_form.html", context, status=422 if error else 200)


def lower_href(actor: Actor, found: ReferralDetail) -> str | None:
    """Where who may lowers the urgency of a draft; None for everybody else, and once it was sent."""
    stands = Relation(owns=found.owns, holds=found.holds)
    if found.sent_at is not None or not allowed(actor, Action.URGENCY_LOWER, stands):
        return None
    return url_for("portal.urgency", referral_id=found.id)
