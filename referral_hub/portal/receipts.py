"""The receipt of a consent: asked for first, then on one sheet of paper, or as a file."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app, request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.cases import queries as cases
from referral_hub.consent import receipts
from referral_hub.kernel import clock
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Download, Page, page
from referral_hub.portal.words import day, when
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation


@page(Action.CASE_READ)
def receipt(actor: Actor, case_id: UUID, consent_id: UUID) -> Page | Download:
    """GET asks whether she wants one; POST makes it, to print or (``as=json``) to take away."""
    require(actor, Action.CASE_READ, subject=case_id)
    back = url_for("portal.case", case_id=case_id)
    if request.method == "GET":
        return Page("receipt.html", {"receipt": None, "back_href": back})
    now, locale = clock.now(), reader_locale()
    made = receipts.make(
        actor,
        case_id,
        consent_id,
        code=cases.header(actor, case_id).code,
        locale=locale,
        public_url=current_app.config["PUBLIC_URL"],
        now=now,
    )
    if request.form.get("as") == "json":
        body = json.dumps(made.document, ensure_ascii=False, indent=2).encode()
        return Download(body, f"{made.id}.json", "application/json; charset=utf-8")
    regulation = store.version(made.view.regulation_id)
    return Page(
        "receipt.html", {"receipt": _sheet(made, regulation, locale), "back_href": back, "printed_at": when(now)}
    )


def _sheet(made: receipts.Receipt, regulation: Regulation, locale: str) -> dict[str, Any]:
    fact = made.view.fact
    names = [c for c in regulation.codes("data_categories") if c in fact.categories]
    processing = made.document["pii_processing"][0]
    state = {"given": _("Valid"), "withdrawn": _("Withdrawn"), "expired": _("Has run out")}
    return {
        "number": made.document["receipt_id"],
        "code": made.document["pii_principal_id"],
        "proof": made.document["proof"],
        "facts": [
            {"label": _("State"), "value": state[made.document["events"][-1]["event_state"]]},
            {"label": _("To"), "value": made.recipient},
            {"label": _("Service"), "value": regulation.label("essential_services", fact.service, locale)},
            {"label": _("Purpose"), "value": regulation.label("purposes", fact.purpose, locale)},
            {
                "label": _("What may be shared"),
                "value": "; ".join(regulation.label("data_categories", code, locale) for code in names),
            },
            {"label": _("How it was given"), "value": regulation.label("consent.methods", made.view.method, locale)},
            {"label": _("Given on"), "value": when(fact.given_at)},
            {"label": _("Valid until"), "value": day(fact.valid_until)},
            *([{"label": _("Withdrawn"), "value": when(fact.withdrawn_at)}] if fact.withdrawn_at else []),
            {"label": _("How to withdraw"), "value": processing["withdrawal_method"]},
        ],
        "shared": [_shared_line(one, regulation, locale) for one in made.shared],
    }


def _shared_line(one: receipts.SharedOn, regulation: Regulation, locale: str) -> dict[str, Any]:
    def words(codes: tuple[str, ...]) -> str:
        return "; ".join(regulation.label("data_categories", code, locale) for code in codes)

    if one.seen_from is None:
        return {"what": _("Nothing was seen."), "since": None, "ended": _time(one.ended), "answer": None}
    answer = None
    if one.stopped is not None:
        answer = _("Confirmed %(when)s that it stopped.", when=when(one.stopped))
        if one.kept:
            answer += " " + _("A law makes it keep: %(what)s.", what=words(one.kept))
    elif one.due is not None:
        answer = _("Has to confirm until %(when)s that it stopped.", when=when(one.due))
    return {"what": words(one.categories), "since": when(one.seen_from), "ended": _time(one.ended), "answer": answer}


def _time(at: datetime | None) -> str | None:
    return when(at) if at is not None else None
