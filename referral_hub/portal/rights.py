"""The rights desk: what was asked about data and until when, recording it, answering it, and the fixed letter."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import relation_to
from referral_hub.access.policy import Relation, allowed
from referral_hub.kernel import clock
from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import day, when
from referral_hub.regulation import store
from referral_hub.rights import service
from referral_hub.rights.letter import LETTERS
from referral_hub.rights.rules import ANSWERS, ASKERS, ERASURE, KINDS, LETTER
from referral_hub.rights.service import NewRequest, RequestView


@page(Action.RIGHTS_READ)
def rights(actor: Actor) -> Page:
    """What waits, the nearest deadline first, so what is overdue leads; below it what is over."""
    now = clock.now()
    rows = [_row(one, now) for one in service.requests(actor)]
    new = url_for("portal.new_right") if allowed(actor, Action.RIGHTS_RECORD, Relation()) else None
    return Page(
        "rights.html",
        {
            "waiting": [row for row in rows if not row["answer"]],
            "over": [row for row in rows if row["answer"]],
            "new_href": new,
            "breaches_href": url_for("portal.breaches") if allowed(actor, Action.BREACH_KEEP, Relation()) else None,
            "retention_href": url_for("portal.retention")
            if allowed(actor, Action.RETENTION_READ, Relation())
            else None,
        },
    )


@page(Action.RIGHTS_RECORD)
def new_request(actor: Actor) -> Page | Redirect:
    """Who asks, what, how it came and when. A name has no place here; her case is named by its code."""
    error = None
    if request.method == "POST":
        try:
            made = service.ask(actor, _typed(), now=clock.now())
            return Redirect(url_for("portal.right", request_id=made), _("Recorded."))
        except Invalid as found:
            error = found
    return Page(
        "emergency_form.html",
        {
            "form": {
                "title": _("Record a request about data"),
                "explain": [
                    _("Write down no name. Only her own request is tied to her case."),
                    _("Whoever else asks learns nothing, also not whether there is a case."),
                    _("Say nothing of it on the telephone either."),
                ],
                "submit": _("Record it"),
                "danger": False,
            },
            "fields": _fields(error),
            "errors": form_errors(error),
            "back_href": url_for("portal.rights"),
        },
        status=422 if error else 200,
    )


@page(Action.RIGHTS_READ)
def one_request(actor: Actor, request_id: UUID) -> Page | Redirect:
    """One request, its clocks, and what can be done about it."""
    here, error = url_for("portal.right", request_id=request_id), None
    if request.method == "POST":
        try:
            if request.form.get("step") == "confirm":
                service.confirm(actor, request_id, now=clock.now())
            else:
                service.answer(actor, request_id, request.form.get("answer", ""), now=clock.now())
            return Redirect(here, _("Recorded."))
        except Conflict as conflict:
            return Redirect(here, conflict.sentence.text(reader_locale()))
        except Invalid as found:
            error = found
    now = clock.now()
    found_one = service.one(actor, request_id, now=now)
    return Page("right.html", _one(actor, found_one, error, now), status=422 if error else 200)


@page(Action.RIGHTS_READ)
def letter(actor: Actor, request_id: UUID) -> Page | Redirect:
    """The fixed letter, once it was decided. What it says depends on the language and on nothing else."""
    found = service.one(actor, request_id, now=clock.now())
    if found.answer != LETTER:
        return Redirect(
            url_for("portal.right", request_id=request_id), _("The data-protection officer has not decided yet.")
        )
    return Page(
        "rights_letter.html",
        {"letter": LETTERS[reader_locale()], "back_href": url_for("portal.right", request_id=request_id)},
    )


def kind_of_request(kind: str) -> str:
    """What is asked, in words."""
    return {
        "access": _("See or get the data"),
        "correction": _("Correct the data"),
        "restriction": _("Use the data less"),
        "objection": _("Object to the use of the data"),
        "erasure": _("Erase the data"),
        "withdrawal": _("Withdraw a consent"),
    }.get(kind, kind)


def asker_words(asker: str) -> str:
    """Who asks, in words."""
    return {
        "herself": _("The person herself"),
        "representative": _("Somebody who acts for her"),
        "other": _("Anybody else, also without saying who"),
    }.get(asker, asker)


def answer_words(outcome: str) -> str:
    """How it was answered, in words."""
    return {
        "done": _("Done, as she asked"),
        "partly": _("Done in part; the rest has to stay by law"),
        "refused": _("Refused, with the reason told"),
        "taken-back": _("She took her request back"),
        LETTER: _("The fixed letter"),
    }.get(outcome, outcome)


def _row(one: RequestView, now: datetime) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": kind_of_request(one.kind),
        "who": asker_words(one.asker),
        "href": url_for("portal.right", request_id=one.id),
        "received": day(one.received_at),
        "first_due": when(one.first_due),
        "confirmed": when(one.confirmed_at),
        "final_due": when(one.due),
        "due": when(one.next_due),
        "overdue": one.next_due is not None and one.next_due <= now,
        "answer": answer_words(one.answer) if one.answer else None,
        "answered": when(one.answered_at),
    }


def _one(actor: Actor, one: RequestView, error: Invalid | None, now: datetime) -> dict[str, Any]:
    case_href = None
    if one.subject is not None and relation_to(actor, one.subject).holds:
        case_href = url_for("portal.case", case_id=one.subject)
    hers, is_open = one.subject is not None, one.answered_at is None
    answers = is_open and hers and allowed(actor, Action.RIGHTS_ANSWER, Relation())
    ways = [{"value": code, "text": answer_words(code)} for code in ANSWERS]
    _id, regulation = store.in_force(now)
    return {
        "one": _row(one, now)
        | {
            "channel": regulation.label("intake_channels", one.channel, reader_locale()),
            "hers": hers,
            "acts_for_her": one.asker == "representative",
        },
        "case_href": case_href,
        "may_confirm": answers and one.confirmed_at is None,
        "fields": [form_field("answer", "radios", _("How it was answered"), request.form, error, items=ways)]
        if answers
        else [],
        "erasure_href": url_for("portal.erasure", request_id=one.id) if one.kind == ERASURE and hers else None,
        "may_decide": is_open and not hers and allowed(actor, Action.RIGHTS_DECIDE, Relation()),
        "letter_href": url_for("portal.rights_letter", request_id=one.id) if one.answer == LETTER else None,
        "errors": form_errors(error),
        "back_href": url_for("portal.rights"),
    }


def _fields(error: Invalid | None) -> list[dict[str, Any]]:
    locale = reader_locale()
    hers = {"asker": "herself", "case_code": request.args["case"][:40]} if request.args.get("case") else {}
    typed = hers | request.form.to_dict()
    _id, regulation = store.in_force(clock.now())
    blank = [{"value": "", "text": _("Choose")}]
    channels = [
        {"value": code, "text": regulation.label("intake_channels", code, locale)}
        for code in regulation.codes("intake_channels")
    ]
    today = clock.now().astimezone(LOCAL)
    received = {part: typed.get(f"received_at-{part}", str(getattr(today, part))) for part in ("day", "month", "year")}
    return [
        form_field(
            "asker", "radios", _("Who asks"), typed, error, items=[_item(one, asker_words(one)) for one in ASKERS]
        ),
        form_field("case_code", "text", _("Code of her case, when she asks herself"), typed, error),
        form_field(
            "kind",
            "radios",
            _("What is asked"),
            typed,
            error,
            items=[_item(one, kind_of_request(one)) for one in KINDS],
        ),
        form_field("channel", "select", _("How it came"), typed, error, items=blank + channels),
        form_field("received_at", "date", _("Received on"), typed, error) | {"value": received},
    ]


def _item(value: str, text: str) -> dict[str, str]:
    return {"value": value, "text": text}


def _typed() -> NewRequest:
    form = request.form
    try:
        year, month, date = (int(form.get(f"received_at-{part}", "")) for part in ("year", "month", "day"))
        received = datetime(year, month, date, tzinfo=LOCAL)
    except (ValueError, OverflowError):
        raise Invalid("received_at", "Hãy ghi ngày nhận.", "Write the day it was received.") from None
    return NewRequest(
        form.get("asker", ""),
        form.get("kind", ""),
        form.get("channel", ""),
        received,
        form.get("case_code", ""),
    )
