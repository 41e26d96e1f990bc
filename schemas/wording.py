"""What a schema says about a fault, in Vietnamese and English at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Wording(str):
    """A sentence that knows both languages; as a plain string it is Vietnamese."""

    vi: str
    en: str

    def __new__(cls, vi: str, en: str) -> Wording:
        said = super().__new__(cls, vi)
        said.vi = vi
        said.en = en
        return said

    def text(self, locale: str) -> str:
        """The sentence in `locale`: English for "en", Vietnamese for everything else."""
        return self.en if locale == "en" else self.vi

    def filled(self, **values: object) -> Wording:
        """The same sentence with its {places} filled in both languages."""
        return Wording(self.vi.format(**values), self.en.format(**values))


def in_locale(messages: Any, locale: str) -> Any:
    """The `messages` of a ValidationError (any nesting of dict and list) with each sentence in `locale`."""
    if isinstance(messages, Wording):
        return messages.text(locale)
    if isinstance(messages, Mapping):
        return {key: in_locale(value, locale) for key, value in messages.items()}
    if isinstance(messages, Sequence) and not isinstance(messages, str):
        return [in_locale(value, locale) for value in messages]
    return messages
