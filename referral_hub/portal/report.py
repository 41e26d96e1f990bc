"""Figures of a period: one sentence, a chart, a table. Only aggregates; small numbers hidden where they must be."""

from datetime import date, timedelta
from typing import Any

from flask import current_app, request

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, page
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation
from referral_hub.reports.charts import report_chart
from referral_hub.reports.model import Period, Report
from referral_hub.reports.service import Offer, figures, offers
from referral_hub.reports.wording import day, figure

STATISTICS = "statistics"
HALF_YEAR = timedelta(days=183)


@page(Action.REPORT_READ)
def report(actor: Actor) -> Page:
    """The report of a period (``?from-day=..&from-month=..&from-year=..&to-..&audience=``)."""
    locale = reader_locale()
    _id, regulation = store.in_force(clock.now())
    offered = offers(actor, regulation)
    audience = request.args.get("audience") or offered[0].audience
    today = clock.now().astimezone(clock.LOCAL).date()
    typed = {edge: _typed(edge) for edge in ("from", "to")}
    found, errors = None, []
    try:
        first = _date("from", today - HALF_YEAR)
        end = _date("to", today + timedelta(days=1))
        found = _figures(actor, regulation, offered, Period(first, end), audience)
        typed = {"from": _boxes(first), "to": _boxes(end)}
    except Invalid as error:
        errors = [{"text": error.sentence.text(locale), "href": f"#{error.field}-day"}]
    return Page(
        "report.html",
        {
            "period": {**typed, "text": _text(found, locale)},
            "audience": audience,
            "audiences": [{"value": one.audience, "text": one.label.text(locale)} for one in offered],
            "indicators": _rows(found, locale),
            "chart": report_chart(found, locale) if found else None,
            "sentence": _sentence(found, locale),
            "errors": errors,
        },
        status=422 if errors else 200,
    )


def _figures(actor: Actor, regulation: Regulation, offered: tuple[Offer, ...], period: Period, audience: str) -> Report:
    offer = next((one for one in offered if one.audience == audience), None)
    agency = actor.agency_id if offer is not None and not offer.all else None
    with current_app.extensions[STATISTICS].connect() as connection:
        return figures(actor, connection, regulation, period, audience, agency, now=clock.now())


def _typed(edge: str) -> dict[str, str]:
    return {part: request.args.get(f"{edge}-{part}", "").strip() for part in ("day", "month", "year")}


def _boxes(value: date) -> dict[str, str]:
    return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}


def _date(edge: str, default: date) -> date:
    typed = _typed(edge)
    if not any(typed.values()):
        return default
    try:
        return date(int(typed["year"]), int(typed["month"]), int(typed["day"]))
    except (ValueError, OverflowError) as error:
        raise Invalid(
            edge, "Ngày này không có: hãy nhập ngày, tháng, năm.", "No such day: enter day, month, year."
        ) from error


def _text(found: Report | None, locale: str) -> str:
    if found is None:
        return ""
    return _(
        "Figures from %(first)s until before %(end)s",
        first=day(found.period.first, locale),
        end=day(found.period.end, locale),
    )


def _rows(found: Report | None, locale: str) -> list[dict[str, Any]]:
    return [
        {
            "label": one.label.text(locale),
            "value": figure(one, locale) if one.value is not None else None,
            "suppressed": one.suppressed,
        }
        for one in (found.indicators if found else ())
    ]


def _sentence(found: Report | None, locale: str) -> str | None:
    """The main finding, then what has to be known about the figures."""
    if found is None:
        return None
    counted = [one for one in found.indicators if one.value and one.unit == "contact"]
    said = [f"{one.label.text(locale)}: {figure(one, locale)}" for one in counted[:2]]
    notes = [note.text(locale) for note in found.notes]
    return ". ".join(["; ".join(said), *notes] if said else notes) + "." if said or notes else None
