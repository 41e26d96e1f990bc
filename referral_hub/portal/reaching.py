"""How she can be reached safely: the contact rule with its times, what it said before, and reaching her now."""

from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.cases import queries as cases
from referral_hub.cases import reaching
from referral_hub.cases.contactplan import DAYS, Way, Window, clock_of, spelt, windows_of
from referral_hub.cases.service import write_case
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.queries import account_names
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import field_views, state_view, when
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation
from schemas.sections import SHAPES

CONTACT = "contact"
ROWS = 3
LINES = ("safe_phone", "pretext")
FLAGS = ("may_leave_message", "do_not_contact")


@page(Action.CASE_WRITE)
def contact_plan(actor: Actor, case_id: UUID) -> Page | Redirect:
    """The rule as it stands, what it said before, and writing it anew."""
    now = clock.now()
    _id, regulation = store.in_force(now)
    here = url_for("portal.contact_plan", case_id=case_id)
    section = cases.sections(actor, case_id, only=[CONTACT], now=now).get(CONTACT)
    stands: dict[str, Any] = dict(section.fields) if section else {}
    seen = section.written_at.isoformat() if section else ""
    error = None
    if request.method == "POST":
        try:
            if request.form.get("seen", "") != seen:
                raise Invalid(
                    "safe_phone",
                    "Trong lúc bạn viết, đồng nghiệp đã lưu. Hãy xem lại ở trên rồi lưu lần nữa.",
                    "A colleague saved this while you wrote. Look at it above, then save once more.",
                )
            write_case(actor, case_id, {CONTACT: _document(stands)}, now=now)
            return Redirect(here, _("Recorded."))
        except Invalid as found:
            name = found.field.removeprefix(f"{CONTACT}.")
            error = Invalid(name, found.sentence.vi, found.sentence.en)
    return Page(
        "contact_plan.html",
        {
            "code": cases.header(actor, case_id).code,
            "contact_rule": field_views(CONTACT, stands, regulation, reader_locale(), now) if stands else None,
            "state": state_view(reaching.state(stands, "call", regulation, now=now)),
            "reach_href": url_for("portal.reach", case_id=case_id),
            "check_href": url_for("portal.section", case_id=case_id, category="contact_check"),
            "fields": _fields(stands, error),
            "seen": seen,
            "earlier": _earlier(actor, case_id, regulation),
            "errors": form_errors(error),
            "back_href": url_for("portal.case", case_id=case_id),
        },
        status=422 if error else 200,
    )


@page(Action.CASE_READ)
def reach(actor: Actor, case_id: UUID) -> Page | Redirect:
    """Calling or writing to her now: the number in her safe times, else the reason why not."""
    now = clock.now()
    _id, regulation = store.in_force(now)
    header = cases.header(actor, case_id)
    back = url_for("portal.contact_plan", case_id=case_id)
    found, refused = None, None
    if request.method == "POST":
        try:
            way: Way = "message" if request.form.get("way") == "message" else "call"
            found = reaching.reach(actor, case_id, way, regulation, now=now)
        except reaching.NotSafeNow as unsafe:
            refused = unsafe.sentence.text(reader_locale())
    return Page(
        "reach.html",
        {
            "code": header.code,
            "refused": refused,
            "found": found
            and {
                "phone": found.phone,
                "pretext": found.pretext,
                "message": _("Yes") if found.message else _("No"),
                "until": when(found.until),
            },
            "back_href": back,
        },
        status=409 if refused else 200,
    )


