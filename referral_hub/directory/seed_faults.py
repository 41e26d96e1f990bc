"""What can be wrong with a directory file, found in one go and named by its place in the file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from referral_hub.regulation.faults import Fault
from referral_hub.regulation.labels import Label
from referral_hub.regulation.model import Regulation
from schemas.telephone import dialled

_MESSAGES: Mapping[str, tuple[str, str]] = {
    "no-agencies": ("Cần danh sách agencies.", "A list of agencies is needed."),
    "wrong-form": ("Mục này không đúng dạng.", "This entry has the wrong form."),
    "unknown-key": ("Không có mục tên {what}.", "There is no entry called {what}."),
    "missing": ("Thiếu {what}.", "{what} is missing."),
    "wrong-code": (
        "Mã chỉ gồm chữ thường không dấu, chữ số, dấu chấm, gạch nối.",
        "A code is made of small plain letters, digits, dots and hyphens.",
    ),
    "twice": ("{what} được ghi hai lần.", "{what} stands twice."),
    "unknown-type": ("Quy chế không có loại cơ quan {what}.", "The regulation has no agency type {what}."),
    "unknown-parent": ("Không có cơ quan cấp trên {what}.", "There is no parent agency {what}."),
    "parent-cycle": ("Quan hệ cấp trên đi vòng: {what}.", "The parents go round in a circle: {what}."),
    "unknown-area": ("Quy chế không có địa bàn {what}.", "The regulation has no area {what}."),
    "unknown-service": ("Quy chế không có dịch vụ {what}.", "The regulation has no service {what}."),
    "service-not-of-type": (
        "Loại cơ quan này không cung cấp dịch vụ {what}.",
        "An agency of this type does not provide service {what}.",
    ),
    "unknown-role": ("Quy chế không có vai trò {what}.", "The regulation has no role {what}."),
    "unknown-desk": ("Cơ quan không có bàn {what}.", "The agency has no desk {what}."),
    "desk-missing": (
        "Cơ quan nhận chuyển gửi cần có ít nhất một bàn nhận.",
        "An agency that receives referrals needs a desk.",
    ),
    "wrong-hours": ("Giờ làm việc không đúng dạng.", "The opening hours have the wrong form."),
    "wrong-phone": ("Không phải số điện thoại.", "Not a telephone number."),
    "wrong-day": ("Cần một ngày (năm-tháng-ngày) hoặc để trống.", "A day (year-month-day) or nothing is needed."),
}
_NEEDED = ("code", "type", "vi", "en", "hours")
_OPTIONAL = ("parent", "former", "areas", "services", "phone", "desks", "people")
_WEEK = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_CODE = re.compile(r"[a-z0-9]+(?:[.\-][a-z0-9]+)*")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")

Found = Iterator[tuple[str, str, object]]  # place inside the file, rule, what


def check_directory(raw: Any, regulation: Regulation, name: str) -> list[Fault]:
    """Everything in the plain data of a directory that does not fit `regulation`; empty for a sound file."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("agencies"), list) or not raw["agencies"]:
        return [_fault(name, "agencies", "no-agencies", "")]
    found = [(str(key), "unknown-key", key) for key in raw if key != "agencies"]
    entries = raw["agencies"]
    for i, entry in enumerate(entries):
        here = f"agencies[{i}]"
        found += (
            ((f"{here}{place}", rule, what) for place, rule, what in _agency(entry, regulation))
            if isinstance(entry, Mapping)
            else [(here, "wrong-form", "")]
        )
    sound = [(i, entry) for i, entry in enumerate(entries) if isinstance(entry, Mapping)]
    found += _repeated(((f"agencies[{i}].code", entry.get("code")) for i, entry in sound))
    found += _parents(sound)
    return [_fault(name, place, rule, what) for place, rule, what in found]


def _fault(name: str, place: str, rule: str, what: object) -> Fault:
    vi, en = _MESSAGES[rule]
    return Fault(name, place, rule, Label(vi.format(what=what), en.format(what=what)))


def _agency(entry: Mapping[str, Any], regulation: Regulation) -> Found:
    yield from _keys(entry, _NEEDED, _OPTIONAL)
    yield from _slug(entry, "code")
    if entry.get("type") is not None and not _among(entry["type"], regulation.codes("agency_types")):
        yield ".type", "unknown-type", entry["type"]
    if entry.get("phone") is not None and dialled(str(entry["phone"])) is None:
        yield ".phone", "wrong-phone", ""
    if "hours" in entry and not _hours_sound(entry["hours"]):
        yield ".hours", "wrong-hours", ""
    for part in ("former", "areas", "services", "desks", "people"):
        if not isinstance(entry.get(part, []), list):
            yield f".{part}", "wrong-form", ""
    yield from _former(_entries(entry, "former"))
    yield from _areas(_entries(entry, "areas"), regulation)
    yield from _services(entry, regulation)
    yield from _desks(_entries(entry, "desks"))
    yield from _people(entry, regulation)


def _entries(entry: Mapping[str, Any], part: str) -> Sequence[Any]:
    entries = entry.get(part, [])
    return entries if isinstance(entries, list) else []


