"""What a new version of the regulation changes, in words; and whether old records keep their meaning under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from .differences import Change, compare
from .faults import Fault, fault
from .labels import Label
from .matrix_words import matrix_sentences
from .model import Regulation
from .wording import place, value

_ONLY_LAYOUT = Label("Chỉ chú thích hoặc cách trình bày thay đổi.", "Only comments or layout changed.")
# A code keeps what it stands for: these fields say it. Labels may be worded better, a person judges those.
_MEANING = ("sector", "type")


def diff(old: Regulation, new: Regulation, locale: str) -> list[str]:
    """One sentence per change, first who may be told what. No difference is left out: where no better words exist, the
    sentence names the place and both values. Empty only for the very same text."""
    changes = [one for one in compare(old.raw, new.raw) if not _told_by_matrix(one)]
    sentences = matrix_sentences(old, new, locale)
    sentences += [sentence for one in changes for sentence in _sentences(one, old, new, locale)]
    if not sentences and old.digest != new.digest:
        return [_ONLY_LAYOUT.text(locale)]
    return list(dict.fromkeys(sentences))


def allowed_by(
    regulation: Regulation, service: str, recipient_type: str, category: str
) -> Literal["min", "ask"] | None:
    """What the matrix lets this recipient have of a category for this service: `min`, `ask`, or None for nothing.

    Implied categories come with every referral that may be made at all, so they are `min`.
    """
    row = regulation.need_to_know(service, recipient_type)
    if row is None:
        return None
    if category in row.min or category in regulation.implied_categories:
        return "min"
    return "ask" if category in row.ask else None


def compatible(old: Regulation, new: Regulation) -> list[Fault]:
    """What in `new` would take the meaning from records made under `old`: codes removed instead of retired, redefined,
    or brought back; a version number used twice. Empty when `new` may follow `old`."""
    file = f"{new.id} {new.version}"
    found: list[Fault] = []
    if old.id != new.id:
        found.append(fault(file, "meta.id", "other-regulation", id=new.id))
    if old.version == new.version and old.digest != new.digest:
        found.append(fault(file, "meta.version", "version-reused", version=new.version))
    for path, entries in old.lists.items():
        later = new.lists.get(path, {})
        for code, entry in entries.items():
            found += _kept(file, f"{path}.{code}", entry.raw, later[code].raw if code in later else None)
    return found


def _kept(file: str, path: str, old: Mapping[str, Any], new: Mapping[str, Any] | None) -> Iterator[Fault]:
    code = old["code"]
    if new is None:
        yield fault(file, path, "code-removed", code=code)
        return
    if "retired" in old and "retired" not in new:
        yield fault(file, path, "code-revived", code=code)
    for field in _MEANING:
        if old.get(field) != new.get(field):
            words = {"field": field, "old": old.get(field), "new": new.get(field)}
            yield fault(file, f"{path}.{field}", "code-redefined", code=code, **words)


def _told_by_matrix(change: Change) -> bool:
    if change.path[0] != "need_to_know" or change.kind == "moved":
        return False
    if len(change.path) == 2:
        return True
    if change.path[2] == "purpose":
        return True
    return change.path[2] in ("min", "ask", "deny") and set(change.old or ()) != set(change.new or ())


def _sentences(change: Change, old: Regulation, new: Regulation, locale: str) -> Iterator[str]:
    known = new if change.kind != "removed" else old
    where = place(change.path, known, locale)
    field = change.path[-1]
    if change.kind == "moved":
        yield Label(f"{where}: thứ tự thay đổi.", f"{where}: the order changed.").text(locale)
    elif field == "retired" and change.kind == "added":
        entry = place(change.path[:-1], known, locale)
        yield Label(f"{entry}: ngừng dùng từ {change.new}.", f"{entry}: retired on {change.new}.").text(locale)
    elif change.kind == "added":
        yield _added(change, where, known, locale)
    elif change.kind == "removed":
        was = value(_without_name(change.old), field, old, locale)
        yield Label(f"Bỏ: {where} (trước đây: {was}).", f"Removed: {where} (was: {was}).").text(locale)
    elif isinstance(change.old, tuple) and isinstance(change.new, tuple):
        yield from _members(change.old, change.new, where, field, (old, new), locale)
    else:
        was, now = value(change.old, field, old, locale), value(change.new, field, new, locale)
        if was == now:  # two texts that read alike in words, such as P1M and another spelling of it
            was, now = str(change.old), str(change.new)
        yield Label(f"{where}: {was} → {now}.", f"{where}: {was} → {now}.").text(locale)


def _without_name(entry: Any) -> Any:
    """The place has named the entry already."""
    if isinstance(entry, Mapping) and "code" in entry:
        return {key: one for key, one in entry.items() if key not in ("code", "vi", "en")}
    return entry


def _added(change: Change, where: str, new: Regulation, locale: str) -> str:
    now = value(_without_name(change.new), change.path[-1], new, locale)
    return Label(f"Thêm: {where} ({now}).", f"Added: {where} ({now}).").text(locale)


def _members(
    was: tuple[Any, ...],
    now: tuple[Any, ...],
    where: str,
    field: str,
    versions: tuple[Regulation, Regulation],
    locale: str,
) -> Iterator[str]:
    old, new = versions
    more = value([one for one in now if one not in was], field, new, locale)
    less = value([one for one in was if one not in now], field, old, locale)
    if more:
        yield Label(f"{where}: thêm {more}.", f"{where}: now also {more}.").text(locale)
    if less:
        yield Label(f"{where}: bỏ {less}.", f"{where}: no longer {less}.").text(locale)
    if not more and not less:
        yield Label(f"{where}: thứ tự thay đổi.", f"{where}: the order changed.").text(locale)
