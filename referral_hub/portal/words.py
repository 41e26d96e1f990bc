"""Times, deadlines and field values in the reader's words. Never month first, never the locale's short date."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from referral_hub.cases import reaching
from referral_hub.cases.contactplan import WHY, Answer
from referral_hub.kernel.clock import LOCAL
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.referrals.facts import Clock
from referral_hub.regulation.model import Regulation
from schemas.sections import SHAPES
from schemas.sections.base import FieldShape

CONTACT = "contact"
NUMBER = "safe_phone"
SOON = 4  # a deadline is near in the last quarter of its time


def task(who: str) -> str | None:
    """The agency's own task that acted (``system:deadlines``) in words; None for a person."""
    if not who.startswith("system:"):
        return None
    names = {
        "deadlines": _("deadlines"),
        "notices": _("notices"),
        "register-import": _("import of the register"),
        "regulation-adoption": _("adoption of the regulation"),
        "report": _("report"),
        "retention": _("end of the time of keeping"),
    }
    name = who.removeprefix("system:")
    return _("Automatic task: %(task)s", task=names.get(name, name))


def when(at: datetime | None) -> str | None:
    """``23/11/2026 15:04``, Asia/Ho_Chi_Minh, in both languages."""
    return at.astimezone(LOCAL).strftime("%d/%m/%Y %H:%M") if at else None


def day(at: datetime | None) -> str | None:
    """``23/11/2026``."""
    return at.astimezone(LOCAL).strftime("%d/%m/%Y") if at else None


def clock_view(clock: Clock | None, now: datetime) -> dict[str, Any] | None:
    """The words, the level (``ok``, ``soon``, ``overdue``, ``stopped``) and the instant of a deadline."""
    if clock is None:
        return None
    if clock.stopped:
        return {"text": _("The time to act stands still"), "level": "stopped", "iso": None}
    left = clock.due - now
    if left < timedelta(0):
        text, level = _("Overdue by #").replace("#", duration(-left)), "overdue"
    else:
        near = left * SOON <= clock.due - clock.since
        text, level = _("# left").replace("#", duration(left)), "soon" if near else "ok"
    return {"text": text, "level": level, "iso": clock.due.isoformat()}


def duration(span: timedelta) -> str:
    """At most two units, rounded down: ``1 ngày 3 giờ``, ``2 giờ 10 phút``, ``0 phút``."""
    minutes = int(span.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    units = [(days, _("# day|# days")), (hours, _("# hour|# hours")), (minutes, _("# minute|# minutes"))]
    first = next((i for i, (count, _name) in enumerate(units) if count), 2)
    shown = [unit for unit in units[first : first + 2] if unit[0] or unit is units[first]]
    return " ".join(_counted(count, forms) for count, forms in shown)


def _counted(count: int, forms: str) -> str:
    one, _bar, many = forms.partition("|")
    return (one if count == 1 or not many else many).replace("#", str(count))


def field_views(
    category: str, fields: Mapping[str, Any], regulation: Regulation, locale: str, now: datetime
) -> list[dict[str, Any]]:
    """The fields of a section as label and words, in the order of its schema.

    ``guarded``: her number while it is not safe to call; a page shows it only to who asks for it on purpose.
    """
    guarded = category == CONTACT and not reaching.state(fields, "call", regulation, now=now).safe
    return [
        {
            "label": shape.label(locale),
            "value": _value(fields[shape.name], shape, regulation, locale),
            "guarded": guarded and shape.name == NUMBER,
        }
        for shape in SHAPES[category]
        if shape.name in fields
    ]


def contact_views(fields: Mapping[str, Any] | None, regulation: Regulation, now: datetime) -> dict[str, Any]:
    """The contact rule and whether she can be called now, first on a page; None: the reader sees no rule."""
    if fields is None:
        return {"contact_rule": None, "contact_state": None}
    return {
        "contact_rule": field_views(CONTACT, fields, regulation, reader_locale(), now),
        "contact_state": state_view(reaching.state(fields, "call", regulation, now=now)),
    }


def state_view(answer: Answer) -> dict[str, Any]:
    """Whether she can be reached now, as the banner on top of a page says it."""
    why = WHY[answer.why].text(reader_locale())
    until = when(answer.until)
    if answer.safe:
        return {"safe": True, "text": _("Safe to call now, until %(until)s", until=until), "why": None}
    said = _("Not safe to call now, not before %(until)s", until=until) if until else _("Not safe to call now")
    return {"safe": False, "text": said, "why": why}


def _value(value: Any, shape: FieldShape, regulation: Regulation, locale: str) -> str:
    if shape.many and isinstance(value, list):
        if shape.entries and not any(value):
            return str(len(value))
        return "; ".join(_one(item, shape, regulation, locale) for item in value)
    return _one(value, shape, regulation, locale)


def _one(value: Any, shape: FieldShape, regulation: Regulation, locale: str) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if shape.kind == "code":
        for list_name in shape.of:
            if value in regulation.codes(list_name):
                return regulation.label(list_name, value, locale)
    if isinstance(value, Mapping):
        parts = {entry.name: entry for entry in shape.entries}
        said = (
            (parts[k].label(locale), _value(v, parts[k], regulation, locale)) for k, v in value.items() if k in parts
        )
        return ", ".join(f"{label}: {text}" for label, text in said)
    if shape.kind in ("partial_date", "day") and isinstance(value, str):
        return "/".join(reversed(value.split("-")))
    return str(value)
