"""Who she is: names, birth as far as it is known, nationality."""

from schemas.fields import PartialDate, Text
from schemas.sections.base import SectionSchema


class Identity(SectionSchema):
    """Who she is: names, birth as far as it is known, nationality."""

    preferred_name = Text(120, "Tên muốn được gọi", "Preferred name")
    full_name = Text(200, "Họ và tên", "Full name")
    date_of_birth = PartialDate("Ngày sinh hoặc năm sinh", "Date or year of birth")
    nationality = Text(80, "Quốc tịch", "Nationality")
