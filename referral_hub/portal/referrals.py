"""One referral, and the page of each step of the transition table."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.audit.proving import Evidence
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Conflict, Invalid
from referral_hub.notifications.service import mark_read
from referral_hub.portal.expecting import expected_view
from referral_hub.portal.inbox import next_step
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.reasons import shown_because, withheld_because
from referral_hub.portal.words import clock_view, contact_views, day, field_views, when
from referral_hub.referrals import queries
from referral_hub.referrals.facts import HistoryLine, ReferralDetail
from referral_hub.referrals.rules import WRITTEN_NEEDS, Step, outcomes, reasons
from referral_hub.referrals.stepping import step as take_step
from referral_hub.regulation.model import Transition


@page(Action.REFERRAL_READ)
def referral(actor: Actor, referral_id: UUID) -> Page:
    """One referral as this reader may see it; what the reader was told about it has been seen with it."""
    now = clock.now()
    found = queries.detail(actor, referral_id, now=now)
    mark_read(actor, referral_id, now=now)
    return Page("referral.html", _context(found) | {"expected": expected_view(actor, found, reader_locale())})


@page(Action.REFERRAL_STEP)
def step(actor: Actor, referral_id: UUID, verb: str) -> Page | Redirect:
    """The page of one step (GET), and taking it (POST). What was typed is kept when it cannot be taken."""
    now = clock.now()
    found = queries.detail(actor, referral_id, now=now)
    transition = next((t for t in found.steps if t.verb == verb), None)
    here = url_for("portal.referral", referral_id=referral_id)
    if request.method == "POST":
        typed = {name: value.strip() for name, value in request.form.items()}
        wanted = Step(
            verb,
            reason=typed.get("reason") or None,
            outcome=typed.get("outcome") or None,
            notes={need: typed[need] for need in WRITTEN_NEEDS if typed.get(need)},
            new_referral=typed.get("new_referral") or None,
            version=request.form.get("version", type=int),
        )
        try:
            with db.session.begin_nested():
                status = take_step(actor, referral_id, wanted, now=now)
        except Invalid as error:
            if transition is not None:
                return _step_page(found, transition, typed, error)
            return Redirect(here, error.sentence.text(reader_locale()))
        except Conflict as error:
            return Redirect(here, error.sentence.text(reader_locale()))
        label = found.regulation.label("referral_statuses", status, reader_locale())
        return Redirect(here, _("Recorded. The referral is now: %(status)s.", status=label))
    if transition is None:
        return Redirect(here, _("This step is not possible now."))
    return _step_page(found, transition, {}, None)


def _step_page(found: ReferralDetail, transition: Transition, typed: Mapping[str, str], error: Invalid | None) -> Page:
    locale = reader_locale()
    regulation = found.regulation
    message = error.sentence.text(locale) if error else None

    def field(name: str, kind: str, label: str, items: list[dict[str, str]] | None = None) -> dict[str, Any]:
        wrong = message if error is not None and error.field == name else None
        return {
            "name": name,
            "kind": kind,
            "label": label,
            "items": items,
            "value": typed.get(name, ""),
            "error": wrong,
        }

    def choices(list_name: str, codes: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"value": code, "text": regulation.label(list_name, code, locale)} for code in codes]

    fields = []
    if transition.reason_list is not None:
        given = reasons(regulation, transition, found.facts)
        fields.append(field("reason", "radios", _("Reason"), choices(transition.reason_list, given)))
    if transition.outcome_list is not None:
        offered = outcomes(regulation, transition, found.service)
        fields.append(field("outcome", "radios", _("Outcome"), choices(transition.outcome_list, offered)))
    for need in transition.needs:
        if need in WRITTEN_NEEDS:
            fields.append(field(need, "textarea", regulation.label("transition_needs", need, locale)))
        elif need == "new_referral":
            fields.append(field(need, "text", regulation.label("transition_needs", need, locale)))
    named = {f["name"] for f in fields}
    href = f"#{error.field}" if error is not None and error.field in named else None
    here = url_for("portal.referral", referral_id=found.id)
    return Page(
        "step.html",
        {
            "step": {
                "verb": transition.verb,
                "title": transition.label.text(locale),
                "explain": None,
                "submit_text": transition.label.text(locale),
                "danger": "end_grants" in transition.effects,
                "code": found.code,
                "check": _check(found, transition),
            },
            "fields": fields,
            "errors": [{"text": message, "href": href}] if message else [],
            "version": typed.get("version") or found.version,
            "back_href": here,
            "action": url_for("portal.step", referral_id=found.id, verb=transition.verb),
        },
        status=422 if error else 200,
    )


def _check(found: ReferralDetail, transition: Transition) -> list[str]:
    """Who will be told, and what happens to the access: read before pressing the button."""
    said = []
    other = found.sender if found.incoming else found.recipient
    if "tell_sender" in transition.effects or "tell_recipient" in transition.effects:
        said.append(_("%(agency)s will see this step.", agency=other))
    if "open_grants" in transition.effects:
        said.append(_("Your agency then sees what the supported person agreed to share. Every reading is recorded."))
    if "end_consents" in transition.effects:
        said.append(_("Her consent for this referral ends at once."))
    if "end_grants" in transition.effects:
        said.append(_("Access to the shared information ends at once."))
    return said


def _context(found: ReferralDetail) -> dict[str, Any]:
    locale = reader_locale()
    regulation = found.regulation
    now = clock.now()
    live_status = found.regulation.codes("referral_statuses")[found.status].raw.get("recipient_sees")
    ended = found.access_ended_at is not None or (found.incoming and live_status == "status")
    return {
        "referral": {
            "code": found.code,
            "case_code": found.case_code,
            "case_href": url_for("portal.case", case_id=found.case_id) if found.holds else None,
            "service": regulation.label("essential_services", found.service, locale),
            "purpose": regulation.label("purposes", found.purpose, locale),
            "urgency": found.urgency,
            "urgency_label": regulation.label("urgency_levels", found.urgency, locale),
            "status_label": regulation.label("referral_statuses", found.status, locale),
            "from_agency": found.sender,
            "to_agency": found.recipient,
            "clock": clock_view(found.acknowledge, now),
            "clock_act": clock_view(found.act, now),
            "sent_at": when(found.sent_at),
            "version": found.version,
            "next_step": next_step(found.incoming, found.status, found.regulation_id),
            "extra": _extra(found, locale),
        },
        **contact_views(found.contact.fields if found.contact else None, regulation, now),
        "actions": _actions(found, locale),
        "shared": [
            {
                "category_label": regulation.label("data_categories", line.category, locale),
                "until": day(line.until),
                "basis_label": shown_because(line.basis),
                "fields": field_views(line.category, line.section.fields, regulation, locale, now)
                if line.section
                else [],
            }
            for line in found.shared
        ],
        "sees_owner": found.holds,
        "withheld": [
            {
                "category_label": regulation.label("data_categories", line.category, locale),
                "reason": withheld_because(line.reason),
            }
            for line in found.withheld
        ],
        "recipient_sentence": regulation.recipient_sentence.text(locale) if found.incoming else None,
        "preview": found.preview and not ended,
        "gone": _gone(found) if ended else None if found.incoming or found.holds else _off_the_team(),
        "history": [_history_view(line, found, locale) for line in reversed(found.history)],
        "evidence": [_evidence_view(one, found, locale) for one in found.evidence],
        "printed_at": when(now),
    }


def _evidence_view(one: Evidence, found: ReferralDetail, locale: str) -> dict[str, Any]:
    label = next((t.label.text(locale) for t in found.regulation.transitions if t.verb == one.verb), _("Consent"))
    return {
        "what": label,
        "when_text": when(one.at),
        "iso": one.at.isoformat(),
        "href": url_for("portal.proof", uid=one.uid),
    }


def _off_the_team() -> str:
    return _("This case has not been assigned to you: you see status and times. If she tells you to stop, record it.")


def _gone(found: ReferralDetail) -> str:
    if found.access_ended_at is None:
        return _("Access to the information of this referral has ended.")
    at = when(found.access_ended_at)
    if found.incoming:
        return _("Access to the information of this referral ended at %(when)s. Status and times remain.", when=at)
    return _("The recipient's access ended at %(when)s.", when=at)


def _extra(found: ReferralDetail, locale: str) -> list[dict[str, str]]:
    lines = []
    for transition in found.regulation.transitions:
        if found.reason and transition.reason_list and found.reason in found.regulation.codes(transition.reason_list):
            text = found.regulation.label(transition.reason_list, found.reason, locale)
            lines.append({"label": _("Reason"), "value": text})
            break
    if found.outcome:
        text = found.regulation.label("service_outcomes", found.outcome, locale)
        lines.append({"label": _("Outcome"), "value": text})
    return lines


def _actions(found: ReferralDetail, locale: str) -> list[dict[str, Any]]:
    """The table's steps as buttons: the first that leads on is the one thing to do; ending ones are set apart."""
    actions = []
    primary_taken = False
    for transition in found.steps:
        ends = "end_grants" in transition.effects
        primary = not ends and not primary_taken
        primary_taken = primary_taken or primary
        target = url_for("portal.step", referral_id=found.id, verb=transition.verb)
        plain = not transition.reason_list and not transition.outcome_list and not _asks(transition) and not ends
        direct = plain and "open_grants" not in transition.effects
        actions.append(
            {
                "verb": transition.verb,
                "text": transition.label.text(locale),
                "post" if direct else "href": target,
                "primary": primary,
                "danger": ends and transition.verb != "close",
            }
        )
    return actions


def _asks(transition: Transition) -> bool:
    return any(need in WRITTEN_NEEDS or need == "new_referral" for need in transition.needs)


def _history_view(line: HistoryLine, found: ReferralDetail, locale: str) -> dict[str, Any]:
    label = next((t.label.text(locale) for t in found.regulation.transitions if t.verb == line.verb), line.verb)
    said = list(line.notes.values())
    for transition in found.regulation.transitions:
        if transition.verb == line.verb and transition.reason_list and line.reason:
            said.insert(0, found.regulation.label(transition.reason_list, line.reason, locale))
            break
    if line.outcome:
        said.insert(0, found.regulation.label("service_outcomes", line.outcome, locale))
    return {
        "when_text": when(line.occurred_at),
        "iso": line.occurred_at.isoformat(),
        "what": label,
        "who_agency": line.agency,
        "who": line.actor_name,
        "reason": "; ".join(said) or None,
        "imported": line.imported,
    }
