"""The person said to have used violence."""

from schemas.fields import Code, LongText, Text
from schemas.sections.base import SectionSchema


class Perpetrator(SectionSchema):
    """The person said to have used violence."""

    name = Text(200, "Họ và tên", "Name")
    relation = Code("relationships", "Quan hệ với người bị bạo lực", "Relation to the survivor")
    workplace = Text(300, "Nơi làm việc", "Workplace")
    whereabouts = Text(500, "Nơi ở, nơi thường lui tới", "Whereabouts")
    prior_violence = LongText(4_000, "Hành vi bạo lực trước đây", "Violence before")
