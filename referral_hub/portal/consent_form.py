"""The form that asks her: what was typed, as a consent; and its fields, with what was typed. Nothing is preselected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from referral_hub.access.actors import Actor
from referral_hub.consent import asking
from referral_hub.consent.capacity import Capacity, Required
from referral_hub.consent.rules import NewConsent
from referral_hub.kernel.clock import LOCAL, now
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.queries import people_of
from referral_hub.portal.emergency import form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.regulation.model import NeedToKnow, Regulation
from schemas.sections import SHAPES

WITNESS = "witness_user_id"
MOST = 200


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it came: single values trimmed and cut, ticked boxes as lists."""

    values: Mapping[str, str]
    ticked: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, form: MultiDict[str, str]) -> "Typed":
        """What a browser sent."""
        return cls(
            {name: value.strip()[:MOST] for name, value in form.items()},
            {name: tuple(form.getlist(name)) for name in ("categories", "explained", "capacity", "guardian")},
        )

    def get(self, name: str) -> str:
        """One value; empty when it was left out."""
        return self.values.get(name, "")

    def has(self, name: str, value: str) -> bool:
        """Whether a box was ticked."""
        return value in self.ticked.get(name, ())


def typed_consent(actor: Actor, regulation: Regulation, row: NeedToKnow, to: UUID, typed: Typed) -> NewConsent:
    """What was typed, as a consent.

    :raises Invalid: it was not read out, a date or a person that is none, or evidence is missing; names the field.
    """
    if not typed.has("explained", "yes"):
        raise Invalid(
            "explained",
            "Hãy đọc cho chị ấy nghe, hoặc để chị ấy tự đọc, rồi đánh dấu vào đây.",
            "Read it out to her, or let her read it herself, then tick this.",
        )
    named = frozenset(code for code in row.ask_order if typed.get(f"named-{code}") == "yes")
    said = Capacity(
        typed.get("child") or None,
        typed.get("adult") or None,
        typed.has("guardian", "alleged"),
        typed.has("guardian", "sides"),
        typed.has("capacity", "cannot"),
    )
    return NewConsent(
        purpose=row.purpose,
        service=row.service,
        recipient_id=to,
        categories=frozenset(typed.ticked["categories"]) | named,
        named=named,
        method=_method(regulation, typed),
        evidence=_evidence(actor, regulation, typed),
        valid_until=_until(typed),
        capacity=None if said == Capacity() else said,
    )


def _method(regulation: Regulation, typed: Typed) -> str:
    if typed.get("method") not in asking.methods(regulation):
        raise Invalid("method", "Hãy chọn cách chị ấy đồng ý.", "Choose how she agreed.")
    return typed.get("method")


def _evidence(actor: Actor, regulation: Regulation, typed: Typed) -> dict[str, str]:
    rule = asking.method_rule(regulation, typed.get("method"))
    keys = rule.evidence if rule else ()
    for key in keys:
        if not typed.get(f"evidence-{key}"):
            raise Invalid(f"evidence-{key}", "Hình thức này cần mục này.", "This way of agreeing needs this.")
    if WITNESS in keys:
        people = {str(one) for one, _name in people_of(actor.agency_id)} - {str(actor.account_id)}
        if typed.get(f"evidence-{WITNESS}") not in people:
            raise Invalid(
                f"evidence-{WITNESS}", "Người chứng kiến phải là người khác.", "The witness has to be somebody else."
            )
    return {key: typed.get(f"evidence-{key}") for key in keys}


def _until(typed: Typed) -> datetime | None:
    """The end of that day, local time; None: nothing was typed."""
    parts = [typed.get(f"valid_until-{part}") for part in ("year", "month", "day")]
    if not any(parts):
        return None
    try:
        year, month, day = (int(part) for part in parts)
        first = datetime(year, month, day, tzinfo=LOCAL)
    except ValueError as error:
        raise Invalid("valid_until", "Ngày này không có: nhập ngày, tháng, năm.", "No such day.") from error
    end = first + timedelta(days=1, seconds=-1)
    if end <= now():
        raise Invalid("valid_until", "Ngày này đã qua.", "This day is over.")
    return end


def fields_of(
    actor: Actor,
    regulation: Regulation,
    row: NeedToKnow,
    needed: Required | None,
    typed: Typed,
    error: Invalid | None,
) -> dict[str, list[dict[str, Any]]]:
    """The fields of each part of the form, as templates take them."""
    return {
        "explained": [
            _box("explained", _("Before she answers"), "yes", _("I have read this out, or she read it"), typed, error)
        ],
        "categories": [_categories(regulation, row, typed, error)],
        "named": [_named(regulation, code, typed, error) for code in row.ask_order],
        "who": _who(regulation, needed, typed, error),
        "how": _how(actor, regulation, typed, error),
        "until": [_until_field(typed, error)],
    }


