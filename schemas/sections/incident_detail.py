"""What happened, in her words."""

from schemas.fields import LongText
from schemas.sections.base import SectionSchema


class IncidentDetail(SectionSchema):
    """What happened, in her words."""

    account = LongText(20_000, "Diễn biến", "Account")
    witnesses = LongText(4_000, "Người chứng kiến", "Witnesses")
