"""Changes of the need-to-know matrix as sentences: who now also receives what, and who no longer does."""

from __future__ import annotations

from collections.abc import Iterable

from .labels import Label
from .model import NeedToKnow, Regulation
from .wording import names

Move = tuple[str, str]  # how a category stood and how it stands: min, ask, deny, or "" where it stands nowhere

_MOVES: dict[Move, Label] = {
    ("", "min"): Label("nay nhận thêm", "may now also receive"),
    ("", "ask"): Label("nay nhận thêm, khi có đồng ý riêng", "may now also receive, with a separate consent"),
    ("min", "ask"): Label("chỉ còn nhận khi có đồng ý riêng", "may now receive only with a separate consent"),
    ("ask", "min"): Label("nay nhận mà không cần đồng ý riêng", "may now receive without a separate consent"),
    ("min", ""): Label("không còn nhận", "may no longer receive"),
    ("ask", ""): Label(
        "không còn nhận, kể cả khi có đồng ý riêng", "may no longer receive, even with a separate consent"
    ),
    ("", "deny"): Label("nay bị chặn đích danh", "may not receive, which is now said by name"),
    ("deny", ""): Label(
        "không còn bị chặn đích danh (vẫn không được nhận)", "may not receive, which is no longer said by name"
    ),
}
# What was blocked was not received either; the reader needs the difference in what is received.
_MOVES |= {
    ("deny", "min"): _MOVES["", "min"],
    ("deny", "ask"): _MOVES["", "ask"],
    ("min", "deny"): _MOVES["min", ""],
    ("ask", "deny"): _MOVES["ask", ""],
}


def matrix_sentences(old: Regulation, new: Regulation, locale: str) -> list[str]:
    """One sentence per service, move and set of categories; recipients with the same change share it."""
    grouped: dict[tuple[str, Move, tuple[str, ...]], list[str]] = {}
    sentences: list[str] = []
    for pair in dict.fromkeys((*old.matrix, *new.matrix)):
        before, after = old.matrix.get(pair), new.matrix.get(pair)
        if before is None or after is None:
            sentences.append(_whole_row(pair, after, new if after else old, locale))
            continue
        if before.purpose != after.purpose:
            sentences.append(_purpose(pair, before, after, new, locale))
        for move, categories in _moves(before, after).items():
            grouped.setdefault((pair[0], move, tuple(categories)), []).append(pair[1])
    for (service, move, changed), recipients in grouped.items():
        who = "; ".join(new.label("agency_types", one, locale) for one in recipients)
        what = names(new, "data_categories", changed, locale)
        sentences.append(f"{who} {_MOVES[move].text(locale)}: {what} ({_service(service, new, locale)}).")
    return sentences


def _moves(before: NeedToKnow, after: NeedToKnow) -> dict[Move, list[str]]:
    named: Iterable[str] = (
        *after.min_order, *after.ask_order, *after.deny_order,
        *before.min_order, *before.ask_order, *before.deny_order,
    )  # fmt: skip
    moves: dict[Move, list[str]] = {}
    for category in dict.fromkeys(named):
        move = (_stands(category, before), _stands(category, after))
        if move[0] != move[1]:
            moves.setdefault(move, []).append(category)
    return moves


def _stands(category: str, row: NeedToKnow) -> str:
    if category in row.min:
        return "min"
    if category in row.ask:
        return "ask"
    return "deny" if category in row.deny else ""


def _whole_row(pair: tuple[str, str], row: NeedToKnow | None, known: Regulation, locale: str) -> str:
    who, service = names(known, "agency_types", [pair[1]], locale), _service(pair[0], known, locale)
    if row is None:
        ended = Label("không còn nhận chuyển gửi", "may no longer get referrals")
        return f"{who} {ended.text(locale)} ({service})."
    least = names(known, "data_categories", row.min_order, locale)
    ask = names(known, "data_categories", row.ask_order, locale) or "-"
    return Label(
        f"{who} nay nhận chuyển gửi ({service}) với: {least}; khi có đồng ý riêng: {ask}.",
        f"{who} may now get referrals ({service}) with: {least}; with a separate consent: {ask}.",
    ).text(locale)


def _purpose(pair: tuple[str, str], before: NeedToKnow, after: NeedToKnow, new: Regulation, locale: str) -> str:
    who, service = names(new, "agency_types", [pair[1]], locale), _service(pair[0], new, locale)
    was, now = (new.label("purposes", row.purpose, locale) for row in (before, after))
    words = Label("mục đích thay đổi", "the purpose changed")
    return f"{who} ({service}): {words.text(locale)}: {was} → {now}."


def _service(code: str, known: Regulation, locale: str) -> str:
    words = Label("dịch vụ", "service")
    return f"{words.text(locale)} {code}: {known.label('essential_services', code, locale)}"
