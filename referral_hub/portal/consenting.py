"""Asking her: one purpose, one service, one agency at a time; nothing is ticked beforehand."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.cases import counting
from referral_hub.cases import queries as cases
from referral_hub.consent import asking, replacing
from referral_hub.consent import queries as consents
from referral_hub.consent import service as consent_service
from referral_hub.consent.queries import ConsentView
from referral_hub.consent.read_aloud import Asked, read_aloud
from referral_hub.directory.queries import AgencyName, agency
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Conflict, Invalid, Sentence
from referral_hub.portal.consent_form import Typed, fields_of, typed_consent
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import day
from referral_hub.regulation import store
from referral_hub.regulation.model import NeedToKnow, Regulation


@page(Action.CONSENT_GIVE)
def new_consent(actor: Actor, case_id: UUID) -> Page | Redirect:
    """Which service, which agency, then what exactly (``?service=J2&recipient=...``)."""
    require(actor, Action.CONSENT_GIVE, subject=case_id)
    now = clock.now()
    _id, regulation = store.in_force(now)
    old, service = _replaced(actor, case_id, now), request.args.get("service", "")
    if old is None and "replaces" in request.args:  # a form sent twice, or a colleague was faster
        return Redirect(url_for("portal.case", case_id=case_id), _("That consent has ended already. Look once more."))
    if service not in asking.services(regulation):
        return _choose_service(actor, case_id, regulation)
    places = asking.recipients(actor, regulation, service)
    to = next((one for one in places if one.id == request.args.get("recipient", type=UUID)), None)
    row = regulation.need_to_know(service, to.type) if to else None
    if to is None or row is None:
        return _choose_recipient(actor, case_id, regulation, service, places)
    error = None
    typed = Typed.of(request.form)
    if request.method == "POST":
        try:
            new = typed_consent(actor, regulation, row, to.id, typed)
            if old is None:
                consent_service.give(actor, case_id, new, now=now)
            else:
                replacing.replace(actor, case_id, old.fact.id, new, now=now)
            return Redirect(url_for("portal.case", case_id=case_id), _("What she agreed to was recorded."))
        except Conflict as conflict:
            return Redirect(url_for("portal.case", case_id=case_id), conflict.sentence.text(reader_locale()))
        except Invalid as found:
            error = found
            if found.field == "named":  # a form that ticked a category which is asked about on its own
                error = Invalid("categories", found.sentence.vi, found.sentence.en)
    return _ask(actor, case_id, regulation, row, to, old, typed, error)


def _replaced(actor: Actor, case_id: UUID, now: datetime) -> ConsentView | None:
    """The consent about the same that she is asked about again (``&replaces=ID``); None: none that lives."""
    wanted, to = request.args.get("replaces", type=UUID), request.args.get("recipient", type=UUID)
    if wanted is None:
        return None
    about = (request.args.get("service", ""), to)
    alive = (one for one in consents.of_case(actor, case_id) if one.fact.id == wanted and lives(one, now))
    return next((one for one in alive if (one.fact.service, one.fact.recipient) == about), None)


def lives(one: ConsentView, now: datetime) -> bool:
    """Whether a consent still stands."""
    return one.fact.withdrawn_at is None and now < one.fact.valid_until


def _ask(
    actor: Actor,
    case_id: UUID,
    regulation: Regulation,
    row: NeedToKnow,
    to: AgencyName,
    old: ConsentView | None,
    typed: Typed,
    error: Invalid | None,
) -> Page:
    locale, now = reader_locale(), clock.now()
    who = asking.asking(actor, case_id, regulation, now=now)
    own = agency(actor.agency_id)
    until = consent_service.default_end(regulation, now)
    asked = Asked(row, Sentence(own.vi, own.en), Sentence(to.vi, to.en), until.astimezone(clock.LOCAL).date())
    said = read_aloud(regulation, asked)
    return Page(
        "consent_new.html",
        {
            "code": cases.header(actor, case_id).code,
            "to": to.text(locale),
            "service": regulation.label("essential_services", row.service, locale),
            "purpose": regulation.label("purposes", row.purpose, locale),
            "aloud": [
                {"lang": lang, "name": name, "sentences": [one.text(lang) for one in said]}
                for lang, name in sorted((("vi", "Tiếng Việt"), ("en", "English")), key=lambda one: one[0] != locale)
            ],
            "before": _before(old, regulation, locale) if old else None,
            "never": [regulation.label("data_categories", one, locale) for one in row.deny_order],
            "age_unknown": who.age is None,
            "parts_of": fields_of(actor, regulation, row, who.needed, typed, error),
            "errors": _summary(error),
            "change_href": url_for("portal.new_consent", case_id=case_id),
            "back_href": url_for("portal.case", case_id=case_id),
        },
        status=422 if error else 200,
    )


def _before(old: ConsentView, regulation: Regulation, locale: str) -> dict[str, object]:
    """What she had agreed to, beside what she is asked now."""
    order = [c for c in regulation.codes("data_categories") if c in old.fact.categories]
    return {
        "categories": "; ".join(regulation.label("data_categories", c, locale) for c in order),
        "until": day(old.fact.valid_until),
    }


def _summary(error: Invalid | None) -> list[dict[str, object]]:
    """The summary above the form; a date leads to its first box."""
    found = form_errors(error)
    dated = error is not None and error.field == "valid_until"
    return [one | {"href": "#valid_until-day"} for one in found] if dated else found


def _choose_service(actor: Actor, case_id: UUID, regulation: Regulation) -> Page:
    locale = reader_locale()
    items = [{"value": "", "text": _("Choose")}]
    items += [{"value": code, "text": one.label.text(locale)} for code, one in asking.services(regulation).items()]
    label = _("What she needs")
    return _choose(actor, case_id, {"name": "service", "kind": "select", "label": label, "items": items}, {})


def _choose_recipient(
    actor: Actor, case_id: UUID, regulation: Regulation, service: str, places: list[AgencyName]
) -> Page:
    locale = reader_locale()
    items = [{"value": "", "text": _("Choose")}]
    items += sorted(({"value": str(one.id), "text": one.text(locale)} for one in places), key=lambda one: one["text"])
    field = {
        "name": "recipient",
        "kind": "select",
        "label": _("Which agency may get it"),
        "hint": regulation.label("essential_services", service, locale),
        "items": items,
    }
    return _choose(actor, case_id, field, {"service": service})


def _choose(actor: Actor, case_id: UUID, field: Mapping[str, object], kept: dict[str, str]) -> Page:
    missing = field["name"] in request.args
    text = _("Choose one of the list.")
    return Page(
        "consent_choose.html",
        {
            "code": cases.header(actor, case_id).code,
            "fields": [dict(field) | {"value": "", "error": text if missing else None}],
            "kept": kept,
            "errors": [{"text": text, "href": f"#{field['name']}"}] if missing else [],
            "back_href": url_for("portal.case", case_id=case_id),
        },
        status=422 if missing else 200,
    )


@page(Action.CONSENT_GIVE)
def counted(actor: Actor, case_id: UUID) -> Page | Redirect:
    """Whether she may be counted in figures without a name: a question of its own."""
    now = clock.now()
    _id, regulation = store.in_force(now)
    back = url_for("portal.case", case_id=case_id)
    error = None
    stands = asking.asking(actor, case_id, regulation, now=now).statistics
    if request.method == "POST":
        try:
            counting.say_counted(actor, case_id, request.form.get("answer", ""), now=now)
            return Redirect(back, _("Recorded."))
        except Invalid as found:
            error = found
    words = {"given": _("Yes, she agrees"), "refused": _("No"), "not_asked": _("She was not asked")}
    return Page(
        "emergency_form.html",
        {
            "form": {
                "title": _("May she be counted in statistics?"),
                "explain": [
                    _("Figures without a name: how many people were helped, where, with what. Nothing that names her."),
                    _("Ask it apart from everything else. If she says no, she is helped all the same."),
                    _("Recorded so far: %(answer)s", answer=words[stands]),
                ],
                "submit": _("Record it"),
                "danger": False,
            },
            "fields": [
                form_field(
                    "answer",
                    "radios",
                    _("Her answer"),
                    {},
                    error,
                    items=[{"value": code, "text": words[code]} for code in counting.ANSWERS],
                )
            ],
            "errors": form_errors(error),
            "back_href": back,
        },
        status=422 if error else 200,
    )
