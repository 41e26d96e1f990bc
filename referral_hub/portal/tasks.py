"""What one still has to do: the list, and doing one of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import relation_to
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import when
from referral_hub.regulation import store
from referral_hub.tasks import service
from referral_hub.tasks.rules import KINDS
from referral_hub.tasks.service import TaskView

CONFIRM = "confirm-stopped"


@page(Action.TASK_READ)
def tasks(actor: Actor) -> Page:
    """Everything this person may do, what cannot wait first."""
    now = clock.now()
    return Page("tasks.html", {"tasks": [row_view(one, now) for one in service.open_ones(actor)]})


@page(Action.TASK_READ)
def task(actor: Actor, task_id: UUID) -> Page | Redirect:
    """One task: what it is about, where to look, how it ended."""
    error, typed = None, request.form
    if request.method == "POST":
        try:
            kept = request.form.getlist("kept")
            service.complete(actor, task_id, request.form.get("outcome", ""), kept=kept, now=clock.now())
            return Redirect(url_for("portal.tasks"), _("Recorded."))
        except Conflict as conflict:
            return Redirect(url_for("portal.tasks"), conflict.sentence.text(reader_locale()))
        except Invalid as found:
            error = found
    one = service.one(actor, task_id)
    return Page(
        "task.html",
        {
            "task": row_view(one, clock.now()) | {"explain": _explain(one.kind), "ended": _ended(one)},
            "fields": _fields(one, typed, error) if one.mine else [],
            "errors": form_errors(error),
            "links": _links(actor, one),
            "back_href": url_for("portal.tasks"),
        },
        status=422 if error else 200,
    )


def row_view(one: TaskView, now: datetime) -> dict[str, Any]:
    """A task as lists show it: no code of a case another agency keeps, no name."""
    return {
        "title": kind_words(one.kind),
        "href": url_for("portal.task", task_id=one.id),
        "due": when(one.due),
        "overdue": one.due is not None and one.done_at is None and one.due <= now,
        "since": when(one.opened_at),
        "done": when(one.done_at),
    }


def kind_words(kind: str) -> str:
    """What a task is called."""
    return {
        CONFIRM: _("Confirm that you stopped using what you were given"),
        "safe-call-back": _("Call her back in her safe window"),
        "maybe-coerced": _("May be under pressure: look at it now"),
        "check-representative": _("Somebody acts for her: check who it is"),
    }.get(kind, kind)


def outcome_words(outcome: str) -> str:
    """How a task ended."""
    return {
        "stopped": _("We stopped, and keep nothing"),
        "kept-by-law": _("We stopped; a law makes us keep what is named here"),
        "she-stops": _("It was she, and she wants it to stop"),
        "she-goes-on": _("It was she, and she wants the help to go on"),
        "spoke-freely": _("She spoke freely"),
        "under-pressure": _("She is under pressure"),
        "may-act": _("He or she may act for her, and is not the person said to have used violence"),
        "may-not-act": _("He or she may not act for her"),
    }.get(outcome, outcome)


def _explain(kind: str) -> list[str]:
    return {
        CONFIRM: [
            _("She withdrew her consent. Your access has ended."),
            _("Stop using what you copied or wrote down, and destroy it unless a law makes you keep it."),
        ],
        "safe-call-back": [
            _("Somebody called and said stop, and could not show that it was she."),
            _("Until she was called back nothing new is shared, and no other agency reads anything on her consent."),
            _("Call only at a time and in a way that are safe for her. If you do not reach her, this task stays open."),
        ],
        "maybe-coerced": [
            _("She said stop while the risk is high, or an emergency was on its way, or she used the agreed word."),
            _("Her consent has ended, as she said. Look whether somebody made her say it; only your role sees this."),
            _("In danger: send under a ground of the regulation, from her case."),
        ],
        "check-representative": [
            _("Nothing was changed, read or answered yet."),
            _("Check that it is not the person said to have used violence, nor somebody who stands on his side."),
        ],
    }.get(kind, [])


def _ended(one: TaskView) -> dict[str, Any] | None:
    if one.done_at is None or one.outcome is None:
        return None
    return {"how": outcome_words(one.outcome), "when": when(one.done_at), "kept": _categories(one.kept)}


def _fields(one: TaskView, typed: Mapping[str, str], error: Invalid | None) -> list[dict[str, Any]]:
    ways = [{"value": code, "text": outcome_words(code)} for code in KINDS.get(one.kind, ())]
    fields = [form_field("outcome", "radios", _("How it ended"), typed, error, items=ways)]
    if one.kind == CONFIRM:
        _id, regulation = store.in_force(clock.now())
        kept = request.form.getlist("kept")
        items = [
            {"value": code, "text": regulation.label("data_categories", code, reader_locale())}
            for code in service.given(one)
        ]
        field = form_field("kept", "checkboxes", _("What a law makes you keep"), {}, error, items=items)
        fields.append(field | {"value": kept, "hint": _("Leave all empty if you keep nothing.")})
    return fields


def _links(actor: Actor, one: TaskView) -> list[dict[str, str]]:
    """Where to look: the referral for another agency; the case, and sending in an emergency, for who holds it."""
    found = []
    if one.referral is not None:
        found.append({"text": _("The referral"), "href": url_for("portal.referral", referral_id=one.referral)})
    if relation_to(actor, one.case).holds:
        found.append({"text": _("The case"), "href": url_for("portal.case", case_id=one.case)})
        if one.kind == "safe-call-back":  # the number, in her safe time alone
            found.append({"text": _("Reach her now"), "href": url_for("portal.reach", case_id=one.case)})
        if one.kind == "maybe-coerced":
            found.append({"text": _("Send in an emergency"), "href": url_for("portal.disclose", case_id=one.case)})
    return found


def _categories(codes: tuple[str, ...]) -> list[str]:
    _id, regulation = store.in_force(clock.now())
    return [regulation.label("data_categories", code, reader_locale()) for code in codes]
