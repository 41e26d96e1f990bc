"""From the words in a cell to a code of the regulation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from referral_hub.intake.register.spelling import abbreviation_key
from referral_hub.regulation.importing import lookup
from referral_hub.regulation.model import Regulation


class Words:
    """The words of one list (a key of `import_lists`) and the codes they mean."""

    def __init__(self, regulation: Regulation, key: str) -> None:
        self._regulation = regulation
        self._key = key
        self._by_spelling = _unambiguous(_spellings(regulation, key))
        self._seen: dict[str, str | None] = {}

    def code(self, text: str) -> str | None:
        """The code that `text` means; None when no label and no alias of the regulation knows it."""
        if text not in self._seen:
            self._seen[text] = lookup(self._regulation, self._key, text) or self._by_spelling.get(
                abbreviation_key(text)
            )
        return self._seen[text]


def _spellings(regulation: Regulation, key: str) -> Iterator[tuple[str, str]]:
    for code in regulation.codes(regulation.raw["import_lists"][key]).values():
        yield abbreviation_key(code.label.vi), code.code
        yield abbreviation_key(code.label.en), code.code
    for alias, code_of_alias in regulation.raw["import_aliases"].get(key, {}).items():
        yield abbreviation_key(alias), code_of_alias


def _unambiguous(spellings: Iterator[tuple[str, str]]) -> Mapping[str, str]:
    # a loose spelling that could mean two codes means none: the exact lookup still knows both
    found: dict[str, set[str]] = {}
    for spelling, code in spellings:
        found.setdefault(spelling, set()).add(code)
    return {spelling: next(iter(codes)) for spelling, codes in found.items() if len(codes) == 1}
