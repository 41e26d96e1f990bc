"""Who is on call at each desk, round the clock: the week with its gaps, arranging a shift and ending one."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.policy import Relation, allowed
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.duties import end_duty, put_on_call
from referral_hub.liaisons.queries import people_of
from referral_hub.liaisons.rosters import DeskRoster, own_desks, rosters
from referral_hub.liaisons.rota import Gap, Shift
from referral_hub.portal.emergency import form_errors, form_field
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.moments import after, at, boxes, today, typed_day, typed_time
from referral_hub.portal.pages import Page, Redirect, page
from referral_hub.portal.words import when

WEEK = timedelta(days=7)
WEEKS_AHEAD = 8
MOST_DAYS = 31
OWN = Relation(owns=True)


@page(Action.DUTY_READ)
def duty(actor: Actor) -> Page:
    """Seven days (``?week=N``: so many weeks later), every desk that answers round the clock."""
    now = clock.now()
    week = min(max(request.args.get("week", 0, type=int), 0), WEEKS_AHEAD)
    first = at(today()) + week * WEEK
    since = max(first, now)
    found = rosters(actor, since, first + WEEK)
    return Page(
        "duty.html",
        {
            "desks": [_desk(one, actor, now if week == 0 else None) for one in found],
            "unmanned": sum(1 for one in found if one.gaps),
            "span": {"since": when(since), "until": when(first + WEEK)},
            "new_href": url_for("portal.new_duty") if allowed(actor, Action.DUTY_ARRANGE, OWN) else None,
            "covers_href": url_for("portal.covers"),
            "pages": {
                "previous": url_for("portal.duty", week=week - 1) if week else None,
                "next": url_for("portal.duty", week=week + 1) if week < WEEKS_AHEAD else None,
            },
        },
    )


@page(Action.DUTY_ARRANGE)
def new_duty(actor: Actor) -> Page | Redirect:
    """One shift, or the same one on several days: all of them or none."""
    require(actor, Action.DUTY_ARRANGE, relation=OWN)
    error = None
    if request.method == "POST":
        try:
            with db.session.begin_nested():
                count = _put(actor)
            return Redirect(url_for("portal.duty"), _("Recorded. Shifts: %(count)s.", count=count))
        except Invalid as found:
            error = found
    desks = [{"value": str(one), "text": en if reader_locale() == "en" else vi} for one, vi, en in own_desks(actor)]
    people = [{"value": str(one), "text": name} for one, name in people_of(actor.agency_id)]
    typed = request.form
    fields = [
        form_field("desk", "select", _("Desk"), typed, error, items=desks),
        form_field("account", "select", _("Who is on call"), typed, error, items=people),
        form_field("first", "date", _("First day"), {}, error) | {"value": boxes("first", today())},
        form_field("from", "text", _("From (time)"), typed, error, hint=_("Such as 8:00")),
        form_field(
            *("to", "text", _("To (time)"), typed, error),
            hint=_("Not later than the beginning: on the next day. The same time twice: round the clock."),
        ),
        form_field("days", "text", _("On how many days, one after another"), typed, error, inputmode="numeric"),
        form_field(
            *("phone", "text", _("Telephone during the shift"), typed, error),
            hint=_("Empty: the number of your agency."),
            inputmode="tel",
        ),
    ]
    if request.method == "GET":
        fields[5]["value"] = "1"
    context = {
        "title": _("Put somebody on call"),
        "explain": _("Every agency reads who is on call at your desk and under which number."),
        "fields": fields,
        "errors": form_errors(error),
        "back_href": url_for("portal.duty"),
    }
    return Page("duty_form.html", context, status=422 if error else 200)


@page(Action.DUTY_ARRANGE)
def end(actor: Actor, duty_id: UUID) -> Redirect:
    """That person is not on call any more."""
    ended = end_duty(actor, duty_id, now=clock.now())
    return Redirect(url_for("portal.duty"), _("The shift was ended.") if ended else _("It was over already."))


def _put(actor: Actor) -> int:
    first, start, stop = typed_day("first"), typed_time("from"), typed_time("to")
    days = request.form.get("days", type=int) or 0
    if not 1 <= days <= MOST_DAYS:
        raise Invalid("days", f"Từ 1 đến {MOST_DAYS} ngày.", f"From 1 to {MOST_DAYS} days.")
    for number in range(days):
        day = after(first, number)
        until = at(day, stop) if stop > start else at(after(day, 1), stop)
        phone = request.form.get("phone", "").strip() or None
        try:
            desk, account = UUID(request.form.get("desk", "")), UUID(request.form.get("account", ""))
        except ValueError as wrong:
            raise Invalid("desk", "Hãy chọn bàn và người trực.", "Choose a desk and a person.") from wrong
        _one(actor, desk, account, at(day, start), until, phone)
    return days


def _one(actor: Actor, desk: UUID, account: UUID, since: datetime, until: datetime, phone: str | None) -> None:
    try:
        put_on_call(actor, desk, account, since, until, phone=phone, now=clock.now())
    except Invalid as wrong:
        field = {"until": "first", "duty": "desk"}.get(wrong.field, wrong.field)
        raise Invalid(field, wrong.sentence.vi, wrong.sentence.en) from wrong


def _desk(one: DeskRoster, actor: Actor, now: datetime | None) -> dict[str, Any]:
    english = reader_locale() == "en"
    own = one.agency == actor.agency_id
    arranges = own and allowed(actor, Action.DUTY_ARRANGE, OWN)
    lines: list[Shift | Gap] = sorted([*one.shifts, *one.gaps], key=lambda line: line.since)
    return {
        "agency": one.names[english],
        "desk": one.desk_names[english],
        "own": own,
        "phone": one.phone,
        "round_the_clock": one.round_the_clock,
        "now": None if now is None else [{"name": s.name, "phone": s.phone or one.phone} for s in one.at(now)],
        "lines": [_line(line, one, arranges) for line in lines],
    }


def _line(line: Shift | Gap, one: DeskRoster, arranges: bool) -> dict[str, Any]:
    shown = {"since": when(line.since), "until": when(line.until)}
    if isinstance(line, Gap):
        return shown | {"gap": True}
    href = url_for("portal.end_duty", duty_id=line.id) if arranges else None
    return shown | {"gap": False, "name": line.name, "phone": line.phone or one.phone, "end_href": href}
