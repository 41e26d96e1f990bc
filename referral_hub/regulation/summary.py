"""A regulation in words: what it is, how fast agencies answer, who may be told what."""

from __future__ import annotations

from .labels import Label
from .model import CLOCKS, NeedToKnow, Regulation, UrgencyLevel
from .wording import FIELDS, length, names


def show(regulation: Regulation, locale: str) -> list[str]:
    """Lines for a person to read, in `vi` or `en`."""
    meta = regulation.raw["meta"]
    listed = ("agency_types", "essential_services", "data_categories")
    agencies, services, categories = (len(regulation.codes(one)) for one in listed)
    pairs = len(regulation.matrix)
    sizes = Label(
        f"{agencies} loại đơn vị, {services} dịch vụ, {categories} loại thông tin, {pairs} cặp dịch vụ - đơn vị nhận",
        f"{agencies} agency types, {services} services, {categories} data categories, {pairs} service-recipient pairs",
    )
    lines = [
        regulation.title.text(locale),
        f"{regulation.id} {regulation.version} ({regulation.status})",
        f"{FIELDS['effective_from'].text(locale)}: {meta['effective_from'] or '-'}",
        f"SHA-256: {regulation.digest}",
        sizes.text(locale),
    ]
    lines += [_level(level, regulation, locale) for level in regulation.urgency_levels]
    rows = dict.fromkeys(regulation.matrix.values())
    return [*lines, *(_row(row, regulation, locale) for row in rows)]


def _level(level: UrgencyLevel, regulation: Regulation, locale: str) -> str:
    words = [
        f"{FIELDS[clock].text(locale)} {length(level.clocks[clock].due.text, locale)}"
        for clock in CLOCKS
        if clock in level.clocks
    ]
    return f"{regulation.label('urgency_levels', level.code, locale)}: {', '.join(words)}"


def _row(row: NeedToKnow, regulation: Regulation, locale: str) -> str:
    who = "; ".join(regulation.label("agency_types", to, locale) for to in row.to)
    service = regulation.label("essential_services", row.service, locale)
    least = names(regulation, "data_categories", row.min_order, locale)
    ask = names(regulation, "data_categories", row.ask_order, locale) or "-"
    return Label(
        f"{row.service} {service} → {who}: {least} | khi có đồng ý riêng: {ask}",
        f"{row.service} {service} → {who}: {least} | with a separate consent: {ask}",
    ).text(locale)
