"""Where the matter stands in law."""

from schemas.fields import LongText, Text
from schemas.sections.base import SectionSchema


class Legal(SectionSchema):
    """Where the matter stands in law."""

    proceedings = LongText(4_000, "Tiến trình vụ việc", "Proceedings")
    contact_ban = Text(500, "Cấm tiếp xúc", "Contact ban")
    case_number = Text(60, "Số thụ lý, số hồ sơ", "Number of the proceedings")
    deadlines = LongText(2_000, "Thời hạn cần nhớ", "Dates to keep")
