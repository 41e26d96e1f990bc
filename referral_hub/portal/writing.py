"""Opening a case, and writing its parts: one thing a page, saved at each step, no question has to be answered."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.cases import queries as cases
from referral_hub.cases.facts import CaseFacts
from referral_hub.cases.service import FACT_LISTS, open_case, write_case
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid, NotFound
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation
from schemas.sections import SHAPES
from schemas.sections.base import FieldShape

#: Fields of an attachment are filled by uploading, never by typing.
TYPED_KINDS = {"text", "long_text", "code", "partial_date", "day", "phone", "identifier", "flag", "whole", "entry"}
SPARE_ENTRIES = 2
CONTACT = "contact"


@page(Action.CASE_OPEN)
def new_case(actor: Actor) -> Page | Redirect:
    """What is known at first, in codes; all else is written on the case, part by part."""
    now = clock.now()
    _id, regulation = store.in_force(now)
    error = None
    if request.method == "POST":
        try:
            case_id = open_case(actor, _facts(now), {}, now=now)
            notice = _("The case was opened. Write down next how she can be reached safely.")
            return Redirect(url_for("portal.contact_plan", case_id=case_id), notice)
        except Invalid as wrong:
            error = wrong
    labels = {
        "channel": _("How she reached us"),
        "sex": _("Sex"),
        "age_band": _("Age band"),
        "gbv_type": _("Type of violence"),
        "relationship": _("Relationship to the person who used violence"),
        "risk_level": _("Level of risk"),
    }
    fields = [
        form_field(
            name, "select", label, request.form, error, items=_choices(regulation, (FACT_LISTS[name],), blank=_unsaid())
        )
        for name, label in labels.items()
    ]
    said = [{"value": "given", "text": _("Yes")}, {"value": "refused", "text": _("No")}]
    said.append({"value": "not_asked", "text": _("Not asked yet")})
    fields.append(
        form_field(
            "statistics_consent", "radios", _("May she be counted, without her name?"), request.form, error, items=said
        )
    )
    form = {
        "title": _("New case"),
        "explain": [
            _("Is she in danger now? Telephone first."),
            _("No question has to be answered. Her name and what happened are written afterwards, part by part."),
        ],
        "submit": _("Open the case"),
        "danger": False,
    }
    context = {"form": form, "calls": True, "fields": fields, "errors": form_errors(error), "contact_rule": None}
    return Page("emergency_form.html", context | {"back_href": url_for("portal.inbox")}, status=422 if error else 200)


@page(Action.CASE_WRITE)
def section(actor: Actor, case_id: UUID, category: str) -> Page | Redirect:
    """One part of a case, as it stands; what is left empty is not kept.

    :raises NotFound: no such part.
    """
    if category == CONTACT:
        return Redirect(url_for("portal.contact_plan", case_id=case_id))
    shapes = _typed_shapes(category)
    if not shapes:
        raise NotFound()
    now = clock.now()
    _id, regulation = store.in_force(now)
    back = url_for("portal.case", case_id=case_id)
    header = cases.header(actor, case_id)
    stands = cases.sections(actor, case_id, only=[category], now=now).get(category)
    kept: Mapping[str, Any] = stands.fields if stands else {}
    seen = stands.written_at.isoformat() if stands else ""
    error = None
    if request.method == "POST":
        try:
            typed = _document(shapes)
            if request.form.get("seen", "") != seen:
                raise Invalid(
                    f"{category}.{shapes[0].name}",
                    "Trong lúc bạn viết, đồng nghiệp đã lưu phần này. Hãy so lại ở cửa sổ khác, rồi lưu lần nữa.",
                    "A colleague saved this part while you wrote. Compare it in another window, then save once more.",
                )
            untyped = {name: value for name, value in kept.items() if name not in {shape.name for shape in shapes}}
            write_case(actor, case_id, {category: typed | untyped}, now=now)
            return Redirect(back, _("Saved."))
        except Invalid as wrong:
            error = wrong
    fields = [field for shape in shapes for field in _fields(shape, kept, regulation, error)]
    return Page(
        "section.html",
        {
            "code": header.code,
            "title": regulation.label("data_categories", category, reader_locale()),
            "fields": fields,
            "errors": [one | {"href": "#" + _name_of(error)} for one in form_errors(error)] if error else [],
            "seen": seen,
            "back_href": back,
        },
        status=422 if error else 200,
    )


def parts_of(case_id: UUID, regulation: Regulation, locale: str, filled: Sequence[str]) -> list[dict[str, Any]]:
    """The parts of a case with the addresses where they are written, in the order of the regulation."""
    return [
        {
            "category": category,
            "label": regulation.label("data_categories", category, locale),
            "href": where_written(case_id, category),
            "filled": category in filled,
        }
        for category in regulation.codes("data_categories")
        if _typed_shapes(category)
    ]


def where_written(case_id: UUID, category: str) -> str:
    """The page on which a part is written; how to reach her has one of its own."""
    if category == CONTACT:
        return url_for("portal.contact_plan", case_id=case_id)
    return url_for("portal.section", case_id=case_id, category=category)


def _typed_shapes(category: str) -> tuple[FieldShape, ...]:
    return tuple(shape for shape in SHAPES.get(category, ()) if shape.kind in TYPED_KINDS)


def _facts(now: Any) -> CaseFacts:
    """:raises Invalid: whether she may be counted was not said."""
    said: dict[str, Any] = {name: request.form.get(name) or None for name in FACT_LISTS}
    counted = request.form.get("statistics_consent", "not_asked")
    if counted not in ("given", "refused", "not_asked"):
        raise Invalid("statistics_consent", "Hãy chọn một câu trả lời.", "Choose an answer.")
    return CaseFacts(received_at=now, statistics_consent=counted, **said)


def _unsaid() -> str:
    return _("Not known, or does not want to say")


def _choices(regulation: Regulation, lists: Sequence[str], *, blank: str | None) -> list[dict[str, str]]:
    found = [] if blank is None else [{"value": "", "text": blank}]
    for name in lists:
        found += [
            {"value": code, "text": entry.label.text(reader_locale())}
            for code, entry in regulation.codes(name).items()
            if "retired" not in entry.raw
        ]
    return found


def _fields(
    shape: FieldShape, kept: Mapping[str, Any], regulation: Regulation, error: Invalid | None
) -> list[dict[str, Any]]:
    """The boxes of one field: a list of documents has a group for each entry, and two more."""
    stands = kept.get(shape.name)
    if shape.kind == "entry":
        entries = list(stands or ())
        return [
            _box(part, f"{shape.name}-{n}-{part.name}", (entries[n] if n < len(entries) else {}).get(part.name),
                 regulation, error, prefix=f"{shape.label(reader_locale())} {n + 1}: ")
            for n in range(min(len(entries) + SPARE_ENTRIES, shape.most or SPARE_ENTRIES))
            for part in shape.entries
        ]  # fmt: skip
    return [_box(shape, shape.name, stands, regulation, error)]


def _box(
    shape: FieldShape, name: str, stands: Any, regulation: Regulation, error: Invalid | None, *, prefix: str = ""
) -> dict[str, Any]:
    typed = request.method == "POST"
    wrong = error.sentence.text(reader_locale()) if error is not None and _name_of(error) == name else None
    box: dict[str, Any] = {"name": name, "label": prefix + shape.label(reader_locale()), "error": wrong, "hint": None}
    value = request.form.get(name, "") if typed else stands
    if shape.many and shape.kind == "code":
        ticked = request.form.getlist(name) if typed else list(stands or ())
        return box | {"kind": "checkboxes", "items": _choices(regulation, shape.of, blank=None), "value": ticked}
    if shape.many:
        lines = value if typed else "\n".join(str(one) for one in stands or ())
        return box | {"kind": "textarea", "value": lines, "hint": _("One on each line.")}
    if shape.kind == "flag":
        words = {True: "true", False: "false"}
        items = [{"value": "true", "text": _("Yes")}, {"value": "false", "text": _("No")}]
        items.append({"value": "", "text": _unsaid()})
        return box | {"kind": "radios", "items": items, "value": value if typed else words.get(stands, "")}
    if shape.kind == "code":
        items = _choices(regulation, shape.of, blank=_unsaid())
        return box | {"kind": "select", "items": items, "value": value or ""}
    if shape.kind == "long_text":
        return box | {"kind": "textarea", "value": value or ""}
    if shape.kind in ("partial_date", "day"):
        shown = value if typed else "/".join(reversed(str(stands).split("-"))) if stands else ""
        hint = (
            _("Day/month/year, as in 17/05/1991.")
            if shape.kind == "day"
            else _("As far as known: 17/05/1991, 05/1991 or 1991.")
        )
        return box | {"kind": "text", "value": shown, "hint": hint, "inputmode": "numeric"}
    numbers = "tel" if shape.kind == "phone" else "numeric" if shape.kind == "whole" else None
    return box | {"kind": "text", "value": "" if value is None else str(value), "inputmode": numbers}


def _document(shapes: Sequence[FieldShape]) -> dict[str, Any]:
    """What was typed, as the schema of the part takes it."""
    return {shape.name: _typed(shape) for shape in shapes}


def _typed(shape: FieldShape) -> Any:
    if shape.kind == "entry":
        entries = []
        for n in range(shape.most or SPARE_ENTRIES):
            one = {
                part.name: _spelt(part, request.form.get(f"{shape.name}-{n}-{part.name}", "")) for part in shape.entries
            }
            if any(one.values()):
                entries.append({name: value for name, value in one.items() if value})
        return entries or None
    if shape.many and shape.kind == "code":
        return request.form.getlist(shape.name)
    if shape.many:
        return [line.strip() for line in request.form.get(shape.name, "").splitlines() if line.strip()]
    return _spelt(shape, request.form.get(shape.name, ""))


def _spelt(shape: FieldShape, text: str) -> str:
    """Dates are typed as they are spoken, day first, and kept year first."""
    if shape.kind not in ("partial_date", "day"):
        return text
    pieces = [piece.strip() for piece in text.strip().split("/")]
    return "-".join(piece.zfill(2) for piece in reversed(pieces)) if len(pieces) > 1 else text.strip()


def _name_of(error: Invalid) -> str:
    """The box that a fault of the schema is about (``category.field``)."""
    return error.field.partition(".")[2] or error.field
