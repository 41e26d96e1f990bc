"""Places and values of a regulation in words, for people who read what a new version changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .differences import PAIR, is_condition
from .durations import DurationFault, parse_duration
from .labels import Label
from .model import Regulation

SECTIONS: Mapping[str, Label] = {
    "meta": Label("Thông tin chung", "General"),
    "facts": Label("Dữ kiện", "Fact"),
    "agency_types": Label("Loại đơn vị", "Agency type"),
    "essential_services": Label("Dịch vụ", "Service"),
    "service_outcomes": Label("Kết quả dịch vụ", "Service outcome"),
    "data_categories": Label("Loại thông tin", "Data category"),
    "purposes": Label("Mục đích", "Purpose"),
    "roles": Label("Vai trò", "Role"),
    "urgency_levels": Label("Mức độ khẩn", "Urgency"),
    "urgency_rules": Label("Quy tắc mức độ khẩn", "Urgency rule"),
    "service_overrides": Label("Thời hạn riêng", "Deadline of a service"),
    "calendar.holidays": Label("Ngày nghỉ", "Holiday"),
    "calendar.working_saturdays": Label("Ngày làm bù", "Swapped working day"),
    "statutory_deadlines": Label("Thời hạn luật định", "Statutory deadline"),
    "consent.methods": Label("Hình thức đồng ý", "Way of consenting"),
    "consent_exceptions": Label("Ngoại lệ", "Exception to consent"),
    "need_to_know": Label("Được biết", "Need to know"),
    "gbv_types": Label("Loại bạo lực", "Type of violence"),
    "risk_levels": Label("Mức độ nguy cơ", "Risk level"),
    "risk_signs": Label("Dấu hiệu nguy cơ", "Sign of risk"),
    "referral_statuses": Label("Trạng thái chuyển gửi", "Referral status"),
    "transitions": Label("Bước", "Step"),
    "decline_reasons": Label("Lý do từ chối", "Reason to decline"),
    "decline_rules": Label("Quy tắc từ chối", "Rule on declining"),
    "void_reasons": Label("Lý do hủy bỏ", "Reason to void"),
    "close_reasons": Label("Lý do kết thúc chuyển gửi", "Reason to close a referral"),
    "sides": Label("Bên", "Side"),
    "sectors": Label("Ngành", "Sector"),
    "legal_sources": Label("Văn bản pháp luật", "Legal source"),
    "minors.ladder": Label("Đồng thuận của trẻ", "Child's assent"),
    "age_bands": Label("Nhóm tuổi", "Age band"),
    "relationships": Label("Mối quan hệ", "Relationship"),
    "dv_acts": Label("Hành vi bạo lực gia đình", "Act of domestic violence"),
    "caller_kinds": Label("Người gọi", "Caller"),
    "contact_outcomes": Label("Kết quả xử lý cuộc gọi", "Outcome of a contact"),
    "contact_handovers": Label("Bàn giao lượt tiếp nhận", "Hand-over of a contact"),
    "intake_channels": Label("Kênh tiếp nhận", "Channel of contact"),
    "outreach_channels": Label("Kênh truyền thông", "Outreach channel"),
    "official_documents": Label("Văn bản, biểu mẫu", "Letter or form"),
    "areas_former": Label("Địa bàn cũ", "Former area"),
    "not_completed_reasons": Label("Lý do chưa cung cấp được", "Reason for not completing"),
    "hold_reasons": Label("Lý do tạm dừng", "Reason to put on hold"),
    "cancel_reasons": Label("Lý do hủy", "Reason to cancel"),
    "closure_reasons": Label("Lý do kết thúc", "Reason to close"),
    "triage_levels": Label("Phân loại ban đầu", "Triage"),
    "triage_rules": Label("Quy tắc phân loại", "Triage rule"),
    "retention": Label("Lưu giữ", "Retention"),
    "statistics.indicators": Label("Chỉ tiêu", "Indicator"),
    "admin_units.units": Label("Xã, phường, đặc khu", "Commune-level unit"),
    "glossary": Label("Thuật ngữ", "Term"),
}
FIELDS: Mapping[str, Label] = {
    "vi": Label("tên tiếng Việt", "Vietnamese name"),
    "en": Label("tên tiếng Anh", "English name"),
    "acknowledge": Label("báo đã nhận trong", "acknowledge within"),
    "act": Label("xử lý trong", "act within"),
    "reminders": Label("nhắc việc", "reminders"),
    "escalate": Label("báo cấp trên", "escalation"),
    "from": Label("từ", "from"),
    "to": Label("đến", "to"),
    "by": Label("do", "by"),
    "when": Label("khi", "when"),
    "needs": Label("cần có", "needs"),
    "effects": Label("hệ quả", "effects"),
    "order": Label("thứ tự", "order"),
    "version": Label("phiên bản", "version"),
    "effective_from": Label("có hiệu lực từ", "in force from"),
    "keep": Label("giữ trong", "kept for"),
    "review_within": Label("hậu kiểm trong", "reviewed within"),
    "purpose": Label("mục đích", "purpose"),
    "at_least": Label("ít nhất", "at least"),
    "legal": Label("theo luật", "set by law"),
    "approver": Label("người duyệt", "approver"),
    "max": Label("tối đa", "at most"),
}
_UNITS: Mapping[str, Label] = {
    "years": Label("năm", "years"),
    "months": Label("tháng", "months"),
    "days": Label("ngày", "days"),
    "hours": Label("giờ", "hours"),
    "minutes": Label("phút", "minutes"),
    "seconds": Label("giây", "seconds"),
    "business_days": Label("ngày làm việc", "working days"),
}
_TESTS: Mapping[str, Label] = {
    "is": Label("là", "is"),
    "not": Label("không phải là", "is not"),
    "in": Label("thuộc", "is one of"),
    "has": Label("có", "has"),
    "below": Label("dưới", "below"),
    "at_least": Label("từ", "at least"),
}
# Where a bare code stands in a field, the list it comes from; the first that knows the code wins.
_CODE_LISTS = (
    "data_categories",
    "agency_types",
    "essential_services",
    "roles",
    "sides",
    "referral_statuses",
    "transition_needs",
    "transition_effects",
    "service_outcomes",
    "urgency_levels",
    "purposes",
)
_FIELD_LISTS: Mapping[str, tuple[str, ...]] = {
    "by": ("sides", "agency_types"),
    "from": ("referral_statuses",),
    "to": ("referral_statuses", "agency_types"),
    "needs": ("transition_needs",),
    "effects": ("transition_effects",),
    "hint": ("gbv_types",),
    "for": ("essential_services",),
    "role": ("roles",),
    "side": ("sides",),
    "reason": (),
    "outcome": (),
}


def place(path: tuple[str, ...], regulation: Regulation, locale: str) -> str:
    """Where a change stands: the section, the entry by its label, the field."""
    section, rest = _section(path)
    known = SECTIONS.get(section)
    words = [known.text(locale) if known else section]
    if rest and rest[0] in regulation.lists.get(section, {}):
        words[0] += f" “{regulation.label(section, rest[0], locale)}” ({rest[0]})"
        rest = rest[1:]
    elif section == "transitions" and rest:
        steps = {step.verb: step.label.text(locale) for step in regulation.transitions}
        words[0] += f" “{steps.get(rest[0].split(' ')[0], rest[0])}” ({rest[0]})"
        rest = rest[1:]
    elif rest and PAIR in rest[0]:
        service, recipients = rest[0].split(PAIR, 1)
        words[0] += f" “{regulation.label('essential_services', service, locale)}” ({service}), {recipients}"
        rest = rest[1:]
    words += [FIELDS[step].text(locale) if step in FIELDS else step for step in rest]
    return ", ".join(words)


def value(raw: Any, field: str, regulation: Regulation, locale: str) -> str:
    """A value in words: lengths of time, codes and conditions are spelt out, everything else as it stands."""
    if raw is None:
        return "không có" if locale != "en" else "nothing"
    if isinstance(raw, bool):
        return Label("có" if raw else "không", "yes" if raw else "no").text(locale)
    if is_condition(raw):
        return condition(raw, regulation, locale)
    if isinstance(raw, Mapping):
        return "; ".join(f"{key}: {value(one, key, regulation, locale)}" for key, one in raw.items())
    if isinstance(raw, list | tuple):
        return ", ".join(value(one, field, regulation, locale) for one in raw)
    return _scalar(str(raw), field, regulation, locale)


def names(regulation: Regulation, list_name: str, codes: Iterable[str], locale: str) -> str:
    """The labels of some codes, joined by commas."""
    return ", ".join(regulation.label(list_name, code, locale) for code in codes)


def length(text: str, locale: str) -> str:
    """A length of time in words: `P2BD` is `2 ngày làm việc` or `2 working days`. DurationFault if it is none."""
    duration = parse_duration(text)
    hours, left = divmod(duration.seconds, 3600)
    minutes, seconds = divmod(left, 60)
    pieces = {
        "years": duration.years,
        "months": duration.months,
        "days": duration.days,
        "business_days": duration.business_days,
        "hours": hours,
        "minutes": minutes,
        "seconds": seconds,
    }
    counted = [f"{n} {_unit(unit, n, locale)}" for unit, n in pieces.items() if n]
    return " ".join(counted) or Label("ngay", "at once").text(locale)


def condition(raw: Mapping[str, Any], regulation: Regulation, locale: str) -> str:
    """A condition in words."""
    for word, joint in (("all", Label(" và ", " and ")), ("any", Label(" hoặc ", " or "))):
        if word in raw:
            parts = [condition(part, regulation, locale) for part in raw[word]]
            return f"({joint.text(locale).join(parts)})"
    fact = regulation.label("facts", raw["fact"], locale)
    (op,) = set(raw) - {"fact"}
    if op == "known":
        return f"{fact}: {Label('chưa rõ', 'not known').text(locale)}"
    return f"{fact} {_TESTS[op].text(locale)} {_fact_value(raw['fact'], raw[op], regulation, locale)}"


def _fact_value(fact: str, raw: Any, regulation: Regulation, locale: str) -> str:
    if isinstance(raw, list | tuple):
        return ", ".join(_fact_value(fact, one, regulation, locale) for one in raw)
    lists = regulation.codes("facts")[fact].raw.get("of", ())
    for list_name in (lists,) if isinstance(lists, str) else lists:
        if raw in regulation.codes(list_name):
            return regulation.label(list_name, raw, locale)
    return value(raw, fact, regulation, locale)


def _section(path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    two = ".".join(path[:2])
    return (two, path[2:]) if two in SECTIONS else (path[0], path[1:])


def _scalar(text: str, field: str, regulation: Regulation, locale: str) -> str:
    try:
        return length(text, locale)
    except DurationFault:
        pass
    for list_name in _FIELD_LISTS.get(field, _CODE_LISTS if field not in FIELDS else ("roles", "urgency_levels")):
        if text in regulation.lists.get(list_name, {}):
            return regulation.label(list_name, text, locale)
    return text


def _unit(unit: str, count: int, locale: str) -> str:
    words = _UNITS[unit].text(locale)
    return words[:-1] if locale == "en" and count == 1 else words
