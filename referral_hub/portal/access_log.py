"""The access log of a case for who keeps it: who saw it, who did what, why and on what basis; one button checks it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request, url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.log_reading import PAGE_SIZE, case_log, check_case
from referral_hub.audit.confirming import Confirmation, Fault, NotShown, Wrong
from referral_hub.audit.reading import CaseReader, LogLine
from referral_hub.directory.queries import agencies
from referral_hub.kernel import clock
from referral_hub.kernel.clock import LOCAL
from referral_hub.liaisons.naming import people
from referral_hub.portal.act_words import act_words
from referral_hub.portal.entry_words import Book, basis, book_of, details, people_in, reason
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.log_filter import asked, errors_of, filter_view, pager_view
from referral_hub.portal.pages import Page, page
from referral_hub.portal.proofs import log_files
from referral_hub.portal.words import when
from referral_hub.referrals.basis import basis_of_case
from referral_hub.regulation import store

#: What can happen to a case, for the filter; what a case has nothing of gives an empty list.
KINDS = (
    *("read", "view", "refusal", "consent", "referral", "access", "section", "case", "service"),
    *("emergency", "export", "log", "rights", "approval", "erasure"),
)


@page(Action.CASE_LOG_READ)
def access_log(actor: Actor, case_id: UUID) -> Page:
    """The entries of a case; a POST checks them all and says so in words."""
    now = clock.now()
    locale = reader_locale()
    wanted = asked()
    found = case_log(actor, case_id, wanted.wanted, page=wanted.page, now=now)
    checked = None
    if request.method == "POST":
        files = log_files()
        checked = check_case(actor, case_id, files.vkey, files.roster, now=now)
    _id, regulation = store.in_force(now)
    faulty = [fault.line for fault in checked.faults] if checked else []
    named = people({*people_in((*found.lines, *faulty)), *(one.who for one in found.readers)})
    book = book_of(regulation, locale, agencies(), named, basis_of_case(actor, case_id))
    own = actor.agency_code
    return Page(
        "access_log.html",
        {
            "case": {"code": book.basis.code, "href": url_for("portal.case", case_id=case_id)},
            "seen": _seen(found.readers, own, book),
            "seen_by_others": sum(1 for one in {r.org for r in found.readers if r.openings} if one != own),
            "entries": [_row(line, own, book) for line in found.lines],
            "total": found.total,
            "shown": _shown(wanted.page, len(found.lines), found.total),
            "filter": filter_view(
                wanted,
                sorted({(one.org, book.agency(one.org)) for one in found.readers}, key=lambda one: one[1]),
                sorted({(one.who, book.person(one.who)) for one in found.readers}, key=lambda one: one[1]),
                KINDS,
            ),
            "errors": errors_of(wanted, locale),
            "page": pager_view(wanted, found.total > wanted.page * PAGE_SIZE, case_id=case_id),
            "check_action": request.full_path,
            "checked": confirmation_view(checked, book) if checked else None,
            "seen_href": url_for("portal.seen", case_id=case_id),
            "milestone_href": url_for("portal.milestone"),
            "printed_at": when(now),
        },
        status=422 if wanted.fault else 200,
    )


def _seen(readers: Iterable[CaseReader], own: str, book: Book) -> list[dict[str, Any]]:
    """Per agency how often and when last; other agencies first."""
    by_agency: dict[str, list[CaseReader]] = defaultdict(list)
    for one in readers:
        if one.openings:
            by_agency[one.org].append(one)
    rows = [
        {
            "code": org,
            "agency": book.agency(org),
            "own": org == own,
            "people": [book.person(one.who) for one in some],
            "times": sum(one.openings for one in some),
            "last": when(max(one.last_at for one in some if one.last_at is not None)),
        }
        for org, some in by_agency.items()
    ]
    return sorted(rows, key=lambda row: (row["own"], row["agency"]))


def _row(line: LogLine, own: str, book: Book) -> dict[str, Any]:
    return {
        "code": str(line.uid),
        "when": when(line.at),
        "iso": line.at.isoformat(),
        "who": book.person(line.who),
        "agency": book.agency(line.org),
        "desk": book.desk(line.who) if line.org != own else None,
        "what": act_words(line.act),
        "refused": line.envelope.get("out") != "ok",
        "details": details(line, book),
        "why": reason(line, book),
        "basis": basis(line, own, book),
    }


def _shown(number: int, count: int, total: int) -> str | None:
    if not count:
        return None
    first = (number - 1) * PAGE_SIZE + 1
    return _("%(first)s to %(last)s of %(total)s", first=first, last=first + count - 1, total=total)


def confirmation_view(found: Confirmation, book: Book) -> dict[str, Any]:
    """The answer of the check in sentences, the most important first."""
    return {
        "level": "" if found.whole else "stop",
        "sentences": [*_verdict(found, book), *_beside(found)],
        "cosigners": [
            {"name": name, "when": when(datetime.fromtimestamp(at, LOCAL))}
            for name, at in sorted(found.cosigners.items())
        ],
    }


def _verdict(found: Confirmation, book: Book) -> list[str]:
    if found.faults:
        return [_fault(found.faults[0], book), *([_more(len(found.faults) - 1)] if len(found.faults) > 1 else [])]
    if found.not_shown is NotShown.SIGNATURE:
        return [_("The signature under the newest milestone does not hold. Tell the auditor and the operator.")]
    if found.not_shown is NotShown.NO_KEY:
        return [_("The key of the log cannot be read here, so nothing could be checked. Tell the operator.")]
    if found.not_shown is NotShown.NO_HEAD:
        return [_("The log has signed no milestone yet. Try again in a minute.")]
    return [
        _(
            "%(n)s entries, all intact, under milestone %(size)s signed on %(when)s, seals of witnesses: %(seals)s.",
            n=found.checked,
            size=found.size,
            when=when(found.signed_at),
            seals=found.voices,
        )
    ]


def _beside(found: Confirmation) -> list[str]:
    said = []
    if found.waiting and found.not_shown is None:
        said.append(_("New entries that the next milestone will cover: %(n)s.", n=found.waiting))
    if found.erased:
        said.append(_("Entries whose words were erased by rule: %(n)s. They stay proven.", n=found.erased))
    return said


def _fault(fault: Fault, book: Book) -> str:
    words = {
        Wrong.EDITED: _("was changed after it was written"),
        Wrong.NOT_IN_TREE: _("does not stand in the log where it should"),
        Wrong.SAID: _("says something else than when it was written"),
        Wrong.GONE: _("has lost what it said, and no erasure is recorded"),
    }
    line = fault.line
    return _(
        "Entry %(seq)s of %(when)s (%(who)s, %(agency)s) %(fault)s. Tell auditor and operator; print this page.",
        seq="?" if line.seq is None else line.seq,
        when=when(line.at),
        who=book.person(line.who),
        agency=book.agency(line.org),
        fault=words[fault.why],
    )


def _more(count: int) -> str:
    return _("Further entries that fail: %(n)s.", n=count)
