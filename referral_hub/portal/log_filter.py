"""What a reader of the log asks for by the address of the page, and the form that asks it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import request, url_for

from referral_hub.audit.reading import Wanted
from referral_hub.kernel.clock import LOCAL
from referral_hub.kernel.errors import Invalid
from referral_hub.portal.act_words import kind_words
from referral_hub.portal.language import _

LAST_PAGE = 2_000  # beyond some number the database would refuse to count
PARTS = ("day", "month", "year")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, the page of it, and what is wrong with it."""

    wanted: Wanted
    page: int
    typed: Mapping[str, Mapping[str, str]]
    fault: Invalid | None


def asked() -> Asked:
    """``?agency=&who=&kind=&from-day=&from-month=&from-year=&to-...&page=``. A wrong day asks for nothing else."""
    typed = {edge: {part: request.args.get(f"{edge}-{part}", "").strip() for part in PARTS} for edge in ("from", "to")}
    since = until = None
    fault = None
    try:
        since, until = _instant("from", typed["from"]), _instant("to", typed["to"])
    except Invalid as error:
        fault = error
    wanted = Wanted(
        org=request.args.get("agency") or None,
        who=request.args.get("who") or None,
        kinds=(request.args["kind"],) if request.args.get("kind") else None,
        since=since,
        until=until + timedelta(days=1) if until else None,
    )
    number = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    return Asked(wanted, number, typed, fault)


def filter_view(
    found: Asked, agencies: Iterable[tuple[str, str]], people: Iterable[tuple[str, str]], kinds: Iterable[str]
) -> dict[str, Any]:
    """The form with what was asked in it. ``agencies`` and ``people``: (value, text)."""
    everybody = {"value": "", "text": _("All")}
    return {
        "agencies": [everybody, *({"value": value, "text": text} for value, text in agencies)],
        "agency": found.wanted.org or "",
        "people": [everybody, *({"value": value, "text": text} for value, text in people)],
        "who": found.wanted.who or "",
        "kinds": [everybody, *({"value": kind, "text": kind_words(kind)} for kind in kinds)],
        "kind": found.wanted.kinds[0] if found.wanted.kinds else "",
        "from": found.typed["from"],
        "to": found.typed["to"],
        "active": found.wanted != Wanted() or found.fault is not None,
    }


def errors_of(found: Asked, locale: str) -> list[dict[str, str]]:
    """For the error summary."""
    if found.fault is None:
        return []
    return [{"text": found.fault.sentence.text(locale), "href": f"#{found.fault.field}-day"}]


def pager_view(found: Asked, more: bool, **place: Any) -> dict[str, str | None]:
    """The pages before and after this one, with the same question."""
    return {
        "previous": _page(found.page - 1, place) if found.page > 1 else None,
        "next": _page(found.page + 1, place) if more else None,
    }


def _page(number: int, place: Mapping[str, Any]) -> str:
    assert request.endpoint is not None
    asked_for: dict[str, Any] = {
        key: value for key, value in request.args.items() if key not in ("page", "lang") and value
    }
    return url_for(request.endpoint, **place, **asked_for, page=number)


def _instant(edge: str, typed: Mapping[str, str]) -> datetime | None:
    """The beginning of the day that was typed, in the province's time."""
    if not any(typed.values()):
        return None
    try:
        chosen = date(int(typed["year"]), int(typed["month"]), int(typed["day"]))
        return datetime.combine(chosen, time.min, LOCAL).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(
            edge, "Ngày này không có: hãy nhập ngày, tháng, năm.", "No such day: enter day, month, year."
        ) from error
