"""Somebody says stop on the telephone: one page, one answer whatever the checks found. And the receipt."""

from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import relation_to
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.referrals import stopping

MOST = 500


@page(Action.STOP_HEAR)
def hear_by_code(actor: Actor) -> Page | Redirect:
    """For whoever takes the call and does not hold the case: she reads out her code."""
    error = None
    if request.method == "POST":
        try:
            case_id = stopping.case_of_code(actor, request.form.get("code", ""))
            stopping.stop(actor, case_id, _heard(), now=clock.now())
            return Redirect(url_for("portal.inbox"), _answer())
        except Invalid as wrong:
            error = wrong
    return _form([], error, url_for("portal.inbox"), code_needed=True)


@page(Action.STOP_HEAR)
def hear(actor: Actor, case_id: UUID) -> Page | Redirect:
    """For who holds the case: her code, or the check questions, or neither."""
    now = clock.now()
    holds = relation_to(actor, case_id).holds
    back = url_for("portal.case", case_id=case_id) if holds else url_for("portal.inbox")
    error = None
    if request.method == "POST":
        try:
            stopping.stop(actor, case_id, _heard(), now=now)
            return Redirect(back, _answer())
        except Invalid as wrong:
            error = wrong
    return _form(list(stopping.questions(actor, case_id, now=now)), error, back, code_needed=False)


def _answer() -> str:
    """The same whatever the checks found: whoever stands beside her learns nothing."""
    return _("Recorded. Nothing more is shared about her.")


def _heard() -> stopping.Heard:
    """:raises Invalid: who calls was not said."""
    form = request.form
    by = form.get("by", "")
    if by not in ("herself", "somebody-else"):
        raise Invalid("by", "Hãy chọn ai đang gọi.", "Choose who is calling.")
    return stopping.Heard(
        by="herself" if by == "herself" else "somebody-else",
        code=form.get("code", "")[:MOST],
        answers=tuple(form.get(f"answer{n}", "")[:MOST] for n in range(5)),
        word=form.get("word", "")[:MOST],
        wish=form.get("her_wish", "").strip()[:MOST] or None,
    )


def _form(questions: list[str], error: Invalid | None, back: str, *, code_needed: bool) -> Page:
    typed = request.form
    callers = [
        {"value": "herself", "text": _("She herself")},
        {"value": "somebody-else", "text": _("Somebody who acts for her (guardian, relative, lawyer)")},
    ]
    hint = (
        None
        if code_needed
        else _("On her slip, of the case or of a referral. Leave it empty if she has none.")
    )
    fields: list[dict[str, Any]] = [form_field("by", "radios", _("Who is calling"), typed, error, items=callers)]
    fields.append(form_field("code", "text", _("The code she reads out"), typed, error, hint=hint))
    for n, question in enumerate(questions):
        fields.append(form_field(f"answer{n}", "text", _("Ask her: %(question)s", question=question), typed, error))
    fields.append(form_field("word", "text", _("A word that seemed out of place"), typed, error))
    fields.append(
        form_field("her_wish", "textarea", _("What she wants, in her words"), typed, error)
        | {"hint": _("You may leave this empty.")}
    )
    return Page(
        "step.html",
        {
            "step": {
                "verb": "stop",
                "title": _("She calls and says stop"),
                "explain": _(
                    "It is always recorded. Do not ask why, and never say what the checks found."
                ),
                "submit_text": _("Record that she said stop"),
                "danger": True,
                "code": None,
                "check": [
                    _("From this moment nothing more is shared on her consent."),
                    _(
                        "If it may not be she, a colleague calls her back at a safe time within the hour."
                    ),
                    _("Somebody who acts for her is checked first; until then nothing changes."),
                ],
            },
            "fields": fields,
            "errors": form_errors(error),
            "back_href": back,
        },
        status=422 if error else 200,
    )