def _document(stands: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as the schema takes it; times that only people can read stay until others are named."""
    typed: dict[str, Any] = {name: request.form.get(name, "").strip() for name in LINES}
    typed |= {name: request.form.get(name, "") for name in FLAGS}
    windows = [window for row in range(ROWS) if (window := _window(row)) is not None]
    loose = stands.get("safe_times") or ""
    typed["safe_times"] = spelt(windows) if windows or windows_of(loose) else loose
    return typed


def _window(row: int) -> Window | None:
    """One row of days and times; None: it was left empty.

    :raises Invalid: half a row, or times that are none.
    """
    days = frozenset(DAYS[one] for one in request.form.getlist(f"days-{row}") if one in DAYS)
    start, end = (request.form.get(f"{edge}-{row}", "").strip() for edge in ("from", "to"))
    if not days and not start and not end:
        return None
    if not days:
        raise Invalid(f"days-{row}", "Hãy chọn ngày.", "Choose the days.")
    first, last = clock_of(_whole(start)), clock_of(_whole(end))
    if first is None:
        raise Invalid(f"from-{row}", "Ghi giờ và phút, ví dụ 8:00.", "Write hours and minutes, such as 8:00.")
    if last is None or last <= first:
        raise Invalid(f"to-{row}", "Giờ kết thúc phải sau giờ bắt đầu.", "The end has to be after the start.")
    return Window(days, first, last)


def _whole(text: str) -> str:
    """``20`` means ``20:00``."""
    return f"{text}:00" if text.isdigit() else text


def _fields(stands: dict[str, Any], error: Invalid | None) -> list[dict[str, Any]]:
    locale = reader_locale()
    labels = {shape.name: shape.label(locale) for shape in SHAPES[CONTACT]}
    posted = request.method == "POST"
    said = {True: "true", False: "false"}
    typed = (
        request.form
        if posted
        else {name: stands.get(name) or "" for name in LINES} | {name: said.get(stands.get(name), "") for name in FLAGS}  # type: ignore[arg-type]  # a flag or nothing
    )
    answers = [
        {"value": "true", "text": _("Yes")},
        {"value": "false", "text": _("No")},
        {"value": "", "text": _("Not known: taken as unsafe")},
    ]
    windows = windows_of(stands.get("safe_times") or "")
    return [
        form_field("safe_phone", "text", labels["safe_phone"], typed, error) | {"inputmode": "tel"},
        *(one for row in range(ROWS) for one in _row(row, windows, posted, error)),
        form_field("may_leave_message", "radios", labels["may_leave_message"], typed, error, items=answers),
        form_field("pretext", "text", labels["pretext"], typed, error),
        form_field("do_not_contact", "radios", labels["do_not_contact"], typed, error, items=answers[:2]),
    ]


def _row(row: int, windows: tuple[Window, ...], posted: bool, error: Invalid | None) -> list[dict[str, Any]]:
    stands = windows[row] if row < len(windows) else None
    now = spelt([stands]).rpartition(" ")[2].split("-") if stands else ["", ""]
    values = {
        f"{edge}-{row}": request.form.get(f"{edge}-{row}", "") if posted else now[n]
        for n, edge in enumerate(("from", "to"))
    }
    ticked = (
        request.form.getlist(f"days-{row}") if posted else [c for c, d in DAYS.items() if stands and d in stands.days]
    )
    names = _day_names()
    days = form_field(
        f"days-{row}",
        "checkboxes",
        _("Safe days, %(number)s", number=row + 1),
        {},
        error,
        items=[{"value": code, "text": names[number]} for code, number in DAYS.items()],
    )
    return [
        days | {"value": ticked},
        form_field(f"from-{row}", "text", _("From (time)"), values, error) | {"hint": _("Such as 8:00")},
        form_field(f"to-{row}", "text", _("To (time)"), values, error),
    ]


def _day_names() -> dict[int, str]:
    return {
        1: _("Monday"),
        2: _("Tuesday"),
        3: _("Wednesday"),
        4: _("Thursday"),
        5: _("Friday"),
        6: _("Saturday"),
        7: _("Sunday"),
    }


def _earlier(actor: Actor, case_id: UUID, regulation: Regulation) -> list[dict[str, Any]]:
    now = clock.now()
    found = reaching.earlier_plans(actor, case_id, now=now)
    people: dict[str, UUID] = {}
    for one in found:
        try:
            people[one.written_by] = UUID(one.written_by)
        except ValueError:
            continue
    names = account_names(list(people.values()))
    return [
        {
            "at": when(one.written_at),
            "who": names.get(people[one.written_by]) if one.written_by in people else None,
            "fields": field_views(CONTACT, one.fields, regulation, reader_locale(), now),
        }
        for one in found
    ]