def _keys(entry: Any, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> Found:
    if not isinstance(entry, Mapping):
        yield "", "wrong-form", ""
        return
    for key in needed:
        value = entry.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            yield f".{key}", "missing", key
        elif key in {"vi", "en", "name"} and not isinstance(value, str):
            yield f".{key}", "wrong-form", ""
    for key in entry:
        if key not in needed and key not in optional:
            yield f".{key}", "unknown-key", key


def _slug(entry: Mapping[str, Any], key: str) -> Found:
    value = entry.get(key)
    if value is not None and not (isinstance(value, str) and _CODE.fullmatch(value)):
        yield f".{key}", "wrong-code", ""


def _former(entries: Sequence[Any]) -> Found:
    for i, entry in enumerate(entries):
        yield from _under(f".former[{i}]", _keys(entry, ("vi", "en"), ("until",)))
        if isinstance(entry, Mapping) and not isinstance(entry.get("until"), (dt.date, type(None))):
            yield f".former[{i}].until", "wrong-day", ""


def _areas(entries: Sequence[Any], regulation: Regulation) -> Found:
    units = regulation.codes("admin_units.units")
    yield from _repeated((f".areas[{i}]", area) for i, area in enumerate(entries))
    for i, area in enumerate(entries):
        if not _among(area, units):
            yield f".areas[{i}]", "unknown-area", area


def _services(entry: Mapping[str, Any], regulation: Regulation) -> Found:
    known = regulation.codes("essential_services")
    offered = _entries(entry, "services")
    yield from _repeated((f".services[{i}]", service) for i, service in enumerate(offered))
    for i, service in enumerate(offered):
        if not _among(service, known):
            yield f".services[{i}]", "unknown-service", service
        elif entry.get("type") not in known[service].raw["by"]:
            yield f".services[{i}]", "service-not-of-type", service
    receives = any(_among(service, known) and known[service].raw["referable"] for service in offered)
    if receives and not _entries(entry, "desks"):
        yield ".desks", "desk-missing", ""


def _desks(entries: Sequence[Any]) -> Found:
    for i, desk in enumerate(entries):
        yield from _under(f".desks[{i}]", _keys(desk, ("code", "vi", "en", "on_call")))
        if isinstance(desk, Mapping):
            yield from _under(f".desks[{i}]", _slug(desk, "code"))
            if not isinstance(desk.get("on_call", False), bool):
                yield f".desks[{i}].on_call", "wrong-form", ""
    yield from _repeated((f".desks[{i}].code", one.get("code")) for i, one in _mappings(entries))


def _people(entry: Mapping[str, Any], regulation: Regulation) -> Found:
    people = _entries(entry, "people")
    desks = {str(desk.get("code")) for _, desk in _mappings(_entries(entry, "desks"))}
    for i, person in enumerate(people):
        here = f".people[{i}]"
        yield from _under(here, _keys(person, ("key", "name", "roles"), ("desk",)))
        if isinstance(person, Mapping):
            yield from _under(here, _slug(person, "key"))
            yield from _under(here, _roles(person.get("roles"), regulation))
            if person.get("desk") is not None and not _among(person["desk"], desks):
                yield f"{here}.desk", "unknown-desk", person["desk"]
    yield from _repeated((f".people[{i}].key", one.get("key")) for i, one in _mappings(people))


def _roles(roles: Any, regulation: Regulation) -> Found:
    if not isinstance(roles, list) or not roles:
        yield ".roles", "missing", "roles"
        return
    for i, role in enumerate(roles):
        if not _among(role, regulation.codes("roles")):
            yield f".roles[{i}]", "unknown-role", role


def _parents(agencies: Sequence[tuple[int, Mapping[str, Any]]]) -> Found:
    above = {str(entry.get("code")): entry.get("parent") for _, entry in agencies}
    for i, entry in agencies:
        parent = entry.get("parent")
        if parent is not None and not _among(parent, above):
            yield f"agencies[{i}].parent", "unknown-parent", parent
        elif circle := _circle(str(entry.get("code")), above):
            yield f"agencies[{i}].parent", "parent-cycle", " > ".join(circle)


def _circle(code: str, above: Mapping[str, Any]) -> list[str]:
    path = [code]
    while isinstance(parent := above.get(path[-1]), str):
        path.append(parent)
        if parent in path[:-1]:
            return path if parent == code else []
    return []


def _hours_sound(hours: Any) -> bool:
    if not isinstance(hours, Mapping) or set(hours) != {"text", "open24", "weekly"}:
        return False
    text, weekly = hours["text"], hours["weekly"]
    if not isinstance(hours["open24"], bool) or not isinstance(weekly, list) or not isinstance(text, Mapping):
        return False
    return not list(_keys(text, ("vi", "en"))) and all(_open_hours_sound(one) for one in weekly)


def _open_hours_sound(one: Any) -> bool:
    if not isinstance(one, Mapping) or set(one) != {"days", "from", "to"}:
        return False
    days, opens, closes = one["days"], one["from"], one["to"]
    times = all(isinstance(time, str) and _TIME_OF_DAY.fullmatch(time) for time in (opens, closes))
    return (
        isinstance(days, list) and bool(days) and all(_among(day, _WEEK) for day in days) and times and opens < closes
    )


def _mappings(entries: Sequence[Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return ((i, entry) for i, entry in enumerate(entries) if isinstance(entry, Mapping))


def _repeated(values: Iterator[tuple[str, Any]]) -> Found:
    seen: set[str] = set()
    for place, value in values:
        if value is not None and str(value) in seen:
            yield place, "twice", value
        seen.add(str(value))


def _under(place: str, found: Found) -> Found:
    return ((f"{place}{rest}", rule, what) for rest, rule, what in found)


def _among(value: Any, known: Container[str]) -> bool:
    return isinstance(value, str) and value in known
