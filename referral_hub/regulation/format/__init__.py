"""The format of the regulation file, section by section: which fields, which shapes, which lists codes come from.

The format is closed. A field that stands in no section here is a fault of the file: left alone, a misspelt
`legal: true` would silently turn a limit set by law into a default.
"""

from __future__ import annotations

from ..spec import Entry
from .counting import AREAS, GLOSSARY, IMPORT, STATISTICS
from .sharing import CATEGORIES_AND_MATRIX, CONSENT, PEOPLE
from .times import META, TIMES
from .work import CLASSIFICATIONS, CONTACTS, WORKFLOW

FILE = Entry(
    {
        **META,
        **PEOPLE,
        **CATEGORIES_AND_MATRIX,
        **TIMES,
        **CONSENT,
        **CLASSIFICATIONS,
        **WORKFLOW,
        **CONTACTS,
        **STATISTICS,
        **AREAS,
        **IMPORT,
        **GLOSSARY,
    }
)
