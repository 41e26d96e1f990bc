"""A new referral: which service, whom, how urgent; what each of them will see; sent to all of them or to none."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.cases import queries as cases
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.places import said
from referral_hub.portal.reasons import withheld_because
from referral_hub.referrals.choosing import Offer, offers, on_its_way, services
from referral_hub.referrals.drafting import NewReferral, send
from referral_hub.referrals.sharing import preview
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation

MOST = 10


@page(Action.REFERRAL_SEND)
def new_referral(actor: Actor, case_id: UUID) -> Page | Redirect:
    """GET asks; POST shows what each recipient will see, and with ``confirmed`` sends."""
    now = clock.now()
    _id, regulation = store.in_force(now)
    service = request.values.get("service", "")
    known = services(actor, case_id, now=now)
    if service not in known:
        return _choose_service(actor, case_id, known, regulation)
    found = offers(actor, case_id, service, now=now)
    if request.method == "GET":
        return _choose_whom(actor, case_id, service, found, regulation, None)
    try:
        chosen = _chosen(found)
        urgency = request.form.get("urgency") or None
        if urgency is not None and urgency not in regulation.codes("urgency_levels"):
            raise Invalid("urgency", "Hãy chọn mức độ khẩn.", "Choose the urgency.")
        if "confirmed" not in request.form:
            return _preview(actor, case_id, service, chosen, regulation)
        return _send(actor, case_id, service, chosen, urgency)
    except Invalid as error:
        field = error.field if error.field in ("recipient", "urgency") else "recipient"
        wrong = Invalid(field, error.sentence.vi, error.sentence.en)
        return _choose_whom(actor, case_id, service, found, regulation, wrong)


def _send(actor: Actor, case_id: UUID, service: str, chosen: Sequence[Offer], urgency: str | None) -> Redirect:
    """All of them or none; what is on its way already is not sent again (a form that was posted twice)."""
    back = url_for("portal.case", case_id=case_id)
    fresh = [one for one in chosen if on_its_way(actor, case_id, service, one.agency) is None]
    if not fresh:
        return Redirect(back, _("It is on its way already. Nothing was sent a second time."))
    wanted = [NewReferral(case_id, one.agency, service, urgency) for one in fresh]
    sent = send(actor, wanted, now=clock.now())
    if len(sent) == 1:
        return Redirect(url_for("portal.referral", referral_id=sent[0]), _("Sent."))
    return Redirect(back, _("Sent to %(count)s agencies.", count=len(sent)))


def _chosen(found: Sequence[Offer]) -> list[Offer]:
    """:raises Invalid: nobody was chosen, or too many."""
    wanted = set(request.form.getlist("recipient"))
    chosen = [one for one in found if str(one.agency) in wanted]
    if not chosen:
        raise Invalid("recipient", "Hãy chọn ít nhất một đơn vị nhận.", "Choose at least one recipient.")
    if len(chosen) > MOST:
        raise Invalid("recipient", f"Tối đa {MOST} đơn vị một lần.", f"At most {MOST} agencies at once.")
    return chosen


def _choose_service(actor: Actor, case_id: UUID, known: Sequence[str], regulation: Regulation) -> Page:
    locale = reader_locale()
    error = None
    if "service" in request.values:
        error = Invalid("service", "Hãy chọn một dịch vụ.", "Choose a service.")
    items = [{"value": code, "text": regulation.label("essential_services", code, locale)} for code in known]
    return Page(
        "new_referral.html",
        _frame(actor, case_id)
        | {
            "stage": "service",
            "fields": [
                form_field("service", "radios", _("Which help does she need?"), request.values, error, items=items)
            ],
            "errors": form_errors(error),
        },
        status=422 if error else 200,
    )


def _choose_whom(
    actor: Actor, case_id: UUID, service: str, found: Sequence[Offer], regulation: Regulation, error: Invalid | None
) -> Page:
    locale = reader_locale()
    people = [
        {
            "value": str(one.agency),
            "text": one.text(locale),
            "hint": _hint(one),
        }
        for one in found
    ]
    levels = [{"value": "", "text": _("What the facts of the case ask for")}]
    levels += [
        {"value": code, "text": entry.label.text(locale)} for code, entry in regulation.codes("urgency_levels").items()
    ]
    recipient = form_field("recipient", "checkboxes", _("Who is asked?"), {}, error, items=people)
    recipient["value"] = request.form.getlist("recipient")
    return Page(
        "new_referral.html",
        _frame(actor, case_id)
        | {
            "stage": "whom",
            "service": {"value": service, "text": regulation.label("essential_services", service, locale)},
            "fields": [
                recipient | {"hint": _("Several at once: each of them answers for itself.")},
                form_field("urgency", "select", _("Urgency"), request.form, error, items=levels),
            ]
            if found
            else [],
            "errors": form_errors(error),
        },
        status=422 if error else 200,
    )


def _hint(one: Offer) -> str | None:
    hints = [] if one.answers else [_no_account(one)]
    return " ".join([*hints, *([said(one.places)] if one.places else [])]) or None


def _no_account(one: Offer) -> str:
    if one.phone:
        return _("Nobody answers in the hub yet; telephone %(phone)s.", phone=one.phone)
    return _("Nobody answers in the hub yet.")


def _preview(actor: Actor, case_id: UUID, service: str, chosen: Sequence[Offer], regulation: Regulation) -> Page:
    """What each of them will see, by the decision that the sending takes again."""
    now, locale = clock.now(), reader_locale()
    halves = []
    for one in chosen:
        lines = preview(actor, case_id, one.agency, service, now=now).owner
        halves.append(
            {
                "to": one.text(locale),
                "consent_href": url_for(
                    "portal.new_consent", case_id=case_id, service=service, recipient=str(one.agency)
                ),
                "shown": [regulation.label("data_categories", line.category, locale) for line in lines if line.shown],
                "withheld": [
                    {
                        "category_label": regulation.label("data_categories", line.category, locale),
                        "reason": withheld_because(str(line.reason)),
                    }
                    for line in lines
                    if not line.shown
                ],
            }
        )
    return Page(
        "new_referral.html",
        _frame(actor, case_id)
        | {
            "stage": "preview",
            "service": {"value": service, "text": regulation.label("essential_services", service, locale)},
            "recipients": [str(one.agency) for one in chosen],
            "urgency": request.form.get("urgency", ""),
            "halves": halves,
            "again_href": url_for("portal.new_referral", case_id=case_id, service=service),
            "submit": _("Send to %(agency)s", agency=chosen[0].text(locale))
            if len(chosen) == 1
            else _("Send to %(count)s agencies", count=len(chosen)),
        },
    )


def _frame(actor: Actor, case_id: UUID) -> dict[str, Any]:
    return {
        "code": cases.header(actor, case_id).code,
        "back_href": url_for("portal.case", case_id=case_id),
        "fields": [],
        "errors": [],
    }
