"""Texts of the portal: the source is English, the catalogue in ``translations/`` holds the Vietnamese."""

from flask_babel import get_locale, gettext


def _(source: str, **values: object) -> str:
    """``source`` in the reader's language, with ``values`` put in."""
    return str(gettext(source, **values))


def locale() -> str:
    """``vi`` or ``en``."""
    return str(get_locale())
