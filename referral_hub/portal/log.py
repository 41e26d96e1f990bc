"""The log as a whole: how it stands, what stands out, its entries for auditors, and the milestone to print."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import url_for

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor
from referral_hub.access.gate import require
from referral_hub.access.log_reading import log_entries, unusual, volume
from referral_hub.access.policy import Relation, allowed
from referral_hub.audit import checkpoints
from referral_hub.audit.acts import Act
from referral_hub.audit.milestones import Milestone, milestone_of
from referral_hub.audit.notes import parse_note
from referral_hub.audit.reading import LogLine, Wanted, cosigned, newest_signed
from referral_hub.audit.roster import Roster
from referral_hub.audit.seals import is_alarm
from referral_hub.audit.standing import Standing, standing
from referral_hub.audit.watching import MANY_CASES, NIGHT, Hint, Pattern
from referral_hub.directory.queries import AgencyName, agencies
from referral_hub.kernel import clock
from referral_hub.kernel.clock import LOCAL
from referral_hub.liaisons.naming import Named, people
from referral_hub.portal.act_words import act_words
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.log_filter import Asked, asked, errors_of, filter_view, pager_view
from referral_hub.portal.pages import Page, page
from referral_hub.portal.proofs import log_files
from referral_hub.portal.qr import qr_svg
from referral_hub.portal.words import day, duration, task, when
from referral_hub.reports.charts import Bar, bar_chart

DAYS = 7
SPAN = timedelta(days=30)
#: The sequencer takes a batch every quarter of a second; a minute means that it stands still.
LATE_S = 60


@page(Action.LOG_READ)
def log(actor: Actor) -> Page:
    """How the log stands, in calm words; for auditors also what stands out."""
    now = clock.now()
    locale = reader_locale()
    files = log_files()
    state = standing(files.roster, now=now)
    counts = volume(actor, _edges(now))
    audits = allowed(actor, Action.LOG_ENTRIES_READ, Relation())
    hints = unusual(actor, SPAN, now=now) if audits else ()
    known = {one.code: one for one in agencies()}
    named = people(pattern.who for pattern, _hints in hints)
    return Page(
        "log.html",
        {
            "calm": _is_calm(state),
            "sentence": _sentence(state),
            "facts": _facts(state),
            "seals": _seals(files.roster, known, locale),
            "seal_sentence": _seal_sentence(state, files.roster),
            "volume": [{"code": day(at), "day": day(at), "entries": count} for at, count in counts],
            "chart": _chart(counts),
            "audits": audits,
            "unusual": [_pattern(one, why, known, named, locale, now) for one, why in hints],
            "span_days": SPAN.days,
            "entries_href": url_for("portal.log_list") if audits else None,
            "milestone_href": url_for("portal.milestone"),
        },
    )


@page(Action.LOG_ENTRIES_READ)
def log_list(actor: Actor) -> Page:
    """Envelopes, newest first: who did what when; never what an entry says of a case."""
    now = clock.now()
    locale = reader_locale()
    wanted = asked()
    lines, more = log_entries(actor, _bounded(wanted, now), page=wanted.page, now=now)
    known = agencies()
    asked_for = [wanted.wanted.who] if wanted.wanted.who else []
    named = people([*(line.who for line in lines), *asked_for])
    persons = sorted({(one, _person(one, named)) for one in (*(line.who for line in lines), *asked_for)}, key=_by_text)
    return Page(
        "log_entries.html",
        {
            "entries": [_envelope(line, {one.code: one for one in known}, named, locale) for line in lines],
            "filter": filter_view(
                wanted,
                sorted(((one.code, one.text(locale)) for one in known), key=_by_text),
                persons,
                sorted({act.value.kind for act in Act}),
            ),
            "errors": errors_of(wanted, locale),
            "page": pager_view(wanted, more),
            "span_days": SPAN.days,
        },
        status=422 if wanted.fault else 200,
    )


@page(Action.LOG_MILESTONE_PRINT)
def milestone(actor: Actor) -> Page:
    """The newest checkpoint as one line and a QR code, for the minutes. It holds nothing about anybody."""
    require(actor, Action.LOG_MILESTONE_PRINT)
    head = newest_signed()
    shown = None if head is None else milestone_of(checkpoints.parse(parse_note(head.note).text))
    return Page(
        "milestone.html",
        {
            "milestone": None if shown is None else _printed(shown),
            "signed_at": None if head is None else when(head.signed_at),
            "printed_at": when(clock.now()),
            "today": day(clock.now()),
        },
    )


def _edges(now: datetime) -> tuple[datetime, ...]:
    """The midnights of the last days, and now."""
    today = datetime.combine(now.astimezone(LOCAL).date(), time.min, LOCAL)
    return (*((today - timedelta(days=n)).astimezone(UTC) for n in range(DAYS - 1, -1, -1)), now)


def _bounded(wanted: Asked, now: datetime) -> Wanted:
    """The last days unless a beginning was asked for: the log is long, and most questions are about lately."""
    one = wanted.wanted
    until = one.until or now + timedelta(days=1)
    return Wanted(one.org, one.who, one.kinds, one.since or until - SPAN - timedelta(days=1), until)


def _is_calm(state: Standing) -> bool:
    return state.lag_s <= LATE_S and not is_alarm(state.unsealed_s)


def _sentence(state: Standing) -> str:
    if state.lag_s > LATE_S:
        late = duration(timedelta(seconds=state.lag_s))
        return _("Entries have been waiting for %(late)s: the log stands still. Tell the operator.", late=late)
    if is_alarm(state.unsealed_s):
        late = duration(timedelta(seconds=state.unsealed_s or 0))
        return _("No new seal for %(late)s: ask the witnesses and the operator.", late=late)
    if state.signed_size is None:
        return _("The log has signed no milestone yet.")
    return _("The log works as it should.")


def _facts(state: Standing) -> list[dict[str, str | None]]:
    signed = (
        _("%(size)s entries, signed on %(when)s", size=state.signed_size, when=when(state.signed_at))
        if state.signed_size is not None
        else _("none yet")
    )
    return [
        {"label": _("Entries in the log"), "value": str(state.entries)},
        {"label": _("Waiting to be put in order"), "value": str(state.queued)},
        {"label": _("The oldest of them waits for"), "value": _lag(state)},
        {"label": _("Newest milestone"), "value": signed},
        {"label": _("Newest sealed milestone"), "value": _sealed(state)},
    ]


def _lag(state: Standing) -> str | None:
    if not state.queued:
        return None
    return duration(timedelta(seconds=state.lag_s)) if state.lag_s >= LATE_S else _("less than a minute")


def _sealed(state: Standing) -> str | None:
    if state.sealed_size is None:
        return None
    return _("%(size)s entries, sealed on %(when)s", size=state.sealed_size, when=when(state.sealed_at))


def _seal_sentence(state: Standing, roster: Roster) -> str:
    if not roster.seals:
        return _(
            "No agency seals the log by machine yet. Until then the printed milestone is the witness: print it for the"
            " monthly meeting, let two agencies sign it, and keep it with the minutes."
        )
    return _("A milestone is sealed when %(n)s agencies have signed it, the operator not counted.", n=roster.quorum)


def _seals(roster: Roster, known: dict[str, AgencyName], locale: str) -> list[dict[str, Any]]:
    if not roster.witnesses:
        return []
    last = cosigned()
    return [
        {
            "code": one.name,
            "name": one.name,
            "agency": known[one.agency].text(locale) if one.agency in known else one.agency,
            "operator": one.operator,
            "size": last[one.name][0] if one.name in last else None,
            "when": when(last[one.name][1]) if one.name in last else None,
        }
        for one in roster.witnesses
    ]


def _chart(counts: Sequence[tuple[datetime, int]]) -> str:
    return bar_chart([Bar(day(at) or "", n, str(n)) for at, n in counts], _("Entries per day"), "log-chart")


def _pattern(
    one: Pattern, why: Sequence[Hint], known: dict[str, AgencyName], named: dict[str, Named], locale: str, now: datetime
) -> dict[str, Any]:
    since = (now - SPAN).astimezone(LOCAL)
    lately: dict[str, Any] = {"from-day": since.day, "from-month": since.month, "from-year": since.year}
    return {
        "code": one.who,
        "who": _person(one.who, named),
        "agency": known[one.org].text(locale) if one.org in known else one.org,
        "openings": one.openings,
        "hints": [_hint(hint, one) for hint in why],
        "href": url_for("portal.log_list", who=one.who, **lately),
    }


def _hint(hint: Hint, one: Pattern) -> str:
    return {
        Hint.NIGHT: _(
            "between %(first)s and %(last)s o'clock without night duty: %(n)s times",
            first=NIGHT[0],
            last=NIGHT[1],
            n=one.at_night,
        ),
        Hint.NEAR: _("cases of the commune where the agency works: %(n)s times", n=one.own_area),
        Hint.MANY: _("%(n)s cases in one day (more than %(most)s)", n=one.most_cases, most=MANY_CASES),
        Hint.REFUSED: _("refused attempts: %(n)s", n=one.refused),
    }[hint]


def _person(who: str, named: dict[str, Named]) -> str:
    return task(who) or (named[who].name if who in named else _("Unknown account"))


def _envelope(line: LogLine, known: dict[str, AgencyName], named: dict[str, Named], locale: str) -> dict[str, Any]:
    return {
        "code": str(line.uid),
        "seq": line.seq,
        "when": when(line.at),
        "iso": line.at.isoformat(),
        "who": _person(line.who, named),
        "agency": known[line.org].text(locale) if line.org in known else line.org,
        "what": act_words(line.act),
        "refused": line.envelope.get("out") != "ok",
        "object": _short(str(line.envelope["obj"])),
        "proof_href": url_for("portal.proof", uid=line.uid) if line.seq is not None else None,
    }


def _short(object_id: str) -> str | None:
    """Enough to see that two entries are about the same thing, too little to look it up by."""
    return None if set(object_id) <= {"0", "-"} else object_id[-6:]


def _printed(shown: Milestone) -> dict[str, Any]:
    return {
        "line": shown.line,
        "origin": shown.origin,
        "size": shown.size,
        "groups": shown.groups(),
        "check": f"{shown.check[:4]} {shown.check[4:]}",
        "qr": qr_svg(shown.line, _("QR code with the line below")),
    }


def _by_text(one: tuple[str, str]) -> str:
    return one[1]
