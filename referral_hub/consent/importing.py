"""Reading a consent that was written elsewhere: FHIR R4 Consent, or a record of ISO/IEC TS 27560. Pure.

It never permits anything. What it says is either a denial, or something a person has to ask her about. What cannot be
understood counts as a denial: an unknown shape, a rule without a type (R4 leaves out the type of the root rule, and
samples mean "not him" by it), a period that ended, a field read twice.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NoReturn

Format = Literal["fhir-r4-consent", "iso-27560", "unknown"]
#: Deeper than any document of people; a deeper one is not understood.
DEEPEST = 12
_RULE_KEYS = frozenset(
    {
        *("id", "type", "period", "actor", "action", "securityLabel", "purpose", "class", "code"),
        *("dataPeriod", "data", "provision"),
    }
)
_GIVEN = frozenset({"given", "reaffirmed"})
_ISO_KEYS = frozenset({"schema_version", "record_id", "pii_principal_id"})


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody the document names: words and codes as they stand there. ``person``: a human being, as far as known."""

    words: tuple[str, ...]
    person: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What a document comes to.

    ``denies``: it says no, or cannot be understood; False: a person asks her. ``why``: the reason in a code. ``named``:
    whom it is about; empty with ``denies``: everybody.
    """

    format: Format
    denies: bool
    why: str
    named: tuple[Named, ...] = ()


class _Unclear(Exception):
    """The document cannot be understood; the reason in a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read_consent(content: bytes, today: date) -> Said:
    """What ``content`` comes to; raises nothing, whatever it holds.

    :param today: the day in the regulation's zone, for periods that ended or have not begun.
    """
    form: Format = "unknown"
    named: tuple[Named, ...] = ()
    try:
        document = _document(content)
        named = tuple(dict.fromkeys(_parties(document)))
        if document.get("resourceType") == "Consent":
            form = "fhir-r4-consent"
            return _fhir(document, named, today)
        if document.keys() >= _ISO_KEYS:
            form = "iso-27560"
            return _iso(document, named, today)
        raise _Unclear("unknown-document")
    except _Unclear as unclear:
        return Said(form, True, unclear.why, named)


def _document(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except _Unclear:
        raise
    except (ValueError, RecursionError) as error:
        raise _Unclear("no-json") from error
    if not isinstance(found, dict):
        raise _Unclear("unknown-document")
    _measure(found, 0)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unclear("said-twice")
    return found


def _no_number(_word: str) -> NoReturn:
    raise _Unclear("no-json")


def _measure(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise _Unclear("too-deep")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _measure(one, depth + 1)


def _fhir(document: dict[str, Any], named: tuple[Named, ...], today: date) -> Said:
    """HL7 FHIR R4 (4.0.1) Consent. A root rule "permit", and nothing but permits of now under it: she is asked."""
    if document.get("status") != "active":
        return Said("fhir-r4-consent", True, "not-active", named)
    if any(key in document for key in ("modifierExtension", "implicitRules")):
        raise _Unclear("unknown-meaning")
    root = document.get("provision")
    if root is None:
        raise _Unclear("no-rule")
    for rule in _rules(root):
        if rule.get("type") == "deny":
            return Said("fhir-r4-consent", True, "says-no", tuple(dict.fromkeys(_parties(rule))) or named)
        _now(rule.get("period"), today)
    return Said("fhir-r4-consent", False, "to-be-asked", named)


def _rules(rule: Any) -> Iterator[dict[str, Any]]:
    """A rule and all within it; every one of them has to say what it is."""
    if not isinstance(rule, dict):
        raise _Unclear("unknown-meaning")
    if rule.get("type") not in ("permit", "deny"):
        raise _Unclear("rule-without-type")
    if rule.keys() - _RULE_KEYS:
        raise _Unclear("unknown-meaning")
    yield rule
    inner = rule.get("provision", [])
    if not isinstance(inner, list):
        raise _Unclear("unknown-meaning")
    for one in inner:
        yield from _rules(one)


def _now(period: Any, today: date) -> None:
    """:raises _Unclear: a period that does not hold today, or that cannot be read."""
    if period is None:
        return
    if not isinstance(period, dict) or period.keys() - {"start", "end"}:
        raise _Unclear("unknown-period")
    start, end = (_day(period.get(name)) for name in ("start", "end"))
    if (start is not None and start > today) or (end is not None and end < today):
        raise _Unclear("not-now")


def _day(value: Any) -> date | None:
    """The day of a FHIR date or time; a year or a month alone is not exact enough to rest on."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).date()
    except (TypeError, ValueError) as error:
        raise _Unclear("unknown-period") from error


def _iso(document: dict[str, Any], named: tuple[Named, ...], today: date) -> Said:
    """ISO/IEC TS 27560:2023, the fields of the consent record: the state of the last event decides."""
    events = document.get("events", document.get("consent_events"))
    if not isinstance(events, list) or not events or not all(isinstance(one, dict) for one in events):
        raise _Unclear("no-event")
    state = events[-1].get("event_state", events[-1].get("state"))
    if not isinstance(state, str) or state not in _GIVEN:
        return Said("iso-27560", True, "says-no", named)
    _now({"end": events[-1].get("valid_until")}, today)
    return Said("iso-27560", False, "to-be-asked", named)


_PEOPLE = ("Practitioner/", "PractitionerRole/", "RelatedPerson/")
_HERSELF = "Patient/"


def _parties(value: Any) -> Iterator[Named]:
    """Whoever a rule or a record names: actors of FHIR, recipients of ISO/IEC TS 27560."""
    if isinstance(value, list):
        for one in value:
            yield from _parties(one)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in ("actor", "recipient_third_parties"):
                for one in inner if isinstance(inner, list) else [inner]:
                    yield from _named(one)
            elif isinstance(inner, (dict, list)):
                yield from _parties(inner)


def _named(one: Any) -> Iterator[Named]:
    party = one.get("reference", one) if isinstance(one, dict) else one
    words = tuple(_words(party))
    if words and not any(word.startswith(_HERSELF) for word in words):
        kind = str(party.get("type", "")) + "/" if isinstance(party, dict) else ""
        person = any(word.startswith(_PEOPLE) for word in (*words, kind))
        yield Named(words, person)


def _words(party: Any) -> Iterator[str]:
    if isinstance(party, str):
        yield _plain(party)
    elif isinstance(party, dict):
        for key in ("display", "name", "id", "reference"):
            if isinstance(party.get(key), str):
                yield _plain(party[key])
        identifier = party.get("identifier")
        if isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
            yield _plain(identifier["value"])


def _plain(word: str) -> str:
    """At most 200 characters, without halves of characters, which JSON may hold and nothing else can."""
    return word[:200].encode("utf-8", "ignore").decode("utf-8")
