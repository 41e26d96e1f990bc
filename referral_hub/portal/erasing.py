"""Erasing her record part by part: what goes, what stays by law and why, who approves, and the last button."""

from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.policy import Relation, allowed
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import when
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation
from referral_hub.rights import erasing as service
from referral_hub.rights.erasing import STAYS, Erasure, Part
from referral_hub.vault.documents import AUDIT_KEY, NOTE_KEY

GOES = "erase"
OWN = Relation(owns=True)


@page(Action.RIGHTS_READ)
def erasure(actor: Actor, request_id: UUID) -> Page | Redirect:
    """What is decided about each part; who may take the next step finds it below."""
    here, error = url_for("portal.erasure", request_id=request_id), None
    if request.method == "POST":
        try:
            _step(actor, request_id)
            return Redirect(here, _("Recorded."))
        except Conflict as conflict:
            return Redirect(here, conflict.sentence.text(reader_locale()))
        except Invalid as found:
            error = found
    now = clock.now()
    found_one = service.of_request(actor, request_id, now=now)
    _id, regulation = store.in_force(now)
    return Page("erasure.html", _view(actor, found_one, regulation, error), status=422 if error else 200)


def stays_words(reason: str) -> str:
    """Why a part has to stay."""
    return {
        "proceedings": _("It stays: needed in proceedings that run or may still come"),
        "medical-record": _("It stays: medical records have their own time by law"),
        "child-protection": _("It stays: file of a child under protection"),
        "public-money": _("It stays: proof of aid that was paid"),
    }.get(reason, reason)


def _step(actor: Actor, request_id: UUID) -> None:
    step, now = request.form.get("step"), clock.now()
    if step == "approve":
        service.approve(actor, request_id, now=now)
    elif step == "erase":
        service.erase(actor, request_id, now=now)
    else:
        chosen = {key: value for key, value in request.form.items() if value == GOES or value in STAYS}
        stays = {key: None if value == GOES else value for key, value in chosen.items()}
        service.propose(actor, request_id, stays, now=now)


def _view(actor: Actor, found: Erasure, regulation: Regulation, error: Invalid | None) -> dict[str, Any]:
    took_it = found.request.recorded_by == actor.person
    proposed_it = any(part.proposed_by == actor.person for part in found.parts)
    officer = allowed(actor, Action.ERASURE_DO, OWN) and not took_it
    head = allowed(actor, Action.ERASURE_APPROVE, OWN) and not took_it and not proposed_it
    proposing = officer and found.step in ("propose", "approve") and all(p.approval is None for p in found.parts)
    return {
        "code": found.request.code,
        "facts": [
            {"label": _name(part, regulation), "value": _said(part)}
            for part in found.parts
            if part.proposed_by is not None
        ],
        "fields": [_field(part, regulation, error) for part in found.parts] if proposing else [],
        "may_approve": head and found.step == "approve",
        "may_erase": officer and found.step == "erase",
        "waits": found.step,
        "errors": form_errors(error),
        "back_href": url_for("portal.right", request_id=found.request.id),
    }


def _field(part: Part, regulation: Regulation, error: Invalid | None) -> dict[str, Any]:
    said = "" if part.proposed_by is None else part.stays_because or GOES
    items = [{"value": "", "text": _("Choose")}, {"value": GOES, "text": _("It goes")}]
    items += [{"value": code, "text": stays_words(code)} for code in STAYS]
    typed = {part.category: request.form.get(part.category, said)}
    return form_field(part.category, "select", _name(part, regulation), typed, error, items=items)


def _name(part: Part, regulation: Regulation) -> str:
    own = {
        NOTE_KEY: _("Notes of the referral"),
        AUDIT_KEY: _("What the log says beyond who, when and what kind of act"),
    }
    return own.get(part.category) or regulation.label("data_categories", part.category, reader_locale())


def _said(part: Part) -> str:
    if part.stays_because is not None:
        return stays_words(part.stays_because)
    if part.erased_at is not None:
        return _("Erased %(when)s", when=when(part.erased_at))
    return _("Approved, not erased yet") if part.approval is not None else _("Proposed: it goes")
