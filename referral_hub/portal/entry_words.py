"""An entry of the log in words: what it says beyond its act, why it was done and on what basis. Ids become names."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from referral_hub.access.log_reading import OWN_CASE
from referral_hub.audit.reading import LogLine
from referral_hub.directory.queries import AgencyName
from referral_hub.liaisons.naming import Named
from referral_hub.portal.language import _
from referral_hub.portal.words import day, task
from referral_hub.referrals.basis import CaseBasis, Share, rested_on
from referral_hub.regulation.model import Regulation
from schemas.sections import SCHEMAS

NOTES = "_note"
DRAFTED = "draft"  # how a referral begins; no row of the transition table leads to it
REGULATION = "regulation-adopted"
#: Kinds of entries whose basis is what was opened to the agency; its steps it takes as a party.
RESTS_ON_A_GRANT = frozenset({"read", "access"})


@dataclass(frozen=True, slots=True)
class Book:
    """What turns ids and codes into words."""

    regulation: Regulation
    locale: str
    agencies: Mapping[str, AgencyName]
    people: Mapping[str, Named]
    basis: CaseBasis

    def agency(self, code_or_id: str) -> str:
        """The name of an agency by its code or id; what is unknown stays as it is."""
        found = self.agencies.get(code_or_id)
        return found.text(self.locale) if found else code_or_id

    def person(self, who: str) -> str:
        """The name of a person; a task of an agency in words."""
        found = self.people.get(who)
        return task(who) or (found.name if found else _("Unknown account"))

    def desk(self, who: str) -> str | None:
        """The desk of a person."""
        found = self.people.get(who)
        return found.desk(self.locale) if found else None

    def label(self, lists: Iterable[str], code: str) -> str:
        """The label of a code that stands in one of ``lists``; else the code."""
        for name in lists:
            if code in self.regulation.codes(name):
                return self.regulation.label(name, code, self.locale)
        return code

    def known(self, lists: Iterable[str], code: str) -> str:
        """As :meth:`label`, nothing where no list has the code."""
        text = self.label(lists, code)
        return "" if text == code else text

    def category(self, code: str) -> str:
        """A data category, or the notes of a referral."""
        return _("Notes of the referral") if code == NOTES else self.label(("data_categories",), code)


def book_of(
    regulation: Regulation, locale: str, agencies: Iterable[AgencyName], people: Mapping[str, Named], basis: CaseBasis
) -> Book:
    """A book that finds agencies by code and by id."""
    known = {key: one for one in agencies for key in (one.code, str(one.id))}
    return Book(regulation, locale, known, people, basis)


def people_in(lines: Iterable[LogLine]) -> set[str]:
    """The ids of all people whom these entries name."""
    found = set()
    for line in lines:
        found.add(line.who)
        if line.said is not None and "account" in line.said:
            found.add(str(line.said["account"]))
    return found


def details(line: LogLine, book: Book) -> list[str]:
    """What the entry says, one sentence or list for each thing."""
    if line.erased:
        return [_("What this entry said was erased.")]
    said = {key: value for key, value in (line.said or {}).items() if value != line.envelope.get("why")}
    return [text for key, words in _WORDS.items() if key in said and (text := words(said[key], said, book))]


def reason(line: LogLine, book: Book) -> str | None:
    """Why, by the code in the envelope: a purpose, a ground, or the case work of one's own agency."""
    why = line.envelope.get("why")
    if why is None or line.kind == "refusal":
        return None
    if why == OWN_CASE:
        return _("Work on the agency's own case")
    if why == REGULATION:
        return _("A new version of the regulation")
    return book.label(("purposes", "consent_exceptions"), str(why))


