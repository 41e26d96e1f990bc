"""Children who came along or are affected; an entry may be empty when only their number is known."""

from schemas.fields import Code, Entry, LongText, Many, PartialDate, Text
from schemas.sections.base import SectionSchema


class OneChild(SectionSchema):
    """One child, as far as known."""

    name = Text(200, "Tên", "Name")
    date_of_birth = PartialDate("Ngày sinh hoặc năm sinh", "Date or year of birth")
    sex = Code("sexes", "Giới tính", "Sex")
    notes = LongText(1_000, "Ghi chú", "Notes")


class Children(SectionSchema):
    """Children who came along or are affected; an entry may be empty when only their number is known."""

    children = Many(Entry(OneChild), 20, "Trẻ em", "Children")
    school = Text(300, "Trường, lớp", "School")
    custody = Text(500, "Người nuôi dưỡng, quyền nuôi con", "Custody")
