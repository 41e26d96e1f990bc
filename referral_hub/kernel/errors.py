"""Errors that every layer may raise and every edge knows how to answer. Each carries both languages."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence for a person, in Vietnamese and in English."""

    vi: str
    en: str

    def text(self, locale: str) -> str:
        """The sentence in ``locale`` (``en``; Vietnamese for anything else)."""
        return self.en if locale == "en" else self.vi


class HubError(Exception):
    """A named refusal or fault. ``sentence`` is shown to the person, ``code`` goes over the wire."""

    code = "error"

    def __init__(self, vi: str, en: str, **details: object) -> None:
        super().__init__(en)
        self.sentence = Sentence(vi, en)
        self.details: Mapping[str, object] = details


class EnvironmentFault(HubError):
    """The machine or its configuration does not allow the work; the sentence says what to do (exit status 2)."""

    code = "environment"


class NotFound(HubError):
    """No such thing, or not this agency's: the two must not be told apart."""

    code = "not-found"

    def __init__(self) -> None:
        super().__init__("Không tìm thấy, hoặc không thuộc đơn vị của bạn.", "Not found, or not your agency's.")


class Forbidden(HubError):
    """A colleague of the right agency without the right for this step."""

    code = "forbidden"


class Invalid(HubError):
    """Input that cannot be accepted; ``field`` names where it stands."""

    code = "validation"

    def __init__(self, field: str, vi: str, en: str, **details: object) -> None:
        super().__init__(vi, en, field=field, **details)
        self.field = field


class Conflict(HubError):
    """Somebody else was faster, or the step does not follow from where things stand now."""

    code = "conflict"