def basis(line: LogLine, owner: str, book: Book) -> str | None:
    """On what basis the acting agency could do it. ``owner``: code of the agency that keeps the case."""
    if line.kind == "refusal":
        return None
    if line.org == owner:
        return _("The agency in charge of the case")
    agency = book.agencies.get(line.org)
    if agency is None or line.kind not in RESTS_ON_A_GRANT:
        return _as_party(line, agency, book)
    wanted = frozenset((line.said or {}).get("categories", ())) if line.kind == "read" else frozenset()
    shares = rested_on(book.basis.shares, agency.id, wanted, line.at)
    named = _named_basis(line, book) or [text for share in shares if (text := _share_words(share))]
    return "; ".join(dict.fromkeys(named)) or _as_party(line, agency, book)


def _as_party(line: LogLine, agency: AgencyName | None, book: Book) -> str | None:
    """Whoever steps, or was ever given anything, is a party; an auditor, or who declares a conflict, is none."""
    if agency is None or (line.kind != "referral" and all(one.agency_id != agency.id for one in book.basis.shares)):
        return None
    return _("Party of the referral")


def _named_basis(line: LogLine, book: Book) -> list[str]:
    """The basis that the envelope itself names."""
    named = line.envelope.get("basis")
    return [_share_words(share) for share in book.basis.shares if named == str(share.basis_id)]


def _share_words(share: Share) -> str:
    if share.basis == "consent":
        return _("Her consent of %(when)s", when=day(share.given_at)) if share.given_at else _("Her consent")
    return {"exception": _("Sent in an emergency"), "opening": _("Opened in an emergency")}.get(share.basis, "")


def _categories(value: Any, said: Mapping[str, Any], book: Book) -> str:
    if set(value) >= set(SCHEMAS):
        return _("everything the case holds")
    return ", ".join(book.category(str(one)) for one in value)


def _reason(value: Any, said: Mapping[str, Any], book: Book) -> str:
    lists = [t.reason_list for t in book.regulation.transitions if t.reason_list and t.verb == said.get("verb")]
    text = book.label((*lists, "closure_reasons"), str(value))
    return _("Reason: %(reason)s", reason=text) if value else ""


def _verb(value: Any, said: Mapping[str, Any], book: Book) -> str:
    if value == DRAFTED:
        return _("Written, not sent yet")
    return next((t.label.text(book.locale) for t in book.regulation.transitions if t.verb == value), str(value))


def _cause(value: Any, said: Mapping[str, Any], book: Book) -> str:
    if value == "consent-withdrawn":
        return _("because her consent ended")
    if value == REGULATION:
        return _("because a new version of the regulation no longer allows it")
    return _("with the step: %(step)s", step=_verb(value, said, book))


def _status(value: Any, said: Mapping[str, Any], book: Book) -> str:
    return _("now: %(status)s", status=book.label(("referral_statuses", "urgency_levels"), str(value)))


def _referral(value: Any, said: Mapping[str, Any], book: Book) -> str:
    code = book.basis.referrals.get(UUID(str(value)))
    return _("Referral %(code)s", code=code) if code else ""


def _duty(value: Any, said: Mapping[str, Any], book: Book) -> str:
    return _("as cover") if value == "cover" else ""


#: Key of a payload -> its words, in the order they are said. Ids that mean nothing to people are left out.
_WORDS: Mapping[str, Callable[[Any, Mapping[str, Any], Book], str]] = {
    "verb": _verb,
    "categories": _categories,
    "category": lambda value, said, book: book.category(str(value)),
    "service": lambda value, said, book: book.label(("essential_services",), str(value)),
    "purpose": lambda value, said, book: book.label(("purposes",), str(value)),
    "recipient": lambda value, said, book: _("for %(agency)s", agency=book.agency(str(value))),
    "agency": lambda value, said, book: book.agency(str(value)),
    "desk": lambda value, said, book: _("one desk of an agency"),
    "account": lambda value, said, book: book.person(str(value)),
    "duty": _duty,
    "to": _status,
    "reason": _reason,
    "outcome": lambda value, said, book: book.known(("service_outcomes", "not_completed_reasons"), str(value)),
    "ground": lambda value, said, book: book.label(("consent_exceptions",), str(value)),
    "role": lambda value, said, book: book.known(("roles",), str(value)),
    "cause": _cause,
    "referral": _referral,
}
