"""A case as those who hold it see it, and withdrawing a consent."""

from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.cases import queries as cases
from referral_hub.consent import queries as consents
from referral_hub.consent import reviews
from referral_hub.consent import service as consent_service
from referral_hub.directory.queries import agencies, agency
from referral_hub.kernel import clock
from referral_hub.portal import tasks
from referral_hub.portal.consenting import lives
from referral_hub.portal.emergency import act_view
from referral_hub.portal.inbox import row_view
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import contact_views, day, field_views, when
from referral_hub.portal.writing import parts_of
from referral_hub.referrals import queries as referrals
from referral_hub.referrals import stopping
from referral_hub.regulation import store
from referral_hub.tasks import service as task_service

CONTACT = "contact"


@page(Action.CASE_READ)
def case(actor: Actor, case_id: UUID) -> Page:
    """Everything its holder needs of a case on one page."""
    now = clock.now()
    locale = reader_locale()
    header = cases.header(actor, case_id)
    regulation = store.version(header.regulation_id)
    sections = cases.sections(actor, case_id, now=now)
    names = {one.id: one.text(locale) for one in agencies()}
    contact = sections.get(CONTACT)
    return Page(
        "case.html",
        {
            "case": {
                "code": header.code,
                "opened_at": when(header.opened_at),
                "status": _("Closed %(when)s", when=day(header.closed_at)) if header.closed_at else _("Open"),
                "owner": agency(header.owner_id).text(locale),
            },
            **contact_views(contact.fields if contact else {}, regulation, now),
            "contact_href": url_for("portal.contact_plan", case_id=case_id),
            "sections": [
                {
                    "category_label": regulation.label("data_categories", category, locale),
                    "href": url_for("portal.section", case_id=case_id, category=category),
                    "fields": field_views(category, section.fields, regulation, locale, now),
                }
                for category, section in sections.items()
            ],
            "consents": [_consent_view(case_id, view, names, locale) for view in consents.of_case(actor, case_id)],
            "referrals": [row_view(row, locale) for row in referrals.of_case(actor, case_id)],
            "team": [
                {"name": m.name, "role": _("cover") if m.duty == "cover" else None}
                for m in cases.team(actor, case_id, now=now)
            ],
            "actions": [
                {"text": _("Ask her"), "href": url_for("portal.new_consent", case_id=case_id), "primary": True},
                {"text": _("May she be counted in statistics?"), "href": url_for("portal.counted", case_id=case_id)},
                {
                    "text": _("Send in an emergency"),
                    "href": url_for("portal.disclose", case_id=case_id),
                    "primary": True,
                    "danger": True,
                },
                {"text": _("She calls and says stop"), "href": url_for("portal.stop_case", case_id=case_id)},
                {
                    "text": _("Whom she does not want to see anything"),
                    "href": url_for("portal.denials", case_id=case_id),
                },
                {"text": _("She asks about her data"), "href": url_for("portal.new_right", case=header.code)},
                {"text": _("Linked cases"), "href": url_for("portal.links", case_id=case_id)},
            ],
            "emergencies": [act_view(one, names, regulation, locale) for one in reviews.of_case(actor, case_id)],
            "log_href": url_for("portal.access_log", case_id=case_id),
            "new_referral_href": url_for("portal.new_referral", case_id=case_id),
            "parts_to_write": parts_of(case_id, regulation, locale, list(sections)),
            "on_hold": stopping.is_held(case_id),
            "tasks": [tasks.row_view(one, now) for one in task_service.of_case(actor, case_id)],
            "printed_at": when(now),
        },
    )


@page(Action.CONSENT_WITHDRAW)
def withdraw_consent(actor: Actor, case_id: UUID, consent_id: UUID) -> Page | Redirect:
    """She said stop: one page that says what ends, one button."""
    back = url_for("portal.case", case_id=case_id)
    if request.method == "POST":
        wish = request.form.get("her_wish", "").strip()[:500] or None
        consent_service.withdraw(actor, consent_id, wish=wish, now=clock.now())
        return Redirect(back, _("Her consent has ended. Nobody sees anything on its basis any more."))
    held = cases.header(actor, case_id)
    regulation = store.version(held.regulation_id)
    chosen = next((one.fact for one in consents.of_case(actor, case_id) if one.fact.id == consent_id), None)
    if chosen is None:
        return Redirect(back)
    locale = reader_locale()
    to = agency(chosen.recipient).text(locale)
    return Page(
        "step.html",
        {
            "step": {
                "verb": "withdraw",
                "title": _("Withdraw consent"),
                "explain": f"{to}: {regulation.label('essential_services', chosen.service, locale)}",
                "submit_text": _("Withdraw consent"),
                "danger": True,
                "code": None,
                "check": [
                    _("Her consent ends at once, and with it every access that rests on it."),
                    _("The receiving agency sees that its access has ended."),
                ],
            },
            "fields": [
                {
                    "name": "her_wish",
                    "kind": "textarea",
                    "label": regulation.label("transition_needs", "her_wish", locale),
                    "hint": _("You may leave this empty."),
                    "value": "",
                }
            ],
            "back_href": back,
        },
    )


def _consent_view(case_id: UUID, view: consents.ConsentView, names: dict[UUID, str], locale: str) -> dict[str, Any]:
    regulation = store.version(view.regulation_id)
    fact = view.fact
    order = [c for c in regulation.codes("data_categories") if c in fact.categories]
    return {
        "to": names.get(fact.recipient, "?"),
        "purpose": regulation.label("purposes", fact.purpose, locale),
        "service": regulation.label("essential_services", fact.service, locale),
        "categories": [regulation.label("data_categories", c, locale) for c in order],
        "method": regulation.label("consent.methods", view.method, locale),
        "given": when(fact.given_at),
        "until": day(fact.valid_until),
        "withdrawn": when(fact.withdrawn_at),
        "replaced": view.replaced,
        "again_href": url_for(
            "portal.new_consent", case_id=case_id, service=fact.service, recipient=fact.recipient, replaces=fact.id
        )
        if lives(view, clock.now())
        else None,
        "receipt_href": url_for("portal.receipt", case_id=case_id, consent_id=fact.id),
        "withdraw_href": url_for("portal.withdraw_consent", case_id=case_id, consent_id=fact.id),
    }