def _categories(regulation: Regulation, row: NeedToKnow, typed: Typed, error: Invalid | None) -> dict[str, Any]:
    items = [{"value": c, "text": _label(regulation, c), "hint": _contents(c)} for c in row.min_order]
    found = form_field("categories", "checkboxes", _("What may be passed on"), {}, error, items=items)
    return found | {
        "value": list(typed.ticked["categories"]),
        "hint": _("Ask about each one. Leave out whatever she does not want."),
    }


def _named(regulation: Regulation, code: str, typed: Typed, error: Invalid | None) -> dict[str, Any]:
    answers = [{"value": "yes", "text": _("She agrees")}, {"value": "no", "text": _("She does not agree")}]
    name = f"named-{code}"
    found = form_field(name, "radios", _label(regulation, code), typed.values, error, items=answers)
    return found | {"hint": _contents(code)}


def _who(regulation: Regulation, needed: Required | None, typed: Typed, error: Invalid | None) -> list[dict[str, Any]]:
    cannot = _box(
        "capacity", _("Can she decide?"), "cannot", _("She cannot decide now, though she is an adult"), typed, error
    )
    if needed is None:
        return [cannot]
    locale = reader_locale()
    children, adults = (
        [{"value": code, "text": one.label.text(locale)} for code, one in regulation.codes(name).items()]
        for name in ("minors.forms", "minors.adult_forms")
    )
    least = regulation.label("minors.forms", needed.child, locale) if needed.child else None
    asked = regulation.label("minors.adult_forms", needed.adult, locale) if needed.adult else None
    said = {"value": list(typed.ticked["guardian"])}
    return [
        form_field("child", "radios", _("What the child gave"), typed.values, error, items=children)
        | {"hint": _("At this age at least: %(form)s", form=least) if least else None},
        form_field("adult", "radios", _("What a safe adult gave"), typed.values, error, items=adults)
        | {"hint": _("At this age: %(form)s", form=asked) if asked else None},
        form_field(
            "guardian",
            "checkboxes",
            _("About the parent or representative"),
            {},
            error,
            items=[
                {"value": "alleged", "text": _("Is said to have used violence")},
                {"value": "sides", "text": _("Sides with the person who is said to have used violence")},
            ],
        )
        | said
        | {"hint": _("Such a person never decides for the child. Then use the child-protection ground.")},
        cannot,
    ]


def _how(actor: Actor, regulation: Regulation, typed: Typed, error: Invalid | None) -> list[dict[str, Any]]:
    locale = reader_locale()
    offered = asking.methods(regulation)
    ways = [
        {"value": code, "text": one.label.text(locale), "hint": (one.raw.get("used_for") or {}).get(locale)}
        for code, one in offered.items()
    ]
    keys = dict.fromkeys(key for one in offered.values() for key in one.raw.get("evidence", ()))
    needs = {
        key: "; ".join(one.label.text(locale) for one in offered.values() if key in one.raw.get("evidence", ()))
        for key in keys
    }
    return [
        form_field("method", "radios", _("How she agreed"), typed.values, error, items=ways),
        *(_evidence_field(actor, key, _("For: %(ways)s", ways=needs[key]), typed, error) for key in keys),
    ]


def _evidence_field(actor: Actor, key: str, hint: str, typed: Typed, error: Invalid | None) -> dict[str, Any]:
    names = {
        "scan_hash": _("Number or hash of the signed paper"),
        WITNESS: _("Who was there as a witness"),
        "recording_ref": _("Number of the recording"),
        "message_id": _("Number of the message"),
        "event_id": _("Number of the confirmation"),
    }
    name = f"evidence-{key}"
    if key != WITNESS:
        return form_field(name, "text", names.get(key, key), typed.values, error) | {"hint": hint}
    people = [{"value": str(one), "text": text} for one, text in people_of(actor.agency_id) if one != actor.account_id]
    items = [{"value": "", "text": _("Choose")}, *people]
    return form_field(name, "select", names[WITNESS], typed.values, error, items=items) | {"hint": hint}


def _until_field(typed: Typed, error: Invalid | None) -> dict[str, Any]:
    found = form_field("valid_until", "date", _("Until when"), {}, error)
    return found | {
        "value": {part: typed.get(f"valid_until-{part}") for part in ("day", "month", "year")},
        "hint": _("Leave it empty for the longest time that was read out."),
    }


def _box(name: str, label: str, value: str, text: str, typed: Typed, error: Invalid | None) -> dict[str, Any]:
    found = form_field(name, "checkboxes", label, {}, error, items=[{"value": value, "text": text}])
    return found | {"value": list(typed.ticked[name])}


def _label(regulation: Regulation, code: str) -> str:
    return regulation.label("data_categories", code, reader_locale())


def _contents(code: str) -> str:
    """What a data category holds, in words."""
    return ", ".join(shape.label(reader_locale()) for shape in SHAPES.get(code, ()))
