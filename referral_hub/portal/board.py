"""The coordinator's board: one sentence, what is overdue, agencies, rules that were missed; and as a workbook."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.policy import Relation, allowed
from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.portal.board_file import XLSX, workbook
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Download, Page, page
from referral_hub.portal.report import _boxes, _date, _typed
from referral_hub.portal.words import clock_view, duration, when
from referral_hub.referrals import board as boards
from referral_hub.referrals.board import AgencyLine, Board, Breach, Overdue
from referral_hub.regulation import store
from referral_hub.regulation.model import Regulation
from referral_hub.regulation.wording import FIELDS, length
from referral_hub.reports.charts import Bar, bar_chart
from referral_hub.reports.model import Period
from referral_hub.reports.wording import day

MONTH = timedelta(days=30)


@page(Action.BOARD_READ)
def board(actor: Actor) -> Page:
    """The board of a period (``?from-day=..&from-month=..&from-year=..&to-..``), the last 30 days without one."""
    locale, now = reader_locale(), clock.now()
    errors, status = [], 200
    typed = {edge: _typed(edge) for edge in ("from", "to")}
    try:
        period = _period(now)
        typed = {"from": _boxes(period.first), "to": _boxes(period.end)}
    except Invalid as error:
        errors, status = [{"text": error.sentence.text(locale), "href": f"#{error.field}-day"}], 422
        period = _usual(now)
    found = boards.board(actor, *_instants(period, now), now=now)
    return Page(
        "board.html", _view(actor, found, period, locale, now) | {"typed": typed, "errors": errors}, status=status
    )


@page(Action.BOARD_READ)
def board_file(actor: Actor) -> Download:
    """The board as a workbook for the meeting; that it was taken away is an entry of its own."""
    locale, now = reader_locale(), clock.now()
    period = _period(now)
    found = boards.taken_away(actor, *_instants(period, now), now=now)
    view = _view(actor, found, period, locale, now)
    return Download(workbook(view), f"board-{period.first}-{period.end}.xlsx", XLSX)


def _usual(now: datetime) -> Period:
    today = now.astimezone(clock.LOCAL).date()
    return Period(today - MONTH, today + timedelta(days=1))


def _period(now: datetime) -> Period:
    usual = _usual(now)
    return Period(_date("from", usual.first), _date("to", usual.end))


def _instants(period: Period, now: datetime) -> tuple[datetime, datetime]:
    _id, regulation = store.in_force(now)
    return period.instants(regulation)


def _view(actor: Actor, found: Board, period: Period, locale: str, now: datetime) -> dict[str, Any]:
    names = {code: found.regulation.label("referral_statuses", code, locale) for code in found.stages}
    bars = [Bar(names[code], count, str(count)) for code, count in found.stages.items()]
    return {
        "sentence": _sentence(found),
        "late": found.late,
        "period_text": _(
            "Sent from %(first)s until before %(end)s", first=day(period.first, locale), end=day(period.end, locale)
        ),
        "file_href": url_for("portal.board_file", **_arguments(period.first, period.end)),
        "stages": [{"label": names[code], "count": count} for code, count in found.stages.items()],
        "chart": bar_chart(bars, _("Open referrals by stage"), "board-chart") if bars else None,
        "agencies": [_agency(line) for line in found.agencies],
        "overdue": [_overdue(actor, one, locale, now) for one in found.overdue],
        "breaches": [_breach(one, locale) for one in found.breaches],
        "printed_at": when(now),
    }


def _arguments(first: date, end: date) -> dict[str, Any]:
    return {f"{edge}-{part}": text for edge, at in (("from", first), ("to", end)) for part, text in _boxes(at).items()}


def _sentence(found: Board) -> str:
    """The main finding."""
    if not found.open:
        return _("No referral is open.")
    if not found.late:
        return _("Open referrals: %(open)s. None is past its deadline.", open=found.open)
    worst = found.agencies[0]
    return _(
        "Open referrals: %(open)s, past their deadline: %(late)s; most of these wait at %(agency)s (%(count)s).",
        open=found.open,
        late=found.late,
        agency=worst.agency,
        count=worst.overdue,
    )


def _agency(line: AgencyLine) -> dict[str, Any]:
    return {
        "name": line.agency,
        "waiting": line.waiting,
        "running": line.running,
        "returned": line.returned,
        "overdue": line.overdue,
        "acknowledged": line.acknowledged,
        "median": duration(line.median) if line.median is not None else None,
        "slow": duration(line.slow) if line.slow is not None else None,
    }


def _overdue(actor: Actor, one: Overdue, locale: str, now: datetime) -> dict[str, Any]:
    regulation = one.regulation
    return {
        "code": one.code,
        "href": url_for("portal.referral", referral_id=one.id),
        "take": url_for("portal.take_over", referral_id=one.id)
        if allowed(actor, Action.REFERRAL_TAKE, Relation())
        else None,
        "service": regulation.label("essential_services", one.service, locale),
        "urgency": one.urgency,
        "urgency_label": regulation.label("urgency_levels", one.urgency, locale),
        "status": regulation.label("referral_statuses", one.status, locale),
        "sender": one.sender,
        "recipient": one.recipient,
        "clock": clock_view(one.clock, now),
    }


def _breach(one: Breach, locale: str) -> dict[str, Any]:
    return {
        "rule": _rule(one, locale),
        "source": one.source,
        "times": one.times,
        "agencies": ", ".join(f"{agency} ({count})" for agency, count in one.agencies),
    }


def _rule(one: Breach, locale: str) -> str:
    """The rule in words: for whom, within what; the basis that the regulation names."""
    regulation, clocks = one.regulation, None
    levels = {f"urgency_levels.{level.code}": level for level in regulation.urgency_levels}
    if one.source in levels:
        clocks, basis = levels[one.source].clocks, None
        about = regulation.label("urgency_levels", levels[one.source].code, locale)
    else:
        rule = next(rule for rule in regulation.service_overrides if rule.path == one.source)
        clocks, basis = rule.clocks, rule.basis
        about = regulation.label("essential_services", rule.service, locale)
    words = f"{about}: {FIELDS[one.clock].text(locale)} {length(clocks[one.clock].due.text, locale)}"
    cited = _cited(basis, regulation, locale) if basis else None
    return f"{words} ({cited})" if cited else words


def _cited(basis: str, regulation: Regulation, locale: str) -> str | None:
    """The law that a basis names, with its article; None for a remark of the file's authors, which no page shows."""
    source, _space, article = basis.partition(":")[0].strip().partition(" ")
    if source not in regulation.codes("legal_sources"):
        return None
    article = article if locale == "en" else article.replace("Art.", "Điều ")
    law = regulation.label("legal_sources", source, locale)
    return f"{law}, {article}" if article else law
