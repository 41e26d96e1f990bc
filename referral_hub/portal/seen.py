"""Who saw what, on a sheet for her: asked for first, then agency by agency in plain words, out of the log."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request as asked
from flask import url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.log_exporting import case_openings
from referral_hub.audit.reading import LogLine
from referral_hub.directory.queries import agencies
from referral_hub.kernel import clock
from referral_hub.portal.entry_words import Book, basis, book_of
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Page, page
from referral_hub.portal.words import day, when
from referral_hub.referrals.basis import basis_of_case
from referral_hub.regulation import store
from schemas.sections import SCHEMAS


@page(Action.CASE_LOG_READ)
def seen(actor: Actor, case_id: UUID) -> Page:
    """GET asks whether she wants it; POST makes it. The names of those who work for her do not leave the house."""
    require(actor, Action.CASE_LOG_READ, subject=case_id)
    back = url_for("portal.case", case_id=case_id)
    if asked.method == "GET":
        return Page("seen.html", {"sheet": None, "back_href": back})
    now = clock.now()
    lines = case_openings(actor, case_id, now=now)
    _id, regulation = store.in_force(now)
    book = book_of(regulation, reader_locale(), agencies(), {}, basis_of_case(actor, case_id))
    return Page(
        "seen.html",
        {
            "sheet": {"code": book.basis.code, "agencies": _by_agency(lines, actor.agency_code, book)},
            "back_href": back,
            "printed_at": when(now),
        },
    )


def _by_agency(lines: Sequence[LogLine], own: str, book: Book) -> list[dict[str, Any]]:
    """Other agencies first; the one that helps her reads every day, so of it the first and the last time are told."""
    found: dict[str, list[LogLine]] = defaultdict(list)
    for line in lines:
        found[line.org].append(line)
    shown = [
        {
            "agency": book.agency(org),
            "own": org == own,
            "facts": [
                {"label": _("How often"), "value": len(some)},
                {"label": _("Days"), "value": _days(some, org == own)},
                {"label": _("What"), "value": _what(some, book)},
                {"label": _("Because"), "value": _because(some, own, book)},
            ],
        }
        for org, some in found.items()
    ]
    return sorted(shown, key=lambda row: (row["own"], row["agency"]))


def _days(some: Sequence[LogLine], own: bool) -> str:
    days = list(dict.fromkeys(str(day(line.at)) for line in some))
    if own and len(days) > 2:
        return _("from %(first)s to %(last)s", first=days[0], last=days[-1])
    return ", ".join(days)


def _what(some: Sequence[LogLine], book: Book) -> str:
    opened = {str(code) for line in some for code in (line.said or {}).get("categories", ())}
    if any(line.erased for line in some):
        return _("Part of what was written down about it has been erased.")
    if opened >= set(SCHEMAS):
        return _("Everything in the file")
    order = [code for code in book.regulation.codes("data_categories") if code in opened]
    others = sorted(opened - set(order))
    return "; ".join(book.category(code) for code in (*order, *others)) or _("The file, without its contents")


def _because(some: Sequence[LogLine], own: str, book: Book) -> str:
    if some[0].org == own:
        return _("This agency keeps the file and helps directly.")
    return "; ".join(dict.fromkeys(text for line in some if (text := basis(line, own, book))))
