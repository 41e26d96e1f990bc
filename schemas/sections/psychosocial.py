"""The counselling record."""

from schemas.fields import LongText
from schemas.sections.base import SectionSchema


class Psychosocial(SectionSchema):
    """The counselling record."""

    needs_summary = LongText(4_000, "Nhu cầu", "Needs")
    session_notes = LongText(20_000, "Ghi chép tham vấn", "Session notes")
