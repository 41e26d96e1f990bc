"""Emergencies: opening a case by its code, what is to be read and reviewed. The numbers to call stand first."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import NO_SUBJECT, Refused, relation_to
from referral_hub.access.policy import Relation, allowed
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.cases import openings
from referral_hub.consent import reviews
from referral_hub.consent.emergencies import NothingOpened, Opening, open_by_code
from referral_hub.consent.exceptions import TOLD, grounds
from referral_hub.directory.queries import agencies
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.sign_in import sign_in_again
from referral_hub.portal.words import contact_views, field_views, when
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation

CONTACT = "contact"


@page(Action.EMERGENCY_OPEN)
def emergency(actor: Actor) -> Page:
    """The numbers, the way to open, what stands open, what is to be reviewed."""
    now = clock.now()
    _id, regulation = store.in_force(now)
    locale = reader_locale()
    may_open = allowed(actor, Action.EMERGENCY_OPEN, Relation())
    return Page(
        "emergency.html",
        {
            "open_href": url_for("portal.emergency_open") if may_open else None,
            "conflict_href": url_for("portal.conflict"),
            "resting": actor.suspended,
            "openings": [
                {
                    "title": ground_label(regulation, one.ground, locale),
                    "until": when(one.until),
                    "href": url_for("portal.emergency_opening", act_id=one.id),
                }
                for one in (reviews.openings(actor, now=now) if may_open else [])
            ],
            "tasks": [
                {
                    "kind": _task_kind(task.kind),
                    "title": ground_label(regulation, task.ground, locale),
                    "who": task.who,
                    "at": when(task.at),
                    "due": when(task.due),
                    "overdue": task.due is not None and task.due <= now,
                    "href": url_for("portal.emergency_act", act_id=task.act),
                }
                for task in reviews.tasks(actor, now=now)
            ],
        },
    )


@page(Action.EMERGENCY_OPEN)
def open_case(actor: Actor) -> Page | Redirect:
    """The exact code, the ground, the reason, the password again. A wrong code and a case that is not for this person
    get one answer."""
    now = clock.now()
    _id, regulation = store.in_force(now)
    if request.method == "GET":
        return _open_form(regulation, {}, None)
    typed = {name: value.strip() for name, value in request.form.items() if name != "password"}
    try:
        sign_in_again(actor, request.form.get("password", ""))
        wanted = Opening(typed.get("code", ""), typed.get("ground", ""), typed.get("reason", ""))
        act = open_by_code(actor, wanted, now=now)
    except Invalid as error:
        return _open_form(regulation, typed, error)
    except Refused as refused:
        if not isinstance(refused.answer, NothingOpened):
            raise
        entry = Entry(Act.ACCESS_REFUSED, NO_SUBJECT, why=str(refused.action), outcome="denied")
        record(actor, entry, now=now)
        return _open_form(regulation, typed, refused.answer)
    return Redirect(url_for("portal.emergency_opening", act_id=act.act))


@page(Action.EMERGENCY_OPEN)
def opening(actor: Actor, act_id: UUID) -> Page:
    """What this opening shows, while it stands, to who opened it."""
    now = clock.now()
    locale = reader_locale()
    _id, regulation = store.in_force(now)
    found = openings.opened(actor, act_id, now=now)
    contact = found.sections.get(CONTACT)
    return Page(
        "emergency_opening.html",
        {
            "opening": {"ground": ground_label(regulation, found.act.ground, locale), "until": when(found.act.until)},
            **contact_views(contact.fields if contact else None, regulation, now),
            "sections": [
                {
                    "category_label": regulation.label("data_categories", category, locale),
                    "fields": field_views(category, section.fields, regulation, locale, now),
                }
                for category, section in found.sections.items()
            ],
        },
    )


@page(Action.EMERGENCY_REVIEW)
def act(actor: Actor, act_id: UUID) -> Page | Redirect:
    """One use of a ground: its reason; noting it, reviewing it, giving work back, saying that she was told."""
    now = clock.now()
    if request.method == "POST":
        return _do(actor, act_id)
    locale = reader_locale()
    found = reviews.act(actor, act_id, now=now)
    _id, regulation = store.in_force(now)
    names = {one.id: one.text(locale) for one in agencies()}
    mine = [task for task in reviews.tasks(actor, now=now) if task.act == act_id]
    view = act_view(found, names, regulation, locale)
    facts = [*view["facts"], {"label": _("Reason"), "value": found.reason or _("Cannot be read any more.")}]
    heavy = next((task for task in mine if task.returnable), None)
    return Page(
        "emergency_act.html",
        {
            "act": {"title": view["title"], "facts": facts},
            "tasks": [
                {"id": task.id, "kind": _task_kind(task.kind), "forms": _answers(task.kind)}
                for task in mine
                if task.mine
            ],
            "tell": found.told_at is None and _keeps(actor, found.case),
            "give_back": {"account": heavy.account, "name": heavy.who} if heavy else None,
            "back_href": url_for("portal.emergency"),
        },
    )


def act_view(one: reviews.ActView, names: Mapping[UUID, str], regulation: Regulation, locale: str) -> dict[str, Any]:
    """A use of a ground in words, as lists show it."""
    categories = [regulation.label("data_categories", category, locale) for category in one.categories]
    disclosed = one.kind == "disclosure"
    return {
        "title": _("Sent in an emergency") if disclosed else _("Opened in an emergency"),
        "at": when(one.at),
        "href": url_for("portal.emergency_act", act_id=one.id),
        "facts": [
            {"label": _("Ground"), "value": ground_label(regulation, one.ground, locale)},
            {"label": _("By"), "value": f"{one.who}, {names.get(one.agency, '?')}"},
            {"label": _("When"), "value": when(one.at)},
            {"label": _("To"), "value": names.get(one.recipient) if disclosed else None},
            {"label": _("Open until"), "value": when(one.until)},
            {"label": _("What it could show"), "value": "; ".join(categories)},
            {"label": _("Was she told?"), "value": _told(one, regulation, locale)},
        ],
    }


def ground_label(regulation: Regulation, code: str, locale: str) -> str:
    """The words of a ground; the code where the regulation has dropped it."""
    found = grounds(regulation, "disclosure").get(code)
    return found.label.text(locale) if found else code


def form_field(
    name: str, kind: str, label: str, typed: Mapping[str, str], error: Invalid | None, **more: Any
) -> dict[str, Any]:
    """One field of a form, with what was typed and what was wrong with it."""
    wrong = error.sentence.text(reader_locale()) if error is not None and error.field == name else None
    return {"name": name, "kind": kind, "label": label, "value": typed.get(name, ""), "error": wrong, **more}


def form_errors(error: Invalid | None) -> list[dict[str, Any]]:
    """The summary of errors above a form."""
    return [{"text": error.sentence.text(reader_locale()), "href": f"#{error.field}"}] if error else []


def _open_form(regulation: Regulation, typed: Mapping[str, str], error: Invalid | None) -> Page:
    locale = reader_locale()
    choices = [{"value": g.code, "text": g.label.text(locale)} for g in grounds(regulation, "opening").values()]
    least = regulation.raw["emergency"]["opening"]["reason_min_chars"]
    return Page(
        "emergency_form.html",
        {
            "form": {
                "title": _("Open a case by its code"),
                "explain": [
                    _("You see what the ground allows, for a short time, you alone."),
                    _("The agency that keeps the case is told now."),
                    _("Nothing can be printed, taken away or sent on. The opening is reviewed."),
                ],
                "submit": _("Open now"),
                "danger": True,
            },
            "calls": True,
            "fields": [
                form_field("code", "text", _("Code of the case or of the referral"), typed, error),
                form_field("ground", "radios", _("Ground"), typed, error, items=choices),
                form_field(
                    "reason",
                    "textarea",
                    _("Why now, in your words"),
                    typed,
                    error,
                    hint=_("At least %(least)s characters.", least=least),
                ),
                form_field("password", "password", _("Your password, again"), {}, error),
            ],
            "errors": form_errors(error),
            "back_href": url_for("portal.emergency"),
        },
        status=422 if error else 200,
    )


def _do(actor: Actor, act_id: UUID) -> Redirect:
    now = clock.now()
    here = url_for("portal.emergency")
    task, outcome = request.form.get("task", type=UUID), request.form.get("outcome")
    try:
        if task is not None and outcome == "noted":
            reviews.note(actor, task, now=now)
        elif task is not None and outcome in ("justified", "unjustified"):
            reviews.review(actor, task, outcome, now=now)  # type: ignore[arg-type]  # the two words just compared
        elif request.form.get("told"):
            reviews.told(actor, act_id, now=now)
        elif (account := request.form.get("give_back", type=UUID)) is not None:
            reviews.give_back(actor, account, now=now)
    except Conflict as error:
        return Redirect(here, error.sentence.text(reader_locale()))
    return Redirect(here, _("Recorded."))


def _answers(kind: str) -> list[dict[str, Any]]:
    if kind == "told":
        return [{"value": "noted", "text": _("I have read this"), "danger": False}]
    return [
        {"value": "justified", "text": _("It was justified"), "danger": False},
        {"value": "unjustified", "text": _("It was not justified"), "danger": True},
    ]


def _task_kind(kind: str) -> str:
    return {"told": _("For your information"), "review": _("To review"), "second-review": _("Second review")}[kind]


def _told(one: reviews.ActView, regulation: Regulation, locale: str) -> str:
    if one.told_at is not None:
        return _("Yes, %(when)s", when=when(one.told_at))
    if one.inform in regulation.codes("inform_unless"):
        return _("Not yet: %(why)s", why=regulation.label("inform_unless", one.inform, locale))
    return _("Not yet") if one.inform != TOLD else _("Yes")


def _keeps(actor: Actor, case_id: UUID) -> bool:
    return allowed(actor, Action.CASE_READ, relation_to(actor, case_id))
