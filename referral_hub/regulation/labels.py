"""Words in the two languages of the hub."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """The same words in Vietnamese and in English."""

    vi: str
    en: str

    def text(self, locale: str) -> str:
        """The English words for locale `en`, the Vietnamese ones for every other locale."""
        return self.en if locale == "en" else self.vi
